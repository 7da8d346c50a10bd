"""Rounding agrees with the decimal standard; splits add up whatever the order."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.money.public import (
    MoneyError,
    Rounding,
    exact_decimal,
    largest_remainder,
    parse_decimal,
    round_decimal,
    rounding_policy,
)

STANDARD = {
    Rounding.HALF_UP: decimal.ROUND_HALF_UP,
    Rounding.HALF_EVEN: decimal.ROUND_HALF_EVEN,
    Rounding.DOWN: decimal.ROUND_DOWN,
    Rounding.UP: decimal.ROUND_UP,
}
VALUES = st.integers(-(10**30), 10**30).flatmap(
    lambda n: st.integers(0, 20).map(lambda e: Decimal(n).scaleb(-e, decimal.Context(prec=60)))
)


@given(VALUES, st.integers(0, 12), st.sampled_from(list(Rounding)))
def test_round_decimal_is_the_standard(value: Decimal, places: int, policy: Rounding) -> None:
    context = decimal.Context(prec=100, rounding=STANDARD[policy])
    rounded = round_decimal(value, places, policy)
    assert rounded == value.quantize(Decimal(1).scaleb(-places), context=context)
    assert rounded.as_tuple().exponent == -places


def test_halves() -> None:
    assert [str(round_decimal("2.5", 0, p)) for p in Rounding] == ["3", "2", "2", "3"]
    assert [str(round_decimal("-2.5", 0, p)) for p in Rounding] == ["-3", "-2", "-2", "-3"]
    assert str(round_decimal(7, 2)) == "7.00"


WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=20).filter(any)


@given(st.integers(-(10**15), 10**15), WEIGHTS, st.randoms())
def test_split_adds_up_in_any_order(total: int, weights: list[int], random: object) -> None:
    ids = [f"id-{i:03d}" for i in range(len(weights))]
    parts = largest_remainder(total, weights, ids)
    assert sum(parts) == total
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, whole)) < 1
    order = list(range(len(ids)))
    random.shuffle(order)  # type: ignore[attr-defined]
    again = largest_remainder(total, [weights[i] for i in order], [ids[i] for i in order])
    assert again == [parts[i] for i in order]
    assert largest_remainder(-total, weights, ids) == [-part for part in parts]


@given(WEIGHTS, st.integers(1, 6))
def test_only_the_ratio_of_weights_matters(weights: list[int], places: int) -> None:
    ids = [str(i) for i in range(len(weights))]
    smaller = [Decimal(w).scaleb(-places) for w in weights]
    fractions = [Fraction(w, 7) for w in weights]
    expected = largest_remainder(1001, weights, ids)
    assert largest_remainder(1001, smaller, ids) == expected
    assert largest_remainder(1001, fractions, ids) == expected


def test_ties_go_to_the_smaller_id() -> None:
    assert largest_remainder(1, [1, 1], ["b", "a"]) == [0, 1]
    assert largest_remainder(0, [1, 2], ["a", "b"]) == [0, 0]


@pytest.mark.parametrize(
    ("total", "weights", "ids", "expected"),
    [
        (1, [0, 0], ["a", "b"], "MONEY-105"),
        (1, [], [], "MONEY-105"),
        (1, [1, -1], ["a", "b"], "MONEY-106"),
        (1, [1, 1], ["a", "a"], "MONEY-107"),
        (1, [1], ["a", "b"], "MONEY-107"),
        (1, [Decimal("NaN")], ["a"], "MONEY-103"),
    ],
)
def test_bad_splits(total: int, weights: list[int], ids: list[str], expected: str) -> None:
    with pytest.raises(MoneyError) as error:
        largest_remainder(total, weights, ids)
    assert error.value.code == expected


def test_splits_refuse_floats() -> None:
    for total, weights in ((1.0, [1]), (1, [1.0]), (1, ["1"]), (Decimal(1), [1])):
        with pytest.raises(TypeError):
            largest_remainder(total, weights, ["a"])  # type: ignore[arg-type, list-item]


@pytest.mark.parametrize("text", ["0", "-0.05", "007.50", "1234567890.123456789"])
def test_plain_decimals(text: str) -> None:
    assert parse_decimal(text) == Decimal(text)


@pytest.mark.parametrize(
    "text", ["", " 1", "1e3", "1,000", "+1", ".5", "1.", "NaN", "١", "1\n", "1" * 41, "=1"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(MoneyError) as error:
        parse_decimal(text)
    assert error.value.code == "MONEY-103"


def test_places_and_types() -> None:
    assert parse_decimal("1.2300", 2) == Decimal("1.23")
    with pytest.raises(MoneyError):
        parse_decimal("1.234", 2)
    with pytest.raises(TypeError):
        parse_decimal(1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        exact_decimal(None)  # type: ignore[arg-type]
    with pytest.raises(MoneyError):
        exact_decimal(Decimal("1E+100000"))
    with pytest.raises(MoneyError):
        rounding_policy("nearest")
