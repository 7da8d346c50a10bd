"""Credits: proposed, decided by a second person, and their schedule over bills to come."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.authority.public import Decision
from commonweal.kernel.money.public import Money as Exactly
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import centre as profile
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import Asked, Door, centre, needs
from ..kit.types import Exact, In, Money, Out, Page, Period, Text

SEE = needs("charging.view_bills", "charging.view_all_bills")
door = Door("credits", "Credits to agencies, over one or several bills to come.")


class CreditOut(Out):
    """A credit, positive in the agency's favour. `left`: what no bill has taken yet."""

    id: UUID
    agency: str
    kind: str
    reason: str
    decision_id: UUID
    currency: str
    total: Money
    left: Money
    months: list[str]
    recorded_at: datetime


class CreditMonthOut(Out):
    """A month of a credit: planned, and what its bill took (null: no bill yet)."""

    month: str
    planned: Money
    taken: Money | None
    bill: str | None


class IdleChargeOut(Out):
    """How a charge came about for reserved capacity that lay idle: the idle part of its cost is
    1 - used / practical (of a charge item no more than cost - recovered, its own charges), the
    agency's part of that what it reserved of all that was."""

    run: UUID
    period: str
    of: str
    unit: str
    practical: Exact
    used: Exact
    cost: Money
    idle: Money
    recovered: Money
    reserved: Exact
    reserved_all: Exact
    charged: Money


class CreditDetail(Out):
    """A credit with its schedule. `moved_on`: what earlier bills had no room for."""

    credit: CreditOut
    months: list[CreditMonthOut]
    lines: list[UUID]
    moved_on: Money
    idle: IdleChargeOut | None


class PortionIn(In):
    """An amount for one bill line, in major units."""

    line_id: UUID
    amount: Exact


class CreditIn(In):
    """A service credit: for which lines, why, and on the bills of which months."""

    reason: Annotated[Text, Field(min_length=1, max_length=500)]
    portions: Annotated[list[PortionIn], Field(min_length=1, max_length=1000)]
    months: Annotated[list[Period], Field(min_length=1, max_length=120)]


class ProposalOut(Out):
    """A proposed credit and what became of it."""

    id: UUID
    state: str
    statement: str
    credit_id: UUID
    amount: Money
    currency: str


class CreditsDecisionIn(In):
    """Approve or reject; a rejection needs a reason."""

    decision: Literal["approve", "reject"]
    reason: Annotated[Text, Field(max_length=1000)] = ""


def shown(row: charging.Credit, left: int) -> dict[str, Any]:
    """A credit as it travels."""
    return {
        "id": row.pk,
        "agency": row.agency.code,
        "kind": row.kind,
        "reason": row.reason,
        "decision_id": row.decision_id,
        "currency": row.currency,
        "total": charging.money_text(row.total_minor, row.currency),
        "left": charging.money_text(left, row.currency),
        "months": row.months,
        "recorded_at": row.recorded_at,
    }


def _proposal(row: Decision) -> dict[str, Any]:
    return {
        "id": row.pk,
        "state": row.state,
        "statement": row.statement,
        "credit_id": row.subject_id,
        "amount": charging.money_text(row.amount_minor or 0, row.currency),
        "currency": row.currency,
    }


@door.get("/credits", access=SEE, returns=Page[CreditOut])
def list_credits(
    request: Asked,
    agency: Annotated[str, Field(max_length=40)] = Query("", description="Code or id; else all."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Credits, newest first, with what is left of each."""
    rows = charging.credits(
        request.actor,
        find_agency(request.actor, agency).pk if agency else None,
        paging.place(after, limit),
    )
    left = charging.credit_left(request.actor, rows)
    return {**paging.answer(rows), "items": [shown(row, left[row.pk]) for row in rows]}


@door.get("/credits/{credit_id}", access=SEE, returns=CreditDetail)
def read_credit(request: Asked, credit_id: UUID) -> dict[str, Any]:
    """A credit with its schedule, month by month."""
    view = charging.credit_view(request.actor, credit_id)
    currency, idle = view.credit.currency, charging.idle_view(request.actor, credit_id)
    return {
        "credit": shown(view.credit, view.left),
        "lines": [portion.line_id for portion in view.portions],
        "moved_on": charging.money_text(view.moved_on, currency),
        "idle": idle and idle.document,
        "months": [
            {
                "month": each.month,
                "planned": charging.money_text(each.planned, currency),
                "taken": None if each.taken is None else charging.money_text(each.taken, currency),
                "bill": each.bill and (each.bill.number or str(each.bill.pk)),
            }
            for each in view.months
        ],
    }


@door.post("/credits", access=centre("charging.propose_credits"), returns=ProposalOut, status=201)
def propose_credit(request: Asked, data: CreditIn) -> dict[str, Any]:
    """Propose a service credit in equal parts on bills to come; a second person decides."""
    currency = profile().currency
    found = charging.propose_credit(
        actor=request.actor,
        reason=data.reason,
        portions={
            each.line_id: Exactly.exactly(str(each.amount), currency).minor
            for each in data.portions
        },
        months=data.months,
    )
    return _proposal(found)


@door.post(
    "/credit-proposals/{decision_id}/decide",
    access=centre("charging.approve_credits"),
    returns=ProposalOut,
)
def decide_credit(request: Asked, decision_id: UUID, data: CreditsDecisionIn) -> dict[str, Any]:
    """Approve or reject a proposed credit as the second person."""
    write = charging.approve_credit if data.decision == "approve" else charging.reject_credit
    return _proposal(write(actor=request.actor, decision_id=decision_id, reason=data.reason))
