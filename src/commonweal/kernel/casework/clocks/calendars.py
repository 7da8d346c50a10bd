"""The working-time calendar of a code, as the catalogue has it."""

from __future__ import annotations

from datetime import datetime

from ...calendar.public import WorkingCalendar
from ...catalogue.public import calendar_accepted_at, calendar_for


def working_calendar(code: str) -> WorkingCalendar:
    """The calendar that clocks of a code run on: every version, each from its first day on."""
    return calendar_for(code)


def hours_known(code: str, moment: datetime) -> WorkingCalendar:
    """The same as it was known at a moment."""
    return calendar_for(code, moment)


def hours_accepted(code: str) -> tuple[datetime, ...]:
    """When hours of a calendar were accepted, the first first."""
    return calendar_accepted_at(code)
