"""Fiscal periods, zones and half-open spans. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ..errors import CommonwealError

_CODE = re.compile(r"(\d{4})-(0[1-9]|1[0-2])\Z")


class CalendarError(CommonwealError):
    """A date or period that cannot be used as given."""


@dataclass(frozen=True, order=True)
class FiscalPeriod:
    """One month of the fiscal calendar, named by its calendar year and month (`2026-10`)."""

    year: int
    month: int

    @classmethod
    def parse(cls, code: str) -> FiscalPeriod:
        """The period written as `YYYY-MM`."""
        match = _CODE.match(code)
        if not match:
            raise CalendarError(
                "CALENDAR-101", f"“{code}” is not a period. Write it as YYYY-MM, such as 2026-10."
            )
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of_date(cls, day: date) -> FiscalPeriod:
        """The period that holds a local day."""
        return cls(day.year, day.month)

    @classmethod
    def of_moment(cls, moment: datetime, zone: str) -> FiscalPeriod:
        """The period that holds a moment in the centre's zone (design §8, Time)."""
        return cls.of_date(moment.astimezone(ZoneInfo(zone)).date())

    @property
    def code(self) -> str:
        """`YYYY-MM`."""
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first_day(self) -> date:
        """The first local day."""
        return date(self.year, self.month, 1)

    @property
    def end_day(self) -> date:
        """The first local day after the period (half-open)."""
        return self.shift(1).first_day

    def shift(self, months: int) -> FiscalPeriod:
        """The period `months` later (or earlier, if negative)."""
        index = self.year * 12 + self.month - 1 + months
        return FiscalPeriod(index // 12, index % 12 + 1)

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """The half-open UTC interval that the period covers in the centre's zone."""
        tz = ZoneInfo(zone)
        start = datetime.combine(self.first_day, datetime.min.time(), tz)
        end = datetime.combine(self.end_day, datetime.min.time(), tz)
        return start.astimezone(UTC), end.astimezone(UTC)

    def fiscal_year(self, start_month: int) -> int:
        """The fiscal year's name: the calendar year in which it ends."""
        if start_month == 1:
            return self.year
        return self.year + (1 if self.month >= start_month else 0)

    def year_periods(self, start_month: int) -> list[FiscalPeriod]:
        """The twelve periods of the fiscal year that holds this one."""
        first = self
        while first.month != start_month:
            first = first.shift(-1)
        return [first.shift(step) for step in range(12)]

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True)
class Span:
    """A half-open span of local days [start, end); end None means open."""

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise CalendarError(
                "CALENDAR-102",
                f"The end {self.end} is not after the start {self.start}. Give a later end date.",
            )

    def covers(self, day: date) -> bool:
        """Whether the day lies inside."""
        return self.start <= day and (self.end is None or day < self.end)

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a day."""
        return (other.end is None or self.start < other.end) and (
            self.end is None or other.start < self.end
        )

    def inside(self, parent: Span) -> bool:
        """Whether this span lies wholly inside the parent."""
        if self.start < parent.start:
            return False
        return parent.end is None or (self.end is not None and self.end <= parent.end)


def add_working_days(day: date, count: int, holidays: frozenset[date] = frozenset()) -> date:
    """The date `count` working days (Monday to Friday, no holidays) after a day."""
    current = day
    while count > 0:
        current += timedelta(days=1)
        if current.weekday() < 5 and current not in holidays:
            count -= 1
    return current
