"""Disputes raised, open and resolved since a day, by service and category, for a board. Pure.

No name, no text, no agency: counts, days and amounts only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

AGES = (10, 30)
"""Open disputes are aged in calendar days: up to 10, up to 30, and older."""


@dataclass(frozen=True)
class Disputed:
    """One dispute: whose service, what about, when raised and closed, what was disputed and given
    back, in minor units."""

    service: str
    category: str
    raised_on: date
    closed_on: date | None
    disputed_minor: int
    credited_minor: int


@dataclass(frozen=True)
class ReportRow:
    """A service's disputes of one category since the day of the report.

    `open`: those that no outcome has closed, by age (`AGES`, then older). `upheld`: resolved ones
    of which something was credited. `days`: each resolved one's days from raised to closed.
    """

    service: str
    category: str
    raised: int
    open: tuple[int, ...]
    open_minor: int
    resolved: int
    upheld: int
    days: tuple[int, ...]
    credited_minor: int

    @property
    def still_open(self) -> int:
        """How many are open, whatever their age."""
        return sum(self.open)

    @property
    def share_upheld(self) -> Fraction | None:
        """The part of the resolved ones that was upheld; None where none was resolved."""
        return Fraction(self.upheld, self.resolved) if self.resolved else None

    @property
    def median_days(self) -> Fraction | None:
        """The median of the days until an outcome; None where none was resolved (law 6)."""
        return median(self.days)


def median(values: Sequence[int]) -> Fraction | None:
    """The middle value, or the mean of the two in the middle; None without any."""
    found, half = sorted(values), len(values) // 2
    if not found:
        return None
    return Fraction(found[half]) if len(found) % 2 else Fraction(found[half - 1] + found[half], 2)


def age_of(days: int) -> int:
    """Which age an open dispute has, as an index into `ReportRow.open`."""
    return sum(days > limit for limit in AGES)


def report(items: Iterable[Disputed], since: date, day: date) -> list[ReportRow]:
    """One row for each service and category that has any; `since` and `day` are included."""
    grouped: dict[tuple[str, str], list[Disputed]] = defaultdict(list)
    for item in items:
        fresh = item.raised_on >= since or (item.closed_on is not None and item.closed_on >= since)
        if item.closed_on is None or fresh:
            grouped[item.service, item.category].append(item)
    return [_row(key, found, since, day) for key, found in sorted(grouped.items())]


def _row(key: tuple[str, str], found: Sequence[Disputed], since: date, day: date) -> ReportRow:
    ages = [0] * (len(AGES) + 1)
    waiting = [item for item in found if item.closed_on is None]
    for item in waiting:
        ages[age_of((day - item.raised_on).days)] += 1
    closed = [item for item in found if item.closed_on is not None and item.closed_on >= since]
    return ReportRow(
        *key,
        raised=sum(item.raised_on >= since for item in found),
        open=tuple(ages),
        open_minor=sum(item.disputed_minor - item.credited_minor for item in waiting),
        resolved=len(closed),
        upheld=sum(item.credited_minor > 0 for item in closed),
        days=tuple((item.closed_on - item.raised_on).days for item in closed if item.closed_on),
        credited_minor=sum(item.credited_minor for item in closed),
    )


def together(rows: Sequence[ReportRow]) -> ReportRow:
    """All rows as one: the whole centre's disputes."""
    return ReportRow(
        "",
        "",
        raised=sum(row.raised for row in rows),
        open=tuple(sum(row.open[age] for row in rows) for age in range(len(AGES) + 1)),
        open_minor=sum(row.open_minor for row in rows),
        resolved=sum(row.resolved for row in rows),
        upheld=sum(row.upheld for row in rows),
        days=tuple(days for row in rows for days in row.days),
        credited_minor=sum(row.credited_minor for row in rows),
    )
