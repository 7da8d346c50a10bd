"""Cost over volume, spans, forecasts: pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.calendar.public import Span
from commonweal.kernel.money.public import MoneyError
from commonweal.practices.charging.domain.rates import (
    Adjustment,
    RateError,
    RateInputs,
    VersionSpan,
    compare_forecasts,
    derivation_document,
    derive,
    mean_error,
    month_count,
    parse_share,
    rework,
    text,
    version_to_end,
)

ONE, TWO = UUID(int=1), UUID(int=2)


def inputs(**changes: object) -> RateInputs:
    """1,000.00 over 300 units."""
    base: dict[str, object] = {
        "cost": Decimal("1000.00"), "share": Fraction(1), "scale": Fraction(1),
        "volume": Decimal(300), **changes,
    }  # fmt: skip
    return RateInputs(**base)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "rate"),
    [
        ({}, "3.3333"),
        ({"places": 2, "policy": "up"}, "3.34"),
        ({"places": 2, "policy": "down"}, "3.33"),
        ({"share": Fraction(1, 4)}, "0.8333"),
        ({"scale": Fraction(12, 3)}, "13.3333"),
        ({"adjustments": (Adjustment("surplus", Decimal("-100"), "last year"),)}, "3.0000"),
        ({"volume": Decimal("0.5"), "places": 0}, "2000"),
    ],
)
def test_cost_over_volume(changes: dict[str, object], rate: str) -> None:
    assert format(derive(inputs(**changes)).rate, "f") == rate


def test_the_rate_at_less_and_more_volume() -> None:
    found = derive(inputs(volume=Decimal(1000), places=2))
    assert (found.at_less, found.rate, found.at_more) == (
        Decimal("1.11"), Decimal("1.00"), Decimal("0.91"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"share": Fraction(0)}, "CHARGING-206"),
        ({"share": Fraction(5, 4)}, "CHARGING-206"),
        ({"volume": Decimal(0)}, "CHARGING-207"),
        ({"places": 10}, "CHARGING-208"),
        ({"adjustments": (Adjustment("x", Decimal(-1001), "y"),)}, "CHARGING-209"),
    ],
)
def test_what_gives_no_rate(changes: dict[str, object], code: str) -> None:
    with pytest.raises(RateError) as error:
        derive(inputs(**changes))
    assert error.value.code == code


def test_an_unknown_rounding_is_refused() -> None:
    with pytest.raises(MoneyError):
        derive(inputs(policy="guess"))


@given(
    st.integers(0, 10**12), st.integers(1, 10**9), st.integers(1, 12), st.integers(1, 20),
    st.integers(0, 9),
)  # fmt: skip
def test_a_stored_derivation_gives_the_rate_again(
    minor: int, volume: int, months: int, parts: int, places: int
) -> None:
    given_inputs = inputs(
        cost=Decimal(minor).scaleb(-2), volume=Decimal(volume).scaleb(-3),
        scale=Fraction(12, months), share=Fraction(1, parts), places=places,
        adjustments=(Adjustment("reserve", Decimal("12.34"), "60 days"),),
    )  # fmt: skip
    document = derivation_document(given_inputs, {"run": "x"})
    assert rework(document) == Decimal(document["rate"])
    exact = Fraction(
        int(document["numerator"]["numerator"]), int(document["numerator"]["denominator"])
    )
    volume_back = Fraction(Decimal(document["denominator"]))
    assert abs(exact / volume_back - Fraction(Decimal(document["rate"]))) * 2 <= Fraction(
        1, 10**places
    )


@pytest.mark.parametrize(
    ("given_share", "value"),
    [("1/4", Fraction(1, 4)), ("25 %", Fraction(1, 4)), ("0.25", Fraction(1, 4)), (1, Fraction(1)),
     (Decimal("0.5"), Fraction(1, 2))],
)  # fmt: skip
def test_shares_as_people_write_them(given_share: str, value: Fraction) -> None:
    assert parse_share(given_share) == value


@pytest.mark.parametrize("wrong", ["half", "1/0", ""])
def test_what_is_no_share(wrong: str) -> None:
    with pytest.raises(RateError):
        parse_share(wrong)


JULY, AUGUST, YEAR = date(2026, 7, 1), date(2026, 8, 1), date(2027, 7, 1)


def test_an_open_ended_rate_ends_where_the_next_starts() -> None:
    known = [VersionSpan("a", Span(date(2025, 7, 1), JULY)), VersionSpan("b", Span(JULY))]
    assert version_to_end(Span(AUGUST), known) == "b"
    assert version_to_end(Span(date(2025, 1, 1), date(2025, 7, 1)), known) is None


@pytest.mark.parametrize(
    ("new", "known"),
    [
        (Span(JULY), Span(JULY)),
        (Span(JULY), Span(AUGUST)),
        (Span(AUGUST), Span(JULY, YEAR)),
        (Span(JULY, YEAR), Span(AUGUST, YEAR)),
    ],
)
def test_other_overlaps_are_refused(new: Span, known: Span) -> None:
    with pytest.raises(RateError) as error:
        version_to_end(new, [VersionSpan("a", known)])
    assert error.value.code == "CHARGING-201"


def test_forecasts_beside_use() -> None:
    checks = compare_forecasts(
        [(ONE, ONE, Decimal(100)), (TWO, ONE, Decimal(50))],
        {(ONE, ONE): Decimal(125), (TWO, TWO): Decimal(8)},
    )
    assert [(c.agency_id, c.difference, c.error) for c in checks] == [
        (TWO, Decimal(-50), None),
        (ONE, Decimal(25), Decimal("20.0")),
        (TWO, Decimal(8), Decimal("100.0")),
    ]
    assert mean_error(checks) == Decimal("60.0")
    assert mean_error([]) is None


def test_small_things() -> None:
    assert month_count(date(2017, 10, 1), date(2018, 1, 1)) == 3
    assert text(Decimal("45000.000000")) == "45000"
    assert text(Decimal(10)) == "10"
