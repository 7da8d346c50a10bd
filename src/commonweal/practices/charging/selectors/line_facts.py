"""The usage records behind one line, read from the rated file of its agency and month.

The path comes from metering's manifest only (design law 9); rated and usage files join on source
and record id. Pages go by key, never by count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import duckdb

from commonweal.kernel.access.public import Actor
from commonweal.kernel.metering.public import partition_files
from commonweal.kernel.party.public import bureaus, centre
from commonweal.kernel.schema.public import CommonwealError

from ..models import BillLine
from ..papers.tables import write_csv
from . import bills

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PAGE = 50
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
    """Some records of a line, and what all that fit the filter come to.

    `after` asks for the next page; None: this was the last.
    """

    line: BillLine
    before: BillLine | None
    rows: Sequence[FactRow]
    after: str | None
    records: int
    quantity: Decimal
    amount: Decimal
    parts: Sequence[Part]
    bureau: str
    day: date | None


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
    if line.kind == "correction":
        return found.and_("r.kind = 'correction' AND r.charge_period = ?", line.charge_period)
    return found.and_("r.kind = 'usage'")


@contextmanager
def _files(actor: Actor, line: BillLine) -> Iterator[Any]:
    """A DuckDB with the files of the line's agency and month as views, or None without files."""
    period = line.bill.period
    rated = partition_files(actor, period, kind="rated", agency_id=line.agency_id)
    usage = partition_files(actor, period, kind="usage", agency_id=line.agency_id)
    if not rated or not usage or line.kind == "fixed":
        yield None
        return
    base = duckdb.connect(":memory:")
    try:
        base.execute("SET TimeZone = 'UTC'")
        base.execute("SET threads = 1")
        for name, file in (("rated", rated[0]), ("used", usage[0])):
            place = str(file.path).replace("'", "''")
            base.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{place}')")
        yield base
    finally:
        base.close()


_JOIN = "FROM rated r LEFT JOIN used u ON u.source = r.source AND u.external_id = r.fact_id"
_ROWS = f"""SELECT r.source, r.fact_id, epoch_us(r.from_time), epoch_us(u.ends),
  coalesce(u.bureau_id::VARCHAR, ''), r.quantity, r.quantity_before, r.amount,
  coalesce(u.dimensions, ''), coalesce(u.origin_ref, '') {_JOIN}"""
_ORDER = "ORDER BY r.from_time, r.source, r.fact_id"
_PARTS = f"""SELECT coalesce(u.bureau_id::VARCHAR, ''), count(*),
  sum(r.quantity)::DECIMAL(38,6) {_JOIN}"""
_SUMS = f"""SELECT count(*), coalesce(sum(r.quantity), 0)::DECIMAL(38,6),
  coalesce(sum(r.amount), 0)::DECIMAL(38,9) {_JOIN}"""


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


def _after(query: _Query, cursor: str) -> _Query:
    """Only what follows the row that the cursor names."""
    if not cursor:
        return query
    micros, _, rest = cursor.partition("|")
    source, _, record = rest.partition("|")
    if not micros.lstrip("-").isdigit():
        raise PageError("BILL-421", "This page does not exist. Go back to the first page.")
    return query.and_(
        "(r.from_time, r.source, r.fact_id) > (make_timestamptz(?), ?, ?)",
        int(micros), source, record,
    )  # fmt: skip


def _filtered(
    query: _Query, names: Mapping[str, tuple[str, str]], bureau: str, day: date | None
) -> _Query:
    if bureau == "none":
        query = query.and_("u.bureau_id IS NULL")
    elif bureau:
        wanted = [key for key, (code, _) in names.items() if code == bureau]
        if not wanted:
            raise PageError("BILL-422", f"There is no bureau “{bureau}”. Choose one from the list.")
        query = query.and_("u.bureau_id = ?::UUID", wanted[0])
    if day:
        zone = ZoneInfo(centre().zone)
        start = datetime.combine(day, datetime.min.time(), zone)
        end = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
        query = query.and_("r.from_time >= ? AND r.from_time < ?", start, end)
    return query


def line_facts(
    actor: Actor, line_id: UUID, *, after: str = "", bureau: str = "", day: str = ""
) -> FactPage:
    """A page of a line's usage records, oldest first, with the sums of all that fit the filter.

    `bureau`: a bureau's code, or `none`; `day`: a local day, ISO 8601; `after`: from the page
    before. Raises BILL-404 (no such line), BILL-420 to 422 (filters and pages that do not exist).
    """
    line = bills.line(actor, line_id)
    before = None if line.kind == "correction" else bills.same_line_before(line)
    names, when = _names(actor, line.agency_id), _day(day)
    query = _filtered(_of_line(line), names, bureau, when)
    paged = _after(query, after)
    rows: list[FactRow] = []
    sums: Sequence[Any] = (0, Decimal(0), Decimal(0))
    parts: dict[str, tuple[int, Decimal]] = {}
    with _files(actor, line) as base:
        if base is not None:
            found = base.execute(
                f"{_ROWS} {paged.where} {_ORDER} LIMIT {PAGE + 1}", list(paged.values)
            ).fetchall()
            rows = [_row(values, names) for values in found]
            sums = base.execute(f"{_SUMS} {query.where}", list(query.values)).fetchone()
            parts = _parts(base, line)
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    records, quantity, amount = sums
    return FactPage(
        line, before, rows, cursor(rows[-1]) if more else None, records, quantity, amount,
        _compared(actor, parts, before, names), bureau, when,
    )  # fmt: skip


def cursor(row: FactRow) -> str:
    """Where a list goes on after this row."""
    micros = (row.starts - EPOCH) // timedelta(microseconds=1)
    return f"{micros}|{row.source}|{row.record}"


def _parts(base: Any, line: BillLine) -> dict[str, tuple[int, Decimal]]:
    query = _of_line(line)
    rows = base.execute(f"{_PARTS} {query.where} GROUP BY 1", list(query.values)).fetchall()
    return {bureau: (records, quantity) for bureau, records, quantity in rows}


def _compared(
    actor: Actor,
    parts: Mapping[str, tuple[int, Decimal]],
    before: BillLine | None,
    names: Mapping[str, tuple[str, str]],
) -> list[Part]:
    """Each bureau's quantity beside last month's, largest change first."""
    earlier: dict[str, tuple[int, Decimal]] = {}
    if before is not None:
        with _files(actor, before) as base:
            earlier = _parts(base, before) if base is not None else {}
    none = (0, Decimal(0))
    found = [
        Part(
            *names.get(key, ("none", "")),
            *parts.get(key, none),
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
    query = _filtered(_of_line(line), names, bureau, _day(day))
    opened = _files(actor, line)
    base = opened.__enter__()
    name = f"{line.bill.number or line.bill.period}-line-{line.number}-usage.csv"

    def pieces() -> Iterator[bytes]:
        try:
            yield write_csv(HEADER, ())
            if base is None:
                return
            found = base.execute(f"{_ROWS} {query.where} {_ORDER}", list(query.values))
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
