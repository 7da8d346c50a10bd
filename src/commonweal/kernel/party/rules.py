"""Who may give, end and lend roles."""

from __future__ import annotations

from uuid import UUID

from ..access.public import Actor, require
from ..schema.public import CommonwealError

CENTRE_SIDE = "centre"


class PartyError(CommonwealError):
    """Agencies, people or roles cannot be changed as asked."""


def require_may_manage(actor: Actor, agency_id: UUID, side: str) -> None:
    """An administrator may give any role; an agency's own manager only agency roles in the agency.

    Checked by the role's side, so that nobody inside an agency can make a member of the centre.
    """
    if side != CENTRE_SIDE and actor.may("party.manage_own_people", agency_id):
        return
    require(actor, "party.manage_people")


def check_side(side: str, agency_kind: str) -> None:
    """A centre role belongs to the centre's own row, an agency role to an agency (PARTY-111)."""
    if side != agency_kind:
        raise PartyError(
            "PARTY-111",
            "This role does not belong here: roles of the centre are given in the centre, "
            "roles of agencies in an agency. Choose another role or another agency.",
        )
