"""Late and corrected usage of closed months, as an exact difference (charging reference §4.2).

The difference is F(q + Δ) − F(q) at the rate version of the charge period, where q is what was
billed so far; it is booked in the open period and names the line that it corrects. The order of
arrival never changes the sum, because the terms telescope. What q is depends on the price:

- by quantity: the group's total of the charge period (of the cell, for a price by dimensions);
- over the year (yearly caps): the total of all of the year's bills and of this month's usage;
- the largest quantity: see `late_peaks`; shared by all agencies: see `late_pools`.

A record that moves to another cell or rate version takes its quantity away where it was, and adds
it where it is now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import Case, Sum, When

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.metering.public import UsageRow, late_facts
from commonweal.kernel.party.public import centre

from ..engine.errors import EngineError
from ..engine.price import PriceModel, below_zero, price, r9
from ..models import BillLine
from .cells import cell_of, price_in
from .late import ZERO, Corrected, Late, Place
from .late_peaks import price_peaks
from .late_pools import price_pools
from .rates import RateIndex
from .recorded import Record, of_row, records_of


def billed_so_far(places: Iterable[Place]) -> dict[Place, Decimal]:
    """The quantity on issued bills for each place; one without a line is left out."""
    wanted = set(places)
    rows = (
        BillLine.objects.filter(
            bill__state="issued",
            agency_id__in={place.agency_id for place in wanted},
            charge_item_id__in={place.charge_item_id for place in wanted},
            charge_period__in={place.charge_period for place in wanted},
        )
        .values_list("agency_id", "charge_item_id", "rate_version_id", "charge_period", "cell")
        .annotate(quantity=Sum("quantity"))
    )
    found = {Place(*row[:5]): row[5] for row in rows}
    return {place: found[place] for place in wanted if place in found}


def months_of_year(period: str) -> list[str]:
    """The twelve months of the fiscal year that holds a month."""
    profile = centre()
    start = profile.fiscal_year_start_month if profile else 1
    month = FiscalPeriod.parse(period)
    first = month.shift(-((month.month - start) % 12))
    return [first.shift(step).code for step in range(12)]


def billed_in_year(period: str, versions: Iterable[UUID]) -> dict[tuple[UUID, UUID], Decimal]:
    """By agency and rate version: the quantity on issued bills for the fiscal year of a month.

    One without a line is left out: nothing of it was charged, not even what is due once a year.
    """
    rows = (
        BillLine.objects.filter(
            bill__state="issued",
            rate_version_id__in=list(versions),
            charge_period__in=months_of_year(period),
        )
        .values_list("agency_id", "rate_version_id")
        .annotate(quantity=Sum("quantity"))
    )
    return {row[:2]: row[2] for row in rows}


def price_late(
    late: Iterable[Late],
    models: Mapping[UUID, PriceModel],
    billed: Mapping[Place, Decimal],
) -> list[Corrected]:
    """Price late records on top of what was billed, place by place in their own order.

    Where nothing was billed yet nothing is covered, so that a price's fixed part is charged once.
    A net quantity below zero is refused once all records of the place are in (RATE-202): on the
    way a record may take away what another of them adds.
    """
    grouped: dict[Place, list[Late]] = defaultdict(list)
    for each in late:
        grouped[each.place].append(each)
    result = []
    for place, found in sorted(grouped.items(), key=lambda entry: str(entry[0])):
        model = price_in(models, place.rate_version_id, place.cell)
        result += _priced(model, found, billed.get(place))
    return result


def _order(each: Late) -> tuple[bool, object, str, str]:
    """What adds comes before what takes away, each in the order of the records."""
    return (each.delta < 0, each.fact.starts, each.fact.source, each.fact.external_id)


def _priced(model: PriceModel, found: list[Late], total: Decimal | None) -> list[Corrected]:
    result = []
    for each in sorted(found, key=_order):
        before = ZERO if total is None else total
        after = before + each.delta
        if after < 0:
            raise below_zero(each.fact.source, each.fact.external_id, after)
        amount = r9(price(model, after)) - r9(price(model, total))
        result.append(
            Corrected(
                each.place, each.fact, each.order_line_id, before, amount, each.delta, each.delta
            )
        )
        total = after
    return result


def corrections(
    actor: Actor,
    period: str,
    rates: RateIndex,
    used: Mapping[tuple[UUID, UUID], Decimal],
    *,
    agency_id: UUID | None = None,
) -> list[Corrected]:
    """Every late record booked in the period, priced. `used`: this month's own usage by agency and
    rate version, which a price over the year counts first. `agency_id`: of one agency alone."""
    late = placed(actor, period, rates, agency_id)
    kinds: dict[str, list[Late]] = defaultdict(list)
    for each in late:
        model = price_in(rates.models, each.place.rate_version_id, each.place.cell)
        kinds[_kind(model)].append(each)
    billed = billed_so_far(each.place for each in kinds["period"])
    return [
        *price_late(kinds["period"], rates.models, billed),
        *price_in_year(period, kinds["year"], rates.models, used),
        *price_peaks(actor, period, kinds["peak"], rates),
        *price_pools(kinds["pool"], rates.models),
    ]


def _kind(model: PriceModel) -> str:
    if model.basis == "pool":
        return "pool"
    return "peak" if model.kind == "peak" else model.span


def price_in_year(
    period: str,
    late: Sequence[Late],
    models: Mapping[UUID, PriceModel],
    used: Mapping[tuple[UUID, UUID], Decimal],
) -> list[Corrected]:
    """Late records of prices that run over the fiscal year, on top of all that the year counts."""
    grouped: dict[tuple[UUID, UUID, str], list[Late]] = defaultdict(list)
    for each in late:
        year = months_of_year(each.place.charge_period)[0]
        grouped[each.place.agency_id, each.place.rate_version_id, year].append(each)
    result = []
    for (agency_id, version, year), found in sorted(grouped.items(), key=str):
        key = (agency_id, version)
        total = billed_in_year(year, [version]).get(key)
        if months_of_year(period)[0] == year and key in used:
            total = (total or ZERO) + used[key]
        result += _priced(models[version], found, total)
    return result


def placed(
    actor: Actor, period: str, rates: RateIndex, agency_id: UUID | None = None
) -> list[Late]:
    """Every late record booked in a period, at its place; what has no cause goes to
    `rates.missing`."""
    earlier = _Earlier(actor, period)
    found: list[Late] = []
    for fact in late_facts(actor, booked_in=period, agency_id=agency_id):
        now = _place(fact, of_row(fact), rates)
        if now is None or fact.order_line_id is None:
            if now is not None:
                _lacks(rates, fact, "no order covers it")
            continue
        before = None
        if fact.replaces and _may_move(rates, fact):
            old = earlier.record(fact)
            before = _place(fact, old, rates) if old is not None else now
            if before is None:
                continue
        if before is None or before == now:
            found.append(Late(now, fact, fact.order_line_id, fact.delta))
        else:
            found.append(Late(now, fact, fact.order_line_id, fact.quantity))
            found.append(Late(before, fact, fact.order_line_id, -fact.replaced_quantity))
    return found


def _may_move(rates: RateIndex, fact: UsageRow) -> bool:
    """Whether the item has prices by dimensions, or several rates: else records stay in place."""
    spans = rates.by_item.get(fact.charge_item_id, ())
    return len(spans) > 1 or any(rates.models[s.version_id].basis == "cells" for s in spans)


def _place(fact: UsageRow, record: Record, rates: RateIndex) -> Place | None:
    """Where a record counts; None, with a row in `rates.missing`, where it has no price."""
    version = rates.at(fact.charge_item_id, record.starts)
    if version is None:
        _lacks(rates, fact, "no rate was in force")
        return None
    try:
        cell = cell_of(rates.models[version], record.dimensions)
    except EngineError as error:
        _lacks(rates, fact, error.message)
        return None
    return Place(fact.agency_id, fact.charge_item_id, version, fact.period, cell)


def _lacks(rates: RateIndex, fact: UsageRow, problem: str) -> None:
    rates.missing.append(
        {
            "agency": str(fact.agency_id),
            "item": str(fact.charge_item_id),
            "problem": problem,
            "records": 1,
            "example": f"{fact.source} {fact.external_id}",
        }
    )


class _Earlier:
    """Records that late ones replace, read once for each agency, item and month."""

    def __init__(self, actor: Actor, period: str) -> None:
        self.actor, self.period = actor, period
        self._read: dict[tuple[UUID, UUID, str], dict[tuple[str, str], Record]] = {}
        self._late = {
            (row.source, row.external_id): of_row(row)
            for row in late_facts(actor, booked_in=period)
        }

    def record(self, fact: UsageRow) -> Record | None:
        """The record that a fact replaces: of this month's late ones, or of an earlier month."""
        key = (fact.source, fact.replaces)
        if key in self._late:
            return self._late[key]
        where = (fact.agency_id, fact.charge_item_id, fact.period)
        if where not in self._read:
            self._read[where] = records_of(self.actor, *where, booked_before=self.period)
        return self._read[where].get(key)


def corrected_line(place: Place, order_line_id: UUID) -> UUID | None:
    """The issued line that a correction corrects: same place, same order line if there is one.

    None only where nothing was billed for the place; an earlier correction comes last.
    """
    found = list(
        BillLine.objects.filter(
            agency_id=place.agency_id,
            charge_item_id=place.charge_item_id,
            rate_version_id=place.rate_version_id,
            charge_period=place.charge_period,
            cell=place.cell,
            bill__state="issued",
            kind__in=("usage", "fixed", "correction"),
        )
        .exclude(kind="credit")
        .alias(later=Case(When(kind="correction", then=1), default=0))
        .order_by("later", "bill__period", "number")
        .values_list("id", "order_line_id")
    )
    same = [line for line, order_line in found if order_line == order_line_id]
    return same[0] if same else (found[0][0] if found else None)
