"""Named rounding policies, strict decimals, and splits that add up. Pure integer arithmetic."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import lcm

from ..errors import CommonwealError

_DECIMAL = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?\Z", re.ASCII)
_MAX_DIGITS = 200


class MoneyError(CommonwealError):
    """An amount, currency, weight or policy that cannot be used as given."""


class Rounding(StrEnum):
    """A named policy. `HALF_UP` is half away from zero, the default and DuckDB's own."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"
    UP = "up"


def rounding_policy(name: Rounding | str) -> Rounding:
    """The policy of that name; MONEY-109 names the possible ones."""
    try:
        return Rounding(name)
    except ValueError:
        names = ", ".join(Rounding)
        raise MoneyError(
            "MONEY-109", f"“{name}” is not a rounding policy. Use one of: {names}."
        ) from None


def refuse_float(value: object) -> None:
    """Raise TypeError for floats (and bools), which never touch money or quantities."""
    if isinstance(value, float | bool | complex):
        raise TypeError(
            f"{type(value).__name__} never touches money or quantities: give text or int"
        )


def parse_decimal(text: str, max_places: int | None = None) -> Decimal:
    """The exact decimal written in `text`, such as `-12.50`.

    No exponent, thousands separator, plus sign, blank or NaN; at most `max_places` decimals.
    """
    if not isinstance(text, str):
        raise TypeError(f"a decimal is read from text, not from {type(text).__name__}")
    if not _DECIMAL.match(text):
        raise MoneyError(
            "MONEY-103", f"“{text[:60]}” is not a plain decimal number. Write it like 1234.50."
        )
    if max_places is not None and len(text.partition(".")[2].rstrip("0")) > max_places:
        raise MoneyError(
            "MONEY-104", f"“{text[:60]}” has more than {max_places} decimals. Shorten or round it."
        )
    return Decimal(text)


def exact_decimal(value: str | int | Decimal) -> Decimal:
    """`value` as a finite Decimal, unchanged. Text must be plain; a float is a TypeError."""
    refuse_float(value)
    if isinstance(value, str):
        return parse_decimal(value)
    if isinstance(value, int):
        return Decimal(value)
    if not isinstance(value, Decimal):
        raise TypeError(f"a decimal, whole number or text is needed, not {type(value).__name__}")
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _MAX_DIGITS:
        raise MoneyError("MONEY-103", f"“{value}” is not a usable number. Write it like 1234.50.")
    return value


def round_quotient(numerator: int, denominator: int, policy: Rounding | str) -> int:
    """`numerator / denominator` (denominator > 0) rounded to a whole number by a policy."""
    policy = rounding_policy(policy)
    whole, rest = divmod(abs(numerator), denominator)
    twice = 2 * rest
    if policy is Rounding.HALF_UP:
        up = twice >= denominator
    elif policy is Rounding.HALF_EVEN:
        up = twice > denominator or (twice == denominator and whole % 2 == 1)
    else:
        up = policy is Rounding.UP and rest > 0
    whole += up
    return whole if numerator >= 0 else -whole


def scaled(value: Decimal, places: int, policy: Rounding | str) -> int:
    """`value` × 10^places as a whole number, rounded by a policy."""
    sign, digits, exponent = exact_decimal(value).as_tuple()
    number = int("".join(map(str, digits))) * (-1 if sign else 1)
    shift = int(exponent) + places
    if shift >= 0:
        return number * int(10**shift)
    return round_quotient(number, int(10**-shift), policy)


def unscaled(number: int, places: int) -> Decimal:
    """`number` ÷ 10^places, exactly, whatever the decimal context says."""
    digits = tuple(map(int, str(abs(number))))
    return Decimal((int(number < 0), digits, -places))


def round_decimal(
    value: str | int | Decimal, places: int, policy: Rounding | str = Rounding.HALF_UP
) -> Decimal:
    """`value` with exactly `places` decimals, rounded by a policy; exact for any precision."""
    return unscaled(scaled(exact_decimal(value), places, policy), places)


def _integer_weights(weights: Sequence[int | Decimal | Fraction]) -> list[int]:
    fractions = []
    for weight in weights:
        refuse_float(weight)
        if not isinstance(weight, int | Decimal | Fraction):
            raise TypeError(f"a weight is a whole number or decimal, not {type(weight).__name__}")
        fractions.append(Fraction(exact_decimal(weight) if isinstance(weight, Decimal) else weight))
    common = lcm(*(fraction.denominator for fraction in fractions))
    return [fraction.numerator * (common // fraction.denominator) for fraction in fractions]


def largest_remainder(
    total: int, weights: Sequence[int | Decimal | Fraction], ids: Sequence[str]
) -> list[int]:
    """Split `total` minor units by `weights`, adding up exactly (Hamilton's method).

    Each part is its floor; the shortfall goes, one unit each, to the largest remainders, ties to
    the smaller id. A negative total is split as its positive and negated. Weights are ≥ 0 and not
    all zero (MONEY-105, MONEY-106); ids are unique (MONEY-107). Independent of the input's order.
    """
    refuse_float(total)
    if not isinstance(total, int):
        raise TypeError("the total to split is a whole number of minor units")
    if len(weights) != len(ids) or len(set(ids)) != len(ids):
        raise MoneyError(
            "MONEY-107", "A split needs one weight for each id, and each id once. Check the list."
        )
    whole = _integer_weights(weights)
    for weight, name in zip(whole, ids, strict=True):
        if weight < 0:
            raise MoneyError("MONEY-106", f"The weight of “{name}” is negative. Give zero or more.")
    weight_sum = sum(whole)
    if weight_sum == 0:
        raise MoneyError(
            "MONEY-105", "The weights add up to zero, so they cannot split anything. Give a weight."
        )
    size = abs(total)
    parts = [size * weight // weight_sum for weight in whole]
    order = sorted(range(len(ids)), key=lambda i: (-(size * whole[i] % weight_sum), ids[i]))
    for i in order[: size - sum(parts)]:
        parts[i] += 1
    return parts if total >= 0 else [-part for part in parts]
