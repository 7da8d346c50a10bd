"""Late usage: what is held, the decisions on it, and the rules of services about it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.metering import public as metering
from commonweal.kernel.party.public import agency

from ..kit import paging
from ..kit.doors import Asked, Door, centre, needs
from ..kit.types import Code, Exact, In, Out, Page, Text

VIEW = "metering.view"
door = Door("late-usage", "Usage that arrived after its month was frozen, and what becomes of it.")
State = Literal["held", "accepted", "declined", "booked"]
Reason = Annotated[Text, Field(max_length=500)]


class LateOut(Out):
    """A late record; `counts` is what it adds to its month where it is booked."""

    id: UUID
    agency_id: UUID
    source: str
    external_id: str
    charge_item: str
    quantity: Exact
    counts: Exact = Field(alias="delta")
    replaces: str
    starts: datetime
    period: str
    booked_in: str
    state: State
    reason: str
    received_at: datetime

    @staticmethod
    def resolve_source(row: Any) -> str:
        """Its code."""
        return str(row.source.code)

    @staticmethod
    def resolve_charge_item(row: Any) -> str:
        """Its code."""
        return str(row.charge_item.code)


class LateCounts(Out):
    """How many late records of each standing there are."""

    held: int
    accepted: int
    declined: int
    booked: int


class LateWhyIn(In):
    """Why, in at least ten characters; the agency reads it."""

    reason: Reason


class LatePolicyOut(Out):
    """What becomes of a service's late usage from a day on."""

    id: UUID
    service: str
    kind: str
    days: int
    starts: date
    reason: str
    state: str

    @staticmethod
    def resolve_service(row: Any) -> str:
        """Its code."""
        return str(row.service.code)


class LatePolicyIn(In):
    """A rule to propose; `days` only with kind `window`."""

    service: Code
    kind: Literal["correct", "window", "hold"]
    days: int = Field(0, ge=0, le=366)
    starts: date
    reason: Reason


class PolicyDecisionIn(In):
    """The decision of a second person; a rejection says why."""

    approved: bool
    reason: Reason = ""


@door.get("/usage/late", access=needs(VIEW), returns=Page[LateOut])
def list_late(
    request: Asked,
    state: State = Query("held"),
    agency_key: Annotated[str, Field(max_length=40)] = Query("", alias="agency"),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Late records of a standing, oldest first."""
    chosen = agency(request.actor, agency_key).pk if agency_key else None
    place = paging.place(after, limit)
    return paging.answer(
        metering.late_records(request.actor, state=state, agency_id=chosen, place=place)
    )


@door.get("/usage/late/counts", access=needs(VIEW), returns=LateCounts)
def count_late(request: Asked) -> dict[str, int]:
    """How many late records of each standing there are."""
    return metering.late_counts(request.actor)


@door.post("/usage/late/{record_id}/accept", access=centre("metering.decide_late"), returns=LateOut)
def accept_late(request: Asked, record_id: UUID, data: LateWhyIn) -> Any:
    """Accept a held record: it is booked as a correction in the open month."""
    return metering.accept_late(actor=request.actor, record_id=record_id, reason=data.reason)


@door.post(
    "/usage/late/{record_id}/decline", access=centre("metering.decide_late"), returns=LateOut
)
def decline_late(request: Asked, record_id: UUID, data: LateWhyIn) -> Any:
    """Decline a held record: it is never charged, and the agency reads why."""
    return metering.decline_late(actor=request.actor, record_id=record_id, reason=data.reason)


@door.get("/usage/late-policies", access=centre(VIEW), returns=Page[LatePolicyOut])
def list_policies(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Every rule that was proposed, oldest first."""
    return paging.answer(metering.late_policies(request.actor, paging.place(after, limit)))


@door.post(
    "/usage/late-policies",
    access=centre("metering.propose_late_policy"),
    returns=LatePolicyOut,
    status=201,
)
def propose_policy(request: Asked, data: LatePolicyIn) -> Any:
    """Propose what becomes of a service's late usage; it holds once a second person approved it."""
    return metering.propose_late_policy(actor=request.actor, **data.model_dump())


@door.post(
    "/usage/late-policies/{policy_id}/decide",
    access=centre("metering.approve_late_policy"),
    returns=LatePolicyOut,
)
def decide_policy(request: Asked, policy_id: UUID, data: PolicyDecisionIn) -> Any:
    """Approve or reject a proposed rule, as a second person."""
    return metering.decide_late_policy(
        actor=request.actor, policy_id=policy_id, approved=data.approved, reason=data.reason
    )
