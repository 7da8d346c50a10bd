"""A request as our views see it: with its actor."""

from __future__ import annotations

from django.http import HttpRequest

from commonweal.kernel.access.public import Actor
from commonweal.kernel.party.public import Agency, Face


class Asked(HttpRequest):
    """A request after `ScopeMiddleware`: `actor` is always set."""

    actor: Actor
    door: Agency
    """Set at an agency's door: whose it is."""
    open311_face: Face
    """Set by a call of Open311, once somebody asked for it."""
