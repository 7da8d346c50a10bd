"""Actors and grants. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from uuid import UUID

from ..errors import Forbidden

Grant = tuple[str, UUID | None]
ANY = "*"


@dataclass(frozen=True)
class Actor:
    """Whoever acts in one request or job.

    `centre`: sees the rows of every agency. `agencies`: the agencies in scope otherwise.
    `grants`: pairs (permission, agency id); agency None means for the centre, so for every agency.
    """

    kind: str
    user_id: UUID | None = None
    person_id: UUID | None = None
    centre: bool = False
    agencies: frozenset[UUID] = frozenset()
    grants: frozenset[Grant] = field(default_factory=frozenset)
    roles: frozenset[str] = frozenset()
    bureaus: frozenset[UUID] = frozenset()
    elevated: bool = False
    scopes: frozenset[str] | None = None

    def may(self, permission: str, agency_id: UUID | None = None) -> bool:
        """Whether the permission is granted, for the centre or for the given agency."""
        if self.scopes is not None and permission not in self.scopes:
            return False
        if (ANY, None) in self.grants or (permission, None) in self.grants:
            return True
        return agency_id is not None and (permission, agency_id) in self.grants

    def may_somewhere(self, permission: str) -> bool:
        """Whether the permission is granted for the centre or for any agency."""
        if self.scopes is not None and permission not in self.scopes:
            return False
        return (ANY, None) in self.grants or any(name == permission for name, _ in self.grants)

    def agencies_with(self, permission: str) -> frozenset[UUID]:
        """The agencies for which the permission is granted directly."""
        if self.scopes is not None and permission not in self.scopes:
            return frozenset()
        return frozenset(agency for name, agency in self.grants if name == permission and agency)

    def limited_to(self, scopes: frozenset[str]) -> Actor:
        """The same actor acting through a token that carries only these scopes."""
        return replace(self, kind="token", scopes=scopes)


SYSTEM = Actor(kind="system", centre=True, grants=frozenset({(ANY, None)}))
ANONYMOUS = Actor(kind="anonymous")


def require(actor: Actor, permission: str, agency_id: UUID | None = None) -> None:
    """Refuse unless the actor has the permission (ACCESS-403)."""
    if not actor.may(permission, agency_id):
        raise Forbidden(
            "ACCESS-403",
            f"You may not do this ({permission}). "
            "Ask your administrator for a role that includes it.",
        )


def require_somewhere(actor: Actor, permission: str) -> None:
    """Refuse unless the actor has the permission for the centre or at least one agency."""
    if not actor.may_somewhere(permission):
        require(actor, permission)
