"""Who calls: a bearer token, or the session of the web (with its CSRF token for unsafe methods).

Whether they may is asked here too, before a body is read: who may not learns nothing of its form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer

from commonweal.kernel.access.public import Actor
from commonweal.kernel.party.public import actor_for, actor_for_token

Check = Callable[[Actor], None]


class ApiToken(HttpBearer):
    """A token made on the account page or by `POST /tokens`; it carries its own scopes."""

    def __init__(self, check: Check) -> None:
        self._check = check
        super().__init__()

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """The token's actor, or None."""
        if not token or not token.isascii() or not token.isprintable() or len(token) > 200:
            return None
        actor = actor_for_token(token)
        if actor is not None:
            self._check(actor)
        return actor


class Session(APIKeyCookie):
    """The web's own session."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, check: Check) -> None:
        self._check = check
        super().__init__()

    def __call__(self, request: HttpRequest) -> Any | None:
        """Without a session there is nothing to protect: no token is asked for."""
        if self.param_name not in request.COOKIES or request.headers.get("authorization"):
            return None
        return super().__call__(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """The signed-in person's actor, or None."""
        user = request.user
        if not user.is_authenticated:
            return None
        actor = actor_for(user)
        self._check(actor)
        return actor


def signed(check: Check) -> list[Any]:
    """The two ways to sign, each with the operation's own refusal."""
    return [ApiToken(check), Session(check)]
