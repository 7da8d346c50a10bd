"""Converting a quantity by an exact ratio. Pure."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from ...money.public import round_quotient

PLACES = 6


def converted(quantity: Decimal, ratio: Fraction) -> Decimal:
    """A quantity in the other unit, rounded once to six decimals, half up.

    Each record is converted by itself, so that what it counts depends on nothing else: not on its
    neighbours, not on when it arrived. It is at most half a millionth of a unit off.
    """
    exact = Fraction(quantity) * ratio * 10**PLACES
    return Decimal(round_quotient(exact.numerator, exact.denominator, "half_up")).scaleb(-PLACES)
