"""Actors and grants. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from uuid import UUID

from ..errors import Forbidden

Grant = tuple[str, UUID | None]
Part = tuple[str, UUID, UUID]
ANY = "*"
OWN_ACCOUNT = "access.own_account"
"""The scope with which a token does what needs no permission: one's own messages and the like."""


@dataclass(frozen=True)
class Actor:
    """Whoever acts in one request or job.

    `centre`: sees the rows of every agency. `agencies`: the agencies in scope otherwise.
    `grants`: pairs (permission, agency id); agency None means for the centre, so for every agency.
    `parts`: (permission, agency id, bureau id) of roles limited to a bureau. They count neither in
    `agencies` nor in `grants`, so whatever does not ask for bureaus by name refuses them.
    """

    kind: str
    user_id: UUID | None = None
    person_id: UUID | None = None
    centre: bool = False
    agencies: frozenset[UUID] = frozenset()
    grants: frozenset[Grant] = field(default_factory=frozenset)
    roles: frozenset[str] = frozenset()
    parts: frozenset[Part] = frozenset()
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

    def bureaus_with(self, permission: str, agency_id: UUID) -> frozenset[UUID] | None:
        """The bureaus of an agency for which the permission is granted; None means the whole of it.

        Only readers that show nothing beyond these bureaus may ask.
        """
        if self.may(permission, agency_id):
            return None
        if self.scopes is not None and permission not in self.scopes:
            return frozenset()
        return frozenset(
            bureau for name, agency, bureau in self.parts
            if name == permission and agency == agency_id
        )  # fmt: skip

    def may_in_part(self, permission: str) -> bool:
        """Whether the permission is granted for the centre, an agency or a bureau."""
        within = self.scopes is None or permission in self.scopes
        held = any(name == permission for name, _agency, _bureau in self.parts)
        return self.may_somewhere(permission) or (within and held)

    @property
    def seen_agencies(self) -> frozenset[UUID]:
        """The agencies whose rows the database shows, those of a bureau's role included."""
        return self.agencies | {agency for _name, agency, _bureau in self.parts}

    @property
    def as_oneself(self) -> bool:
        """Whether the actor may do what needs no permission, such as read one's own messages: a
        person may, a token only with the scope for it."""
        return self.scopes is None or OWN_ACCOUNT in self.scopes

    def limited_to(self, scopes: frozenset[str]) -> Actor:
        """The same actor acting through a token that carries only these scopes."""
        return replace(self, kind="token", scopes=scopes)


SYSTEM = Actor(kind="system", centre=True, grants=frozenset({(ANY, None)}))
ANONYMOUS = Actor(kind="anonymous")


def require(actor: Actor, permission: str, agency_id: UUID | None = None) -> None:
    """Refuse unless the actor has the permission (ACCESS-403); a bureau's is not enough (406)."""
    if actor.may(permission, agency_id):
        return
    if any(permission == name and agency_id in (None, agency) for name, agency, _ in actor.parts):
        raise Forbidden(
            "ACCESS-406",
            f"Your role is limited to a bureau, and this is of the whole agency ({permission}). "
            "Look at your bureau's own records, or ask somebody whose role is for the agency.",
        )
    raise Forbidden(
        "ACCESS-403",
        f"You may not do this ({permission}). Ask your administrator for a role that includes it.",
    )


def require_somewhere(actor: Actor, permission: str) -> None:
    """Refuse unless the actor has the permission for the centre or at least one agency."""
    if not actor.may_somewhere(permission):
        require(actor, permission)
