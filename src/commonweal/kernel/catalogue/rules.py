"""Who may propose and sign for which side, and how far back a change may reach."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from ..access.public import Actor, require
from ..authority.public import check_limit, is_second_approver
from ..party.public import permission_sources
from ..schema.public import Forbidden
from ..words.public import day as day_words
from .domain import CatalogueError, check_signature
from .models import Agreement, Ending, Order
from .registry import last_used, open_from

PROPOSE = "agreements.propose"
SIGN = {"agency": "agreements.sign_agency", "centre": "agreements.sign_centre"}
ORDER = "catalogue.Order"
"""What an amount limit calls the signing of an order."""
Paper = Agreement | Order | Ending


def side_of(actor: Actor, permission: str, agency_id: UUID) -> str:
    """For which side the actor proposes: the centre's grants first (ACCESS-403 if for neither)."""
    if actor.may(permission):
        return "centre"
    require(actor, permission, agency_id)
    return "agency"


def may_sign(actor: Actor, side: str, agency_id: UUID) -> None:
    """Refuse unless the actor may sign for this side.

    The agency's signature needs a grant for that very agency, or its naming as second approver: no
    centre role signs for a customer.
    """
    if side == "agency":
        granted = agency_id in actor.agencies_with(SIGN["agency"])
        if not granted and not is_second_approver(actor, agency_id):
            raise Forbidden(
                "ACCESS-403",
                f"You may not do this ({SIGN['agency']}). Ask the agency's approver to sign.",
            )
    elif side == "centre":
        require(actor, SIGN["centre"])


def check_signer(actor: Actor, paper: Paper, side: str) -> UUID:
    """The account that would sign for this side, or the error that says why it may not."""
    may_sign(actor, side, paper.agency_id)
    second = side == "agency" and is_second_approver(actor, paper.agency_id)
    user_id = check_signature(
        side=side,
        user_id=actor.user_id if actor.kind == "person" else None,
        proposed_by=paper.proposed_by,
        proposed_person=paper.proposed_person,
        proposed_side=paper.proposed_side,
        other_signer=paper.signed_by_centre if side == "agency" else paper.signed_by_agency,
        lenders=(
            permission_sources(actor.user_id, SIGN[side], paper.agency_id)
            if actor.user_id and side in SIGN and not second
            else ()
        ),
    )
    if isinstance(paper, Order):
        check_limit(
            actor,
            subject_type=ORDER,
            side=side,
            agency_id=paper.agency_id,
            amount_minor=paper.total_minor,
            currency=paper.currency,
        )
    return user_id


def check_reach(order: Order, day: date, what: str) -> None:
    """Refuse a change of an order that would reach back to what was billed or used under it.

    Closed months never change (CATALOGUE-250); a usage record keeps the line that covered it, so
    the change begins after the last one (CATALOGUE-261).
    """
    check_open(day, what)
    lines = order.lines.filter(active=True).values_list("pk", flat=True)
    last = last_used(order.agency_id, list(lines), day)
    if last is not None:
        raise CatalogueError(
            "CATALOGUE-261",
            f"{what} cannot begin on {day_words(day)}: order {order} was used until "
            f"{day_words(last)}. Choose a later day.",
        )


def check_open(day: date, what: str) -> None:
    """Refuse a change that would reach back into a closed month."""
    first = open_from()
    if first is not None and day < first:
        raise CatalogueError(
            "CATALOGUE-250",
            f"{what} cannot begin on {day_words(day)}: that month is closed. Choose "
            f"{day_words(first)} or a later day.",
        )
