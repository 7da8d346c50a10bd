"""The working-time calendar of a code."""

from __future__ import annotations

from ...calendar.public import Window, WorkingCalendar, always


def working_calendar(code: str) -> WorkingCalendar:
    """The calendar that clocks of a code run on: every version, each from its first day on."""
    if code == "always":
        return always("America/Chicago")
    return WorkingCalendar(
        code, "America/Chicago", tuple(Window(day, 480, 1020) for day in range(5))
    )
