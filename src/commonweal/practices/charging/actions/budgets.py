"""Writes of budgets: deadlines, figures, amounts, thresholds, and telling what is spent."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, canonical, record
from commonweal.kernel.calendar.public import now, today
from commonweal.kernel.catalogue.public import Service
from commonweal.kernel.notices.public import notify_role
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import NotFound
from commonweal.kernel.words import public as words

from ..domain.outlook import check_thresholds, crossed
from ..domain.rates import RateError
from ..models import (
    BudgetAlert,
    BudgetAmount,
    BudgetDeadline,
    BudgetFigure,
    BudgetThresholds,
)
from ..notice_words import BUDGET, FIGURE
from ..selectors.budgets import (
    YearRow,
    deadline_of,
    figure_of_year,
    outlook,
    thresholds_of,
    year_end,
)
from ..years import present_year, year_months

MANAGE = "charging.manage_budget"
ISSUE = "charging.issue_budget_figures"
READ = "charging.view_bills"
MOST = 10**15


def _check_year(fiscal_year: int) -> None:
    if not 2000 <= fiscal_year <= 2200:
        raise RateError("CHARGING-221", f"{fiscal_year} is not a fiscal year. Write it like 2027.")


def _own(actor: Actor, agency_id: UUID) -> None:
    """The agency's own people, or the centre's who issue figures."""
    if not (actor.centre and actor.may(ISSUE)):
        require(actor, MANAGE, agency_id)


@action
def set_budget_deadline(
    *, actor: Actor, agency_id: UUID, fiscal_year: int, day: date
) -> BudgetDeadline:
    """Set the day by which an agency needs a year's figure: by the agency or by the centre.

    BUDGET-101: the day lies in or after the year, when its budget is made.
    """
    _own(actor, agency_id)
    _check_year(fiscal_year)
    own = find_agency(actor, agency_id)
    first = year_months(fiscal_year)[0].first_day
    if day >= first:
        raise RateError(
            "BUDGET-101",
            f"Fiscal year {fiscal_year} begins on {first}, and its budget is made before. Choose "
            "an earlier day.",
            field="day",
        )
    row, _made = BudgetDeadline.objects.update_or_create(
        agency_id=own.pk,
        fiscal_year=fiscal_year,
        defaults={"day": day, "set_by_centre": actor.centre, "recorded_at": now()},
    )
    record(
        actor=actor,
        verb="budget.deadline_set",
        target=row,
        agency_id=own.pk,
        payload={"year": fiscal_year, "day": day},
    )
    return row


@action
def issue_budget_figure(*, actor: Actor, agency_id: UUID, fiscal_year: int) -> BudgetFigure:
    """Issue an agency's figure for a fiscal year as it is known today; it never changes.

    Another one is another number. BUDGET-102: the year is over or the agency uses nothing.
    """
    require(actor, ISSUE)
    _check_year(fiscal_year)
    own = find_agency(actor, agency_id)
    found = outlook(actor, own.pk, fiscal_year)
    if fiscal_year < present_year() or not found.lines:
        raise RateError(
            "BUDGET-102",
            f"There is nothing to say about {own.code} in fiscal year {fiscal_year}: the year is "
            "over, or no order covers anything. Choose another year.",
            field="fiscal_year",
        )
    before, total = figure_of_year(actor, own.pk, fiscal_year), found.total
    document = {
        "format": "commonweal.budget-figure.v1",
        "agency": own.code,
        "fiscal_year": fiscal_year,
        "quantile": {"low": "1/10", "high": "9/10", "method": "nearest rank"},
        "lines": [line.document() for line in found.lines],
    }
    row = BudgetFigure.objects.create(
        agency_id=own.pk,
        fiscal_year=fiscal_year,
        number=before.number + 1 if before else 1,
        issued_on=today(centre().zone),
        deadline=deadline_of(actor, own.pk, fiscal_year),
        currency=found.currency,
        low_minor=total.low,
        expected_minor=total.expected,
        high_minor=total.high,
        known=total.known,
        document=document,
        content_hash=hashlib.sha256(canonical(document)).hexdigest(),
        issued_at=now(),
        issued_by=actor.user_id,
    )
    notify_role(
        actor=actor,
        agency_id=own.pk,
        permission=READ,
        template=FIGURE.code,
        context={
            "year": fiscal_year,
            "low": words.money(row.low_minor, row.currency),
            "expected": words.money(row.expected_minor, row.currency),
            "high": words.money(row.high_minor, row.currency),
        },
    )
    record(
        actor=actor,
        verb="budget.figure_issued",
        target=row,
        agency_id=own.pk,
        payload={
            "year": fiscal_year,
            "number": row.number,
            "expected_minor": row.expected_minor,
            "content_hash": row.content_hash,
        },
    )
    return row


@action
def put_budget(
    *,
    actor: Actor,
    agency_id: UUID,
    fiscal_year: int,
    amount_minor: int,
    service: str = "",
) -> BudgetAmount:
    """Enter what an agency has budgeted for a year: for a service by its code, or altogether.

    Minor units of the centre's currency. BUDGET-104: negative or beyond reason.
    """
    require(actor, MANAGE, agency_id)
    _check_year(fiscal_year)
    if not 0 <= amount_minor < MOST:
        raise RateError(
            "BUDGET-104", "A budget is an amount from zero. Enter such an amount.", field="amount"
        )
    of = Service.objects.filter(code=service).first() if service else None
    if service and of is None:
        raise NotFound("RATES-522", f"There is no “{service}” in the catalogue. Choose one of it.")
    row, _made = BudgetAmount.objects.update_or_create(
        agency_id=agency_id,
        fiscal_year=fiscal_year,
        service=of,
        defaults={"amount_minor": amount_minor, "recorded_at": now()},
    )
    record(
        actor=actor,
        verb="budget.put",
        target=row,
        agency_id=agency_id,
        payload={
            "year": fiscal_year,
            "service": of.pk if of else None,
            "amount_minor": amount_minor,
        },
    )
    return row


@action
def set_budget_thresholds(
    *, actor: Actor, agency_id: UUID, percentages: Sequence[int]
) -> BudgetThresholds:
    """Set at which percentages of its budgets an agency is told (BUDGET-103)."""
    require(actor, MANAGE, agency_id)
    row, _made = BudgetThresholds.objects.update_or_create(
        agency_id=agency_id,
        defaults={"percentages": check_thresholds(percentages), "recorded_at": now()},
    )
    record(
        actor=actor,
        verb="budget.thresholds_set",
        target=row,
        agency_id=agency_id,
        payload={"percentages": row.percentages},
    )
    return row


@action
def tell_budgets(*, actor: Actor, agency_id: UUID, fiscal_year: int | None = None) -> int:
    """Tell an agency which percentages of its budgets are spent, each once; how many are new.

    Run every day by the schedule; running it again says nothing twice.
    """
    require(actor, "charging.view_all_bills")
    year = fiscal_year or present_year()
    found = year_end(actor, agency_id, year)
    thresholds = thresholds_of(actor, agency_id)
    told = sum(
        _tell(actor, agency_id, year, row, percentage, found.currency)
        for row in (*found.rows, found.total)
        if row.budget is not None
        for percentage in crossed(row.spent, row.budget, thresholds)
    )
    record(
        actor=actor,
        verb="budget.looked_at",
        target=("party.Agency", agency_id),
        agency_id=agency_id,
        payload={"year": year, "told": told},
    )
    return told


def _tell(
    actor: Actor, agency_id: UUID, year: int, row: YearRow, percentage: int, currency: str
) -> int:
    budget = row.budget or 0
    _alert, fresh = BudgetAlert.objects.get_or_create(
        agency_id=agency_id,
        fiscal_year=year,
        service=row.service,
        percentage=percentage,
        defaults={"spent_minor": row.spent, "budget_minor": budget, "told_at": now()},
    )
    if fresh:
        context: dict[str, Any] = {
            "percentage": percentage,
            "year": year,
            "what": row.service.name if row.service else centre().name,
            "spent": words.money(row.spent, currency),
            "budget": words.money(budget, currency),
        }
        notify_role(
            actor=actor,
            agency_id=agency_id,
            permission=READ,
            template=BUDGET.code,
            context=context,
        )
    return int(fresh)
