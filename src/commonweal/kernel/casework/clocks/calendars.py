"""The working-time calendar of a code, as the catalogue has it."""

from __future__ import annotations

from ...calendar.public import WorkingCalendar
from ...catalogue.public import calendar_for


def working_calendar(code: str) -> WorkingCalendar:
    """The calendar that clocks of a code run on: every version, each from its first day on."""
    return calendar_for(code)
