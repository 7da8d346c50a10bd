"""Keeping cases: how long, legal holds, erasing a case or a person, and what was erased."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from commonweal.kernel.casework import public as casework

from ..kit import paging
from ..kit.doors import Asked, Door, centre
from ..kit.types import In, Out, Page, Text
from .shapes import CaseKey, found

MANAGE = centre("casework.manage")
door = Door("case-keeping", "How long cases are kept, holds, erasure, proofs, files and held mail.")
Reason = Annotated[Text, Field(min_length=10, max_length=500)]
Shortly = Annotated[Text, Field(min_length=10, max_length=120)]


class RetentionOut(Out):
    """A kind of case and what is due of it. `due`: at most a thousand are counted."""

    case_type: str
    name: str
    retention_days: int
    due: int
    oldest_closed_at: datetime | None


@door.get("/case-retention", access=MANAGE, returns=Page[RetentionOut])
def list_retention(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """How long each kind of case is kept, and how many of it the next night erases."""
    rows = [
        RetentionOut(
            case_type=row.kind.code,
            name=row.kind.name,
            retention_days=row.kind.retention_days,
            due=row.due,
            oldest_closed_at=row.oldest,
        )
        for row in casework.retention(request.actor)
    ]
    return paging.part_of(rows, after, limit, lambda row: row.case_type)


class CaseRefOut(Out):
    """A case by its number."""

    id: UUID
    number: str
    agency: str
    closed_at: datetime | None

    @staticmethod
    def resolve_agency(row: Any) -> str:
        """Its code."""
        return str(row.agency.code)


class DueOut(Out):
    """The first fifty cases of a kind that are due."""

    cases: list[CaseRefOut]


@door.get("/case-retention/{case_type}/due", access=MANAGE, returns=DueOut)
def list_due(request: Asked, case_type: Annotated[str, Field(max_length=40)]) -> dict[str, Any]:
    """The first fifty cases of a kind that the next night erases, the longest closed first."""
    return {"cases": casework.due_cases(request.actor, case_type)}


class LegalHoldOut(Out):
    """A legal hold on a case or a contact. `state`: held, ending (lifting waits for a second
    person) or lifted."""

    id: UUID
    case_id: UUID | None
    contact_id: UUID | None
    reason: str
    state: str
    put_by: UUID | None
    put_at: datetime
    lift_reason: str
    lift_asked_by: UUID | None
    lift_asked_at: datetime | None
    lifted_by: UUID | None
    lifted_at: datetime | None


class LegalHoldIn(In):
    """What is kept (a case or a contact), and why."""

    case: CaseKey | None = None
    contact_id: UUID | None = None
    reason: Reason


@door.get("/legal-holds", access=MANAGE, returns=Page[LegalHoldOut])
def list_holds(
    request: Asked,
    standing: bool = True,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Holds that stand, or (`standing=false`) every one that ever stood, the newest first."""
    place = paging.place(after, limit)
    return paging.answer(casework.legal_holds(request.actor, standing, place))


@door.get("/legal-holds/{legal_hold_id}", access=MANAGE, returns=LegalHoldOut)
def read_hold(request: Asked, legal_hold_id: UUID) -> casework.LegalHold:
    """One hold."""
    return casework.legal_hold(request.actor, legal_hold_id)


@door.post("/legal-holds", access=MANAGE, returns=LegalHoldOut, status=201)
def put_hold(request: Asked, data: LegalHoldIn) -> casework.LegalHold:
    """Keep everything of a case or a contact from erasure; it stands at once."""
    return casework.put_legal_hold(
        actor=request.actor,
        reason=data.reason,
        case_id=found(request, data.case).pk if data.case else None,
        contact_id=data.contact_id,
    )


class LiftIn(In):
    """Why a hold is needed no more; a second person need not say it again."""

    reason: Annotated[Text, Field(max_length=500)] = ""


@door.post("/legal-holds/{legal_hold_id}/lift", access=MANAGE, returns=LegalHoldOut)
def lift_hold(request: Asked, legal_hold_id: UUID, data: LiftIn) -> casework.LegalHold:
    """Ask to lift a hold, with a reason; or agree, if another person asked before."""
    return casework.lift_hold(actor=request.actor, hold_id=legal_hold_id, reason=data.reason)


@door.post("/legal-holds/{legal_hold_id}/keep", access=MANAGE, returns=LegalHoldOut)
def keep_hold(request: Asked, legal_hold_id: UUID) -> casework.LegalHold:
    """Do not lift a hold that somebody asked to lift."""
    return casework.keep_hold(actor=request.actor, hold_id=legal_hold_id)


class ErasureOut(Out):
    """What was erased, when, and why: counts, never contents."""

    id: UUID
    case_id: UUID | None
    contact_id: UUID | None
    cause: str
    rule: str
    counts: dict[str, int]
    erased_at: datetime
    erased_by: UUID | None


class ErasureIn(In):
    """At whose request, without a name: it is kept for ever."""

    reason: Shortly


@door.get("/case-erasures", access=MANAGE, returns=Page[ErasureOut])
def list_erasures(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """What was erased, by which schedule or request, the newest first."""
    return paging.answer(casework.erasures(request.actor, paging.place(after, limit)))


class CasePlanOut(Out):
    """What an erasure of a case would do. `why_not`: live, held, merged or erased where it cannot.

    `goes`: the case with those merged into it; `people`: contacts emptied with it; `stays`: those
    that something else needs.
    """

    why_not: Literal["", "live", "held", "merged", "erased"]
    goes: list[UUID]
    people: list[UUID]
    stays: list[UUID]
    counts: dict[str, int]


@door.get("/cases/{case}/erasure-plan", access=MANAGE, returns=CasePlanOut)
def read_case_plan(request: Asked, case: CaseKey) -> dict[str, Any]:
    """What an erasure of a case would take, before anything is erased."""
    plan = casework.case_plan(request.actor, found(request, case).pk)
    return {
        "why_not": plan.why_not,
        "goes": [each.pk for each in plan.goes],
        "people": [each.pk for each in plan.people],
        "stays": [each.pk for each in plan.stays],
        "counts": plan.counts,
    }


@door.post("/cases/{case}/erase", access=MANAGE, returns=ErasureOut)
def erase_case(request: Asked, case: CaseKey, data: ErasureIn) -> casework.Erasure:
    """Erase a closed case for good; its figures, clocks and audit trail stay."""
    return casework.erase_case(
        actor=request.actor, case_id=found(request, case).pk, reason=data.reason
    )


class StayOut(Out):
    """A case that stays, and why: live or held."""

    case_id: UUID
    why: Literal["live", "held"]


class ContactPlanOut(Out):
    """What an erasure of a contact would do. `goes`: cases erased whole; `said`: cases of others in
    which only what the contact said goes; `contact_goes`: whether the contact itself is emptied."""

    goes: list[UUID]
    said: list[UUID]
    stays: list[StayOut]
    held: bool
    contact_goes: bool
    counts: dict[str, int]


@door.get("/case-contacts/{contact_id}/erasure-plan", access=MANAGE, returns=ContactPlanOut)
def read_contact_plan(request: Asked, contact_id: UUID) -> dict[str, Any]:
    """What an erasure of somebody would take, and what stays and why."""
    plan = casework.erasure_plan(request.actor, contact_id)
    return {
        "goes": [each.pk for each in plan.goes],
        "said": [each.pk for each in plan.said],
        "stays": [{"case_id": row.pk, "why": why} for row, why in plan.stays],
        "held": plan.held,
        "contact_goes": plan.contact_goes,
        "counts": plan.counts,
    }


@door.post("/case-contacts/{contact_id}/erase", access=MANAGE, returns=ErasureOut)
def erase_contact(request: Asked, contact_id: UUID, data: ErasureIn) -> casework.Erasure:
    """Erase somebody and their closed cases, as the plan says; what is held or at work stays."""
    return casework.erase_contact(actor=request.actor, contact_id=contact_id, reason=data.reason)
