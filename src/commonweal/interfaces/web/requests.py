"""A request as our views see it: with its actor."""

from __future__ import annotations

from django.http import HttpRequest

from commonweal.kernel.access.public import Actor


class Asked(HttpRequest):
    """A request after `ScopeMiddleware`: `actor` is always set."""

    actor: Actor
