"""Who may propose and sign agreements, orders and endings, and for which side."""

from __future__ import annotations

from uuid import UUID

from ..access.public import Actor, require
from ..authority.public import check_limit, is_second_approver
from ..party.public import permission_sources
from ..schema.public import Forbidden
from .domain import check_signature
from .models import Agreement, Ending, Order

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
        user_id=actor.user_id,
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
