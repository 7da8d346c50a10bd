"""Converting an amount by an exact exchange rate. Pure."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from commonweal.kernel.money.public import round_quotient

PLACES = 9


def exchanged(amount: Decimal, ratio: Fraction) -> Decimal:
    """An amount in the book currency, to nine decimals, half away from zero."""
    exact = Fraction(amount) * ratio * 10**PLACES
    return Decimal(round_quotient(exact.numerator, exact.denominator, "half_up")).scaleb(-PLACES)
