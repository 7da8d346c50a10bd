"""What other modules may use of money."""

from .domain import Money, exponent, total
from .rounding import (
    MoneyError,
    Rounding,
    exact_decimal,
    largest_remainder,
    parse_decimal,
    refuse_float,
    round_decimal,
    round_quotient,
    rounding_policy,
)

__all__ = [
    "Money",
    "MoneyError",
    "Rounding",
    "exact_decimal",
    "exponent",
    "largest_remainder",
    "parse_decimal",
    "refuse_float",
    "round_decimal",
    "round_quotient",
    "rounding_policy",
    "total",
]
