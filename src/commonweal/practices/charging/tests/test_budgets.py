"""Budget figures, deadlines, the year to its end, and being told of what is spent."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.audit.public import events
from commonweal.kernel.calendar.public import at
from commonweal.kernel.notices.models import Message
from commonweal.kernel.party.public import agencies
from commonweal.kernel.schema.public import Forbidden, NotFound
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.models import BillLine, BudgetAlert, BudgetFigure
from commonweal.practices.charging.notice_words import BUDGET, FIGURE
from commonweal.practices.charging.papers.budget_figures import FIGURE_HEADER, figure_rows
from commonweal.practices.charging.tasks import look_at_budgets

from .copies import closed, copies, enter, world
from .world import World, after

__all__ = ["closed", "copies", "enter", "world"]


def refused(expected: str, write: Any, **given: Any) -> None:
    with pytest.raises(charging.RateError) as error, transaction.atomic():
        write(**given)
    assert error.value.code == expected


def issue(world: World, code: str = "PARKS", year: int = 2028) -> BudgetFigure:
    with act_as(world.finance):
        return charging.issue_budget_figure(
            actor=world.finance, agency_id=world.agencies[code], fiscal_year=year
        )


def budget(world: World, minor: int, service: str = "", code: str = "PARKS") -> None:
    officer = world.of("agency_finance", code)
    with act_as(officer):
        charging.put_budget(
            actor=officer, agency_id=world.agencies[code], fiscal_year=2027,
            amount_minor=minor, service=service,
        )  # fmt: skip


def test_a_figure_is_issued_once_and_never_changes(world: World) -> None:
    row, again = issue(world), issue(world)
    assert (row.number, again.number) == (1, 2)
    lines = {line["item"]: line for line in row.document["lines"]}
    assert lines["payroll.payslip"]["method"] == "trend"  # nobody has signed for 2028
    assert lines["payroll.payslip"]["quantity"] == str(81 * 12)
    assert lines["payroll.payslip"]["known"] is False  # one month of history gives no interval
    assert lines["payroll.base"]["expected"] == 12 * 10_000  # 99.995 a month, rounded each month
    assert row.expected_minor == sum(line["expected"] for line in lines.values())
    assert row.low_minor <= row.expected_minor <= row.high_minor
    assert not row.known
    with act_as(SYSTEM), pytest.raises(DatabaseError), transaction.atomic():
        BudgetFigure.objects.filter(pk=row.pk).update(expected_minor=1)
    with act_as(SYSTEM):
        letters = Message.objects.filter(template=FIGURE.code)
        assert set(letters.values_list("agency_id", flat=True)) == {world.agencies["PARKS"]}
        [event] = events(SYSTEM, target=("charging.BudgetFigure", str(row.pk)))
        assert event.payload["content_hash"] == row.content_hash


def test_a_signed_forecast_is_the_expected_quantity(world: World) -> None:
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        charging.sign_forecasts(
            actor=officer, agency_id=world.agencies["PARKS"], fiscal_year=2028,
            quantities={world.items["payroll.payslip"]: 1200},
        )  # fmt: skip
        found = charging.outlook(officer, world.agencies["PARKS"], 2028)
    [line] = [line for line in found.lines if line.item.code == "payroll.payslip"]
    assert (line.expected.method, line.expected.expected) == ("signed", 1200)
    assert not line.decided or line.rates  # the price in force goes on until another is decided
    assert sum(each.expected for _service, each in found.services) == found.total.expected


def test_a_figure_as_csv_and_who_may_read_it(world: World) -> None:
    row = issue(world)
    assert len(figure_rows(row)) == len(row.document["lines"])
    assert all(len(each) == len(FIGURE_HEADER) for each in figure_rows(row))
    parks, roads = (world.of("agency_finance", code) for code in ("PARKS", "ROADS"))
    with act_as(parks):
        assert charging.figure(parks, row.pk) == row
        assert [each.pk for each in charging.figures(parks)] == [row.pk]
        assert charging.figure_of_year(parks, world.agencies["PARKS"], 2028) == row
    with act_as(roads):
        assert list(charging.figures(roads)) == []
        with pytest.raises(NotFound):
            charging.figure(roads, row.pk)
        with pytest.raises(Forbidden):
            charging.figures(roads, world.agencies["PARKS"])
    with act_as(world.finance):
        assert [each.pk for each in charging.figures(world.finance)] == [row.pk]


def test_figures_that_cannot_be_issued(world: World) -> None:
    refused("BUDGET-102", issue, world=world, year=2026)
    refused("CHARGING-221", issue, world=world, year=12)
    parks = world.of("agency_finance", "PARKS")
    with act_as(parks), pytest.raises(Forbidden):
        charging.issue_budget_figure(
            actor=parks, agency_id=world.agencies["PARKS"], fiscal_year=2028
        )


def test_deadlines_of_the_agency_and_of_the_rule(world: World) -> None:
    director, parks = world.of("director"), world.of("agency_finance", "PARKS")
    own = world.agencies["PARKS"]
    with act_as(director):
        assert charging.overdue_figures(director) == []
        charging.set_rate_rules(actor=director, notice_days=0, freeze=False, deadline_days=90)
    with act_as(parks):
        assert charging.deadline_of(parks, own, 2028) == date(2027, 4, 2)
        charging.set_budget_deadline(
            actor=parks, agency_id=own, fiscal_year=2028, day=date(2026, 9, 1)
        )
        assert charging.deadline_of(parks, own, 2028) == date(2026, 9, 1)
        refused("BUDGET-101", charging.set_budget_deadline, actor=parks, agency_id=own,
                fiscal_year=2028, day=date(2027, 7, 1))  # fmt: skip
        with pytest.raises(Forbidden):
            charging.set_budget_deadline(
                actor=parks, agency_id=world.agencies["ROADS"], fiscal_year=2028,
                day=date(2026, 9, 1),
            )  # fmt: skip
    with act_as(director):
        assert charging.overdue_figures(director) == [("Office of Parks", date(2026, 9, 1))]
        states = {row.agency.code: row.state
                  for row in charging.deadlines(director, 2028, agencies(director))}  # fmt: skip
        assert states == {"PARKS": "overdue", "ROADS": "due", "CLERK": "due"}
    issue(world)
    with act_as(director):
        assert charging.overdue_figures(director) == []
        found = {row.agency.code: row.state
                 for row in charging.deadlines(director, 2028, agencies(director))}  # fmt: skip
    assert found["PARKS"] == "late"


def test_an_agency_without_a_day_is_open_and_issued_in_time_is_issued(world: World) -> None:
    with act_as(world.finance):
        rows = charging.deadlines(world.finance, 2028, agencies(world.finance))
        assert {row.state for row in rows} == {"open"}
        charging.set_budget_deadline(actor=world.finance, agency_id=world.agencies["ROADS"],
                                     fiscal_year=2028, day=date(2027, 1, 1))  # fmt: skip
    assert issue(world, "ROADS").deadline == date(2027, 1, 1)
    with act_as(world.finance):
        rows = charging.deadlines(world.finance, 2028, agencies(world.finance))
    assert {row.agency.code: row.state for row in rows}["ROADS"] == "issued"


def test_how_a_figure_came_out(closed: World) -> None:
    row = issue(closed, year=2027)
    with act_as(closed.finance):
        found = charging.accuracy(closed.finance, row)
        billed = sum(closed.bill("PARKS", p).total_minor for p in ("2026-07", "2026-08"))
    assert (found.months, found.complete, found.error) == (2, False, None)
    assert found.actual == billed
    whole = charging.Accuracy(row, row.expected_minor * 2, 12)
    assert whole.error is not None
    assert whole.error * 2 == 1
    assert not whole.inside
    assert charging.Accuracy(row, row.expected_minor, 12).inside


def test_the_year_is_what_is_billed_and_what_the_rest_may_bring(closed: World) -> None:
    budget(closed, 500_000, "payroll")
    officer, own = closed.of("agency_finance", "PARKS"), closed.agencies["PARKS"]
    with act_as(officer):
        found = charging.year_end(officer, own, 2027)
    assert found.issued == ["2026-07", "2026-08"]
    with act_as(SYSTEM):
        billed = sum(closed.bill("PARKS", period).total_minor for period in found.issued)
    assert found.total.spent == billed == sum(row.spent for row in found.rows)
    with act_as(SYSTEM):
        lines = BillLine.objects.filter(agency_id=own, service__code="payroll")
        payroll = sum(lines.values_list("amount_minor", flat=True))
    rows = {row.service.code: row for row in found.rows if row.service}
    assert rows["payroll"].spent == payroll
    # 960 payslips are signed for the year: ten months bear 800 of them, and ten base charges.
    rate = next(line for line in outlook_lines(closed, officer) if line.item.code.endswith("slip"))
    assert rate.expected.expected == 960
    assert rows["payroll"].year.expected > rows["payroll"].spent
    assert rows["payroll"].budget == found.total.budget == 500_000
    assert rows["payroll"].state == "good"
    assert rows["helpdesk"].state == "unknown"
    assert not rows["helpdesk"].year.known


def outlook_lines(closed: World, officer: Any) -> Any:
    with act_as(officer):
        return charging.outlook(officer, closed.agencies["PARKS"], 2027).lines


def test_an_agency_is_told_once_of_each_percentage(closed: World) -> None:
    officer, own = closed.of("agency_finance", "PARKS"), closed.agencies["PARKS"]
    with act_as(officer):
        spent = charging.year_end(officer, own, 2027).total.spent
    budget(closed, spent * 100 // 85)  # a little more than 85 % is spent
    budget(closed, 10**9, "payroll")
    assert look_at_budgets() == 2
    assert look_at_budgets() == 0
    with act_as(officer):
        told = charging.budget_alerts(officer, own, 2027)
        assert [(row.percentage, row.service) for row in told] == [(80, None), (50, None)]
        assert BudgetAlert.objects.count() == 2
    with act_as(SYSTEM):
        letters = list(Message.objects.filter(template=BUDGET.code).order_by("created_at"))
    assert len({letter.subject for letter in letters}) == 2
    with act_as(officer):
        charging.set_budget_thresholds(actor=officer, agency_id=own, percentages=[85, 60])
        assert charging.thresholds_of(officer, own) == [60, 85]
    with act_as(closed.finance):
        assert charging.tell_budgets(actor=closed.finance, agency_id=own) == 2
    with act_as(officer), pytest.raises(Forbidden):
        charging.tell_budgets(actor=officer, agency_id=own)


def test_a_month_that_is_closed_may_reach_the_next_percentage(closed: World) -> None:
    officer, own = closed.of("agency_finance", "PARKS"), closed.agencies["PARKS"]
    with act_as(officer):
        spent = charging.year_end(officer, own, 2027).total.spent
    budget(closed, spent)
    assert look_at_budgets() == 3
    budget(closed, spent * 10 // 12)
    assert look_at_budgets() == 1
    with at(after("2026-09")), act_as(officer):
        assert charging.year_end(officer, own, 2027).total.state == "bad"


def test_budgets_that_cannot_be_entered(world: World) -> None:
    refused("BUDGET-104", budget, world=world, minor=-1)
    with pytest.raises(NotFound):
        budget(world, 1, "nothing")
    budget(world, 100)
    budget(world, 200)
    officer = world.of("agency_finance", "PARKS")
    with act_as(officer):
        assert charging.year_end(officer, world.agencies["PARKS"], 2027).total.budget == 200
    roads = world.of("agency_finance", "ROADS")
    with act_as(roads), pytest.raises(Forbidden):
        charging.put_budget(
            actor=roads, agency_id=world.agencies["PARKS"], fiscal_year=2027, amount_minor=1
        )


def test_a_year_that_is_over_has_no_rest(closed: World) -> None:
    officer = closed.of("agency_finance", "PARKS")
    with at(after("2027-07")), act_as(officer):
        found = charging.year_end(officer, closed.agencies["PARKS"], 2026)
    assert found.total.year.expected == 0
    assert found.total.share is None
