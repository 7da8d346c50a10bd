"""From an account or a token to the actor it is today."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q

from ..access.public import Actor, Role, act_as, running_elevation, token_by_secret
from ..calendar.public import today
from .domain import CENTRE_SIDE, Held, RoleInfo, actor_of, grants_of
from .models import CentreProfile, Delegation, Membership, Person


def _local_day() -> date:
    zone = CentreProfile.objects.values_list("zone", flat=True).first()
    return today(zone or "UTC")


def _roles() -> dict[str, RoleInfo]:
    return {
        role.code: RoleInfo(role.side, frozenset(role.permissions)) for role in Role.objects.all()
    }


def held_by(user_id: UUID) -> list[Held]:
    """The roles an account holds today in the centre's zone, its own first, then the lent ones.

    Reads rows of the account alone, so the account is all that the scope needs. (`end_membership`
    ends what was lent on the strength of that membership, so a lent role never outlives it.)
    """
    day = _local_day()
    running = Q(starts__lte=day) & (Q(ends__isnull=True) | Q(ends__gt=day))
    own = Membership.objects.filter(running, user_id=user_id)
    lent = Delegation.objects.filter(to_user_id=user_id, starts__lte=day, ends__gt=day)
    return [
        *(Held(row.role_id, row.agency_id, row.bureau_id) for row in own),
        *(Held(row.role_id, row.agency_id, None, row.from_person_id) for row in lent),
    ]


def actor_for(user: Any) -> Actor:
    """The actor that a signed-in account (`access.User`) is today.

    Uses the memberships and delegations in force in the centre's zone, the roles' permissions and
    the running elevation. Works before any scope is set. A closed account has no rights.
    """
    user_id: UUID = user.pk
    if not user.is_active:
        return Actor(kind="person", user_id=user_id)
    with act_as(Actor(kind="person", user_id=user_id)):
        elevation = running_elevation(user_id)
        person_id = Person.objects.filter(user_id=user_id).values_list("pk", flat=True).first()
        return actor_of(
            user_id=user_id,
            person_id=person_id,
            held=held_by(user_id),
            roles=_roles(),
            elevation=elevation.permissions if elevation else (),
        )


def actor_for_token(secret: str) -> Actor | None:
    """The actor of an API token's secret, limited to the token's scopes; None if invalid."""
    token = token_by_secret(secret)
    if token is None:
        return None
    return actor_for(token.user).limited_to(frozenset(token.scopes))


def roles_held(user_id: UUID, agency_id: UUID | None) -> frozenset[str]:
    """The roles that an account holds today for one agency: its roles there, and the centre's."""
    roles = _roles()
    with act_as(Actor(kind="person", user_id=user_id)):
        held = held_by(user_id)
    return frozenset(
        item.role
        for item in held
        if item.agency_id == agency_id
        or (item.role in roles and roles[item.role].side == CENTRE_SIDE)
    )


def holders(agency_id: UUID, permission: str) -> list[tuple[UUID, UUID | None]]:
    """(person, account) of those whose role in the agency today, own or lent, has a permission."""
    day = _local_day()
    codes = [code for code, role in _roles().items() if permission in role.permissions]
    running = Q(starts__lte=day) & (Q(ends__isnull=True) | Q(ends__gt=day))
    own = Membership.objects.filter(running, agency_id=agency_id, role_id__in=codes)
    lent = Delegation.objects.filter(
        agency_id=agency_id, role_id__in=codes, starts__lte=day, ends__gt=day
    )
    found = dict(own.order_by("id").values_list("person_id", "user_id"))
    found |= dict(lent.order_by("id").values_list("to_person_id", "to_user_id"))
    return list(found.items())


def permission_sources(
    user_id: UUID, permission: str, agency_id: UUID | None = None
) -> frozenset[UUID | None]:
    """Where an account's permission comes from: None for its own roles, else the lenders' ids.

    Empty when the permission comes from no role (elevation, system). Four-eyes approval uses it, so
    that nobody approves their own proposal through somebody who borrowed their role.
    """
    roles = _roles()
    with act_as(Actor(kind="person", user_id=user_id)):
        held = held_by(user_id)
    wanted = {(permission, None), (permission, agency_id)}
    return frozenset(item.lender for item in held if wanted & grants_of([item], roles))
