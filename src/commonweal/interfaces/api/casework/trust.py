"""Consents, identity checks and approvals of cases."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import agency as find_agency

from ..kit import paging
from ..kit.doors import Asked, needs
from ..kit.types import AgencyKey, Day, In, Page, Text
from .reads import door
from .shapes import WORK, CaseKey, CheckOut, ConsentOut, DeskApprovalOut, found

DECIDE = needs("casework.approve", "casework.work")


class ConsentIn(In):
    """Who agreed that who acts for them, how they said so, and until when."""

    person_id: UUID
    agent_id: UUID | None = Field(
        None, description="Without one: you, who fill in a form for them."
    )
    how: Annotated[Text, Field(min_length=5, max_length=200)]
    scope: Literal["case", "all", "business"] = "case"
    ends_on: Day | None = None


@door.post("/cases/{case}/consents", access=WORK, returns=ConsentOut, status=201)
def record_consent(request: Asked, case: CaseKey, data: ConsentIn) -> Any:
    """Record that somebody agreed that another acts for them."""
    return casework.record_consent(
        actor=request.actor,
        case_id=found(request, case).pk,
        person=data.person_id,
        agent=data.agent_id,
        how=data.how,
        scope=data.scope,
        ends_on=data.ends_on,
    )


class ActingIn(In):
    """For which contact of the agency whoever asked does so, and how that one agreed."""

    person_id: UUID
    how: Annotated[Text, Field(min_length=5, max_length=200)]
    scope: Literal["case", "all", "business"] = "case"


@door.post("/cases/{case}/acting", access=WORK, returns=ConsentOut, status=201)
def act_for(request: Asked, case: CaseKey, data: ActingIn) -> Any:
    """Note that whoever asked does so for a business or another person: the case is theirs."""
    return casework.act_for(
        actor=request.actor,
        case_id=found(request, case).pk,
        person=data.person_id,
        how=data.how,
        scope=data.scope,
    )


@door.post("/cases/{case}/consents/{consent_id}/end", access=WORK, returns=ConsentOut)
def end_consent(request: Asked, case: CaseKey, consent_id: UUID) -> Any:
    """A consent holds no more; what was done under it stays."""
    return casework.end_consent(
        actor=request.actor, case_id=found(request, case).pk, consent_id=consent_id
    )


class CheckIn(In):
    """How who asks is checked."""

    method: Literal["call_back", "code", "in_person"]


@door.post("/cases/{case}/identity-checks", access=WORK, returns=CheckOut, status=201)
def begin_check(request: Asked, case: CaseKey, data: CheckIn) -> Any:
    """Begin to check who asks: by a number known before, a code that is mailed to them, or in
    person."""
    return casework.begin_check(
        actor=request.actor, case_id=found(request, case).pk, method=data.method
    )


class CheckEndIn(In):
    """The code that they said; or whether they passed, with a note of what was asked."""

    passed: bool = False
    code: Annotated[Text, Field(max_length=20)] = ""
    note: Annotated[Text, Field(max_length=200)] = ""


@door.post("/identity-checks/{check_id}/finish", access=WORK, returns=CheckOut)
def finish_check(request: Asked, check_id: UUID, data: CheckEndIn) -> Any:
    """Record how a check ended. A code has five tries in a quarter of an hour."""
    return casework.finish_check(actor=request.actor, check_id=check_id, **data.model_dump())


@door.get("/agencies/{agency}/case-approvals", access=DECIDE, returns=Page[DeskApprovalOut])
def list_approvals(
    request: Asked,
    agency: AgencyKey,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """What waits for a yes or no that you may give, the oldest first."""
    agency_id = find_agency(request.actor, agency).pk
    place = paging.place(after, limit)
    return paging.answer(casework.waiting_approvals(request.actor, agency_id, place))


class DeskDecisionIn(In):
    """Yes, or no with its reason."""

    approved: bool
    reason: Annotated[Text, Field(max_length=500)] = ""


@door.post("/case-approvals/{approval_id}/decide", access=DECIDE, returns=DeskApprovalOut)
def decide_approval(request: Asked, approval_id: UUID, data: DeskDecisionIn) -> casework.Approval:
    """Say yes or no to what a case asks; not for oneself."""
    return casework.decide_approval(
        actor=request.actor, approval_id=approval_id, **data.model_dump()
    )
