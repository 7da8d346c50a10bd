"""Reading files of cases row by row: bounded, in constant memory, nothing in them executed.

Events of a table may lie in any order: they are sorted on disk first. A log (XES, IEEE 1849) has
them case by case; its XML is read without entities, DTDs or anything from outside.
"""

from __future__ import annotations

import csv
import gzip
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from defusedxml import ElementTree as SafeTree
from defusedxml.common import DefusedXmlException

from ..domain.errors import CaseError
from .mapping import CaseMapping

LARGEST = 2 * 1024**3
MOST_ROWS = 20_000_000
LONGEST_CELL = 20_000
MOST_EVENTS = 5_000
MOST_COLUMNS = 200


@dataclass
class Found:
    """One case of a file. `row`: where it is; `events`: (row, activity, at) as text; `problem`: why
    it cannot be taken, as (code, sentence)."""

    row: int
    values: dict[str, str]
    events: list[tuple[int, str, str]] = field(default_factory=list)
    problem: tuple[str, str] | None = None


def file_problem(code: str, sentence: str) -> CaseError:
    """What is wrong with a file as a whole."""
    return CaseError(code, sentence, field="file")


def read_cases(path: Path, mapping: CaseMapping) -> Iterator[Found]:
    """The cases of a file in a settled order. Errors: CASE-182 too large, 183 not readable, 184 a
    column that is not there."""
    if path.stat().st_size > LARGEST:
        raise file_problem("CASE-182", "The file is larger than 2 GB. Split it by months.")
    if mapping.kind == "xes":
        return _xes(path, mapping)
    if mapping.kind == "events":
        return _sorted_events(path, mapping)
    return (Found(row, values) for row, values in _rows(path, mapping))


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    return cast("IO[bytes]", gzip.open(path, "rb")) if packed else path.open("rb")


class _Bounded:
    """A stream that refuses to give more than was agreed: a small file may unpack to anything."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._left = stream, LARGEST

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, 1 << 20) if size >= 0 else 1 << 20)
        self._left -= len(data)
        if self._left < 0:
            raise file_problem("CASE-182", "The file unpacks to more than 2 GB. Split it.")
        return data

    def __iter__(self) -> Iterator[str]:
        for line in self._stream:
            self._left -= len(line)
            if self._left < 0:
                raise file_problem("CASE-182", "The file unpacks to more than 2 GB. Split it.")
            yield line.decode("utf-8-sig" if line[:3] == b"\xef\xbb\xbf" else "utf-8")


def _rows(path: Path, mapping: CaseMapping) -> Iterator[tuple[int, dict[str, str]]]:
    """(row, our fields) of a CSV file; row 1 is its heading."""
    with _opened(path) as stream:
        lines = csv.reader(iter(_Bounded(stream)))
        try:
            heads = next(lines, [])
            places = _places(heads, mapping)
            for number, cells in enumerate(lines, start=2):
                if number > MOST_ROWS:
                    raise file_problem("CASE-182", f"The file has over {MOST_ROWS:,} rows. Split.")
                if cells:
                    yield number, _fields(cells, places, mapping)
        except (csv.Error, UnicodeDecodeError, EOFError, OSError) as wrong:
            raise file_problem(
                "CASE-183", "The file cannot be read as CSV in UTF-8. Save it so, and try again."
            ) from wrong


def _places(heads: list[str], mapping: CaseMapping) -> dict[str, int]:
    if len(heads) > MOST_COLUMNS:
        raise file_problem("CASE-183", f"The file has over {MOST_COLUMNS} columns. Leave some out.")
    known = {head.strip().lstrip("\ufeff"): place for place, head in enumerate(heads)}
    for column in mapping.columns.values():
        if column not in known:
            raise file_problem(
                "CASE-184", f"There is no column “{column[:60]}” in the file. Correct the mapping."
            )
    return {name: known[column] for name, column in mapping.columns.items()}


def _fields(cells: list[str], places: dict[str, int], mapping: CaseMapping) -> dict[str, str]:
    found = dict(mapping.defaults)
    for name, place in places.items():
        cell = cells[place].strip()[: LONGEST_CELL + 1] if place < len(cells) else ""
        if cell:
            found[name] = cell
    return found


def _sorted_events(path: Path, mapping: CaseMapping) -> Iterator[Found]:
    """One row an event: put in order of cases on disk, then gathered."""
    stage = path.with_name(f"{path.name}.stage")
    stage.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(stage)) as base:
            base.executescript(
                "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
                "CREATE TABLE rows (case_id TEXT, row INTEGER, line TEXT);"
            )
            base.executemany(
                "INSERT INTO rows VALUES (?, ?, ?)",
                ((values.get("id", ""), row, json.dumps(values))
                 for row, values in _rows(path, mapping)),
            )  # fmt: skip
            base.execute("CREATE INDEX by_case ON rows (case_id, row)")
            yield from _gathered(base.execute("SELECT * FROM rows ORDER BY case_id, row"))
    finally:
        stage.unlink(missing_ok=True)


def _gathered(rows: Iterator[Any]) -> Iterator[Found]:
    case: Found | None = None
    for name, row, line in rows:
        values = json.loads(line)
        if case is None or case.values.get("id", "") != name:
            if case is not None:
                yield case
            case = Found(row, values)
        case.values = {**values, **case.values}
        _add(case, row, values)
    if case is not None:
        yield case


def _add(case: Found, row: int, values: dict[str, str]) -> None:
    if len(case.events) == MOST_EVENTS:
        case.problem = ("CASE-185", f"The case has over {MOST_EVENTS} events. Take some out.")
        return
    case.events.append((row, values.get("activity", ""), values.get("at", "")))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _xes(path: Path, mapping: CaseMapping) -> Iterator[Found]:
    """The traces of a log, each forgotten once it was given."""
    number = 0
    trace_names = {
        name: key for name, key in mapping.columns.items() if name not in ("activity", "at")
    }
    event_names = {name: mapping.columns[name] for name in ("activity", "at")}
    with _opened(path) as stream:
        try:
            steps = SafeTree.iterparse(_Bounded(stream), events=("start", "end"), forbid_dtd=True)
            root = None
            for step, node in steps:
                root = node if root is None else root
                if step == "end" and _local(node.tag) == "trace":
                    number += 1
                    yield _trace(number, node, trace_names, event_names, mapping)
                    root.clear()
        except (SafeTree.ParseError, DefusedXmlException, EOFError, OSError) as wrong:
            raise file_problem(
                "CASE-183",
                "The file cannot be read as an event log (XES), or holds entities, which are "
                "refused. Save it anew, and try again.",
            ) from wrong


def _trace(
    number: int,
    node: Any,
    trace_names: dict[str, str],
    event_names: dict[str, str],
    mapping: CaseMapping,
) -> Found:
    own, events = {}, []
    for child in node:
        if _local(child.tag) == "event":
            events.append(child)
        elif child.get("key"):
            own[child.get("key")] = (child.get("value") or "")[: LONGEST_CELL + 1]
    values = dict(mapping.defaults)
    values |= {name: own[key] for name, key in trace_names.items() if own.get(key)}
    case = Found(number, values)
    for child in events:
        said = {each.get("key"): (each.get("value") or "")[:200] for each in child}
        fields = {name: said.get(key, "") for name, key in event_names.items()}
        if case.problem is None:
            _add(case, number, fields)
    return case
