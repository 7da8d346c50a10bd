"""Quartiles and their walls, and where an agency's money went."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from django.db import transaction
from django.db.utils import DatabaseError
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.access.public import ANONYMOUS, SYSTEM, act_as
from commonweal.kernel.party.public import Agency
from commonweal.kernel.schema.public import CommonwealError, Conflict, Forbidden, NotFound
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.domain.peers import place_of, quantile, quartiles
from commonweal.practices.charging.domain.spending import Bought, by_item, change_of, total
from commonweal.practices.charging.models import BillLine, MoneyPage

from .copies import copies, enter, world
from .world import World

__all__ = ["copies", "enter", "world"]
values = st.lists(st.integers(0, 99).map(lambda each: Fraction(each, 7)), min_size=5, max_size=9)


def numbers(*found: int) -> list[Fraction]:
    return [Fraction(each) for each in found]


def test_quartiles_are_definition_seven_of_hyndman_and_fan() -> None:
    """R's default, quantile(x, type = 7): 1..6 has 2.25, 3.5 and 4.75."""
    found = quartiles(numbers(6, 1, 5, 2, 4, 3))
    assert found is not None
    assert (found.low, found.middle, found.high) == (
        Fraction(9, 4), Fraction(7, 2), Fraction(19, 4)
    )  # fmt: skip
    five = quartiles(numbers(10, 30, 20, 50, 40))
    assert five is not None
    assert (five.low, five.middle, five.high) == (20, 30, 40)


@pytest.mark.parametrize("count", range(5))
def test_below_five_members_nothing_is_said(count: int) -> None:
    assert quartiles(numbers(*range(count))) is None
    assert place_of(Fraction(1), None) == place_of(None, quartiles(numbers(*range(9)))) == "unknown"


@given(values)
def test_quartiles_lie_in_order_within_the_values(found: list[Fraction]) -> None:
    group = quartiles(found)
    assert group is not None
    assert min(found) <= group.low <= group.middle <= group.high <= max(found)
    ordered = sorted(found)
    steps = [quantile(ordered, Fraction(part, 20)) for part in range(21)]
    assert all(left <= right for left, right in pairwise(steps))
    below = sum(each <= group.middle for each in found)
    assert 2 * below >= len(found)
    assert place_of(group.middle, group) == "middle"
    assert place_of(group.low - 1, group) == "lowest"
    assert place_of(group.high + 1, group) == "highest"


@given(values, st.data())
def test_nobody_finds_another_by_subtracting_themselves(
    found: list[Fraction], data: st.DataObject
) -> None:
    """Whatever a member knows of itself and reads of the group, who has which value stays open:
    with the others' values dealt out in any other way, the same is published."""
    own, *others = found
    dealt = data.draw(st.permutations(others))
    assert quartiles([own, *others]) == quartiles([own, *dealt])


def test_no_total_count_mean_or_extreme_leaves_a_group() -> None:
    group = quartiles(numbers(1, 2, 3, 4, 100))
    assert group is not None
    assert set(vars(group)) == {"low", "middle", "high"}
    assert group == quartiles(numbers(0, 2, 3, 4, 5))  # neither end, nor the sum, can be told
    header, _rows = charging.peers_table(charging.Peers(2027, "USD", [], []))
    assert not {"count", "total", "sum", "mean", "min", "max"} & set(header)


def test_an_agency_sees_itself_and_of_three_agencies_nothing(world: World) -> None:
    officer, parks = world.of("agency_finance", "PARKS"), world.agencies["PARKS"]
    with act_as(officer):
        found = charging.peers(officer, 2027, parks)
        costs = charging.service_unit_costs(officer, "payroll", 2027)
    payslip = next(row for row in found.rows if row.code == "payroll.payslip")
    with act_as(SYSTEM):
        line = BillLine.objects.get(agency_id=parks, charge_item__code="payroll.payslip")
    assert payslip.own == Fraction(line.amount_minor, 100) / Fraction(line.quantity)
    assert {row.group for row in found.rows} == {None}
    assert {row.place for row in found.rows} == {"unknown"}
    assert [row.value for row in costs] == [None]
    with act_as(officer), pytest.raises(Forbidden):
        charging.peers(officer, 2027, world.agencies["ROADS"])
    with act_as(officer), pytest.raises(Forbidden):
        charging.peers(officer, 2027)


def test_five_agencies_are_compared(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule itself is the domain's; here three stand for five."""
    monkeypatch.setattr("commonweal.practices.charging.domain.peers.LEAST", 3)
    director = world.of("director")
    with act_as(SYSTEM):
        Agency.objects.filter(kind="agency").update(size=10)
    with act_as(director):
        found = charging.peers(director, 2027)
        costs = charging.service_unit_costs(director, "payroll", 2027)
    assert {row.kind for row in found.rows if row.group} == {"unit", "employee"}
    assert {row.own for row in found.rows} == {None}
    assert [row.period for row in costs] == ["2026-07"]
    assert costs[0].value is not None
    stranger = world.of("agency_finance", "CLERK")
    with act_as(ANONYMOUS), pytest.raises(Forbidden):
        charging.service_unit_costs(ANONYMOUS, "payroll", 2027)
    assert stranger.may("charging.view_bills", world.agencies["CLERK"])


quantities = st.decimals(0, 10**6, places=3)


@given(st.integers(-(10**9), 10**9), quantities, st.integers(-(10**9), 10**9), quantities)
def test_the_parts_of_a_change_add_up_to_the_cent(
    before: int, used: Decimal, now: int, uses: Decimal
) -> None:
    change = change_of(Bought(before, used), Bought(now, uses))
    assert change.total == now - before
    if used == uses and used:
        assert change.volume == 0


def test_a_change_without_two_unit_costs_is_not_split() -> None:
    assert change_of(Bought(), Bought(500, Decimal(2))).other == 500
    assert change_of(Bought(300, Decimal(3)), Bought(0, Decimal(0))).other == -300
    more = change_of(Bought(300, Decimal(3)), Bought(600, Decimal(5)))
    assert (more.volume, more.price, more.other) == (200, 100, 0)
    less = change_of(Bought(300, Decimal(3)), Bought(100, Decimal(2)))
    assert (less.volume, less.price) == (-100, -100)
    rows = by_item({("a", "a.x"): Bought(5, Decimal(1))}, {("a", "a.y"): Bought(7, Decimal(1))})
    assert [row.code for row in rows] == ["a.x", "a.y"]
    assert total(rows) == (5, 7)
    assert rows[0].change.other == 5


def turn(world: World, published: bool, reason: str = "Decided by the council.") -> MoneyPage:
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        return charging.publish_money(
            actor=officer, agency_id=world.agencies["PARKS"], published=published, reason=reason
        )


def test_money_adds_up_to_the_bills(world: World) -> None:
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        found = charging.spending(officer, "PARKS", 2027)
    with act_as(SYSTEM):
        assert found.now_minor == world.bill("PARKS", "2026-07").total_minor
    assert not found.compared
    assert found.before_minor == 0
    assert found.months == ["2026-07"]
    assert [row.now_minor for row in found.services] == sorted(
        (row.now_minor for row in found.services), reverse=True
    )
    header, rows = charging.spending_table(found)
    assert {len(row) for row in rows} == {len(header)}


def test_the_page_is_the_agencys_own_until_it_is_opened(world: World) -> None:
    other, parks = world.of("agency_finance", "ROADS"), world.agencies["PARKS"]
    for who in (ANONYMOUS, other):
        with act_as(who), pytest.raises(NotFound):
            charging.spending(who, "PARKS", 2027)
    turn(world, True)
    with act_as(ANONYMOUS):
        assert charging.spending(ANONYMOUS, "PARKS", 2027).published
        assert [each.code for each in charging.published_agencies(ANONYMOUS)] == ["PARKS"]
        with pytest.raises(NotFound):
            charging.spending(ANONYMOUS, "ROADS", 2027)
    with pytest.raises(Conflict, match="OPEN-102"):
        turn(world, True)
    turn(world, False, "The council changed its mind.")
    with pytest.raises(Conflict, match="OPEN-102"):
        turn(world, False)
    with act_as(ANONYMOUS), pytest.raises(NotFound):
        charging.spending(ANONYMOUS, "PARKS", 2027)
    director = world.of("director")
    with act_as(director):
        assert charging.spending(director, "PARKS", 2027).now_minor
        assert [row.published for row in charging.money_switch(director, parks)] == [False, True]
        assert list(charging.published_agencies(director)) == []
    with act_as(SYSTEM), pytest.raises(DatabaseError), transaction.atomic():
        MoneyPage.objects.update(published=True)


def test_the_switch_takes_a_reason_and_the_right_person(world: World) -> None:
    with pytest.raises(CommonwealError, match="OPEN-101"):
        turn(world, True, "why not")
    approver = world.of("agency_approver", "PARKS")
    with act_as(approver), pytest.raises(Forbidden):
        charging.publish_money(
            actor=approver, agency_id=world.agencies["PARKS"], published=True,
            reason="Decided by the council.",
        )  # fmt: skip
