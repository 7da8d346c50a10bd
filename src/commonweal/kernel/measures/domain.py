"""Measures as a service sends them, and what they hash to. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ..schema.public import CommonwealError


class MeasureError(CommonwealError):
    """A measure that cannot be taken."""


@dataclass(frozen=True)
class Measure:
    """One fact: `numerator` of `denominator` was as promised on [starts, ends); or `exclusion`
    says why it counts in neither. `source_id` is the sender's own, for ever."""

    source_id: str
    agency_id: UUID
    service_id: UUID
    metric: str
    numerator: Decimal
    denominator: Decimal
    starts: datetime
    ends: datetime
    exclusion: str = ""

    @property
    def digest(self) -> str:
        """The hash of the content."""
        parts = (
            str(self.agency_id),
            str(self.service_id),
            self.metric,
            f"{self.numerator:.6f}",
            f"{self.denominator:.6f}",
            self.starts.isoformat(),
            self.ends.isoformat(),
            self.exclusion,
        )
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def check(measure: Measure) -> None:
    """Refuse what is no fact: MEASURES-101 id, 102 figures, 103 time, 104 metric."""
    if not 0 < len(measure.source_id) <= 120 or "@" in measure.source_id:
        raise MeasureError(
            "MEASURES-101",
            "A measure needs an id of 1 to 120 characters without @. Give it the sender's own.",
        )
    whole = measure.denominator
    if measure.exclusion:
        good = measure.numerator == whole == 0
    else:
        good = 0 <= measure.numerator <= whole and whole > 0
    if not good:
        raise MeasureError(
            "MEASURES-102",
            f"The measure “{measure.source_id[:60]}” says {measure.numerator} of {whole}. Give a "
            "part of a whole above nothing, or 0 of 0 with the reason why it does not count.",
        )
    if measure.starts.tzinfo is None or measure.ends <= measure.starts:
        raise MeasureError(
            "MEASURES-103",
            f"The measure “{measure.source_id[:60]}” has no time. Give two moments with their "
            "zone, the later one last.",
        )
    if not 0 < len(measure.metric) <= 60 or len(measure.exclusion) > 60:
        raise MeasureError(
            "MEASURES-104", "A metric and an exclusion are codes of at most 60 characters. Shorten."
        )
