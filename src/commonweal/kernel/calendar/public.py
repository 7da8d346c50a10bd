"""What other modules may use of the calendar."""

from .clock import at, now, today
from .domain import CalendarError, FiscalPeriod, Span, add_working_days
from .shifting import has_windows_all, shift_days_all
from .working import (
    SECOND,
    Compiled,
    DayException,
    Window,
    WorkingCalendar,
    always,
    check_calendar,
    compile_days,
    compiled,
    day_windows,
    local_day,
    micros,
    moment_of,
    shift_days,
)

__all__ = [
    "SECOND",
    "CalendarError",
    "Compiled",
    "DayException",
    "FiscalPeriod",
    "Span",
    "Window",
    "WorkingCalendar",
    "add_working_days",
    "always",
    "at",
    "check_calendar",
    "compile_days",
    "compiled",
    "day_windows",
    "has_windows_all",
    "local_day",
    "micros",
    "moment_of",
    "now",
    "shift_days",
    "shift_days_all",
    "today",
]
