"""Quantiles of one's own months, ranges, thresholds, and the timing rules of rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.practices.charging.domain import rate_rules
from commonweal.practices.charging.domain.outlook import (
    NOTHING,
    Expected,
    Range,
    amount_of,
    check_thresholds,
    crossed,
    error_of,
    expect,
    nearest_rank,
    range_of,
    rounded,
    share_of,
    standing,
)
from commonweal.practices.charging.domain.rates import RateError
from commonweal.practices.charging.engine.price import flat, from_document, per_unit

MONTHS = st.lists(st.decimals(0, 10**6, places=2), min_size=1, max_size=24)
TWO = per_unit(Decimal("2.00"))


def test_nearest_rank_is_an_observed_value() -> None:
    ten = [Decimal(n) for n in range(10, 0, -1)]
    assert nearest_rank(ten, Fraction(1, 10)) == 1
    assert nearest_rank(ten, Fraction(9, 10)) == 9
    assert nearest_rank(ten, Fraction(91, 100)) == 10
    assert nearest_rank([Decimal(7)], Fraction(0)) == 7
    with pytest.raises(ValueError, match="needs a value"):
        nearest_rank([], Fraction(1, 2))


@given(MONTHS, st.fractions(Fraction(1, 100), 1))
def test_a_quantile_is_the_smallest_that_enough_do_not_exceed(
    values: list[Decimal], part: Fraction
) -> None:
    found = nearest_rank(values, part)
    assert found in values
    assert Fraction(sum(value <= found for value in values), len(values)) >= part
    smaller = [value for value in values if value < found]
    assert Fraction(len(smaller), len(values)) < part


def test_a_signed_forecast_counts_before_the_trend() -> None:
    months = [Decimal(n) for n in (80, 90, 100, 100, 100, 100, 100, 100, 100, 100, 110, 120)]
    signed = expect(Decimal(2400), months)
    assert (signed.method, signed.expected, signed.months) == ("signed", 2400, 12)
    assert (signed.low, signed.high) == (2160, 2640)  # the 2nd and the 11th of twelve: 90, 110
    trend = expect(None, [Decimal(5), *months])
    assert (trend.method, trend.expected) == ("trend", 1200)
    rest = expect(None, months, 3)
    assert (rest.expected, rest.low, rest.high) == (300, 270, 330)


def test_too_little_history_gives_no_interval() -> None:
    short = expect(None, [Decimal(10)] * 5)
    assert (short.expected, short.low, short.high) == (120, None, None)
    assert not short.known
    assert expect(None, ()).method == "none"
    still = expect(Decimal(12), [Decimal(0)] * 12)
    assert not still.known


@given(MONTHS, st.integers(1, 12))
def test_low_is_never_above_high(values: list[Decimal], months: int) -> None:
    found = expect(None, values, months)
    if found.low is not None and found.high is not None:
        assert 0 <= found.low <= found.high
        cost = range_of(found, [TWO] * months, "USD")
        assert cost.low <= cost.expected <= cost.high


def test_what_quantities_cost() -> None:
    assert amount_of([TWO] * 12, Decimal(1200), "USD") == 240_000
    assert amount_of([TWO] * 6, Decimal(600), "USD") == 120_000
    assert amount_of([TWO, None, None], Decimal(300), "USD") == 20_000
    assert amount_of([], Decimal(1), "USD") == 0
    assert amount_of([flat(Decimal(5))] * 3, Decimal(0), "USD", fixed=True) == 1_500
    fixed = range_of(Expected(Decimal(0), None, None, "fixed", 0), [flat(Decimal(5))], "USD", True)
    assert fixed == Range(500, 500, 500)
    unknown = range_of(expect(Decimal(12), ()), [TWO] * 12, "USD")
    assert unknown == Range(2_400, 2_400, 2_400, known=False)
    assert range_of(expect(None, ()), [TWO] * 12, "USD").known
    assert NOTHING + unknown == unknown
    assert not (fixed + unknown).known
    tiers = from_document({"kind": "graduated", "tiers": [{"from": "0", "rate": "1"}]})
    assert amount_of([tiers] * 12, Decimal(12), "USD") == 1_200


def test_thresholds_that_are_reached() -> None:
    assert crossed(79, 100, [50, 80, 100]) == [50]
    assert crossed(80, 100, [100, 80, 50]) == [50, 80]
    assert crossed(0, 0, [50]) == []
    assert crossed(1, 0, [50, 110]) == [50, 110]
    assert check_thresholds([80, 50, 80]) == [50, 80]
    assert (standing(101, 101, 100), standing(50, 101, 100), standing(50, 100, 100)) == (
        "bad", "watch", "good",
    )  # fmt: skip


@pytest.mark.parametrize("wrong", [[], [0], [501], list(range(1, 12))])
def test_thresholds_that_cannot_be_kept(wrong: list[int]) -> None:
    with pytest.raises(RateError) as error:
        check_thresholds(wrong)
    assert error.value.code == "BUDGET-103"


def test_how_far_a_figure_was_off() -> None:
    assert error_of(90, 100) == Fraction(1, 10)
    assert error_of(90, 0) is None
    assert share_of(1, 4) == Fraction(1, 4)
    assert share_of(1, 0) is None
    assert rounded(Fraction(1, 3), 2) == Decimal("0.33")


YEAR = (date(2026, 7, 1), date(2027, 7, 1))


@pytest.mark.parametrize(
    ("starts", "today", "known", "within"),
    [
        (date(2027, 1, 1), date(2026, 11, 1), True, True),
        (date(2027, 1, 1), date(2026, 11, 1), False, False),
        (date(2027, 1, 1), date(2026, 6, 30), True, False),
        (date(2026, 7, 1), date(2026, 7, 1), True, False),
        (date(2027, 7, 1), date(2026, 11, 1), True, False),
    ],
)
def test_when_a_price_changes_within_the_year(
    starts: date, today: date, known: bool, within: bool
) -> None:
    assert rate_rules.is_mid_year(starts, today, *YEAR, known) is within


@pytest.mark.parametrize(
    ("code", "rules", "asked"),
    [
        ("RATES-501", {"freeze": True}, {"reason": "The contract became dearer."}),
        ("RATES-502", {}, {"reason": "short"}),
        ("RATES-502", {"freeze": True}, {"mid_year": True}),
        (
            "RATES-503",
            {"authority_needed": True},
            {"mid_year": True, "reason": "The contract became dearer."},
        ),
    ],
)
def test_a_change_within_the_year_is_marked_reasoned_and_authorised(
    code: str, rules: dict[str, Any], asked: dict[str, Any]
) -> None:
    with pytest.raises(RateError) as error:
        rate_rules.check_freeze(
            rate_rules.Asked(date(2027, 1, 1), **asked), rate_rules.Rules(**rules)
        )
    assert error.value.code == code


def test_a_change_within_the_year_that_may_be() -> None:
    asked = rate_rules.Asked(date(2027, 1, 1), "The contract became dearer.", True, "Res. 7")
    rate_rules.check_freeze(asked, rate_rules.Rules(freeze=True, authority_needed=True))


def test_notice_is_given_or_its_reason_is() -> None:
    starts, told = date(2027, 1, 1), date(2026, 11, 3)
    rate_rules.check_notice(rate_rules.Asked(starts), told, 59)
    with pytest.raises(RateError) as error:
        rate_rules.check_notice(rate_rules.Asked(starts), told, 60)
    assert error.value.code == "RATES-504"
    assert "2027-01-02" in error.value.message
    soon = rate_rules.Asked(starts, short_notice="The law changes on 1 January.")
    rate_rules.check_notice(soon, told, 60)


def test_what_is_above_a_cap() -> None:
    rate = rate_rules.Cap("R", "rate", Decimal(4), True, "Act")
    overhead = rate_rules.Cap("O", "overhead", Decimal("0.0826"), False, "Act")
    both = [rate, overhead]
    assert rate_rules.exceeded(both, Decimal(4), Fraction(826, 10000)) == []
    assert rate_rules.exceeded(both, None, None) == []
    assert rate_rules.exceeded(both, Decimal("4.01"), Fraction(1, 10)) == [
        (rate, Fraction("4.01")), (overhead, Fraction(1, 10)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "announced", "today", "life"),
    [
        ("proposed", False, date(2026, 1, 1), "proposed"),
        ("rejected", False, date(2026, 8, 1), "rejected"),
        ("approved", False, date(2026, 6, 1), "approved"),
        ("approved", True, date(2026, 6, 1), "announced"),
        ("approved", True, date(2026, 7, 1), "in_force"),
        ("approved", True, date(2027, 7, 1), "ended"),
    ],
)
def test_the_life_of_a_rate(state: str, announced: bool, today: date, life: str) -> None:
    assert rate_rules.life_of(state, *YEAR, announced, today) == life
    assert rate_rules.life_of("approved", YEAR[0], None, False, YEAR[1]) == "in_force"
