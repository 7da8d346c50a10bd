"""What a year will come to: low, expected, high; and which parts of a budget are spent. Pure.

The interval comes from the customer's own months and from nothing else: its months' quantities are
put in order, and the nearest-rank 10 % and 90 % quantiles (the inverse of the empirical
distribution, type 1 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American
Statistician, 1996) are compared with their mean. Low is the expected quantity if every month were
as weak as the one, high if every month were as strong as the other. The quantiles are observed
months, so that no precision is invented. Fewer than `LEAST_MONTHS` months give no interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from ..engine.price import PriceModel
from .effects import MONTHS, minor_of, spread
from .expected import expected_month
from .mixes import Mix
from .rates import RateError, quotient

LEAST_MONTHS = 6
LOW, HIGH = Fraction(1, 10), Fraction(9, 10)
THRESHOLDS = (50, 80, 100, 110)
MOST_THRESHOLD = 500


def nearest_rank(values: Sequence[Decimal], part: Fraction) -> Decimal:
    """The value whose rank is the part of the count, rounded up: the smallest observed value that
    at least this part of the values do not exceed."""
    if not values:
        raise ValueError("a quantile needs a value")
    ordered = sorted(values)
    rank = -(-part.numerator * len(ordered) // part.denominator)
    return ordered[max(rank, 1) - 1]


@dataclass(frozen=True)
class Expected:
    """A year's or a rest's quantity: expected, and low and high where history can say (None)."""

    expected: Decimal
    low: Decimal | None
    high: Decimal | None
    method: str
    months: int

    @property
    def known(self) -> bool:
        """Whether there is an interval."""
        return self.low is not None


def expect(signed: Decimal | None, history: Sequence[Decimal], months: int = MONTHS) -> Expected:
    """What is expected in so many months (of a year's twelve).

    `signed`: the year's signed forecast, which counts if there is one (`signed`). Else the mean of
    the history's months, at most twelve (`trend`). `history`: monthly quantities, oldest first.
    """
    recent = list(history)[-MONTHS:]
    mean = Fraction(sum(recent, Decimal(0))) / len(recent) if recent else Fraction(0)
    year = Fraction(signed) if signed is not None else mean * MONTHS
    method = "signed" if signed is not None else "trend" if recent else "none"
    rest = year * months / MONTHS
    low = high = None
    if len(recent) >= LEAST_MONTHS and mean > 0:
        low = quotient(rest * Fraction(nearest_rank(recent, LOW)) / mean, 6, "half_up")
        high = quotient(rest * Fraction(nearest_rank(recent, HIGH)) / mean, 6, "half_up")
        low, high = max(low, Decimal(0)), max(high, low)
    return Expected(quotient(rest, 6, "half_up"), low, high, method, len(recent))


def amount_of(
    models: Sequence[PriceModel | None],
    quantity: Decimal,
    currency: str,
    fixed: bool = False,
    agency: str = "",
    mix: Mix = (),
) -> int:
    """What a quantity costs over some months with a price each, in minor units.

    The months share the quantity alike, as those of a year do; a month without a price costs
    nothing. A fixed charge is priced by its coverage. `mix`: what was recorded by dimensions.
    """
    if not models:
        return 0
    whole = quotient(Fraction(quantity) * MONTHS / len(models), 6, "half_up")
    parts = [Decimal(0)] * MONTHS if fixed else list(spread(whole))
    return sum(
        minor_of(expected_month(model, part, agency, mix=mix), currency)
        for model, part in zip(models, parts, strict=False)
        if model is not None
    )


@dataclass(frozen=True)
class Range:
    """Low, expected and high in minor units; where nothing can be said, low and high are the
    expected amount and `known` is False."""

    low: int
    expected: int
    high: int
    known: bool = True

    def __add__(self, other: Range) -> Range:
        return Range(
            self.low + other.low,
            self.expected + other.expected,
            self.high + other.high,
            self.known and other.known,
        )


NOTHING = Range(0, 0, 0)


def range_of(
    found: Expected,
    models: Sequence[PriceModel | None],
    currency: str,
    fixed: bool = False,
    agency: str = "",
    mix: Mix = (),
) -> Range:
    """What an expected quantity costs. A fixed charge has no interval: it is what it is."""
    expected = amount_of(models, found.expected, currency, fixed, agency, mix)
    if fixed:
        return Range(expected, expected, expected)
    if found.low is None or found.high is None:
        return Range(expected, expected, expected, known=not expected)
    ends = [
        amount_of(models, each, currency, agency=agency, mix=mix)
        for each in (found.low, found.high)
    ]
    return Range(min(*ends, expected), expected, max(*ends, expected))


def check_thresholds(given: Sequence[int]) -> list[int]:
    """Percentages at which to tell, in order (BUDGET-103)."""
    found = sorted(set(given))
    if not found or any(not 1 <= each <= MOST_THRESHOLD for each in found) or len(found) > 10:
        raise RateError(
            "BUDGET-103",
            f"Give one to ten percentages from 1 to {MOST_THRESHOLD}, such as 50, 80, 100, 110.",
            field="thresholds",
        )
    return found


def crossed(spent: int, budget: int, thresholds: Sequence[int]) -> list[int]:
    """The thresholds, in percent, that spending has reached. A budget of zero is never reached by
    nothing, and is wholly spent by anything."""
    if spent <= 0:
        return []
    return [each for each in sorted(thresholds) if spent * 100 >= each * budget]


def standing(spent: int, expected: int, budget: int) -> str:
    """How a budget stands: `bad` spent, `watch` expected to be exceeded, `good` else."""
    if spent > budget:
        return "bad"
    return "watch" if expected > budget else "good"


def share_of(part: int, whole: int) -> Fraction | None:
    """A part of a whole; None of nothing."""
    return Fraction(part, whole) if whole else None


def error_of(expected: int, actual: int) -> Fraction | None:
    """How far a figure was from what came, as a share of what came; None where nothing came."""
    return Fraction(actual - expected, actual) if actual else None


def rounded(value: Fraction, places: int) -> Decimal:
    """A share for a file or an answer, half away from zero."""
    return quotient(value, places, "half_up")
