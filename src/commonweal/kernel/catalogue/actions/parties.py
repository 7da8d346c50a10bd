"""What agreements and orders share: whose side one acts for, locks, signatures."""

from __future__ import annotations

from uuid import UUID

from ...access.public import Actor
from ...calendar.public import now
from ...party.public import Agency
from ...schema.public import NotFound
from ..domain import CatalogueError
from ..models import Agreement, Order
from ..rules import PROPOSE, Paper, check_signer, may_sign, side_of


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


def put_signature(actor: Actor, paper: Paper, side: str) -> bool:
    """Put the actor's signature under a proposal for one side; True once both sides signed."""
    user_id = check_signer(actor, paper, side)
    if side == "agency":
        paper.signed_by_agency, paper.signed_by_agency_at = user_id, now()
    else:
        paper.signed_by_centre, paper.signed_by_centre_at = user_id, now()
    return bool(paper.signed_by_agency and paper.signed_by_centre)


def close(actor: Actor, paper: Paper, side: str, reason: str) -> None:
    """Note who withdrew, refused or ended it, for which side and why."""
    paper.closed_by, paper.closed_side, paper.closed_at = actor.user_id, side, now()
    paper.closing_reason = reason.strip()


def own_side(actor: Actor, paper: Paper) -> str:
    """The side for which the actor takes a proposal back: the one that made it (CATALOGUE-259)."""
    side = side_of(actor, PROPOSE, paper.agency_id)
    if side != paper.proposed_side:
        raise CatalogueError(
            "CATALOGUE-259",
            "The other party proposed this, so only it can withdraw it. You may refuse to sign.",
        )
    return side


def check_refusal(actor: Actor, paper: Paper, side: str, reason: str) -> None:
    """Refuse a refusal without the right to sign, or without ten characters of reason."""
    may_sign(actor, side, paper.agency_id)
    if paper.state != "proposed":
        raise CatalogueError(
            "CATALOGUE-222", f"{paper} is {paper.state}; there is nothing for you to refuse."
        )
    if actor.kind != "person":
        raise CatalogueError("CATALOGUE-232", "Only a person can refuse. Sign in and try again.")
    if len(reason.strip()) < 10:
        raise CatalogueError(
            "CATALOGUE-251",
            "Say in at least ten characters why you refuse, so that it can be mended.",
        )


def signed_already(paper: Paper, side: str) -> bool:
    """Whether this side has signed."""
    signer = paper.signed_by_agency if side == "agency" else paper.signed_by_centre
    return signer is not None
