"""Unusual lines hold the issue until somebody says that they know; dates of bills as levels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.schema.public import CommonwealError
from commonweal.practices.charging.actions.anomalies import (
    acknowledge_hold,
    explain_hold,
    put_bill_target,
    put_tolerance,
)
from commonweal.practices.charging.domain.anomalies import Tolerance
from commonweal.practices.charging.domain.bill_dates import (
    MET,
    NOT_MET,
    TARGETS,
    UNKNOWN,
    BillDates,
    due_on,
    levels,
)
from commonweal.practices.charging.models import AnomalyHold, CloseStep
from commonweal.practices.charging.public import bill_levels, close_run, issue_approval
from commonweal.practices.charging.selectors.anomalies import held_items, holds, tolerances

from .copies import closed, copies, enter, world
from .test_disputes import dispute
from .world import AUGUST, JULY, World, after, usage

__all__ = ["closed", "copies", "enter", "world"]
EARLY = {"end_preview": True, "preview_reason": "Every agency has confirmed its bill"}
PATIENT: dict[str, Any] = {"end_preview": False, "preview_reason": ""}


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(CommonwealError) as wrong:
        yield
    assert wrong.value.code == code


@given(
    st.integers(-10**6, 10**6), st.lists(st.integers(-10**6, 10**6), max_size=30),
    st.integers(1, 300), st.integers(0, 10**5), st.integers(1, 24),
)  # fmt: skip
def test_only_what_is_further_than_both_limits_is_outside(
    amount: int, history: list[int], percent: int, minimum: int, months: int
) -> None:
    rule = Tolerance(percent, minimum, months)
    usual = rule.usual(history)
    if usual is None:
        assert 2 * len(history[-months:]) < months
        assert not rule.outside(amount, history)
        return
    apart = abs(amount - usual)
    expected = apart >= minimum and apart / (abs(usual) or 1) * 100 > percent if usual else (
        apart >= minimum and apart > 0
    )  # fmt: skip
    assert rule.outside(amount, history) is expected


def test_exactly_at_the_tolerance_is_within() -> None:
    rule = Tolerance(10, 50, 1)
    assert [rule.outside(amount, [1000]) for amount in (900, 1100, 1101, 899)] == [
        False, False, True, True,
    ]  # fmt: skip
    assert not Tolerance(10, 500, 1).outside(1400, [1000])
    assert not Tolerance(10, 0, 3).outside(1400, [1000])  # one of three months says nothing


def drafted(world: World, **options: Any) -> AnomalyHold:
    """August, in which PARKS had a hundred cases more than usual, up to its approval."""
    with act_as(world.finance):
        put_tolerance(
            actor=world.finance, charge_item_id=world.items["helpdesk.case"], percent=50,
            minimum_minor=100, months=1,
        )  # fmt: skip
    world.send("desk", [usage("PARKS", "helpdesk.case", 80, "100", AUGUST)], after(AUGUST))
    world.report(AUGUST)
    world.close(AUGUST, until="approve", **{**PATIENT, **options})
    with act_as(SYSTEM):
        return AnomalyHold.objects.select_related("bill").get()


def test_an_unusual_line_holds_the_issue_until_its_agency_acknowledges_it(world: World) -> None:
    hold = drafted(world, **EARLY)
    director, officer = world.of("director"), world.of("agency_finance", "PARKS")
    with act_as(director):
        shown = issue_approval(director, close_run(director, AUGUST))
        assert shown is not None
        assert [found.pk for found in shown.holds] == [hold.pk]
        assert shown.decision.effect["unusual"] == 1
    with refused("CLOSE-512"):
        world.close(AUGUST, **EARLY)
    with act_as(SYSTEM):
        step = CloseStep.objects.get(run__period=AUGUST, code="issue")
        assert step.detail["rows"][0]["agency"] == "Office of Parks"
    with act_as(officer):
        assert held_items(officer, hold.bill) == "Cases"
        assert [row.pk for row in holds(officer)] == [hold.pk]
        done = acknowledge_hold(actor=officer, hold_id=hold.pk, reason="A new campus")
        assert (done.state, done.reason) == ("acknowledged", "A new campus")
        with refused("ANOMALY-409"):
            acknowledge_hold(actor=officer, hold_id=hold.pk)
    assert world.close(AUGUST, **EARLY).state == "done"
    with act_as(officer):
        assert held_items(officer, world.bill("PARKS", AUGUST)) == ""


def test_the_centre_explains_it_only_after_the_preview(world: World) -> None:
    hold = drafted(world)
    other = world.of("agency_finance", "ROADS")
    with act_as(other):
        assert not holds(other)
        with refused("ANOMALY-405"):
            acknowledge_hold(actor=other, hold_id=hold.pk)
    reason = "A second campus opened in August"
    with at(after(AUGUST)), act_as(world.finance):
        with refused("ANOMALY-103"):
            explain_hold(actor=world.finance, hold_id=hold.pk, reason=reason)
        with refused("ANOMALY-102"):
            explain_hold(actor=world.finance, hold_id=hold.pk, reason="x")
    later = after(AUGUST).replace(day=20)
    with at(later), act_as(world.finance):
        explained = explain_hold(actor=world.finance, hold_id=hold.pk, reason=reason)
    assert explained.state == "explained"


def test_nobody_sees_holds_of_a_draft_and_strangers_none(world: World) -> None:
    with act_as(world.finance):
        put_tolerance(
            actor=world.finance, charge_item_id=world.items["payroll.payslip"], percent=1,
            minimum_minor=1, months=1,
        )  # fmt: skip
    world.report(AUGUST)
    world.close(AUGUST, until="draft")
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        assert not holds(officer)
    with act_as(SYSTEM):
        assert len(holds(SYSTEM)) == 3
        assert len(holds(SYSTEM, agency_id=world.agencies["PARKS"], state="open")) == 1
        assert [row.percent for row in tolerances(SYSTEM)] == [1]


def test_tolerances_and_targets_are_what_people_can_mean(world: World) -> None:
    item = world.items["helpdesk.case"]
    with act_as(world.finance):
        for percent, minimum, months in ((0, 0, 6), (1001, 0, 6), (10, -1, 6), (10, 0, 25)):
            with refused("ANOMALY-101"):
                put_tolerance(
                    actor=world.finance, charge_item_id=item, percent=percent,
                    minimum_minor=minimum, months=months,
                )  # fmt: skip
        with refused("ANOMALY-404"):
            put_tolerance(actor=world.finance, charge_item_id=uuid4(), percent=10, minimum_minor=0)
        for code, days in (("draft", 0), ("lunch", 3)):
            with refused("ANOMALY-104"):
                put_bill_target(actor=world.finance, code=code, days=days)
        put_bill_target(actor=world.finance, code="draft", days=1)
    with act_as(SYSTEM):
        july = bill_levels(SYSTEM)[0]
        assert july.period == JULY
        assert july.levels[0].state == NOT_MET  # the third working day is too late for one day


def test_dates_are_met_not_met_or_cannot_be_determined() -> None:
    october = "2026-10"  # its last day is a Saturday
    assert due_on(october, 3) == date(2026, 11, 4)
    day = date(2026, 11, 3)
    nothing = BillDates(october, None, None, None)
    assert [level.state for level in levels(nothing, TARGETS, day)] == [UNKNOWN] * 4
    past = levels(nothing, TARGETS, date(2026, 11, 30))
    assert [level.state for level in past] == [NOT_MET, UNKNOWN, NOT_MET, UNKNOWN]
    good = BillDates(october, date(2026, 11, 4), date(2026, 11, 4), date(2026, 11, 11), 2, 0, 0)
    assert [level.state for level in levels(good, TARGETS, day)] == [MET] * 4
    hasty = BillDates(october, date(2026, 11, 5), date(2026, 11, 5), date(2026, 11, 6), 2, 1, 0)
    assert [level.state for level in levels(hasty, TARGETS, day)] == [
        NOT_MET,
        NOT_MET,
        MET,
        NOT_MET,
    ]
    running = BillDates(october, None, None, None, 2, 0, 1)
    assert levels(running, TARGETS, day)[3].state == UNKNOWN


def test_both_sides_read_the_dates_of_bills(closed: World) -> None:
    officer = closed.of("agency_finance", "PARKS")
    with act_as(officer):
        mine = bill_levels(officer, closed.agencies["PARKS"])
        assert [month.period for month in mine] == [AUGUST, JULY]
        assert {level.code: level.state for level in mine[0].levels}["disputes"] == UNKNOWN
        with refused("ACCESS-403"):
            bill_levels(officer)
        line = closed.bill("PARKS", AUGUST).lines.select_related("bill").first()
    assert line is not None
    dispute(closed, line)
    with act_as(SYSTEM):
        every = bill_levels(SYSTEM)
        states = {level.code: level.state for level in every[0].levels}
    assert states == {"draft": NOT_MET, "preview": NOT_MET, "issue": MET, "disputes": UNKNOWN}
