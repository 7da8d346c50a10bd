"""Money keeps its currency, its exactness and its range."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.money.public import Money, MoneyError, Rounding, exponent, total

MINOR = st.integers(-(10**15), 10**15)
CURRENCY = st.sampled_from(["USD", "JPY", "KWD"])


def code(error: pytest.ExceptionInfo[MoneyError]) -> str:
    return error.value.code


@given(MINOR, CURRENCY)
def test_text_round_trip(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.exactly(money.text, currency) == money
    assert Money.from_decimal(money.decimal, currency) == money


@given(MINOR, MINOR, CURRENCY)
def test_arithmetic_is_integer_arithmetic(a: int, b: int, currency: str) -> None:
    x, y = Money(a, currency), Money(b, currency)
    assert (x + y).minor == a + b
    assert (x - y).minor == a - b
    assert (-x).minor == -a
    assert abs(x).minor == abs(a)
    assert (x * 3).minor == (3 * x).minor == 3 * a
    assert (x < y, x <= y, x > y, x >= y) == (a < b, a <= b, a > b, a >= b)
    assert total([x, y], currency) == x + y
    assert bool(x) == bool(a)


def test_exponents_and_text() -> None:
    assert [exponent(c) for c in ("JPY", "USD", "KWD")] == [0, 2, 3]
    assert Money(-5, "USD").text == "-0.05"
    assert Money(1234, "JPY").text == "1234"
    assert str(Money(1234, "KWD")) == "1.234 KWD"
    assert Money.zero("USD").text == "0.00"


@pytest.mark.parametrize("value", [1.5, True, Decimal("1")])
def test_only_whole_minor_units(value: object) -> None:
    with pytest.raises(TypeError):
        Money(value, "USD")  # type: ignore[arg-type]


def test_no_float_anywhere() -> None:
    one = Money(1, "USD")
    for refused in (
        lambda: Money.from_decimal(1.5, "USD"),
        lambda: one * 1.5,
        lambda: one + 1.5,
        lambda: one - 1,
        lambda: one * Decimal(2),
        lambda: one < 2,
        lambda: one.split([0.5, 0.5], ["a", "b"]),
    ):
        with pytest.raises(TypeError):
            refused()


def test_currencies_do_not_mix() -> None:
    with pytest.raises(MoneyError) as error:
        Money(1, "USD") + Money(1, "EUR")
    assert code(error) == "MONEY-102"
    for unknown in ("XXX", "usd", ""):
        with pytest.raises(MoneyError) as error:
            Money(1, unknown)
        assert code(error) == "MONEY-101"


def test_range_and_exactness() -> None:
    with pytest.raises(MoneyError) as error:
        Money(2**63, "USD")
    assert code(error) == "MONEY-108"
    with pytest.raises(MoneyError) as error:
        Money.exactly("1.005", "USD")
    assert code(error) == "MONEY-104"
    assert Money.exactly("1.500", "USD").minor == 150
    assert Money.from_decimal("1.005", "USD").minor == 101
    assert Money.from_decimal("1.005", "USD", "half_even").minor == 100
    assert Money.from_decimal("-1.005", "USD", Rounding.HALF_UP).minor == -101


def test_split_adds_up() -> None:
    parts = Money(100, "USD").split([1, 1, 1], ["c", "a", "b"])
    assert [part.minor for part in parts] == [33, 34, 33]
