"""Writes: accounts, roles, tokens, elevation."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from ..audit.public import action, record
from ..calendar.public import now
from ..errors import CommonwealError, NotFound
from .domain import ANY, OWN_ACCOUNT, Actor, require
from .models import ApiToken, Elevation, Role, User
from .selectors import token_hash

MAX_ELEVATION = timedelta(hours=4)
MAX_TOKEN_LIFE = timedelta(days=366)


class AccessError(CommonwealError):
    """Access cannot be changed as asked."""


def _named(permissions: Iterable[str]) -> list[str]:
    """The permissions, in order, each by its own name: none stands for several (ACCESS-114)."""
    wanted = sorted(set(permissions))
    if ANY in wanted:
        raise AccessError("ACCESS-114", "Name each permission: “*” cannot be given.")
    return wanted


def account_id(actor: Actor) -> UUID:
    """The actor's account; only people and their tokens have one (ACCESS-108)."""
    if actor.user_id is None:
        raise AccessError("ACCESS-108", "Sign in first: this belongs to an account.")
    return actor.user_id


@action
def create_user(*, actor: Actor, email: str, password: str | None = None) -> User:
    """Create an account."""
    require(actor, "access.manage_people")
    if User.objects.filter(email=email.lower()).exists():
        raise AccessError("ACCESS-101", "There is already an account with this e-mail address.")
    user = User.objects.create_user(email=email, password=password)
    record(actor=actor, verb="access.user_created", target=user)
    return user


@action
def set_user_active(*, actor: Actor, user_id: UUID, active: bool) -> None:
    """Close or reopen an account: closed, it signs in no more and its tokens end with it.

    Nobody closes the account that they act with (ACCESS-117).
    """
    require(actor, "access.manage_people")
    if user_id == actor.user_id:
        raise AccessError(
            "ACCESS-117", "This is your own account. Ask another administrator to close it."
        )
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound("ACCESS-405", "There is no such account. Go back to the list of people.")
    user.is_active = active
    user.save(update_fields=["is_active"])
    record(actor=actor, verb="access.user_active_set", target=user, payload={"active": active})


@action
def choose_language(*, actor: Actor, language: str) -> None:
    """The language in which the actor's own account reads pages and messages, such as `es`."""
    known = [code for code, _name in settings.LANGUAGES]
    if language not in known:
        raise AccessError(
            "ACCESS-112", f"There are no pages in “{language[:20]}”. Choose: {', '.join(known)}."
        )
    user = User.objects.select_for_update().get(pk=account_id(actor))
    user.language = language
    user.save(update_fields=["language"])
    record(actor=actor, verb="access.language_chosen", target=user, payload={"language": language})


@action
def note_account(*, actor: Actor, user_id: UUID, what: str) -> None:
    """Leave an event of what happened to an account outside our own actions: a sign-in, a password,
    a second factor. `what` completes the verb `access.` and holds nothing personal."""
    record(actor=actor, verb=f"access.{what}", target=("access.User", user_id))


@action
def put_role(*, actor: Actor, code: str, name: str, side: str, permissions: Iterable[str]) -> Role:
    """Create a role or replace its permissions."""
    require(actor, "access.manage_roles")
    wanted = _named(permissions)
    known = Role.objects.select_for_update().filter(pk=code).first()
    if known and known.side != side:
        raise AccessError(
            "ACCESS-115",
            f"“{known.name}” is a role of the {known.side}, and people may hold it. Make another"
            " role for the other side.",
        )
    role, _ = Role.objects.update_or_create(
        code=code, defaults={"name": name, "side": side, "permissions": wanted}
    )
    record(actor=actor, verb="access.role_put", target=role, payload={"permissions": wanted})
    return role


@action
def create_token(
    *, actor: Actor, name: str, scopes: Iterable[str], days: int = 90
) -> tuple[ApiToken, str]:
    """Create a token for the actor's own account; the secret is returned once and never again."""
    if actor.user_id is None or actor.kind != "person":
        raise AccessError("ACCESS-102", "Only a signed-in person can create a token.")
    wanted = _named(scopes)
    beyond = [code for code in wanted if code != OWN_ACCOUNT and not actor.may_in_part(code)]
    if beyond or not wanted:
        raise AccessError(
            "ACCESS-103", "Choose at least one permission, and only among those that you have."
        )
    life = timedelta(days=days)
    if not timedelta(0) < life <= MAX_TOKEN_LIFE:
        raise AccessError(
            "ACCESS-104", "A token lives between 1 and 366 days. Enter such a number."
        )
    secret = "cw_" + secrets.token_urlsafe(36)
    token = ApiToken.objects.create(
        user_id=actor.user_id,
        name=name.strip() or "token",
        prefix=secret[:12],
        secret_hash=token_hash(secret),
        scopes=wanted,
        created_at=now(),
        expires_at=now() + life,
    )
    record(actor=actor, verb="access.token_created", target=token, payload={"scopes": wanted})
    return token, secret


@action
def revoke_token(*, actor: Actor, token_id: UUID) -> None:
    """End one of the actor's own tokens at once."""
    token = ApiToken.objects.select_for_update().filter(pk=token_id, user=account_id(actor)).first()
    if token is None:
        raise AccessError("ACCESS-105", "This token does not exist, or is not yours.")
    token.revoked_at = token.revoked_at or now()
    token.save(update_fields=["revoked_at"])
    record(actor=actor, verb="access.token_revoked", target=token)


@action
def elevate(
    *, actor: Actor, reason: str, permissions: Iterable[str], minutes: int = 60
) -> Elevation:
    """Give the actor more permissions for a short, logged time (staff session)."""
    require(actor, "access.elevate")
    if actor.kind != "person":
        raise AccessError("ACCESS-116", "Only a signed-in person can take more permissions.")
    wanted = _named(permissions)
    if not wanted:
        raise AccessError("ACCESS-111", "Choose at least one permission.")
    if actor.user_id is None or len(reason.strip()) < 10:
        raise AccessError("ACCESS-106", "Say in at least ten characters why you need this.")
    life = timedelta(minutes=minutes)
    if not timedelta(0) < life <= MAX_ELEVATION:
        raise AccessError("ACCESS-107", "Elevation lasts between 1 and 240 minutes.")
    elevation = Elevation.objects.create(
        user_id=actor.user_id,
        reason=reason.strip(),
        permissions=wanted,
        starts_at=now(),
        ends_at=now() + life,
    )
    record(
        actor=actor,
        verb="access.elevated",
        target=elevation,
        payload={"permissions": elevation.permissions, "minutes": minutes},
    )
    return elevation


@action
def end_elevation(*, actor: Actor) -> None:
    """End the actor's running elevation."""
    running = Elevation.objects.filter(user=account_id(actor), ends_at__gt=now())
    ended = running.update(ends_at=now())
    record(
        actor=actor,
        verb="access.elevation_ended",
        target=("access.User", actor.user_id),
        payload={"ended": ended},
    )
