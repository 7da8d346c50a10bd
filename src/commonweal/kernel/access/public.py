"""What other modules may use of access."""

from .actions import (
    AccessError,
    choose_language,
    create_token,
    create_user,
    elevate,
    end_elevation,
    note_account,
    put_role,
    revoke_token,
    set_user_active,
)
from .checks import UnsafeDatabase, check_database
from .domain import ANONYMOUS, OWN_ACCOUNT, SYSTEM, Actor, Grant, require, require_somewhere
from .models import ApiToken, Elevation, Role, User
from .scope import act_as, asking, forget, once, widen
from .selectors import (
    language_of,
    role_permissions,
    roles,
    running_elevation,
    token_by_secret,
    tokens,
    user_by_email,
)

__all__ = [
    "ANONYMOUS",
    "OWN_ACCOUNT",
    "SYSTEM",
    "AccessError",
    "Actor",
    "ApiToken",
    "Elevation",
    "Grant",
    "Role",
    "UnsafeDatabase",
    "User",
    "act_as",
    "asking",
    "check_database",
    "choose_language",
    "create_token",
    "create_user",
    "elevate",
    "end_elevation",
    "forget",
    "language_of",
    "note_account",
    "once",
    "put_role",
    "require",
    "require_somewhere",
    "revoke_token",
    "role_permissions",
    "roles",
    "running_elevation",
    "set_user_active",
    "token_by_secret",
    "tokens",
    "user_by_email",
    "widen",
]
