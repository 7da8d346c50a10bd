"""What two parties sign: what waits for whom, an order's history, before and after, early ends."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.access.public import Actor
from commonweal.kernel.authority.public import Deciders
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.party.public import agency
from commonweal.kernel.schema.public import Listing

from ..authority.doors import DeciderOut
from ..kit import paging
from ..kit.doors import Asked, Door, needs
from ..kit.types import Day, Exact, In, Out, Page
from .agreements import OrderOut, Reason, ReasonIn, RefusalIn, SideIn

VIEW, PROPOSE = needs("agreements.view"), needs("agreements.propose")
door = Door("signatures", "What waits for signatures, an order's history, and early ends.")
Side = Literal["agency", "centre"]


class MissingOut(Out):
    """A side whose signature is missing: who may give it, and why you may not."""

    side: Side
    why_not: str = Field(description="Why you may not sign for this side; empty: you may.")
    deciders: list[DeciderOut]


class PendingOut(Out):
    """An agreement, order, modification or ending that waits for signatures."""

    kind: Literal["agreement", "order", "modification", "ending"]
    id: UUID
    agency_id: UUID
    label: str
    proposed_side: Side
    recorded_at: datetime
    missing: list[MissingOut]


class ShareOut(Out):
    """Which money pays which share of a line."""

    name: str
    account_string: str
    share: str = Field(description="An exact fraction.", examples=["3/4"])

    @staticmethod
    def resolve_share(row: Any) -> str:
        """Numerator over denominator."""
        return f"{row.share_numerator}/{row.share_denominator}"


class StateOut(Out):
    """A line before or after."""

    estimated_quantity: Exact
    estimated_amount_minor: int
    starts: Day | None
    ends: Day | None
    funding: list[ShareOut]


class LineChangeOut(Out):
    """A line before, for the days that remain, and after."""

    item: str
    bureau_id: UUID | None
    kind: Literal["added", "ended", "changed", "same"]
    what: list[str]
    before: StateOut | None
    after: StateOut | None

    @staticmethod
    def resolve_item(row: Any) -> str:
        """Its charge item's code."""
        return str(row.line.item)

    @staticmethod
    def resolve_bureau_id(row: Any) -> UUID | None:
        """Its bureau."""
        found: UUID | None = row.line.bureau_id
        return found

    @staticmethod
    def resolve_what(row: Any) -> list[str]:
        """What differs, by name."""
        return sorted(row.what)


class TermChangeOut(Out):
    """One of the order's own terms before and after, as text."""

    name: str
    before: str
    after: str

    @staticmethod
    def resolve_before(row: Any) -> str:
        """As text; empty for none."""
        return "" if row.before is None else str(row.before)

    @staticmethod
    def resolve_after(row: Any) -> str:
        """As text; empty for none."""
        return "" if row.after is None else str(row.after)


class ChangesOut(Out):
    """What a modification changes from a day on; estimates before are of the days that remain."""

    starts: Day
    lines: list[LineChangeOut]
    terms: list[TermChangeOut]


class EndingOut(Out):
    """An early end of an agreement or an order."""

    id: UUID
    agency_id: UUID
    agreement_id: UUID | None
    order_id: UUID | None
    ends: Day
    reason: str
    state: str
    proposed_side: Side
    signed_by_agency_at: datetime | None
    signed_by_centre_at: datetime | None
    closed_side: str
    closing_reason: str


class EndingIn(In):
    """The first day without it, and why, in at least ten characters."""

    ends: Day
    reason: Reason


@door.get("/signatures/waiting", access=VIEW, returns=Page[PendingOut])
def list_pending(
    request: Asked,
    agency_code: Annotated[str, Field(max_length=40)] = Query(
        "", alias="agency", description="Code or id; else all."
    ),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """What waits for signatures, oldest first: who may give them, and why you may not."""
    actor = request.actor
    rows = catalogue.pending(
        actor,
        agency_id=agency(actor, agency_code).pk if agency_code else None,
        place=paging.place(after, limit),
    )
    deciders = Deciders(actor, {row.paper.agency_id for row in rows})
    shown = [_pending(actor, row, deciders) for row in rows]
    return paging.answer(Listing(shown, rows.previous, rows.next))


def _pending(actor: Actor, row: catalogue.Pending, deciders: Deciders) -> dict[str, Any]:
    matters = [catalogue.matter(row.paper, side) for side in row.missing]
    return {
        "kind": row.kind,
        "id": row.paper.pk,
        "agency_id": row.paper.agency_id,
        "label": str(row.paper),
        "proposed_side": row.paper.proposed_side,
        "recorded_at": row.paper.recorded_at,
        "missing": [
            {
                "side": matter.side,
                "why_not": deciders.why_not(actor, matter),
                "deciders": deciders.of(matter),
            }
            for matter in matters
        ],
    }


@door.get("/orders/{order_id}/versions", access=VIEW, returns=Page[OrderOut])
def list_versions(
    request: Asked,
    order_id: UUID,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """An order and its modifications, newest first, with who signed when."""
    found = catalogue.order(request.actor, order_id)
    return paging.answer(catalogue.versions(request.actor, found, paging.place(after, limit)))


@door.get("/orders/{order_id}/changes", access=VIEW, returns=ChangesOut)
def read_changes(request: Asked, order_id: UUID) -> Any:
    """What a modification changes, beside what it replaces; of a first order: all its lines."""
    return catalogue.changes(request.actor, catalogue.order(request.actor, order_id))


@door.post("/agreements/{agreement_id}/end", access=PROPOSE, returns=EndingOut, status=201)
def end_agreement(request: Asked, agreement_id: UUID, data: EndingIn) -> catalogue.Ending:
    """Propose that an agreement and its orders end early; both sides sign it."""
    return catalogue.propose_ending(
        actor=request.actor, agreement_id=agreement_id, **data.model_dump()
    )


@door.post("/orders/{order_id}/end", access=PROPOSE, returns=EndingOut, status=201)
def end_order(request: Asked, order_id: UUID, data: EndingIn) -> catalogue.Ending:
    """Propose that an order ends early; both sides sign it."""
    return catalogue.propose_ending(actor=request.actor, order_id=order_id, **data.model_dump())


@door.get("/endings/{ending_id}", access=VIEW, returns=EndingOut)
def read_ending(request: Asked, ending_id: UUID) -> catalogue.Ending:
    """One early end, proposed or past."""
    return catalogue.ending(request.actor, ending_id)


@door.post("/endings/{ending_id}/sign", access=VIEW, returns=EndingOut)
def sign_ending(request: Asked, ending_id: UUID, data: SideIn) -> catalogue.Ending:
    """Sign an early end for your side; the second signature brings it about."""
    return catalogue.sign_ending(actor=request.actor, ending_id=ending_id, side=data.side)


@door.post("/endings/{ending_id}/refuse", access=VIEW, returns=EndingOut)
def refuse_ending(request: Asked, ending_id: UUID, data: RefusalIn) -> catalogue.Ending:
    """Refuse an early end for your side, with a reason."""
    return catalogue.refuse_ending(actor=request.actor, ending_id=ending_id, **data.model_dump())


@door.post("/endings/{ending_id}/withdraw", access=PROPOSE, returns=EndingOut)
def withdraw_ending(request: Asked, ending_id: UUID, data: ReasonIn) -> catalogue.Ending:
    """Take your side's proposal of an early end back."""
    return catalogue.withdraw_ending(actor=request.actor, ending_id=ending_id, reason=data.reason)
