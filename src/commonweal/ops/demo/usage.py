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

from .data import AGENCIES, CENTRE, ITEMS, SOURCES, ItemSeed
from .people import World, monthly_quantity

ZONE = ZoneInfo(str(CENTRE["zone"]))
SIZES = {"small": 1, "medium": 17, "large": 170}
"""How many times the small demo's usage records (about 60,000 in 13 months) a size has."""
SEASON = (98, 96, 101, 99, 97, 100, 95, 96, 104, 107, 102, 93)
"""Use by calendar month, in percent of a usual one."""


def source_of(item: ItemSeed) -> str:
    """The source that reports an item."""
    return next(code for code, _, services in SOURCES if item.service in services)


def agency_factor(agency: str, item: ItemSeed, period: FiscalPeriod, last: FiscalPeriod) -> int:
    """What the story does to a quantity, in percent: the last month's rise in help-desk cases."""
    if agency == "LWD" and item.code == "helpdesk.case" and period == last:
        return 152
    return SEASON[period.month - 1]


def month_total(agency: str, item: ItemSeed, period: FiscalPeriod, last: FiscalPeriod) -> Decimal:
    """The month's quantity of one agency and item."""
    chance = random.Random(f"{agency}:{item.code}:{period}")
    usual = monthly_quantity(item.code, agency)
    factor = agency_factor(agency, item, period, last) * chance.randint(970, 1030)
    step = Decimal(1) if item.whole else Decimal("0.1")
    return (usual * factor / 100_000).quantize(step)


def split_total(total: Decimal, parts: int, chance: random.Random, whole: bool) -> list[Decimal]:
    """Parts of a quantity that add up to it; zero parts are left out."""
    step = Decimal(1) if whole else Decimal("0.1")
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
    times = SIZES[size]
    days = (period.end_day - period.first_day).days
    for seed in AGENCIES:
        for item in ITEMS:
            if item.flat:
                continue
            total = month_total(seed.code, item, period, last)
            chance = random.Random(f"records:{seed.code}:{item.code}:{period}")
            parts = split_total(total, item.records * 5 * times, chance, item.whole)
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
