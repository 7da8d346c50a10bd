"""Budgets: the figure for next year, deadlines, an agency's amounts, and the year to its end."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import Query
from pydantic import Field

from commonweal.kernel.party.public import agency as find_agency
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import Asked, Door, File, attachment, centre, needs
from ..kit.types import AgencyKey, Cents, Code, Day, Exact, In, Money, Out, Page, Year

READ = needs("charging.view_bills", "charging.view_all_bills")
MANAGE = needs("charging.manage_budget")
ISSUE = centre("charging.issue_budget_figures")
door = Door("budgets", "Budget figures, deadlines, budgets and the forecast to the year's end.")


class RangeOut(Out):
    """Low, expected, high. `known` false: some part has too little history for an interval."""

    low: Money
    expected: Money
    high: Money
    known: bool


class FigureOut(Out):
    """An issued budget figure; it never changes."""

    id: UUID
    agency: str
    fiscal_year: int
    number: int
    issued_on: Day
    deadline: Day | None
    currency: str
    total: RangeOut
    content_hash: str
    issued_at: datetime


class FigureDetail(FigureOut):
    """The same with its document, and how it came out so far."""

    document: dict[str, Any]
    billed: Money
    billed_months: int
    error: Exact | None


class IssueIn(In):
    """Whose figure for which year."""

    agency: AgencyKey
    fiscal_year: Year


class DeadlineIn(In):
    """The day by which the agency needs the year's figure."""

    day: Day


class DeadlineOut(Out):
    """A deadline."""

    fiscal_year: int
    day: Day


class BudgetIn(In):
    """What is budgeted: of a service (by code), or altogether."""

    service: Annotated[Code, Field(max_length=60)] | None = None
    amount_minor: Cents


class BudgetOut(Out):
    """A budget, in minor units."""

    fiscal_year: int
    amount_minor: int


class ThresholdsIn(In):
    """Percentages of a budget at which to be told."""

    percentages: list[int] = Field(min_length=1, max_length=10, examples=[[50, 80, 100, 110]])


class ThresholdsOut(Out):
    """Percentages of a budget at which the agency is told."""

    percentages: list[int]


class ToldOut(Out):
    """How many percentages were told that had not been told before."""

    told: int


class YearRowOut(Out):
    """A service (null: altogether): spent, expected to the year's end, budget and its state."""

    service: str | None
    spent: Money
    year: RangeOut
    budget: Money | None
    state: str


class YearOut(Out):
    """An agency's year to its end."""

    agency: str
    fiscal_year: int
    currency: str
    issued: list[str]
    services: list[YearRowOut]
    total: YearRowOut


def _range(found: charging.Range, currency: str) -> dict[str, Any]:
    return {
        **{
            name: charging.money_text(getattr(found, name), currency)
            for name in ("low", "expected", "high")
        },
        "known": found.known,
    }


def _figure(row: charging.BudgetFigure) -> dict[str, Any]:
    plain = ("fiscal_year", "number", "issued_on", "deadline", "currency", "content_hash",
             "issued_at")  # fmt: skip
    total = charging.Range(row.low_minor, row.expected_minor, row.high_minor, row.known)
    return {
        "id": row.pk,
        "agency": row.agency.code,
        **{name: getattr(row, name) for name in plain},
        "total": _range(total, row.currency),
    }


def _row(row: charging.YearRow, currency: str) -> dict[str, Any]:
    return {
        "service": row.service.code if row.service else None,
        "spent": charging.money_text(row.spent, currency),
        "year": _range(row.year, currency),
        "budget": None if row.budget is None else charging.money_text(row.budget, currency),
        "state": row.state,
    }


@door.get("/budget-figures", access=READ, returns=Page[FigureOut])
def list_figures(
    request: Asked,
    agency: Annotated[str, Field(max_length=40)] = Query("", description="Code or id; else all."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Issued budget figures, newest first: your agency's, or for the centre everybody's."""
    own = find_agency(request.actor, agency).pk if agency else None
    found = paging.answer(charging.figures(request.actor, own, paging.place(after, limit)))
    return {**found, "items": [_figure(row) for row in found["items"]]}


@door.post("/budget-figures", access=ISSUE, returns=FigureOut, status=201)
def issue_figure(request: Asked, data: IssueIn) -> dict[str, Any]:
    """Issue an agency's figure as it is known today."""
    own = find_agency(request.actor, data.agency)
    return _figure(
        charging.issue_budget_figure(
            actor=request.actor, agency_id=own.pk, fiscal_year=data.fiscal_year
        )
    )


@door.get("/budget-figures/{figure_id}", access=READ, returns=FigureDetail)
def read_figure(request: Asked, figure_id: UUID) -> dict[str, Any]:
    """One figure with its lines, and how it came out so far."""
    row = charging.figure(request.actor, figure_id)
    found = charging.accuracy(request.actor, row)
    error = found.error
    return {
        **_figure(row),
        "document": row.document,
        "billed": charging.money_text(found.actual, row.currency),
        "billed_months": found.months,
        "error": None if error is None else charging.rounded(error, 4),
    }


@door.get("/budget-figures/{figure_id}/csv", access=READ, returns=File("text/csv"))
def read_figure_csv(request: Asked, figure_id: UUID) -> HttpResponseBase:
    """One figure as CSV, a row for each charge item; amounts in minor units."""
    row = charging.figure(request.actor, figure_id)
    data = charging.write_csv(charging.FIGURE_HEADER, charging.figure_rows(row))
    name = f"{row.agency.code}-budget-{row.fiscal_year}-{row.number}.csv"
    return attachment(name, "text/csv; charset=utf-8", data)


@door.put(
    "/agencies/{agency}/budget-deadlines/{fiscal_year}",
    access=needs("charging.manage_budget", "charging.issue_budget_figures"),
    returns=DeadlineOut,
)
def set_deadline(
    request: Asked, agency: AgencyKey, fiscal_year: Year, data: DeadlineIn
) -> charging.BudgetDeadline:
    """Set the day by which the agency needs the year's figure."""
    own = find_agency(request.actor, agency)
    return charging.set_budget_deadline(
        actor=request.actor, agency_id=own.pk, fiscal_year=fiscal_year, day=data.day
    )


@door.put("/agencies/{agency}/budgets/{fiscal_year}", access=MANAGE, returns=BudgetOut)
def put_budget(
    request: Asked, agency: AgencyKey, fiscal_year: Year, data: BudgetIn
) -> charging.BudgetAmount:
    """Enter what the agency has budgeted for a year."""
    own = find_agency(request.actor, agency)
    return charging.put_budget(
        actor=request.actor,
        agency_id=own.pk,
        fiscal_year=fiscal_year,
        amount_minor=data.amount_minor,
        service=data.service or "",
    )


@door.put("/agencies/{agency}/budget-alerts", access=MANAGE, returns=ThresholdsOut)
def set_thresholds(request: Asked, agency: AgencyKey, data: ThresholdsIn) -> Any:
    """Set at which percentages of its budgets the agency is told."""
    own = find_agency(request.actor, agency)
    return charging.set_budget_thresholds(
        actor=request.actor, agency_id=own.pk, percentages=data.percentages
    )


@door.post(
    "/agencies/{agency}/budget-alerts/tell",
    access=centre("charging.view_all_bills"),
    returns=ToldOut,
)
def tell_budgets(request: Asked, agency: AgencyKey) -> Any:
    """Tell the agency now what is spent of its budgets; the schedule does it every day."""
    own = find_agency(request.actor, agency)
    return {"told": charging.tell_budgets(actor=request.actor, agency_id=own.pk)}


@door.get("/agencies/{agency}/year/{fiscal_year}", access=READ, returns=YearOut)
def read_year(request: Asked, agency: AgencyKey, fiscal_year: Year) -> dict[str, Any]:
    """Issued months and what the rest may bring, by service, beside the budgets."""
    own = find_agency(request.actor, agency)
    found = charging.year_end(request.actor, own.pk, fiscal_year)
    return {
        "agency": own.code,
        "fiscal_year": fiscal_year,
        "currency": found.currency,
        "issued": list(found.issued),
        "services": [_row(row, found.currency) for row in found.rows],
        "total": _row(found.total, found.currency),
    }
