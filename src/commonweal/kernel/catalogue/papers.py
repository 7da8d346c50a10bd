"""Reads of what two parties sign: what waits for whom, its history, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from ..access.public import Actor
from ..authority.public import Matter
from ..schema.public import FIRST, CommonwealError, Listing, NotFound, Place, gone, listing, turn
from .domain import SIDES, Changes, NewFunding, NewLine, OrderDraft, compare, profile
from .drafts import Terms, checked, funded
from .models import Agreement, Ending, Order
from .rules import ORDER, SIGN, Paper, check_reach, check_signer
from .selectors import VIEW, agreement, draft_of, own_rows


@dataclass(frozen=True)
class Pending:
    """Something that waits for signatures, and of which sides they are missing.

    `kind`: “agreement”, “order”, “modification” or “ending”.
    """

    kind: str
    paper: Paper
    missing: tuple[str, ...]


def kind_of(paper: Paper) -> str:
    """What a paper is, as `Pending.kind`."""
    if isinstance(paper, Order):
        return "modification" if paper.supersedes_id else "order"
    return "agreement" if isinstance(paper, Agreement) else "ending"


def missing_sides(paper: Paper) -> tuple[str, ...]:
    """The sides whose signature a proposal lacks; none once it is decided."""
    if paper.state != "proposed":
        return ()
    signed = {"agency": paper.signed_by_agency, "centre": paper.signed_by_centre}
    return tuple(side for side in SIDES if signed[side] is None)


def pending(
    actor: Actor, *, agency_id: UUID | None = None, place: Place = FIRST
) -> Listing[Pending]:
    """What waits for signatures, oldest first; three queries."""
    tables: tuple[QuerySet[Any], ...] = (
        Agreement.objects.select_related("agency"),
        Order.objects.select_related("agency", "agreement", "supersedes"),
        Ending.objects.select_related("agency", "agreement", "order__agreement"),
    )

    def read(start: list[str], backwards: bool, limit: int) -> list[Pending]:
        rows: list[Paper] = []
        for table in tables:
            found = own_rows(actor, table).filter(state="proposed")
            if agency_id:
                found = found.filter(agency_id=agency_id)
            if start:
                found = found.filter(**{f"pk__{'lt' if backwards else 'gt'}": _id(start[0])})
            rows += found.order_by("-id" if backwards else "id")[:limit]
        rows.sort(key=lambda row: row.pk, reverse=backwards)
        return [Pending(kind_of(row), row, missing_sides(row)) for row in rows[:limit]]

    return turn(read, place, 1, lambda row: [row.paper.pk])


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise gone() from None


def matter(paper: Paper, side: str) -> Matter:
    """A missing signature as authority sees it: who may give it, up to which amount."""
    order = paper if isinstance(paper, Order) else None
    return Matter(
        permission=SIGN[side],
        side=side,
        agency_id=paper.agency_id,
        subject_type=ORDER,
        amount_minor=order.total_minor if order else None,
        currency=order.currency if order else "",
        own_side=paper.proposed_side == side,
        proposed_by=paper.proposed_by,
        proposed_person=paper.proposed_person,
        taken=paper.signed_by_centre if side == "agency" else paper.signed_by_agency,
    )


def signing(side: str, agency_id: UUID | None, currency: str) -> Matter:
    """Signing orders in general, for one side: who may, and up to which amount."""
    return Matter(
        permission=SIGN[side],
        side=side,
        agency_id=agency_id,
        subject_type=ORDER,
        currency=currency,
        own_side=False,
    )


def why_not_sign(actor: Actor, paper: Paper, side: str) -> str:
    """Why this actor may not sign a proposal for one side; empty if they may."""
    try:
        check_signer(actor, paper, side)
    except CommonwealError as error:
        return error.message
    return ""


def endings(
    actor: Actor, *, agreement_id: UUID | None = None, order_ids: Iterable[UUID] = ()
) -> list[Ending]:
    """The proposed and past endings of an agreement, or of some orders, newest first."""
    found = own_rows(actor, Ending.objects.select_related("agency", "agreement", "order"))
    if agreement_id:
        found = found.filter(agreement_id=agreement_id)
    else:
        found = found.filter(order_id__in=list(order_ids))
    return list(found.order_by("-id"))


def ending(actor: Actor, ending_id: UUID) -> Ending:
    """One proposed or past ending (CATALOGUE-407 if it is not there for the actor)."""
    rows = Ending.objects.select_related("agency", "agreement", "order__agreement")
    found = own_rows(actor, rows).filter(pk=ending_id).first()
    if found is None:
        raise NotFound(
            "CATALOGUE-407", "There is no such proposal among yours. Choose one from the list."
        )
    return found


def versions(actor: Actor, order: Order, place: Place = FIRST) -> Listing[Order]:
    """A page of the order and its modifications, newest first, whatever became of them."""
    rows = Order.objects.select_related("agency", "agreement", "supersedes")
    same = own_rows(actor, rows).filter(agency_id=order.agency_id, number=order.number)
    return listing(same, ["-modification"], place)


def draft(actor: Actor, order: Order) -> OrderDraft:
    """A stored order that the actor may see as its rules see it, with what was agreed."""
    actor_sees = own_rows(actor, Order.objects.filter(pk=order.pk)).exists()
    if not actor_sees:
        raise NotFound("CATALOGUE-406", f"There is no such order among yours ({VIEW}).")
    return draft_of(order)


def changes(actor: Actor, order: Order) -> Changes:
    """What a modification changes, beside what it replaces; a first order adds all its lines."""
    after = draft(actor, order)
    if order.supersedes is None:
        return compare(replace(after, lines=(), total_minor=0, advance_total_minor=0), after)
    return compare(draft(actor, order.supersedes), after)


def preview_order(
    actor: Actor,
    agreement_id: UUID,
    *,
    lines: Sequence[NewLine],
    funding: Sequence[NewFunding],
    terms: Terms,
) -> Changes:
    """What a new order would hold, or `CatalogueError` with all that is wrong; writes nothing."""
    found = agreement(actor, agreement_id)
    number = profile(found.profile).number(
        agreement=found.number,
        starts=terms.starts,
        sequence=1,
        requesting_aid=found.requesting_aid,
        servicing_aid=found.servicing_aid,
    )
    whole = replace(terms, ends=terms.ends or found.ends)
    after = checked(found, whole, funded(lines, funding), number)
    return compare(replace(after, lines=(), total_minor=0, advance_total_minor=0), after)


def preview_modification(
    actor: Actor,
    old: Order,
    *,
    lines: Sequence[NewLine],
    funding: Sequence[NewFunding],
    terms: Terms,
) -> Changes:
    """What a modification would change, or `CatalogueError` with all that is wrong with it."""
    before = draft(actor, old)
    check_reach(old, terms.starts, "A modification")
    whole = replace(terms, ends=terms.ends or old.ends)
    return compare(before, checked(old.agreement, whole, funded(lines, funding), old.number))
