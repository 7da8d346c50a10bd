"""Checking a whole chunk at once: DuckDB for the cells, Python once for each distinct reference.

Only rows that are plainly good pass here. Every other row goes, alone, through
`domain.checks.check`, which decides and finds the words; so there is one set of rules, and this
is a fast way to say yes.
The canonical form made here in SQL equals the one of `domain.facts` (a property test compares).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from ..domain import Fact, Raw
from ..domain.checks import TEXT_LIMIT, Moments, Reference, Target, check, find_line, find_target
from ..domain.problems import Refused
from .files import Chunk
from .options import DIMENSION, FIELDS, FileOptions

_BLANKS = " \t"
_PARTS = ("agency", "bureau", "charge_item", "order_line", "unit")
_BAD_TEXT = r"[\x00-\x1f\x7f\x{2028}\x{2029}@]|^ | $"


@dataclass
class Prepared:
    """A checked chunk. `lines`: COPY text of the good new records, whose row numbers are `rows`.

    `keys`: rows of key and content hashes of the good records, for the key files. `singles`: all
    other records with their fact or refusal.
    """

    last_row: int
    count: int
    lines: Any
    rows: Any
    keys: Any
    chunk: Chunk
    singles: list[tuple[Raw, Fact | None, Refused | None]] = field(default_factory=list)

    def names(self) -> set[str]:
        """The ids of the chunk's records, and of those that they replace."""
        columns = (name for name in ("id", "replaces") if name in self.chunk.table.column_names)
        cells = (cell for name in columns for cell in self.chunk.table[name].to_pylist())
        return {cell.strip(_BLANKS) for cell in cells} - {""}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class Checker:
    """Checks the chunks of one file, remembering the references it has seen."""

    def __init__(
        self, source_code: str, reference: Reference, options: FileOptions, names: Sequence[str]
    ) -> None:
        self.reference = reference
        self.source_code = source_code
        self.options = options
        self.moments = Moments(reference.zone, options.time_format())
        known = {*names, *options.constants}
        self.dimensions = sorted(
            name[len(DIMENSION) :] for name in known if name.startswith(DIMENSION)
        )
        self.base = duckdb.connect()
        self.base.execute("SET threads = 1")
        self._trim = False
        self._targets: dict[tuple[str, ...], tuple[int, Target] | None] = {}

    def record(self, prepared: Prepared, position: int) -> tuple[Fact, Raw]:
        """The record at a position among the good ones of a chunk, read again."""
        row = int(prepared.rows[position])
        place = int(np.searchsorted(prepared.chunk.numbers, row))
        columns = prepared.chunk.table.column_names
        one = prepared.chunk.table.slice(place, 1).to_pydict()

        def cell(name: str) -> str:
            if name not in columns:
                return str(self.options.constants.get(name, ""))
            text = str(one[name][0]).strip(_BLANKS)
            return self.options.number(text) if name == "quantity" else text

        fields = {target: cell(name) for name, target in FIELDS.items()}
        dimensions = {name: cell(DIMENSION + name) for name in self.dimensions}
        raw = Raw(row=row, dimensions=dimensions, **fields)
        fact, _ = check(raw, self.reference, self.moments)
        assert fact is not None, "a record that passed as part of a chunk passes alone"
        return fact, raw

    def close(self) -> None:
        """Let the memory go."""
        self.base.close()

    def prepare(self, chunk: Chunk) -> Prepared:
        """Check a chunk; needs no database."""
        self._load(chunk)
        self._resolve()
        numbers = chunk.numbers
        prepared = Prepared(int(numbers[-1]), chunk.table.num_rows, b"", numbers[:0], None, chunk)
        good = self._lines(prepared, numbers)
        self._singles(prepared, chunk, good)
        return prepared

    def _cell(self, name: str, columns: Sequence[str]) -> str:
        if name not in columns:
            return _quoted(self.options.constants.get(name, ""))
        cell = f"trim(\"{name}\", ' \t')" if self._trim else f'"{name}"'
        return self.options.number_sql(cell) if name == "quantity" else cell

    def _load(self, chunk: Chunk) -> None:
        """Show the chunk to DuckDB as `raw`; cells with blanks around them are trimmed first."""
        columns = chunk.table.column_names
        self._trim = self._trim or _has_blanks(chunk.table)
        cells = [
            *(f'{self._cell(name, columns)} AS "{target}"' for name, target in FIELDS.items()),
            *(
                f'{self._cell(DIMENSION + name, columns)} AS "d{place}"'
                for place, name in enumerate(self.dimensions)
            ),
        ]
        places = pa.array(np.arange(chunk.table.num_rows, dtype=np.int32))
        self.base.register("arriving", chunk.table.append_column("pos", places))
        self.base.execute(
            f"CREATE OR REPLACE TEMP VIEW raw AS SELECT pos, {', '.join(cells)} FROM arriving"
        )

    def _resolve(self) -> None:
        """Find each distinct reference and moment once, and put what was found into tables."""
        parts = ", ".join(_PARTS)
        combos = self.base.execute(f"SELECT DISTINCT {parts} FROM raw").fetchall()
        found = [(*combo, *target) for combo in combos if (target := self._target(combo))]
        self.base.register("target", _target_table(found))
        moments: dict[str, tuple[int, int]] = {}
        for (text,) in self.base.execute(
            "SELECT starts FROM raw UNION SELECT ends FROM raw"
        ).fetchall():
            try:
                at, day = self.moments.read(text, "from")
            except Refused:
                continue
            moments[text] = (at, day.toordinal())
        self.base.register("moment", _moment_table(moments))
        self.base.execute(
            _JOIN.format(
                good=self._plainly_good(),
                dimensions=self._canonical(),
                columns="".join(f"raw.d{place}, " for place in range(len(self.dimensions))),
            )
        )
        self._cover({cid: target for *_, cid, target in found})

    def _target(self, combo: tuple[str, ...]) -> tuple[int, Target] | None:
        if combo not in self._targets:
            agency, bureau, item, line, unit = combo
            try:
                target = find_target(agency, bureau, item, line, unit, self.reference)
                self._targets[combo] = (len(self._targets), target)
            except Refused:
                self._targets[combo] = None
        return self._targets[combo]

    def _cover(self, targets: dict[int, Target]) -> None:
        rows = []
        for cid, day in self.base.execute("SELECT DISTINCT cid, day FROM joined").fetchall():
            local = date.fromordinal(day)
            try:
                line = find_line(targets[cid], local, self.reference)
            except Refused:
                continue
            rows.append((cid, day, str(line), f"{local.year:04d}-{local.month:02d}"))
        self.base.register("cover", _cover_table(rows))

    def _plainly_good(self) -> str:
        names = ["external_id", "origin", *(f"d{place}" for place in range(len(self.dimensions)))]
        tests = [
            f"length({name}) <= {TEXT_LIMIT} AND NOT regexp_matches({name}, {_quoted(_BAD_TEXT)})"
            for name in names
        ]
        return " AND ".join(tests)

    def _canonical(self) -> str:
        pieces = [
            f"CASE WHEN d{place} = '' THEN '' ELSE {_quoted(name)} || chr(30) || d{place} "
            "|| chr(30) END"
            for place, name in enumerate(self.dimensions)
        ]
        return " || ".join(pieces) or "''"

    def _json(self) -> str:
        pieces = [
            f"CASE WHEN d{place} <> '' THEN {_quoted(chr(34) + name + chr(34) + ':')} "
            f"|| to_json(d{place})::VARCHAR END"
            for place, name in enumerate(self.dimensions)
        ]
        if not pieces:
            return "'\\N'"
        inner = f"concat_ws(',', {', '.join(pieces)})"
        return f"CASE WHEN {inner} = '' THEN '\\N' ELSE {_escaped(_braced(inner))} END"

    def _lines(self, prepared: Prepared, numbers: Any) -> Any:
        """Fill in the COPY text and the keys; gives the places of the good rows."""
        result = self.base.sql(
            _LINES.format(
                id=_escaped("external_id"),
                origin=_escaped("origin"),
                dimensions=self._json(),
                source=_quoted(self.source_code),
            )
        ).to_arrow_table()
        places = result["pos"].to_numpy()
        prepared.lines = _text_of(result["line"])
        prepared.rows = numbers[places]
        raw = bytes.fromhex(bytes(_text_of(result["hashes"])).decode())
        prepared.keys = np.frombuffer(raw, dtype=">u8").astype(np.uint64).reshape(-1, 4)
        return places

    def _singles(self, prepared: Prepared, chunk: Chunk, good: Any) -> None:
        if len(good) == chunk.table.num_rows:
            return
        rest = np.ones(chunk.table.num_rows, dtype=bool)
        rest[good] = False
        places: Any = np.nonzero(rest)[0].astype(np.int32)
        self.base.register("rest", pa.table({"pos": pa.array(places)}))
        rows = self.base.execute("SELECT raw.* FROM raw JOIN rest USING (pos) ORDER BY pos")
        names = [column[0] for column in rows.description]
        columns = chunk.table.column_names
        for values in rows.fetchall():
            cells = dict(zip(names, values, strict=True))
            if not any(cells[FIELDS[name]].strip() for name in columns if name in FIELDS):
                continue  # an empty line
            raw = self._raw(cells, chunk.numbers)
            prepared.singles.append((raw, *check(raw, self.reference, self.moments)))

    def _raw(self, cells: dict[str, Any], numbers: Any) -> Raw:
        dimensions = {
            name: cells[f"d{place}"].strip(_BLANKS) for place, name in enumerate(self.dimensions)
        }
        fields = {name: cells[name].strip(_BLANKS) for name in FIELDS.values()}
        return Raw(row=int(numbers[cells["pos"]]), dimensions=dimensions, **fields)


_JOIN = r"""
CREATE OR REPLACE TEMP TABLE joined AS
SELECT raw.pos, raw.external_id, raw.origin, raw.unit, {columns} target.cid,
  target.agency_id, target.bureau_id, target.item_id, target.named, s.us AS starts, s.day,
  e.us AS ends, CAST(CAST(raw.quantity AS DECIMAL(18,6)) AS VARCHAR) AS quantity,
  {dimensions} AS canonical
FROM raw
JOIN target USING (agency, bureau, charge_item, order_line, unit)
JOIN moment s ON s.text = raw.starts
JOIN moment e ON e.text = raw.ends
WHERE regexp_full_match(raw.quantity, '[0-9]{{1,12}}(\.[0-9]{{1,6}})?')
  AND e.us > s.us AND raw.replaces = '' AND raw.external_id <> '' AND {good}"""
_LINES = r"""
SELECT pos, concat_ws(chr(9), row_number() OVER (ORDER BY pos) - 1, uuidv7(), {id}, agency_id,
  CASE WHEN bureau_id = '' THEN '\N' ELSE bureau_id END, line_id, item_id, quantity, unit, starts,
  ends, {dimensions}, {origin}, '', '\N', content, period) || chr(10) AS line,
  left(sha256({source} || chr(31) || external_id), 32) || content AS hashes
FROM (
  SELECT *, left(sha256(concat_ws(chr(31), agency_id, bureau_id, named, item_id, quantity, unit,
    starts, ends, canonical, origin, '')), 32) AS content
  FROM joined JOIN cover USING (cid, day)
) ORDER BY pos"""


def _escaped(expression: str) -> str:
    return f"replace({expression}, '\\', '\\\\')"


def _braced(expression: str) -> str:
    return f"chr(123) || {expression} || chr(125)"


def _has_blanks(table: Any) -> bool:
    """Whether cells near the chunk's start have blanks around them."""
    cells = (cell for column in table.slice(0, 200).columns for cell in column.to_pylist())
    return any(cell != cell.strip(_BLANKS) for cell in cells)


def _text_of(column: Any) -> memoryview:
    """The bytes of a text column, one value after the other, without a copy if possible."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], pa.string())
    if len(array) == 0:
        return memoryview(b"")
    width = "int64" if pa.types.is_large_string(array.type) else "int32"
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, dtype=width)
    return memoryview(data)[int(ends[array.offset]) : int(ends[array.offset + len(array)])]


def _target_table(found: Sequence[Any]) -> Any:
    names = [*_PARTS, "cid", "agency_id", "bureau_id", "item_id", "named"]
    rows = [
        (
            *parts,
            cid,
            str(target.agency_id),
            str(target.bureau_id or ""),
            str(target.item.id),
            str(target.line_id or ""),
        )
        for *parts, cid, target in found
    ]
    kinds = [pa.string()] * 5 + [pa.int32()] + [pa.string()] * 4
    return _table(names, kinds, rows)


def _moment_table(moments: dict[str, tuple[int, int]]) -> Any:
    rows = [(text, us, day) for text, (us, day) in moments.items()]
    return _table(["text", "us", "day"], [pa.string(), pa.int64(), pa.int32()], rows)


def _cover_table(rows: Sequence[Any]) -> Any:
    kinds = [pa.int32(), pa.int32(), pa.string(), pa.string()]
    return _table(["cid", "day", "line_id", "period"], kinds, rows)


def _table(names: Sequence[str], kinds: Sequence[Any], rows: Sequence[Any]) -> Any:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pa.table(
        {
            name: pa.array(column, kind)
            for name, kind, column in zip(names, kinds, columns, strict=True)
        }
    )
