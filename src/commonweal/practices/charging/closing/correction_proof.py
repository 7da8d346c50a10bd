"""The second path of corrections: each place's, taken at once, by the price of its totals.

Records are not stepped through: what was billed and what is now billed are two totals, and their
prices' difference is what the place's corrections must add up to. Peaks are read anew from the
files; a shared price must have moved by as much as all agencies' corrections together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod

from ..engine.totals import price_of_total
from .cells import price_in
from .corrections import billed_in_year, billed_so_far, months_of_year
from .drafting import CauseError
from .late import ZERO, Place
from .late_peaks import largest, readings_at
from .late_pools import billed_in_pool
from .rates import RateIndex

MOST_ROWS = 100
Moved = dict[Place, tuple[Decimal, Decimal]]


def prove_corrections(
    actor: Actor,
    period: str,
    base: Any,
    rates: RateIndex,
    used: Mapping[tuple[UUID, UUID], Decimal],
) -> None:
    """Raise CLOSE-304 with the places whose corrections differ from the price of their totals."""
    rows = base.execute(
        "SELECT agency_id, charge_item, rate_version, charge_period, cell,"
        " sum(quantity)::DECIMAL(18,6), sum(amount)::DECIMAL(27,9) FROM moved"
        " GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    kinds: dict[str, Moved] = defaultdict(dict)
    for row in rows:
        place = Place(*row[:5])
        model = price_in(rates.models, place.rate_version_id, place.cell)
        kind = "pool" if model.basis == "pool" else model.kind
        kind = kind if kind in ("pool", "peak") else model.span
        kinds[kind][place] = (row[5], row[6])
    wrong = [
        *_by_period(kinds["period"], rates),
        *_by_year(period, kinds["year"], rates, used),
        *_by_peak(actor, period, kinds["peak"], rates),
        *_by_pool(kinds["pool"], rates),
    ]
    if wrong:
        raise CauseError(
            "CLOSE-304",
            f"{len(wrong)} corrections differ from the price of their totals. "
            "Nothing may be billed: keep the files and report this.",
            rows=wrong[:MOST_ROWS],
        )


def _difference(place: Place, found: Decimal, expected: Decimal) -> dict[str, str]:
    return {
        "agency": str(place.agency_id),
        "item": str(place.charge_item_id),
        "rate": str(place.rate_version_id),
        "month": place.charge_period,
        "by_records": format(found, "f"),
        "by_total": format(expected, "f"),
        "difference": format(found - expected, "f"),
    }


def _step(model: Any, before: Decimal | None, after: Decimal) -> Decimal:
    earlier = ZERO if before is None else price_of_total(model, before)
    return price_of_total(model, after) - earlier


def _by_period(moved: Moved, rates: RateIndex) -> list[dict[str, str]]:
    billed = billed_so_far(moved)
    wrong = []
    for place, (quantity, amount) in moved.items():
        before = billed.get(place)
        model = price_in(rates.models, place.rate_version_id, place.cell)
        expected = _step(model, before, quantity if before is None else before + quantity)
        if expected != amount:
            wrong.append(_difference(place, amount, expected))
    return wrong


def _by_year(
    period: str, moved: Moved, rates: RateIndex, used: Mapping[tuple[UUID, UUID], Decimal]
) -> list[dict[str, str]]:
    together: dict[tuple[UUID, UUID, str], list[Any]] = {}
    for place, (quantity, amount) in moved.items():
        year = months_of_year(place.charge_period)[0]
        key = (place.agency_id, place.rate_version_id, year)
        known = together.setdefault(key, [place, ZERO, ZERO])
        known[1], known[2] = known[1] + quantity, known[2] + amount
    wrong = []
    for (agency, version, year), (place, quantity, amount) in together.items():
        before = billed_in_year(year, [version]).get((agency, version))
        if months_of_year(period)[0] == year and (agency, version) in used:
            before = (before or ZERO) + used[agency, version]
        expected = _step(rates.models[version], before, (before or ZERO) + quantity)
        if expected != amount:
            wrong.append(_difference(place, amount, expected))
    return wrong


def _by_peak(actor: Actor, period: str, moved: Moved, rates: RateIndex) -> list[dict[str, str]]:
    after_this = FiscalPeriod.parse(period).shift(1).code
    wrong = []
    for place, (_quantity, amount) in moved.items():
        model = price_in(rates.models, place.rate_version_id, place.cell)
        before = largest(readings_at(actor, place, rates, period).values())
        after = largest(readings_at(actor, place, rates, after_this).values())
        earlier = ZERO if before is None else price_of_total(model, before)
        now = ZERO if after is None else price_of_total(model, after)
        if now - earlier != amount:
            wrong.append(_difference(place, amount, now - earlier))
    return wrong


def _by_pool(moved: Moved, rates: RateIndex) -> list[dict[str, str]]:
    """All agencies' corrections together are what the pool's price moved by."""
    pools: dict[tuple[UUID, UUID, str], list[Any]] = {}
    for place, (quantity, amount) in moved.items():
        key = (place.charge_item_id, place.rate_version_id, place.charge_period)
        known = pools.setdefault(key, [place, ZERO, ZERO])
        known[1], known[2] = known[1] + quantity, known[2] + amount
    wrong = []
    for pool, (place, quantity, amount) in pools.items():
        billed = billed_in_pool(pool)
        before = sum((row[0] for row in billed.values()), ZERO)
        charged = sum((row[1] for row in billed.values()), ZERO)
        expected = price_of_total(rates.models[pool[1]], before + quantity) - charged
        if expected != amount:
            wrong.append(_difference(place, amount, expected))
    return wrong
