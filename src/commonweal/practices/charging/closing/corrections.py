"""Late and corrected usage of closed months, as an exact difference (charging reference §4.2).

The difference is F(q + Δ) − F(q) at the rate version of the charge period, where q is what was
billed for the agency, item and rate version so far; it is booked in the open period and names the
line that it corrects. The order of arrival never changes the sum, because the terms telescope.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Case, Sum, When

from commonweal.kernel.access.public import Actor
from commonweal.kernel.metering.public import UsageRow, late_facts

from ..engine.price import PriceModel, below_zero, price, r9
from ..models import BillLine
from .rates import RateIndex

ZERO = Decimal(0)


@dataclass(frozen=True)
class Corrected:
    """One late fact with its price: the quantity before it and the amount (9 decimals)."""

    fact: UsageRow
    rate_version_id: UUID
    order_line_id: UUID
    before: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Place:
    """What a running total belongs to."""

    agency_id: UUID
    charge_item_id: UUID
    rate_version_id: UUID
    charge_period: str


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
        .values_list("agency_id", "charge_item_id", "rate_version_id", "charge_period")
        .annotate(quantity=Sum("quantity"))
    )
    found = {Place(*row[:4]): row[4] for row in rows}
    return {place: found[place] for place in wanted if place in found}


def price_late(
    facts: Iterable[tuple[Place, UsageRow, UUID]],
    models: dict[UUID, PriceModel],
    billed: dict[Place, Decimal],
) -> list[Corrected]:
    """Price late facts (place, fact, order line) on top of what was billed, in their own order.

    Where nothing was billed yet nothing is covered, so that a price's fixed part is charged once.
    """
    grouped: dict[Place, list[tuple[UsageRow, UUID]]] = defaultdict(list)
    for place, fact, order_line in facts:
        grouped[place].append((fact, order_line))
    result = []
    for place, found in sorted(grouped.items(), key=lambda entry: str(entry[0])):
        model, total = models[place.rate_version_id], billed.get(place)
        for fact, order_line in sorted(
            found, key=lambda entry: (entry[0].starts, entry[0].source, entry[0].external_id)
        ):
            before = ZERO if total is None else total
            after = before + fact.delta
            if after < 0:
                raise below_zero(fact.source, fact.external_id, after)
            amount = r9(price(model, after)) - r9(price(model, total))
            result.append(Corrected(fact, place.rate_version_id, order_line, before, amount))
            total = after
    return result


def corrections(actor: Actor, period: str, rates: RateIndex) -> list[Corrected]:
    """Every late fact booked in the period, priced."""
    facts = []
    for fact in late_facts(actor, booked_in=period):
        version = rates.at(fact.charge_item_id, fact.starts)
        if version is None or fact.order_line_id is None:
            rates.missing.append(
                {
                    "agency": str(fact.agency_id),
                    "item": str(fact.charge_item_id),
                    "problem": "no rate was in force" if version is None else "no order covers it",
                    "records": 1,
                    "example": f"{fact.source} {fact.external_id}",
                }
            )
            continue
        place = Place(fact.agency_id, fact.charge_item_id, version, fact.period)
        facts.append((place, fact, fact.order_line_id))
    billed = billed_so_far(place for place, _, _ in facts)
    return price_late(facts, rates.models, billed)


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
