"""Who may give, end and lend roles."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from ..access.public import Actor, require
from ..schema.public import CommonwealError

CENTRE_SIDE = "centre"


class PartyError(CommonwealError):
    """Agencies, people or roles cannot be changed as asked."""


def require_not_self(actor: Actor, person_id: UUID) -> None:
    """Nobody gives a role to themself, whatever they may give to others (PARTY-124)."""
    if actor.person_id is not None and actor.person_id == person_id:
        raise PartyError(
            "PARTY-124", "Nobody gives a role to themself. Ask somebody else who may give it."
        )


def require_not_beyond(actor: Actor, permissions: Iterable[str], agency_id: UUID) -> None:
    """An agency's own manager gives only what they hold themself (PARTY-125).

    So a liaison makes colleagues liaisons or employees; who decides and who pays is named by an
    administrator of the centre, or by somebody of the agency who holds that role.
    """
    if actor.may("party.manage_people"):
        return
    beyond = sorted(code for code in permissions if not actor.may(code, agency_id))
    if beyond:
        raise PartyError(
            "PARTY-125",
            f"This role may do more than you may ({', '.join(beyond[:3])}). Ask the centre's"
            " administrator, or somebody of your agency who holds it.",
        )


def require_may_manage(actor: Actor, agency_id: UUID, side: str) -> None:
    """An administrator may give any role; an agency's own manager only agency roles in the agency.

    Checked by the role's side, so that nobody inside an agency can make a member of the centre.
    """
    if side != CENTRE_SIDE and actor.may("party.manage_own_people", agency_id):
        return
    require(actor, "party.manage_people")


def require_may_face(actor: Actor, agency_id: UUID) -> None:
    """Whoever speaks for an agency to its citizens may say how they reach it; so may whoever
    manages agencies."""
    if not actor.may("party.put_public_face", agency_id):
        require(actor, "party.manage_agencies")


def check_side(side: str, agency_kind: str) -> None:
    """A centre role belongs to the centre's own row, an agency role to an agency (PARTY-111)."""
    if side != agency_kind:
        raise PartyError(
            "PARTY-111",
            "This role does not belong here: roles of the centre are given in the centre, "
            "roles of agencies in an agency. Choose another role or another agency.",
        )
