"""Seeded usage: what each agency used of each item in a month, as records of their sources."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.metering.public import Usage

from .data import AGENCIES, CENTRE, SOURCES
from .items import ITEMS, ItemSeed
from .people import World, monthly_quantity

ZONE = ZoneInfo(str(CENTRE["zone"]))
SIZES = {"small": 6, "medium": 130, "large": 3600}
"""How many records a size has for each one that an item names, where its units suffice: about
60,000, a million and over ten million in 13 months."""
SEASON = (98, 96, 101, 99, 97, 100, 95, 96, 104, 107, 102, 93)
"""Use by calendar month, in percent of a usual one; what is counted by the month hardly changes."""


def source_of(item: ItemSeed) -> str:
    """The source that reports an item."""
    return next(code for code, _, services in SOURCES if item.service in services)


def agency_factor(agency: str, item: ItemSeed, period: FiscalPeriod, last: FiscalPeriod) -> int:
    """What the story does to a quantity, in percent: the last month's rise in help-desk cases."""
    if agency == "LWD" and item.code == "helpdesk.case" and period == last:
        return 152
    return 100 if item.unit == "MON" else SEASON[period.month - 1]


def month_total(agency: str, item: ItemSeed, period: FiscalPeriod, last: FiscalPeriod) -> Decimal:
    """The month's quantity of one agency and item."""
    chance = random.Random(f"{agency}:{item.code}:{period}")
    usual = monthly_quantity(item.code, agency)
    near = 5 if item.unit == "MON" else 30
    factor = agency_factor(agency, item, period, last) * chance.randint(1000 - near, 1000 + near)
    return (usual * factor / 100_000).quantize(_step(item.whole))


def _step(whole: bool) -> Decimal:
    return Decimal(1) if whole else Decimal("0.1")


def record_count(period: FiscalPeriod, last: FiscalPeriod, size: str) -> int:
    """How many records `usage_of` gives for a month, without making them."""
    return sum(
        min(
            item.records * SIZES[size],
            int(month_total(seed.code, item, period, last) / _step(item.whole)),
        )
        for seed in AGENCIES
        for item in ITEMS
        if not item.flat
    )


def split_total(total: Decimal, parts: int, chance: random.Random, whole: bool) -> list[Decimal]:
    """Parts of a quantity that add up to it; zero parts are left out."""
    step = _step(whole)
    units = int(total / step)
    parts = min(parts, units)
    if parts <= 0:
        return []
    cuts = sorted(chance.sample(range(1, units), parts - 1)) if units > 1 else []
    edges = [0, *cuts, units]
    return [step * (b - a) for a, b in pairwise(edges)]


def usage_of(
    world: World, period: FiscalPeriod, last: FiscalPeriod, size: str
) -> Iterator[tuple[str, Usage]]:
    """Every record of a month as (source, usage), agency by agency."""
    days = (period.end_day - period.first_day).days
    for seed in AGENCIES:
        for item in ITEMS:
            if item.flat:
                continue
            total = month_total(seed.code, item, period, last)
            chance = random.Random(f"records:{seed.code}:{item.code}:{period}")
            parts = split_total(total, item.records * SIZES[size], chance, item.whole)
            bureaus = world.bureaus[seed.code]
            for number, quantity in enumerate(parts):
                start = _moment(period, days, chance)
                yield (
                    source_of(item),
                    Usage(
                        external_id=f"{period}-{seed.code}-{item.code}-{number:05d}",
                        agency=seed.code,
                        charge_item=item.code,
                        quantity=quantity,
                        unit=item.unit,
                        starts=start,
                        ends=start + timedelta(hours=1),
                        bureau=bureaus[number % len(bureaus)],
                        origin=f"{source_of(item)}:{period}:{number}",
                        dimensions={"channel": chance.choice(("phone", "web", "mail"))}
                        if item.service in ("citizen", "helpdesk")
                        else {},
                    ),
                )


def _moment(period: FiscalPeriod, days: int, chance: random.Random) -> datetime:
    day = period.first_day + timedelta(days=chance.randrange(days))
    local = datetime(day.year, day.month, day.day, chance.randrange(8, 18), 0, tzinfo=ZONE)
    return local.astimezone(UTC)
