"""The months of a fiscal year, in the centre's calendar."""

from __future__ import annotations

from datetime import date

from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.party.public import centre

MONTHS = 12


def year_months(fiscal_year: int) -> list[FiscalPeriod]:
    """The twelve months of a fiscal year."""
    start = centre().fiscal_year_start_month
    first = FiscalPeriod(fiscal_year if start == 1 else fiscal_year - 1, start)
    return [first.shift(step) for step in range(MONTHS)]


def present_year(on: date | None = None) -> int:
    """The fiscal year that holds a day; without one, the one in progress."""
    profile = centre()
    day = on or today(profile.zone)
    return FiscalPeriod.of_date(day).fiscal_year(profile.fiscal_year_start_month)
