"""Whether an item's amount is unusual: outside its tolerance around the trailing median. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .dispute_report import median

MOST_MONTHS = 24


@dataclass(frozen=True)
class Tolerance:
    """How far an item's month may be from the median of the months before it.

    `percent`: of the median, either way. `minimum_minor`: smaller differences never count.
    `months`: how many months before are looked at; half of them must have been billed, else
    nothing can be said.
    """

    percent: int
    minimum_minor: int
    months: int

    def usual(self, history: Sequence[int]) -> Fraction | None:
        """The median of the trailing months; None where too few of them were billed."""
        known = history[-self.months :]
        return median(known) if 2 * len(known) >= self.months else None

    def outside(self, amount: int, history: Sequence[int]) -> bool:
        """Whether an amount is outside; exactly at the tolerance is within (design law 6)."""
        usual = self.usual(history)
        if usual is None:
            return False
        apart = abs(amount - usual)
        return apart >= self.minimum_minor and apart * 100 > self.percent * abs(usual)
