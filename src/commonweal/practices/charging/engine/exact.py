"""Exact decimals: the limits of quantities, rates and amounts, and arithmetic that never rounds."""

from __future__ import annotations

import decimal
from collections.abc import Iterable
from decimal import Decimal

from commonweal.kernel.money.public import exact_decimal

from .errors import EngineError

QUANTITY_PLACES = 6
RATE_PLACES = 9
PERCENT_PLACES = 7
AMOUNT_PLACES = 9
QUANTITY_LIMIT = Decimal(10**12)
RATE_LIMIT = Decimal(10**9)
PERCENT_LIMIT = Decimal(10**6)
ZERO = Decimal(0)
_NINE = Decimal("1e-9")
# Wide enough for quantity (18,6) × rate (18,9) summed over tiers; an inexact result is an error.
EXACT = decimal.Context(
    prec=80, traps=[decimal.Inexact, decimal.InvalidOperation, decimal.Overflow]
)
_ROUND = decimal.Context(prec=80, rounding=decimal.ROUND_HALF_UP)


def plain(value: Decimal) -> str:
    """A decimal as text without exponent and without trailing zeros."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def check_number(value: Decimal, limit: Decimal, places: int, where: str, code: str) -> None:
    """Refuse what is no Decimal (TypeError), below zero, not below `limit`, or too precise."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{where}: a Decimal is needed, not {type(value).__name__}")
    exact_decimal(value)
    if value < 0 or value >= limit:
        raise EngineError(
            code, f"{where} is {value}. Give a number from 0 up to {limit:f}, not included.", where
        )
    if value != _ROUND.quantize(value, Decimal(1).scaleb(-places)):
        raise EngineError(code, f"{where} is {value}. Give at most {places} decimals.", where)


def product(one: Decimal, other: Decimal) -> Decimal:
    """one × other, exact; an inexact result is an error."""
    return EXACT.multiply(one, other)


def exact_sum(values: Iterable[Decimal]) -> Decimal:
    """The exact sum; zero when there is nothing to add."""
    result = ZERO
    for value in values:
        result = EXACT.add(result, value)
    return result


def r9(value: Decimal) -> Decimal:
    """Nine decimals, half away from zero."""
    return _ROUND.quantize(value, _NINE)
