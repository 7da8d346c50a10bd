"""Money: a whole number of minor units in one currency. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .currencies import EXPONENTS
from .rounding import (
    MoneyError,
    Rounding,
    exact_decimal,
    largest_remainder,
    refuse_float,
    scaled,
    unscaled,
)

_LIMIT = 2**63 - 1


def exponent(currency: str) -> int:
    """The number of decimals of an ISO 4217 currency; MONEY-101 if it is not one."""
    try:
        return EXPONENTS[currency]
    except (KeyError, TypeError):
        raise MoneyError(
            "MONEY-101",
            f"“{currency}” is not a supported ISO 4217 currency. Use a code such as USD.",
        ) from None


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of `minor` units (cents) of an ISO 4217 `currency`; fits the record's bigint."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        refuse_float(self.minor)
        if not isinstance(self.minor, int):
            raise TypeError("money is a whole number of minor units; see Money.from_decimal")
        exponent(self.currency)
        if abs(self.minor) > _LIMIT:
            raise MoneyError("MONEY-108", "The amount is too large to be recorded. Check its size.")

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in a currency."""
        return cls(0, currency)

    @classmethod
    def from_decimal(
        cls, value: str | int | Decimal, currency: str, policy: Rounding | str = Rounding.HALF_UP
    ) -> Money:
        """Major units (`"12.345"`) rounded to the currency's minor units by a named policy."""
        return cls(scaled(exact_decimal(value), exponent(currency), policy), currency)

    @classmethod
    def exactly(cls, value: str | int | Decimal, currency: str) -> Money:
        """Major units without rounding; MONEY-104 if they have more decimals than the currency."""
        money = cls.from_decimal(value, currency, Rounding.DOWN)
        if money.decimal != exact_decimal(value):
            raise MoneyError(
                "MONEY-104",
                f"“{value}” has more decimals than {currency} has ({exponent(currency)})."
                " Round it by your own rule first.",
            )
        return money

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, with exactly the currency's decimals."""
        return unscaled(self.minor, exponent(self.currency))

    @property
    def text(self) -> str:
        """The decimal string that travels in files and JSON: `-1234.50`."""
        return f"{self.decimal:f}"

    def __str__(self) -> str:
        return f"{self.text} {self.currency}"

    def _same(self, other: object) -> Money:
        refuse_float(other)
        if not isinstance(other, Money):
            raise TypeError(f"money goes with money, not with {type(other).__name__}")
        if other.currency != self.currency:
            raise MoneyError(
                "MONEY-102",
                f"{self.currency} and {other.currency} cannot be combined. Convert one of them.",
            )
        return other

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __mul__(self, times: int) -> Money:
        refuse_float(times)
        if not isinstance(times, int):
            raise TypeError(
                "money is multiplied by whole numbers only; price a quantity with a rate"
            )
        return Money(self.minor * times, self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.minor), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other).minor

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other).minor

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other).minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def split(self, weights: Sequence[int | Decimal | Fraction], ids: Sequence[str]) -> list[Money]:
        """Parts by weight that add up exactly; see `largest_remainder`."""
        return [Money(part, self.currency) for part in largest_remainder(self.minor, weights, ids)]


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of amounts that must all be in `currency`; zero when there are none."""
    result = Money.zero(currency)
    for amount in amounts:
        result += amount
    return result
