"""What other modules may use of the calendar."""

from .clock import at, now, today
from .domain import CalendarError, FiscalPeriod, Span, add_working_days

__all__ = [
    "CalendarError",
    "FiscalPeriod",
    "Span",
    "add_working_days",
    "at",
    "now",
    "today",
]
