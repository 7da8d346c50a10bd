"""From an account or a token to the actor it is today."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q

from ..access.public import ANONYMOUS, Actor, Role, User, act_as, asking, token_by_secret, widen
from ..calendar.public import now, today
from .domain import CENTRE_SIDE, Held, RoleInfo, actor_of, grants_of
from .models import CentreProfile, Delegation, Membership
from .selectors import centre_of, remember_centre


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


_STANDING = """
WITH today AS (
  SELECT %s::timestamptz AS moment, %s::uuid AS account, (%s::timestamptz AT TIME ZONE
          coalesce((SELECT zone FROM party_centreprofile LIMIT 1), 'UTC'))::date AS day
), held AS (
  SELECT role_id, agency_id, bureau_id, NULL::uuid AS lender FROM party_membership, today
  WHERE user_id = account AND starts <= day AND (ends IS NULL OR ends > day)
  UNION ALL
  SELECT role_id, agency_id, NULL, from_person_id FROM party_delegation, today
  WHERE to_user_id = account AND starts <= day AND ends > day
)
SELECT
  (SELECT jsonb_build_array(id, name) FROM party_person WHERE user_id = account LIMIT 1),
  (SELECT permissions FROM access_elevation WHERE user_id = account
   AND starts_at <= moment AND ends_at > moment ORDER BY starts_at DESC LIMIT 1),
  (SELECT jsonb_agg(jsonb_build_array(h.role_id, h.agency_id, h.bureau_id, h.lender, r.side,
                                      r.permissions))
   FROM held h JOIN access_role r ON r.code = h.role_id),
  (SELECT to_jsonb(c) FROM party_centreprofile c LIMIT 1)
FROM today"""


_PROFILE = "SELECT to_jsonb(c) FROM party_centreprofile c LIMIT 1"


@contextmanager
def _standing(user_id: UUID) -> Iterator[tuple[Actor, str]]:
    """A transaction in the scope of the account alone, with the actor and the person's name.

    One round trip reads them together with the centre's settings, which every page needs.
    """
    moment = now()
    alone = Actor(kind="person", user_id=user_id)
    with asking(alone, _STANDING, [moment, user_id, moment]) as texts:
        # Django leaves JSON of raw SQL as text.
        person, elevation, rows, profile = (json.loads(text) if text else None for text in texts)
        if profile:
            remember_centre(centre_of(profile))
        actor = _actor(user_id, person, elevation, rows)
        yield actor, person[1] if person else ""


def _actor(user_id: UUID, person: Any, elevation: Any, rows: Any) -> Actor:
    held, roles = [], {}
    for role, agency, bureau, lender, side, permissions in rows or ():
        roles[role] = RoleInfo(side, frozenset(permissions))
        held.append(
            Held(role, UUID(agency), UUID(bureau) if bureau else None,
                 UUID(lender) if lender else None)
        )  # fmt: skip
    return actor_of(
        user_id=user_id,
        person_id=UUID(person[0]) if person else None,
        held=held,
        roles=roles,
        elevation=elevation or (),
    )


@contextmanager
def acting(user: Any) -> Iterator[tuple[Actor, str]]:
    """The one transaction of a signed-in account's request: its actor and the person's name, with
    the database's scope set. A closed account has no rights."""
    if not user.is_active:
        with act_as(Actor(kind="person", user_id=user.pk)) as alone:
            yield alone, ""
        return
    with _standing(user.pk) as (actor, name):
        widen(actor)
        yield actor, name


@contextmanager
def nobody() -> Iterator[Actor]:
    """The one transaction of a request without an account."""
    with asking(ANONYMOUS, _PROFILE, ()) as row:
        if row:
            remember_centre(centre_of(json.loads(row[0])))
        yield ANONYMOUS


def actor_for(user: Any) -> Actor:
    """The actor that a signed-in account (`access.User`) is today.

    Uses the memberships and delegations in force in the centre's zone, the roles' permissions and
    the running elevation. Works before any scope is set. A closed account has no rights.
    """
    if not user.is_active:
        return Actor(kind="person", user_id=user.pk)
    with _standing(user.pk) as (actor, _name):
        return actor


def actor_of_account(user_id: UUID) -> Actor:
    """The actor that an account of this id is today; one that is closed or gone has no rights."""
    found = User.objects.filter(pk=user_id).first()
    return actor_for(found) if found else Actor(kind="person", user_id=user_id)


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
        if (item.agency_id == agency_id and not item.bureau_id)
        or (item.role in roles and roles[item.role].side == CENTRE_SIDE)
    )


def holders(agency_id: UUID, permission: str) -> list[tuple[UUID, UUID | None]]:
    """(person, account) of those whose role in the agency today, own or lent, has a permission."""
    day = _local_day()
    codes = [code for code, role in _roles().items() if permission in role.permissions]
    running = Q(starts__lte=day) & (Q(ends__isnull=True) | Q(ends__gt=day))
    own = Membership.objects.filter(
        running, agency_id=agency_id, bureau__isnull=True, role_id__in=codes
    )
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
