"""Articles that help people help themselves."""

from __future__ import annotations

from django.http import HttpResponse

from commonweal.kernel.casework import public as casework

from ..access import anyone_with
from ..centre.base import show
from ..requests import Asked


@anyone_with("casework.work", "casework.ask")
def article(request: Asked, code: str) -> HttpResponse:
    """One article, for those who may read it."""
    found = casework.article(request.actor, code)
    return show(request, "cases/article.jinja", {"article": found})
