"""The centre's settings as a value, and how roles become an actor. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from ..access.domain import Actor, Grant, Part

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
    """The grants of the roles held: a centre role reaches every agency, another only its own.

    A role limited to a bureau grants nothing here (see `parts_of`).
    """
    found: set[Grant] = set()
    for item in held:
        role = roles.get(item.role)
        if role is None or item.bureau_id:
            continue
        reach = None if role.side == CENTRE_SIDE else item.agency_id
        found.update((permission, reach) for permission in role.permissions)
    return frozenset(found)


def parts_of(held: Iterable[Held], roles: Mapping[str, RoleInfo]) -> frozenset[Part]:
    """What roles limited to a bureau allow, each permission with its agency and bureau."""
    return frozenset(
        (permission, item.agency_id, item.bureau_id)
        for item in held
        if item.bureau_id and item.role in roles and roles[item.role].side != CENTRE_SIDE
        for permission in roles[item.role].permissions
    )


def actor_of(
    *,
    user_id: UUID,
    person_id: UUID | None,
    held: Iterable[Held],
    roles: Mapping[str, RoleInfo],
    elevation: Iterable[str] = (),
) -> Actor:
    """The actor that an account is today.

    Elevation counts only for the centre's own people. A role limited to a bureau counts in `parts`
    alone: neither its agency nor the role are the actor's as a whole.
    """
    given = [item for item in held if item.role in roles]
    items = [item for item in given if not item.bureau_id]
    centre = any(roles[item.role].side == CENTRE_SIDE for item in items)
    extra = frozenset(elevation) if centre else frozenset()
    return Actor(
        kind="person",
        user_id=user_id,
        person_id=person_id,
        centre=centre,
        agencies=frozenset(item.agency_id for item in items),
        grants=grants_of(items, roles) | {(permission, None) for permission in extra},
        roles=frozenset(item.role for item in items),
        parts=parts_of(given, roles),
        elevated=bool(extra),
    )
