"""Reads: usage while it is open (PostgreSQL) and when it is sealed (Parquet), alike."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Max

from ..access.public import Actor, require, require_somewhere
from ..calendar.public import FiscalPeriod
from ..party.public import centre
from ..schema.public import FIRST, Listing, Place, gone, turn
from .domain.cells import safe_cell
from .domain.checks import EPOCH, micros
from .models import Partition, PeriodState, UsageFact
from .storage.files import checked, known
from .storage.partitions import COLUMNS, SELECT_FACTS
from .storage.read import query_columns

VIEW = "metering.view"
_NAMES = [name for name in COLUMNS if name != "replaced"]
_MOMENTS = {"starts", "ends", "received_at"}
_SEALED_COLUMNS = ", ".join(f"epoch_us({name})" if name in _MOMENTS else name for name in _NAMES)
_TOTALS = f"""
SELECT booked_in, agency_id, charge_item_id, order_line_id, late, count(*),
  sum(quantity - replaced_quantity)
FROM ({SELECT_FACTS} WHERE f.booked_in = ANY(%s)) x
WHERE NOT replaced AND late = %s AND (%s::uuid[] IS NULL OR agency_id = ANY(%s::uuid[]))
GROUP BY booked_in, agency_id, charge_item_id, order_line_id, late"""


@dataclass(frozen=True)
class UsageRow:
    """One usage fact as read. [starts, ends) in UTC; `delta`: what it counts in `booked_in`."""

    id: UUID
    source: str
    external_id: str
    agency_id: UUID
    bureau_id: UUID | None
    order_line_id: UUID | None
    charge_item_id: UUID
    quantity: Decimal
    unit: str
    starts: datetime
    ends: datetime
    dimensions: dict[str, str]
    origin_ref: str
    replaces: str
    replaced_quantity: Decimal
    payload_hash: UUID
    received_at: datetime
    period: str
    booked_in: str
    late: bool
    batch_id: UUID

    @property
    def delta(self) -> Decimal:
        """The quantity, less that of the fact it corrects in a closed period."""
        return self.quantity - self.replaced_quantity

    @property
    def key(self) -> tuple[int, str, str]:
        """Its place in a list: moment in microseconds, id, source."""
        return micros(self.starts), self.external_id, self.source


@dataclass(frozen=True)
class Total:
    """What counts of one item under one order line: number of facts and their quantity."""

    agency_id: UUID
    charge_item_id: UUID
    order_line_id: UUID | None
    late: bool
    count: int
    quantity: Decimal


@dataclass(frozen=True)
class PartitionFile:
    """A sealed or written file, its hash checked just now."""

    agency_id: UUID
    path: Path
    relative: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class AgencyFile:
    """A file of the manifest for a page to read. `totals`: what its manifest row says of it.

    The path is given out after its hash was compared, once a process (USAGE-303 if it differs).
    """

    relative: str
    rows: int
    sha256: str
    totals: Mapping[str, Any]

    @property
    def path(self) -> Path:
        """Where it is."""
        return known(self.relative, self.sha256)


def open_from() -> date | None:
    """The first day after the last month that no longer takes usage; None while all do."""
    last = PeriodState.objects.exclude(state="open").aggregate(last=Max("period"))["last"]
    return FiscalPeriod.parse(last).end_day if last else None


def last_used(agency_id: UUID, line_ids: Collection[UUID], day: date) -> date | None:
    """The last day from a day on on which one of an agency's order lines was used.

    Of usage that was not sealed yet; what was is in a closed month.
    """
    zone = ZoneInfo(centre().zone)
    since = datetime.combine(day, time(), zone)
    found = UsageFact.objects.filter(
        agency_id=agency_id, order_line_id__in=line_ids, starts__gte=since
    )
    last = found.aggregate(last=Max("starts"))["last"]
    return last.astimezone(zone).date() if last else None


def period_state(period: str) -> str:
    """`open`, `frozen` or `sealed`."""
    row = PeriodState.objects.filter(period=FiscalPeriod.parse(period).code).first()
    return row.state if row else "open"


def unsealed_usage(actor: Actor, before: str) -> dict[str, int]:
    """How many usage records wait in each month before one, which no close has taken in yet."""
    require(actor, "metering.view")
    sealed = PeriodState.objects.filter(state="sealed").values("period")
    rows = UsageFact.objects.filter(booked_in__lt=before).exclude(booked_in__in=sealed)
    return dict(rows.values_list("booked_in").annotate(count=Count("pk")).order_by("booked_in"))


def _scope(actor: Actor, agency_id: UUID | None) -> list[UUID] | None:
    """The agencies whose usage may be read: None means all."""
    if agency_id is not None:
        require(actor, VIEW, agency_id)
        return [agency_id]
    if actor.centre:
        require(actor, VIEW)
        return None
    require_somewhere(actor, VIEW)
    return sorted(actor.agencies & actor.agencies_with(VIEW))


def _bureaus(actor: Actor, agency_id: UUID) -> frozenset[UUID] | None:
    """The bureaus whose usage may be read in an agency: None means all, refused if there is none.

    For readers of records; sums of an agency are for those who may see the whole of it.
    """
    found = actor.bureaus_with(VIEW, agency_id)
    if found is not None and not found:
        require(actor, VIEW, agency_id)
    return found


def manifest(
    actor: Actor, period: str, *, kind: str = "usage", agency_id: UUID | None = None
) -> list[Partition]:
    """The newest manifest row of each agency's file of a period, by agency."""
    return _newest(_scope(actor, agency_id), period, kind)


def _newest(scope: Collection[UUID] | None, period: str, kind: str = "usage") -> list[Partition]:
    rows = Partition.objects.filter(period=FiscalPeriod.parse(period).code, kind=kind)
    if scope is not None:
        rows = rows.filter(agency_id__in=scope)
    newest = {row.agency_id: row for row in rows.order_by("version")}
    return [newest[key] for key in sorted(newest)]


def partition_files(
    actor: Actor, period: str, *, kind: str = "usage", agency_id: UUID | None = None
) -> list[PartitionFile]:
    """The files of a period for an engine to read, each compared with its hash (USAGE-303)."""
    return [
        PartitionFile(row.agency_id, checked(row.path, row.sha256), row.path, row.rows, row.sha256)
        for row in manifest(actor, period, kind=kind, agency_id=agency_id)
    ]


def agency_files(
    actor: Actor, agency_id: UUID, wanted: Collection[tuple[str, str]]
) -> dict[tuple[str, str], AgencyFile]:
    """One agency's newest files of some (period, kind), for pages; one query."""
    found = newest_files(actor, {(agency_id, period, kind) for period, kind in wanted})
    return {(period, kind): file for (_agency, period, kind), file in found.items()}


def newest_files(
    actor: Actor, wanted: Collection[tuple[UUID, str, str]]
) -> dict[tuple[UUID, str, str], AgencyFile]:
    """The newest files of some (agency, period, kind), for pages; one query."""
    agencies = {agency for agency, _period, _kind in wanted}
    for agency in agencies:
        require(actor, VIEW, agency)
    rows = Partition.objects.filter(
        agency_id__in=agencies,
        period__in={period for _agency, period, _kind in wanted},
        kind__in={kind for _agency, _period, kind in wanted},
    )
    newest = {(row.agency_id, row.period, row.kind): row for row in rows.order_by("version")}
    return {
        key: AgencyFile(row.path, row.rows, row.sha256, row.totals)
        for key, row in newest.items()
        if key in wanted
    }


@dataclass(frozen=True)
class _Filter:
    """Conditions in SQL that both engines read, with `?` for values."""

    terms: list[str]
    values: list[Any]

    def where(self, placeholder: str) -> str:
        """The conditions joined, with the engine's placeholder."""
        return " AND ".join(self.terms).replace("?", placeholder)


def _filter(
    charge_item: UUID | None,
    order_line: UUID | None,
    late: bool | None,
    bureaus: Collection[UUID] | None = None,
    *,
    replaced: bool = False,
) -> _Filter:
    found = _Filter(["replaced" if replaced else "NOT replaced"], [])
    for name, value in (
        ("charge_item_id", charge_item),
        ("order_line_id", order_line),
        ("late", late),
    ):
        if value is not None:
            found.terms.append(f"{name} = ?")
            found.values.append(value)
    if bureaus is not None:
        found.terms.append(f"bureau_id IN ({', '.join('?' for _each in bureaus)})")
        found.values.extend(sorted(bureaus))
    return found


def _behind(only: _Filter, start: Sequence[str], backwards: bool) -> _Filter:
    """Only what follows a row's key, or precedes it; the first bound is the one an index knows."""
    if not start:
        return only
    moment, external_id, source = start
    if not moment.removeprefix("-").isdecimal() or len(moment) > 18:
        raise gone()
    at, sign = EPOCH + timedelta(microseconds=int(moment)), "<" if backwards else ">"
    terms = [f"starts {sign}= ?", f"(starts, external_id, source) {sign} (?, ?, ?)"]
    return _Filter([*only.terms, *terms], [*only.values, at, at, external_id, source])


def _order(backwards: bool, source: str = "source") -> str:
    way = " DESC" if backwards else ""
    return f"ORDER BY starts{way}, external_id{way}, {source}{way}"


def _row(values: Sequence[Any]) -> UsageRow:
    named = dict(zip(_NAMES, values, strict=True))
    if isinstance(named["dimensions"], str):
        named["dimensions"] = json.loads(named["dimensions"])
    for name in _MOMENTS:
        if isinstance(named[name], int):
            named[name] = EPOCH + timedelta(microseconds=named[name])
    return UsageRow(**named)


def _open_rows(
    agencies: Sequence[UUID] | None,
    period: str | None,
    only: _Filter,
    limit: int | None,
    backwards: bool = False,
) -> list[UsageRow]:
    names = ", ".join(f'x."{name}"' for name in _NAMES)
    where = "WHERE true"
    values: list[Any] = []
    if agencies is not None:
        where += " AND f.agency_id = ANY(%s)"
        values.append(list(agencies))
    if period is not None:
        where += " AND f.booked_in = %s"
        values.append(period)
    condition = only.where("%s").replace(", source)", ', source COLLATE "C")')
    order = _order(backwards, 'source COLLATE "C"')
    statement = f"SELECT {names} FROM ({SELECT_FACTS} {where}) x WHERE {condition} {order}"
    values += only.values
    if limit is not None:
        statement += " LIMIT %s"
        values.append(limit)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [_row(row) for row in cursor.fetchall()]


def _sealed_rows(
    files: Sequence[Partition], only: _Filter, limit: int | None, backwards: bool = False
) -> list[UsageRow]:
    condition = " AND ".join(only.terms[1:]) or "true"  # replaced facts are in a file of their own
    rest = f"WHERE {condition} {_order(backwards)}"
    values = list(only.values)
    if limit is not None:
        rest += " LIMIT ?"
        values.append(limit)
    return [_row(row) for row in query_columns(files, _SEALED_COLUMNS, rest, values)]


def facts(
    actor: Actor,
    agency_id: UUID,
    period: str,
    *,
    charge_item: UUID | None = None,
    order_line: UUID | None = None,
    late: bool | None = False,
    replaced: bool = False,
    place: Place = FIRST,
) -> Listing[UsageRow]:
    """A page of the facts that count in a period, by moment, id and source.

    `late` False: usage of the period itself; True: corrections booked in it; None: both. Whose
    role is limited to a bureau sees that bureau's alone. `replaced`: instead of those that count,
    those that were replaced in time.
    """
    scope = [agency_id]
    only = _filter(charge_item, order_line, late, _bureaus(actor, agency_id), replaced=replaced)
    sealed = period_state(period) == "sealed"
    files = _newest(scope, period, "replaced" if replaced else "usage") if sealed else []

    def read(start: list[str], backwards: bool, limit: int) -> list[UsageRow]:
        wanted = _behind(only, start, backwards)
        if sealed:
            return _sealed_rows(files, wanted, limit, backwards)
        return _open_rows(scope, period, wanted, limit, backwards)

    return turn(read, place, 3, lambda row: row.key)


def arrived_late(scope: Collection[UUID] | None, period: str) -> list[UsageRow]:
    """Every late fact kept in a month's files, whatever became of it (see `late`); for metering."""
    only = _filter(None, None, True)
    if period_state(period) == "sealed":
        return _sealed_rows(_newest(scope, period), only, None)
    return _open_rows(None if scope is None else sorted(scope), period, only, None)


def closed_months() -> list[str]:
    """The months that no longer count what arrives."""
    return list(PeriodState.objects.exclude(state="open").values_list("period", flat=True))


def sealed_periods() -> list[str]:
    """The months that are sealed."""
    return list(PeriodState.objects.filter(state="sealed").values_list("period", flat=True))


def history(
    actor: Actor,
    periods: Sequence[str],
    *,
    agency_id: UUID | None = None,
    late: bool = False,
    only: Collection[UUID] | None = None,
    sealed_only: bool = False,
) -> dict[str, list[Total]]:
    """What counts in each period by agency, item and order line, in three queries.

    `late` True: the corrections booked in it, as the sums of their deltas. `only`: these agencies.
    `sealed_only`: nothing of periods that are not sealed, whose records would have to be summed.
    """
    scope = _scope(actor, agency_id)
    if only is not None:
        scope = sorted(set(only) if scope is None else set(only) & set(scope))
    codes = [FiscalPeriod.parse(period).code for period in periods]
    sealed = PeriodState.objects.filter(period__in=codes, state="sealed")
    closed = set(sealed.values_list("period", flat=True))
    found: dict[str, list[Total]] = {code: [] for code in codes}
    rows = Partition.objects.filter(period__in=closed, kind="usage", sealed_at__isnull=False)
    for row in rows if scope is None else rows.filter(agency_id__in=scope):
        found[row.period] += _sealed_totals(row, late)
    still_open = [code for code in codes if code not in closed]
    if still_open and not sealed_only:
        with connection.cursor() as cursor:
            cursor.execute(_TOTALS, [still_open, late, scope, scope])
            for period, *values in cursor.fetchall():
                found[period].append(Total(*values))
    return {code: sorted(each, key=_total_key) for code, each in found.items()}


def _sealed_totals(row: Partition, late: bool) -> list[Total]:
    return [
        Total(
            row.agency_id, UUID(item), UUID(line) if line else None, late, count, Decimal(quantity)
        )
        for item, line, is_late, count, quantity in row.totals["items"]
        if is_late == late
    ]


def _total_key(total: Total) -> tuple[str, str, str]:
    return str(total.agency_id), str(total.charge_item_id), str(total.order_line_id)


def totals(
    actor: Actor, period: str, *, agency_id: UUID | None = None, late: bool = False
) -> list[Total]:
    """What counts in one period (see `history`): the second path of the close."""
    return history(actor, [period], agency_id=agency_id, late=late)[period]


def export_csv(
    actor: Actor,
    agency_id: UUID,
    period: str,
    *,
    charge_item: UUID | None = None,
    order_line: UUID | None = None,
    late: bool | None = None,
    replaced: bool = False,
) -> Iterator[str]:
    """The facts that count in a period as CSV, piece by piece; the first row names the columns.

    `replaced`: those that were replaced in time instead.
    """
    names = [each.name for each in fields(UsageRow)]
    yield _csv([names])
    at = ""
    while True:
        page = facts(
            actor,
            agency_id,
            period,
            charge_item=charge_item,
            order_line=order_line,
            late=late,
            replaced=replaced,
            place=Place(at, 20_000),
        )
        yield _csv([[_cell(getattr(row, name)) for name in names] for row in page])
        at = page.next
        if not at:
            return


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True, ensure_ascii=False) if value else ""
    if isinstance(value, Decimal):
        return format(value, "f")
    return safe_cell(value)


def _csv(rows: list[list[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerows(rows)
    return stream.getvalue()
