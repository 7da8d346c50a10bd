"""Decisions: what waits for whom, and what was decided."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.authority import public as authority
from commonweal.kernel.party.public import agency

from ..kit import paging
from ..kit.doors import SIGNED_IN, Asked, Door
from ..kit.types import AgencyKey, Day, In, Money, Out, Page, Text

door = Door("authority", "Decisions by two people, and a small agency's second approver.")
DOORS = [door]
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

    @staticmethod
    def resolve_amount(row: Any) -> str | None:
        """In major units."""
        from commonweal.kernel.money.public import Money as Amount

        return None if row.amount_minor is None else Amount(row.amount_minor, row.currency).text


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
    """Who, from when to when."""

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
    rows = authority.decisions(
        request.actor, state=state, before=paging.id_after(after), limit=limit + 1
    )
    return paging.by_id(rows, limit)


@door.get("/decisions/waiting", access=SIGNED_IN, returns=Page[DecisionOut])
def list_waiting(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """What waits for your decision: not your own proposals, and within your permissions."""
    rows = authority.waiting(request.actor, limit=200)
    return paging.part_of(rows, after, limit, lambda row: row.pk)


@door.get("/decisions/{decision_id}", access=SIGNED_IN, returns=DecisionOut)
def read_decision(request: Asked, decision_id: UUID) -> authority.Decision:
    """One decision."""
    return authority.get(request.actor, decision_id)


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
    rows = authority.second_approvers(request.actor, _id(request, agency))
    return paging.part_of(rows, after, limit, lambda row: row.pk)


def _id(request: Asked, key: str) -> UUID:
    return agency(request.actor, key).pk


@door.post("/agencies/{agency}/second-approvers", access=SIGNED_IN, returns=SecondOut, status=201)
def name_second_approver(
    request: Asked, agency: AgencyKey, data: SecondIn
) -> authority.SecondApprover:
    """Name an agency's second approver: of its leadership, or of another agency by a loan."""
    return authority.name_second_approver(
        actor=request.actor, agency_id=_id(request, agency), **data.model_dump()
    )


@door.post("/second-approvers/{second_id}/end", access=SIGNED_IN, returns=SecondOut)
def end_second_approver(request: Asked, second_id: UUID) -> authority.SecondApprover:
    """End a second approver's naming today."""
    return authority.end_second_approver(actor=request.actor, second_approver_id=second_id)
