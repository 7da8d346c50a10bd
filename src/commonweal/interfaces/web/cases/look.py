"""What may help at once, offered while somebody writes: articles, and cases like theirs.

A button of the form asks for it without JavaScript; with it the same comes as a fragment.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse

from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import Agency

from ..access import agency_only, centre_only
from ..centre.base import text
from ..requests import Asked
from .limits import MOST_LOOKS, limited
from .said import state_name


def offered(request: Asked, written: str, side: str, agency: Agency | None = None) -> Any:
    """What a page or fragment shows for some words: `side` is desk, cases or door."""
    fitting = casework.articles_for(request.actor, written)
    near = casework.similar_cases(request.actor, written) if written.strip() else []
    named = side if side != "door" else ""
    return {
        "articles": [
            (row, reverse(f"{named}:article", args=[row.code]) if named else "") for row in fitting
        ],
        "similar": [
            (row, state_name(row), reverse(f"{named}:case", args=[row.number]) if named else "")
            for row in near
        ],
        "look_href": reverse("door:look", args=[agency.code.lower()])
        if agency is not None
        else reverse(f"{side}:look"),
    }


def asked_to_look(request: Asked) -> bool:
    """Whether the form was sent to look for help only; such looks are limited too."""
    if request.method == "POST" and text(request, "look"):
        limited(request, "look", MOST_LOOKS)
        return True
    return False


def written_in(request: Asked) -> str:
    """What was written in the form so far."""
    return f"{request.POST.get('subject', '')} {request.POST.get('text', '')}"[:2000]


def fragment(request: Asked, side: str, agency: Agency | None = None) -> HttpResponse:
    """The part of the page that offers help, for what is written now."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    limited(request, "look", MOST_LOOKS)
    found = offered(request, written_in(request), side, agency)
    return render(request, "cases/_look.jinja", {"found": found, "agency": agency})


@centre_only("casework.work")
def at_desk(request: Asked) -> HttpResponse:
    """For agents: articles for everybody, and cases of their queues."""
    return fragment(request, "desk")


@agency_only("casework.ask")
def at_portal(request: Asked) -> HttpResponse:
    """For an agency's people: articles for them, and cases that they may see."""
    return fragment(request, "cases")
