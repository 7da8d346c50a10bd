"""What agreements and orders share: whose side one acts for, locks, signatures."""

from __future__ import annotations

from uuid import UUID

from ...access.public import Actor, require
from ...calendar.public import now
from ...party.public import Agency, permission_sources
from ...schema.public import Forbidden, NotFound
from ..domain import check_signature
from ..models import Agreement, Order

PROPOSE = "agreements.propose"
SIGN = {"agency": "agreements.sign_agency", "centre": "agreements.sign_centre"}


def side_of(actor: Actor, permission: str, agency_id: UUID) -> str:
    """For which side the actor proposes: the centre's grants first (ACCESS-403 if for neither)."""
    if actor.may(permission):
        return "centre"
    require(actor, permission, agency_id)
    return "agency"


def proposer(actor: Actor, agency_id: UUID) -> dict[str, object]:
    """The columns that say who proposed, for which side."""
    return {
        "proposed_by": actor.user_id,
        "proposed_person": actor.person_id,
        "proposed_side": side_of(actor, PROPOSE, agency_id),
    }


def lock_agency(agency_id: UUID) -> Agency:
    """The agency, locked so that its numbers and coverage change one after another."""
    found = Agency.objects.select_for_update(no_key=True).filter(pk=agency_id).first()
    if found is None or found.kind == "centre":
        raise NotFound(
            "CATALOGUE-404", "There is no such agency among yours. Choose one from the list."
        )
    return found


def locked_agreement(actor: Actor, agreement_id: UUID) -> Agreement:
    """The agreement for a change, if it is in the actor's scope."""
    found = Agreement.objects.filter(pk=agreement_id).first()
    if found is None or not (actor.centre or found.agency_id in actor.agencies):
        raise NotFound(
            "CATALOGUE-405", "There is no such agreement among yours. Choose one from the list."
        )
    lock_agency(found.agency_id)
    return Agreement.objects.select_for_update().get(pk=agreement_id)


def locked_order(actor: Actor, order_id: UUID) -> Order:
    """The order for a change, if it is in the actor's scope; its agreement comes with it."""
    found = Order.objects.filter(pk=order_id).first()
    if found is None or not (actor.centre or found.agency_id in actor.agencies):
        raise NotFound(
            "CATALOGUE-406", "There is no such order among yours. Choose one from the list."
        )
    lock_agency(found.agency_id)
    return (
        Order.objects.select_for_update(of=("self",)).select_related("agreement").get(pk=order_id)
    )


def may_sign(actor: Actor, side: str, agency_id: UUID) -> None:
    """Refuse unless the actor may sign for this side.

    The agency's signature needs a grant for that very agency: no centre role signs for a customer.
    """
    if side == "agency":
        if agency_id not in actor.agencies_with(SIGN["agency"]):
            raise Forbidden(
                "ACCESS-403",
                f"You may not do this ({SIGN['agency']}). Ask the agency's approver to sign.",
            )
    elif side == "centre":
        require(actor, SIGN["centre"])


def put_signature(actor: Actor, paper: Agreement | Order, side: str) -> bool:
    """Put the actor's signature under a proposal for one side; True once both sides signed."""
    may_sign(actor, side, paper.agency_id)
    user_id = check_signature(
        side=side,
        user_id=actor.user_id,
        proposed_by=paper.proposed_by,
        proposed_person=paper.proposed_person,
        proposed_side=paper.proposed_side,
        other_signer=paper.signed_by_centre if side == "agency" else paper.signed_by_agency,
        lenders=(
            permission_sources(actor.user_id, SIGN[side], paper.agency_id)
            if actor.user_id and side in SIGN
            else ()
        ),
    )
    if side == "agency":
        paper.signed_by_agency, paper.signed_by_agency_at = user_id, now()
    else:
        paper.signed_by_centre, paper.signed_by_centre_at = user_id, now()
    return bool(paper.signed_by_agency and paper.signed_by_centre)


def signed_already(paper: Agreement | Order, side: str) -> bool:
    """Whether this side has signed."""
    signer = paper.signed_by_agency if side == "agency" else paper.signed_by_centre
    return signer is not None
