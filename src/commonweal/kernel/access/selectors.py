"""Reads of accounts, roles and tokens."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from ..calendar.public import now
from ..schema.public import FIRST, Listing, Place, listing
from .domain import Actor, require
from .models import ApiToken, Elevation, Role, User


def role_permissions() -> dict[str, frozenset[str]]:
    """Every role's permissions."""
    return {role.code: frozenset(role.permissions) for role in Role.objects.all()}


def roles(actor: Actor, place: Place | None = None) -> Listing[Role]:
    """The roles, centre's first. Without a place all of them: what an administrator set up."""
    require(actor, "access.view_people")
    return listing(Role.objects.all(), ["-side", "name", "code"], place)


def running_elevation(user_id: UUID) -> Elevation | None:
    """The elevation in force for an account, if any."""
    moment = now()
    return (
        Elevation.objects.filter(user_id=user_id, starts_at__lte=moment, ends_at__gt=moment)
        .order_by("-starts_at")
        .first()
    )


def token_hash(secret: str) -> str:
    """The stored form of a token's secret (high entropy, so a plain SHA-256 suffices)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def token_by_secret(secret: str) -> ApiToken | None:
    """The valid token with this secret, or None."""
    token = (
        ApiToken.objects.select_related("user")
        .filter(prefix=secret[:12], revoked_at__isnull=True, expires_at__gt=now())
        .first()
    )
    if token is None or not token.user.is_active:
        return None
    return token if hmac.compare_digest(token.secret_hash, token_hash(secret)) else None


def tokens(actor: Actor, place: Place = FIRST) -> Listing[ApiToken]:
    """A page of the actor's own tokens, newest first."""
    if actor.user_id is None:
        return Listing(())
    return listing(ApiToken.objects.filter(user=actor.user_id), ["-created_at", "-id"], place)


def language_of(user_id: UUID | None) -> str:
    """The language that an account chose; empty where none was, or there is no account."""
    if user_id is None:
        return ""
    found = User.objects.filter(pk=user_id).values_list("language", flat=True).first()
    return found or ""


def user_by_email(email: str) -> User | None:
    """The account of an address."""
    return User.objects.filter(email=email.lower()).first()
