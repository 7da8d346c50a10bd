"""Who calls: a bearer token, or the session of the web (with its CSRF token for unsafe methods)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer

from commonweal.kernel.access.public import Actor
from commonweal.kernel.party.public import actor_for, actor_for_token


class ApiToken(HttpBearer):
    """A token made on the account page or by `POST /tokens`; it carries its own scopes."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """The token's actor, or None."""
        if not token or not token.isascii() or not token.isprintable() or len(token) > 200:
            return None
        return actor_for_token(token)


class Session(APIKeyCookie):
    """The web's own session."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Any | None:
        """Without a session there is nothing to protect: no token is asked for."""
        if self.param_name not in request.COOKIES or request.headers.get("authorization"):
            return None
        return super().__call__(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """The signed-in person's actor, or None."""
        user = request.user
        return actor_for(user) if user.is_authenticated else None


SIGNED = [ApiToken(), Session()]
