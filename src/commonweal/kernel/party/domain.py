"""The centre's settings as a value, and how roles become an actor. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from ..access.domain import Actor, Grant

CENTRE_SIDE = "centre"


@dataclass(frozen=True)
class Centre:
    """Who the centre is. `agency_id`: the centre's own row among the agencies."""

    agency_id: UUID
    name: str
    short_name: str
    currency: str
    zone: str
    fiscal_year_start_month: int
    contact_name: str
    contact_email: str
    contact_phone: str
    locale: str
    federal_forms: bool
    is_demo: bool


@dataclass(frozen=True)
class RoleInfo:
    """A role's side (`centre` or `agency`) and permissions."""

    side: str
    permissions: frozenset[str]


@dataclass(frozen=True)
class Held:
    """A role held in an agency, by membership or by delegation (`lender`: who lent it)."""

    role: str
    agency_id: UUID
    bureau_id: UUID | None = None
    lender: UUID | None = None


def grants_of(held: Iterable[Held], roles: Mapping[str, RoleInfo]) -> frozenset[Grant]:
    """The grants of the roles held: a centre role reaches every agency, another only its own."""
    found: set[Grant] = set()
    for item in held:
        role = roles.get(item.role)
        if role is None:
            continue
        reach = None if role.side == CENTRE_SIDE else item.agency_id
        found.update((permission, reach) for permission in role.permissions)
    return frozenset(found)


def actor_of(
    *,
    user_id: UUID,
    person_id: UUID | None,
    held: Iterable[Held],
    roles: Mapping[str, RoleInfo],
    elevation: Iterable[str] = (),
) -> Actor:
    """The actor that an account is today.

    Elevation counts only for the centre's own people. `bureaus` is empty unless every role held is
    limited to a bureau: one role for a whole agency is enough to see all of it.
    """
    items = [item for item in held if item.role in roles]
    centre = any(roles[item.role].side == CENTRE_SIDE for item in items)
    extra = frozenset(elevation) if centre else frozenset()
    bureaus = [item.bureau_id for item in items]
    limited = frozenset(bureau for bureau in bureaus if bureau)
    return Actor(
        kind="person",
        user_id=user_id,
        person_id=person_id,
        centre=centre,
        agencies=frozenset(item.agency_id for item in items),
        grants=grants_of(items, roles) | {(permission, None) for permission in extra},
        roles=frozenset(item.role for item in items),
        bureaus=frozenset() if None in bureaus else limited,
        elevated=bool(extra),
    )
