"""What other modules may use of measures."""

from .actions import emit_measures, withdraw_measures
from .domain import Measure, MeasureError
from .models import MeasureFact
from .selectors import Share, measure_facts, newest, shares, versions_of

__all__ = [
    "Measure",
    "MeasureError",
    "MeasureFact",
    "Share",
    "emit_measures",
    "measure_facts",
    "newest",
    "shares",
    "versions_of",
    "withdraw_measures",
]
