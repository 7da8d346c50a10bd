"""Decisions: what waits for whom, and what was decided."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.authority import public as authority
from commonweal.kernel.money.public import Money as Amount
from commonweal.kernel.party.public import agency

from ..kit import paging
from ..kit.doors import SIGNED_IN, Asked, Door, needs
from ..kit.types import AgencyKey, Day, In, Money, Out, Page, Text

door = Door("authority", "Decisions by two people, and a small agency's second approver.")
DOORS = [door]
SET_LIMITS = needs("authority.set_limits")
NAME = needs("authority.name_second_approver")
Reason = Annotated[Text, Field(max_length=1000)]


class DecisionOut(Out):
    """What was decided on what, when; the people are opaque account ids."""

    id: UUID
    kind: str
    agency_id: UUID | None
    subject_type: str
    subject_id: UUID
    label: str = Field(alias="subject_label")
    statement: str
    state: str
    amount: Money | None
    currency: str
    proposed_by: UUID | None
    proposed_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    reason: str
    warnings: list[str] = Field(description="What is unusual about it, in plain words.")

    @staticmethod
    def resolve_warnings(row: Any) -> list[str]:
        """As the proposal kept them."""
        return list(row.effect.get("warnings", []))

    @staticmethod
    def resolve_amount(row: Any) -> str | None:
        """In major units."""
        return None if row.amount_minor is None else Amount(row.amount_minor, row.currency).text


class DeciderOut(Out):
    """Somebody who holds the right to decide, or (without a name) a role whose holders do."""

    role: str
    name: str
    person_id: UUID | None
    lent: bool = Field(description="Whether a lent role gives them the right.")
    second: bool = Field(description="Whether they are the agency's named second approver.")
    why_not: str = Field(description="What keeps them from deciding this; empty: they may.")


class DecisionRead(DecisionOut):
    """A decision, with who may decide it while it is open."""

    why_not: str = Field(description="Why you may not decide it; empty: you may.")
    deciders: list[DeciderOut]


class LimitOut(Out):
    """Up to which amount a role may decide; `agency_id` null: at the centre and every agency."""

    id: UUID
    agency_id: UUID | None
    role: str = Field(alias="role_id")
    subject_type: str
    amount: Money
    currency: str
    starts: Day
    ends: Day | None
    decision_id: UUID

    @staticmethod
    def resolve_amount(row: Any) -> str:
        """In major units."""
        return Amount(row.max_minor, row.currency).text


class LimitIn(In):
    """A limit to be decided; `max_minor` null: no limit of its own any more."""

    role: Annotated[str, Field(min_length=1, max_length=40)]
    subject_type: Annotated[str, Field(min_length=1, max_length=80)]
    max_minor: int | None = Field(None, ge=0, le=10**15)
    agency: AgencyKey | None = None
    starts: Day | None = None
    ends: Day | None = None


class VerdictIn(In):
    """Why. A rejection needs at least ten characters."""

    reason: Reason = ""


class SecondOut(Out):
    """A named second approver; the person is an id, because they may be of another agency."""

    id: UUID
    agency_id: UUID
    person_id: UUID
    starts: Day
    ends: Day | None


class SecondIn(In):
    """Who shall be named, from when to when."""

    person_id: UUID
    starts: Day | None = None
    ends: Day | None = None


@door.get("/decisions", access=SIGNED_IN, returns=Page[DecisionOut])
def list_decisions(
    request: Asked,
    state: Literal["", "proposed", "approved", "rejected", "withdrawn"] = Query(""),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Decisions that you may see, newest first."""
    place = paging.place(after, limit)
    return paging.answer(authority.decisions(request.actor, state=state, place=place))


@door.get("/decisions/waiting", access=SIGNED_IN, returns=Page[DecisionOut])
def list_waiting(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """What waits for your decision: not your own proposals, and within your permissions."""
    return paging.answer(authority.waiting(request.actor, place=paging.place(after, limit)))


@door.get("/decisions/{decision_id}", access=SIGNED_IN, returns=DecisionRead)
def read_decision(request: Asked, decision_id: UUID) -> Any:
    """One decision; while it is open also who may decide it, and why you may not."""
    found: Any = authority.get(request.actor, decision_id)
    open_one = found.state == "proposed"
    places = [found.agency_id] if found.agency_id else []
    found.why_not = authority.why_not(request.actor, found) if open_one else ""
    found.deciders = authority.Deciders(request.actor, places).on(found) if open_one else []
    return found


@door.get("/amount-limits", access=SIGNED_IN, returns=Page[LimitOut])
def list_limits(
    request: Asked,
    agency: Annotated[str, Field(max_length=40)] = Query("", description="Code or id; else all."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Up to which amount roles may decide, today or later."""
    rows = authority.limits(request.actor, _id(request, agency) if agency else None)
    return paging.part_of(rows, after, limit, lambda row: row.pk)


@door.post("/amount-limits", access=SET_LIMITS, returns=DecisionOut, status=201)
def propose_limit(request: Asked, data: LimitIn) -> authority.Decision:
    """Propose a limit; a second person approves it before it holds."""
    agency_id = _id(request, data.agency) if data.agency else None
    given = data.model_dump(exclude={"agency"})
    return authority.propose_limit(actor=request.actor, agency_id=agency_id, **given)


@door.post("/decisions/{decision_id}/approve", access=SIGNED_IN, returns=DecisionOut)
def approve(request: Asked, decision_id: UUID, data: VerdictIn) -> authority.Decision:
    """Approve as the second person; what was proposed takes effect at once."""
    return authority.approve(actor=request.actor, decision_id=decision_id, reason=data.reason)


@door.post("/decisions/{decision_id}/reject", access=SIGNED_IN, returns=DecisionOut)
def reject(request: Asked, decision_id: UUID, data: VerdictIn) -> authority.Decision:
    """Reject as the second person, with a reason."""
    return authority.reject(actor=request.actor, decision_id=decision_id, reason=data.reason)


@door.post("/decisions/{decision_id}/withdraw", access=SIGNED_IN, returns=DecisionOut)
def withdraw(request: Asked, decision_id: UUID, data: VerdictIn) -> authority.Decision:
    """Take back your own proposal."""
    return authority.withdraw(actor=request.actor, decision_id=decision_id, reason=data.reason)


@door.get("/agencies/{agency}/second-approvers", access=SIGNED_IN, returns=Page[SecondOut])
def list_second_approvers(
    request: Asked,
    agency: AgencyKey,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Who approves today what the agency's only officer proposes."""
    place = paging.place(after, limit)
    return paging.answer(authority.second_approvers(request.actor, _id(request, agency), place))


def _id(request: Asked, key: str) -> UUID:
    return agency(request.actor, key).pk


@door.post("/agencies/{agency}/second-approvers", access=NAME, returns=DecisionOut, status=201)
def propose_second_approver(
    request: Asked, agency: AgencyKey, data: SecondIn
) -> authority.Decision:
    """Propose an agency's second approver: of its leadership, or of another agency by a loan.

    A second person approves the naming before it holds.
    """
    return authority.propose_second_approver(
        actor=request.actor, agency_id=_id(request, agency), **data.model_dump()
    )


@door.post("/second-approvers/{second_id}/end", access=NAME, returns=SecondOut)
def end_second_approver(request: Asked, second_id: UUID) -> authority.SecondApprover:
    """End a second approver's naming today."""
    return authority.end_second_approver(actor=request.actor, second_approver_id=second_id)
