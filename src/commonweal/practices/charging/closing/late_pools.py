"""Late records of a price that all agencies share: whoever sends one moves everybody's part.

With the pool's quantities as billed and as they are with each late record, every agency's part is
worked out anew; what its part moved by is its correction. Parts add up to the pool's price, so the
corrections add up to what the pool's price moved by.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum
from django.db.models.functions import Coalesce

from ..engine.charges import pool_parts
from ..engine.price import PriceModel, below_zero
from ..engine.shared_models import Pooled
from ..models import BillLine
from .late import ZERO, Corrected, Late, Place

Pool = tuple[UUID, UUID, str]
"""Charge item, rate version and charge period: whose quantities go together."""


def billed_in_pool(pool: Pool) -> dict[UUID, tuple[Decimal, Decimal, UUID]]:
    """By agency: quantity and amount on issued bills, and the order line of the largest line."""
    item, version, period = pool
    lines = BillLine.objects.filter(
        charge_item_id=item,
        rate_version_id=version,
        charge_period=period,
        bill__state="issued",
        kind__in=("usage", "correction"),
    )
    totals = lines.values("agency_id").annotate(
        q=Sum("quantity"), a=Sum(Coalesce("priced_exact", "amount_exact"))
    )
    first: dict[UUID, UUID] = {}
    for agency, order_line in lines.order_by("amount_exact").values_list(
        "agency_id", "order_line_id"
    ):
        first[agency] = order_line  # the largest comes last
    return {row["agency_id"]: (row["q"], row["a"], first[row["agency_id"]]) for row in totals}


def price_pools(late: Sequence[Late], models: Mapping[UUID, PriceModel]) -> list[Corrected]:
    """Late records of pools, and what they did to the parts of the other agencies."""
    pools: dict[Pool, list[Late]] = defaultdict(list)
    for each in late:
        place = each.place
        pools[place.charge_item_id, place.rate_version_id, place.charge_period].append(each)
    result = []
    for pool, found in sorted(pools.items(), key=str):
        model = models[pool[1]]
        assert isinstance(model, Pooled)
        result += _moved(pool, model, found)
    return result


def _moved(pool: Pool, model: Pooled, late: Sequence[Late]) -> list[Corrected]:
    billed = billed_in_pool(pool)
    quantities = {agency: row[0] for agency, row in billed.items()}
    charged = {agency: row[1] for agency, row in billed.items()}
    result = []
    ordered = sorted(
        late, key=lambda e: (e.delta < 0, e.fact.starts, e.fact.source, e.fact.external_id)
    )
    for each in ordered:
        agency = each.place.agency_id
        before = quantities.get(agency, ZERO)
        quantities[agency] = before + each.delta
        if quantities[agency] < 0:
            raise below_zero(each.fact.source, each.fact.external_id, quantities[agency])
        part = _parts(model, quantities)[agency]
        amount = part - charged.get(agency, ZERO)
        charged[agency] = part
        result.append(
            Corrected(
                each.place, each.fact, each.order_line_id, before, amount, each.delta, each.delta
            )
        )
    lines = {agency: row[2] for agency, row in billed.items()}
    lines |= {each.place.agency_id: each.order_line_id for each in late}
    for agency, part in sorted(_parts(model, quantities).items(), key=str):
        left = part - charged.get(agency, ZERO)
        if left:
            place = Place(agency, *pool)
            result.append(
                Corrected(place, None, lines[agency], quantities[agency], left, ZERO, ZERO)
            )
    return result


def _parts(model: Pooled, quantities: Mapping[UUID, Decimal]) -> dict[UUID, Decimal]:
    parts = pool_parts(model, {str(agency): value for agency, value in quantities.items()})
    return {UUID(agency): part for agency, part in parts.items()}
