"""The terms of a changed bill add up to the change exactly, and say what they are meant to say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.access.public import act_as
from commonweal.kernel.schema.public import CommonwealError
from commonweal.practices.charging.domain.waterfall import (
    TERMS,
    Charged,
    Waterfall,
    main_term,
    waterfall,
    whole_units,
    working_days,
)
from commonweal.practices.charging.engine import from_document
from commonweal.practices.charging.engine.price import price, r9
from commonweal.practices.charging.selectors.waterfall import bill_months, bill_move

from .copies import closed, copies, enter, world
from .world import AUGUST, JULY, SEPTEMBER, TIERS, World

__all__ = ["closed", "copies", "enter", "world"]
ITEMS = [UUID(int=number) for number in range(1, 4)]
MODELS: dict[UUID, dict[str, Any]] = {
    UUID(int=101): {"kind": "per_unit", "rate": "4.3333"},
    UUID(int=102): {"kind": "per_unit", "rate": "5.125", "fixed": "12"},
    UUID(int=103): TIERS,
    UUID(int=104): {"kind": "graduated", "tiers": [
        {"from": "0", "to": "60", "rate": "3"}, {"from": "60", "rate": "2.5"}]},
}  # fmt: skip


def cost(version: UUID, quantity: Decimal) -> Decimal | None:
    return r9(price(from_document(MODELS[version]), quantity))


def used(item: UUID, version: UUID, quantity: Decimal) -> Charged:
    exact = cost(version, quantity) or Decimal(0)
    return Charged(item, "usage", version, quantity, exact, round(exact * 100))


quantities = st.decimals("0.1", "900", places=3)
usage_lines = st.builds(used, st.sampled_from(ITEMS), st.sampled_from(sorted(MODELS)), quantities)
other_lines = st.builds(
    lambda item, kind, minor: Charged(
        item, kind, UUID(int=101), Decimal(0), Decimal(minor) / 100, minor
    ),
    st.sampled_from(ITEMS),
    st.sampled_from(["fixed", "correction", "credit"]),
    st.integers(-50_000, 50_000),
)
months = st.lists(usage_lines | other_lines, max_size=8)


def apart(before: list[Charged], after: list[Charged], days: tuple[int, int]) -> Waterfall:
    return waterfall(before, after, days=days, prices=cost, scale=100)


@given(months, months, st.integers(19, 23), st.integers(19, 23))
def test_the_terms_add_up_exactly(
    before: list[Charged], after: list[Charged], first: int, last: int
) -> None:
    found = apart(before, after, (first, last))
    change = sum(line.minor for line in after) - sum(line.minor for line in before)
    assert found.change == change == sum(found.terms.values())
    assert set(found.terms) == set(TERMS)
    for each in found.items:
        assert sum(each.terms.values()) == each.change
    assert sum(each.change for each in found.items) == change


@given(st.lists(st.fractions(-100, 100), min_size=1, max_size=7))
def test_whole_units_add_up_and_are_near(parts: list[Any]) -> None:
    parts.append(round(sum(parts)) - sum(parts))
    named = {str(place): part for place, part in enumerate(parts)}
    whole = whole_units(named, round(sum(parts)))
    assert sum(whole.values()) == sum(parts)
    assert all(abs(whole[key] - named[key]) < 1 for key in named)


def test_more_units_at_the_same_price_are_use_and_working_days() -> None:
    item, version = ITEMS[0], UUID(int=101)
    before, after = [used(item, version, Decimal(100))], [used(item, version, Decimal(110))]
    found = apart(before, after, (20, 22))  # ten per cent more days, ten per cent more units
    assert (found.terms["calendar"], found.terms["volume"]) == (4333, 0)
    assert found.terms["rate"] == found.terms["tier"] == 0
    assert main_term(found) == ("calendar", True)


def test_a_new_price_list_for_the_same_use_is_rate() -> None:
    item = ITEMS[0]
    before = [used(item, UUID(int=103), Decimal(200))]
    after = [used(item, UUID(int=104), Decimal(200))]
    found = apart(before, after, (21, 21))
    assert found.terms["rate"] == found.change
    assert main_term(found) == ("rate", True)


def test_a_tier_reached_is_tier() -> None:
    item, version = ITEMS[0], UUID(int=104)
    before, after = [used(item, version, Decimal(60))], [used(item, version, Decimal(100))]
    found = apart(before, after, (21, 21))
    assert (found.terms["volume"], found.terms["tier"]) == (12_000, -2_000)


def test_new_and_ended_use_is_volume_and_one_offs_stand_apart() -> None:
    one, two = ITEMS[:2]
    before = [used(one, UUID(int=102), Decimal(3))]
    after = [used(two, UUID(int=103), Decimal(5)),
             Charged(two, "credit", UUID(int=103), Decimal(0), Decimal("-7.25"), -725),
             Charged(two, "correction", UUID(int=9), Decimal(1), Decimal("4.1"), 410)]  # fmt: skip
    found = apart(before, after, (20, 23))
    assert (found.terms["one_off"], found.terms["correction"]) == (-725, 410)
    assert found.terms["calendar"] == found.terms["rate"] == found.terms["tier"] == 0
    assert [each.item for each in found.falls()] == [one]
    assert [each.item for each in found.rises()] == [two]
    assert found.rises()[0].main == "volume"


def test_several_versions_in_a_month_are_rate_if_they_changed_and_mix_if_not() -> None:
    item, low, high = ITEMS[0], UUID(int=101), UUID(int=102)
    both = [used(item, low, Decimal(10)), used(item, high, Decimal(10))]
    other = [used(item, low, Decimal(15)), used(item, high, Decimal(5))]
    mixed = apart(both, other, (21, 21))
    assert mixed.terms["tier"] == mixed.change - mixed.terms["rounding"]
    changed = apart(both, [used(item, low, Decimal(20))], (21, 21))
    assert changed.terms["rate"] == changed.change - changed.terms["rounding"]


def test_no_term_stands_out_where_none_comes_to_a_third() -> None:
    terms = dict.fromkeys(TERMS, 0) | {"volume": 30, "rate": 30, "tier": 25, "correction": 15}
    assert main_term(Waterfall(100, terms, ())) is None
    assert main_term(Waterfall(100, {**terms, "volume": 40, "tier": 15}, ())) == ("volume", False)
    assert main_term(Waterfall(0, dict.fromkeys(TERMS, 0), ())) is None


def test_working_days_of_a_month() -> None:
    assert (working_days("2026-02"), working_days("2026-10")) == (20, 22)


def test_any_two_months_of_an_agency_are_compared(closed: World) -> None:
    officer, agency = closed.of("agency_finance", "PARKS"), closed.agencies["PARKS"]
    with act_as(officer):
        assert bill_months(officer, agency) == [AUGUST, JULY]
        move = bill_move(officer, agency, JULY, AUGUST)
        back = bill_move(officer, agency, AUGUST, JULY)
        assert move.found.change == move.after.total_minor - move.before.total_minor
        assert sum(move.found.terms.values()) == move.found.change
        assert back.found.change == -move.found.change
        assert move.rises
        assert not move.falls
        for months in ((JULY, SEPTEMBER), (SEPTEMBER, JULY)):
            with pytest.raises(CommonwealError) as none:
                bill_move(officer, agency, *months)
            assert none.value.code == "BILL-421"
        with pytest.raises(CommonwealError):
            bill_move(officer, closed.agencies["ROADS"], JULY, AUGUST)
