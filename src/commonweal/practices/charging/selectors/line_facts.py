"""The usage records behind one line, read from the rated file of its agency and month.

The path comes from metering's manifest only (design law 9); rated and usage files join on source
and record id. Pages go by key, never by count, and a page of a line with millions of records reads
few of them: the rated file is ordered by line and time, so that a page comes from its place in it;
the usage file is asked for these moments alone; and what a line comes to, by bureau, stands beside
the file in the manifest. A correction's records, and months rated before all that was kept, are
added up from the files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import duckdb

from commonweal.kernel.access.public import Actor
from commonweal.kernel.metering.public import AgencyFile, agency_files
from commonweal.kernel.party.public import bureaus, centre
from commonweal.kernel.schema.public import (
    FIRST,
    CommonwealError,
    Listing,
    Place,
    gone,
    turn,
)

from ..domain.bills import AFTERWARDS
from ..models import BillLine
from ..papers.tables import write_csv
from . import bills

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BATCH = 20_000
HEADER = (
    "source", "record", "from", "to", "bureau", "quantity", "quantity_before", "amount",
    "details", "origin",
)  # fmt: skip


class PageError(CommonwealError):
    """A page or a filter that does not exist."""


@dataclass(frozen=True)
class FactRow:
    """One rated usage record. `amount` to 9 decimals, on top of `quantity_before` in its month."""

    source: str
    record: str
    starts: datetime
    ends: datetime
    bureau: str
    quantity: Decimal
    quantity_before: Decimal
    amount: Decimal
    details: Mapping[str, str]
    origin: str


@dataclass(frozen=True)
class Part:
    """The records of one bureau: how many, how much, and how much last month (None: no line)."""

    code: str
    name: str
    records: int
    quantity: Decimal
    before: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """Units more than last month."""
        return None if self.before is None else self.quantity - self.before


@dataclass(frozen=True)
class FactPage:
    """A page of a line's records, and what all that fit the filter come to.

    `bureaus`: the agency's, as (code, name), to filter by.
    """

    line: BillLine
    before: BillLine | None
    rows: Listing[FactRow]
    records: int
    quantity: Decimal
    amount: Decimal
    parts: Sequence[Part]
    bureau: str
    day: date | None
    bureaus: Sequence[tuple[str, str]]


UNMETERED = ("fixed", "credit")
"""Kinds of line that no usage record is behind."""


@dataclass(frozen=True)
class _Query:
    """Conditions on the joined files, with `?` for values."""

    terms: tuple[str, ...]
    values: tuple[Any, ...]

    def and_(self, term: str, *values: Any) -> _Query:
        return _Query((*self.terms, term), (*self.values, *values))

    @property
    def where(self) -> str:
        return "WHERE " + " AND ".join(self.terms)


def _of_line(line: BillLine) -> _Query:
    found = _Query((), ())
    found = found.and_("r.charge_item = ?::UUID", str(line.charge_item_id))
    found = found.and_("r.rate_version = ?::UUID", str(line.rate_version_id))
    found = found.and_("r.order_line = ?::UUID", str(line.order_line_id))
    if line.cell:
        found = found.and_("r.cell = ?", line.cell)
    if line.kind == "correction":
        return found.and_(
            "r.kind = 'correction' AND r.source <> '' AND r.charge_period = ?", line.charge_period
        )
    return found.and_("r.kind = 'usage'")


Files = Mapping[tuple[str, str], AgencyFile]


def _files(actor: Actor, *lines: BillLine | None) -> Files:
    """The rated and the usage files of the months of some lines of one agency."""
    found = [line for line in lines if line is not None and line.kind not in UNMETERED]
    if not found:
        return {}
    wanted = {(line.bill.period, kind) for line in found for kind in ("rated", "usage")}
    return agency_files(actor, found[0].agency_id, wanted)


@cache
def _engine() -> Any:
    """One DuckDB for a process: starting one takes longer than to read a page. Its cursors see
    their own views only. It keeps the files' directories, which never change under their names."""
    base = duckdb.connect(":memory:")
    base.execute("SET TimeZone = 'UTC'")
    base.execute("SET threads = 1")
    base.execute("SET parquet_metadata_cache = true")
    base.execute("SET enable_external_file_cache = false")
    return base


@contextmanager
def _opened(files: Files, line: BillLine) -> Iterator[Any]:
    """A DuckDB with the files of the line's month as views, or None without files."""
    rated, used = (files.get((line.bill.period, kind)) for kind in ("rated", "usage"))
    if rated is None or used is None or line.kind in UNMETERED:
        yield None
        return
    base = _engine().cursor()
    try:
        for name, file in (("rated", rated), ("used", used)):
            place = str(file.path).replace("'", "''")
            base.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM read_parquet('{place}')")
        yield base
    finally:
        base.close()


_USED = "LEFT JOIN used u ON u.source = r.source AND u.external_id = r.fact_id"
_ROWS = f"""SELECT r.source, r.fact_id, epoch_us(r.from_time), epoch_us(u.ends),
  coalesce(u.bureau_id::VARCHAR, ''), r.quantity, r.quantity_before, r.amount,
  coalesce(u.dimensions, ''), coalesce(u.origin_ref, '') FROM rated r {_USED}"""
_RATED = """SELECT r.source, r.fact_id, epoch_us(r.from_time), r.quantity, r.quantity_before,
  r.amount FROM rated r"""
_SAID = """SELECT source, external_id, epoch_us(ends), coalesce(bureau_id::VARCHAR, ''),
  coalesce(dimensions, ''), coalesce(origin_ref, '') FROM used"""
_PARTS = f"""SELECT coalesce(u.bureau_id::VARCHAR, ''), count(*),
  sum(r.quantity)::DECIMAL(38,6), sum(r.amount)::DECIMAL(38,9) FROM rated r {_USED}"""
_SUMS = """SELECT count(*), coalesce(sum(r.quantity), 0)::DECIMAL(38,6),
  coalesce(sum(r.amount), 0)::DECIMAL(38,9) FROM rated r"""


def _order(backwards: bool = False) -> str:
    way = " DESC" if backwards else ""
    return f"ORDER BY r.from_time{way}, r.source{way}, r.fact_id{way}"


def _moment(micros: int | None) -> datetime:
    return EPOCH + timedelta(microseconds=micros or 0)


def _row(values: Sequence[Any], names: Mapping[str, tuple[str, str]]) -> FactRow:
    source, record, starts, ends, bureau, quantity, before, amount, details, origin = values
    return FactRow(
        source=source,
        record=record,
        starts=_moment(starts),
        ends=_moment(ends if ends is not None else starts),
        bureau=names.get(bureau, ("", ""))[1],
        quantity=quantity,
        quantity_before=before,
        amount=amount,
        details=json.loads(details) if details else {},
        origin=origin,
    )


def _names(actor: Actor, agency_id: UUID) -> dict[str, tuple[str, str]]:
    """Code and name of each bureau, by its id as text."""
    return {str(row.pk): (row.code, row.name) for row in bureaus(actor, agency_id)}


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise PageError(
            "BILL-420", f"“{text}” is not a date. Write it like 2026-10-31, or leave it empty."
        ) from wrong


def _behind(query: _Query, start: Sequence[str], backwards: bool) -> _Query:
    """Only what follows a row's key, or precedes it."""
    if not start:
        return query
    micros, source, record = start
    if not micros.removeprefix("-").isdecimal() or len(micros) > 18:
        raise gone()
    sign = "<" if backwards else ">"
    # The moment once more by itself: it tells DuckDB which parts of the file to leave out.
    return query.and_(
        f"r.from_time {sign}= make_timestamptz({int(micros)})"
        f" AND (r.from_time, r.source, r.fact_id) {sign} (make_timestamptz({int(micros)}), ?, ?)",
        source, record,
    )  # fmt: skip


def _filtered(query: _Query, bureau: UUID | str, day: date | None, column: str) -> _Query:
    """Only a bureau's records (`none`: those of no bureau), and a local day's."""
    if bureau == "none":
        query = query.and_(f"{column} IS NULL")
    elif bureau:
        query = query.and_(f"{column} = ?::UUID", str(bureau))
    if day:
        zone = ZoneInfo(centre().zone)
        start = datetime.combine(day, datetime.min.time(), zone)
        end = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
        query = query.and_("r.from_time >= ? AND r.from_time < ?", start, end)
    return query


def _bureau(code: str, names: Mapping[str, tuple[str, str]]) -> str:
    """The id of a bureau as text; `none` and empty as they are."""
    if code in ("", "none"):
        return code
    wanted = [key for key, (known, _) in names.items() if known == code]
    if not wanted:
        raise PageError("BILL-422", f"There is no bureau “{code}”. Choose one from the list.")
    return wanted[0]


@dataclass(frozen=True)
class _Asked:
    """What a page or a download asks of a line; `bureau`: an id as text, `none` or empty."""

    line: BillLine
    names: Mapping[str, tuple[str, str]]
    bureau: str
    day: date | None

    def query(self, base: Any) -> tuple[_Query, bool]:
        """The conditions, and whether they need the usage file: where the rated rows do not say
        of which bureau they are."""
        joined = bool(self.bureau) and not _knows_bureau(base, self.line)
        column = "u.bureau_id" if joined else "r.bureau"
        return _filtered(_of_line(self.line), self.bureau, self.day, column), joined


def _knows_bureau(base: Any, line: BillLine) -> bool:
    """Whether the rated file has the bureau of each of the line's records."""
    columns = {row[0] for row in base.execute("DESCRIBE rated").fetchall()}
    return "bureau" in columns and line.kind != "correction"


def line_facts(
    actor: Actor, line_id: UUID, *, place: Place = FIRST, bureau: str = "", day: str = ""
) -> FactPage:
    """A page of a line's usage records, oldest first, with the sums of all that fit the filter.

    `bureau`: a bureau's code, or `none`; `day`: a local day, ISO 8601. Raises BILL-404 (no such
    line), BILL-420 and 422 (filters that do not exist), LIST-404 (no such page).
    """
    line = bills.line(actor, line_id)
    before = None if line.kind in AFTERWARDS else bills.same_line_before(line)
    names, when = _names(actor, line.agency_id), _day(day)
    asked = _Asked(line, names, _bureau(bureau, names), when)
    files = _files(actor, line, before)
    rows: Listing[FactRow] = Listing(())
    sums: Sequence[Any] = (0, Decimal(0), Decimal(0))
    parts: Parts = {}
    with _opened(files, line) as base:
        if base is not None:
            query, joined = asked.query(base)
            rows = turn(_reader(base, query, names, joined), place, 3, _key)
            parts = _parts(files, line, base)
            sums = _sums(base, asked, query, joined, _kept(files, line))
    records, quantity, amount = sums
    return FactPage(
        line, before, rows, records, quantity, amount,
        _compared(files, parts, before, names), bureau, when, list(names.values()),
    )  # fmt: skip


Parts = Mapping[str, tuple[int, Decimal, Decimal]]
"""Records, quantity and amount by bureau, its id as text; empty for records of none."""


def _kept(files: Files, line: BillLine) -> Parts | None:
    """What the manifest says that the line's records come to; None where it does not say."""
    rated = files.get((line.bill.period, "rated"))
    if rated is None or line.kind != "usage" or "lines" not in rated.totals:
        return None
    mine = (line.charge_item_id, line.rate_version_id, line.order_line_id)
    wanted = [str(key) for key in mine]
    found: dict[str, tuple[int, Decimal, Decimal]] = {}
    for *keys, cell, bureau, records, quantity, amount in rated.totals["lines"]:
        if keys == wanted and line.cell in ("", cell):
            so_far = found.get(bureau, (0, Decimal(0), Decimal(0)))
            more = (int(records), Decimal(quantity), Decimal(amount))
            found[bureau] = (so_far[0] + more[0], so_far[1] + more[1], so_far[2] + more[2])
    return found


def _sums(
    base: Any, asked: _Asked, query: _Query, joined: bool, kept: Parts | None
) -> Sequence[Any]:
    """Records, quantity and amount of all that fit the filter."""
    if kept is not None and asked.day is None:
        wanted = "" if asked.bureau == "none" else asked.bureau
        fitting = [part for key, part in kept.items() if not asked.bureau or key == wanted]
        return [
            sum(part[0] for part in fitting),
            sum((part[1] for part in fitting), Decimal(0)),
            sum((part[2] for part in fitting), Decimal(0)),
        ]
    text = f"{_SUMS} {_USED if joined else ''} {query.where}"
    found: Sequence[Any] = base.execute(text, list(query.values)).fetchone()
    return found


def _reader(
    base: Any, query: _Query, names: Mapping[str, tuple[str, str]], joined: bool
) -> Callable[[list[str], bool, int], list[FactRow]]:
    """Reads a page: the rated rows first, then what the usage file says of these alone, unless the
    filter asks the usage file itself."""

    def read(start: list[str], backwards: bool, limit: int) -> list[FactRow]:
        wanted, order = _behind(query, start, backwards), _order(backwards)
        text = f"{_ROWS if joined else _RATED} {wanted.where} {order} LIMIT {limit}"
        found = base.execute(text, list(wanted.values)).fetchall()
        return [_row(row, names) for row in (found if joined else _told(base, found))]

    return read


def _told(base: Any, rated: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """Rated rows with end, bureau, details and origin from the usage file.

    It is ordered by time, so that the rows' moments lead to their places in it.
    """
    if not rated:
        return []
    moments = sorted({row[2] for row in rated})
    listed = ", ".join(f"make_timestamptz({int(moment)})" for moment in moments)
    text = (
        f"{_SAID} WHERE starts >= make_timestamptz({moments[0]})"
        f" AND starts <= make_timestamptz({moments[-1]}) AND starts IN ({listed})"
        " AND list_contains(?, external_id)"
    )
    names = [record for _source, record, *_ in rated]
    said = {row[:2]: row[2:] for row in base.execute(text, [names]).fetchall()}
    found = []
    for source, record, starts, quantity, before, amount in rated:
        ends, bureau, details, origin = said.get((source, record), (None, "", "", ""))
        found.append(
            (source, record, starts, ends, bureau, quantity, before, amount, details, origin)
        )
    return found


def _key(row: FactRow) -> tuple[int, str, str]:
    return (row.starts - EPOCH) // timedelta(microseconds=1), row.source, row.record


def _parts(files: Files, line: BillLine, base: Any = None) -> Parts:
    """What each bureau's records come to: from the manifest, or else added up from the files."""
    kept = _kept(files, line)
    if kept is not None:
        return kept
    if base is None:
        with _opened(files, line) as opened:
            return {} if opened is None else _parts(files, line, opened)
    query = _of_line(line)
    rows = base.execute(f"{_PARTS} {query.where} GROUP BY 1", list(query.values)).fetchall()
    return {bureau: (records, quantity, amount) for bureau, records, quantity, amount in rows}


def _compared(
    files: Files,
    parts: Parts,
    before: BillLine | None,
    names: Mapping[str, tuple[str, str]],
) -> list[Part]:
    """Each bureau's quantity beside last month's, largest change first."""
    earlier = _parts(files, before) if before is not None else {}
    none = (0, Decimal(0), Decimal(0))
    found = [
        Part(
            *names.get(key, ("none", "")),
            *parts.get(key, none)[:2],
            earlier.get(key, none)[1] if before is not None else None,
        )
        for key in parts.keys() | earlier.keys()
    ]
    return sorted(found, key=lambda part: (-abs(part.change or part.quantity), part.code))


def line_facts_csv(
    actor: Actor, line_id: UUID, *, bureau: str = "", day: str = ""
) -> tuple[str, Iterator[bytes]]:
    """A file name, and all usage records of a line as CSV, piece by piece.

    Everything that needs the actor is read before the first piece; the pieces come from the file.
    """
    line = bills.line(actor, line_id)
    names = _names(actor, line.agency_id)
    asked = _Asked(line, names, _bureau(bureau, names), _day(day))
    opened = _opened(_files(actor, line), line)
    base = opened.__enter__()
    name = f"{line.bill.number or line.bill.period}-line-{line.number}-usage.csv"

    def pieces() -> Iterator[bytes]:
        try:
            yield write_csv(HEADER, ())
            if base is None:
                return
            query, _joined = asked.query(base)
            found = base.execute(f"{_ROWS} {query.where} {_order()}", list(query.values))
            while values := found.fetchmany(BATCH):
                rows = [_cells(_row(each, names)) for each in values]
                yield write_csv(rows[0], rows[1:])
        finally:
            opened.__exit__(None, None, None)

    return name, pieces()


def _cells(row: FactRow) -> tuple[str, ...]:
    details = "; ".join(f"{key}={value}" for key, value in sorted(row.details.items()))
    return (
        row.source, row.record, row.starts.isoformat(), row.ends.isoformat(), row.bureau,
        format(row.quantity, "f"), format(row.quantity_before, "f"), format(row.amount, "f"),
        details, row.origin,
    )  # fmt: skip
