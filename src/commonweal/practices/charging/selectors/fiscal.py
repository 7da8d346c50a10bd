"""The centre's fiscal years."""

from __future__ import annotations

from datetime import date

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.party.public import centre


def fiscal_periods(fiscal_year: int) -> list[str]:
    """The twelve months of a fiscal year, named by the calendar year in which it ends."""
    start = centre().fiscal_year_start_month
    first = FiscalPeriod(fiscal_year if start == 1 else fiscal_year - 1, start)
    return [first.shift(step).code for step in range(12)]


def fiscal_year_of(day: date) -> int:
    """The fiscal year of a local day."""
    return FiscalPeriod.of_date(day).fiscal_year(centre().fiscal_year_start_month)
