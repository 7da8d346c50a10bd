"""Installable: the manifests of the desk, the agencies' pages and each agency's door, and the
service worker that keeps what could not be sent, and sends it when the network is back.

A form's `draft` is a random id made with the page: sent twice, it opens one case. What was kept is
removed from the device as soon as it was taken.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import Agency, centre, face_of

from ..access import agency_only, centre_only, open_to_all
from ..centre.base import as_id, text
from ..requests import Asked

WORKER = (Path(__file__).parent / "worker.js").read_text(encoding="utf-8")
LONGEST_KEPT = timedelta(days=7)


@open_to_all
def worker(request: Asked) -> HttpResponse:
    """The service worker, for every address of the site."""
    answer = HttpResponse(WORKER, content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


def manifest(name: str, short: str, start: str) -> HttpResponse:
    """What a device needs to know to put a page among its programs."""
    answer = JsonResponse(
        {
            "name": name,
            "short_name": short[:12],
            "start_url": start,
            "id": start,
            "scope": start,
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": "#0b5d4e",
            "icons": [
                {
                    "src": static("commonweal/mark.svg"),
                    "sizes": "any",
                    "type": "image/svg+xml",
                    "purpose": "any",
                }
            ],
        },
        content_type="application/manifest+json",
    )
    answer["Cache-Control"] = "private, max-age=3600"
    return answer


@centre_only("casework.work")
def of_desk(request: Asked) -> HttpResponse:
    """The agents' desk."""
    profile = centre()
    named = {"centre": profile.short_name}
    return manifest(_("Cases: %(centre)s") % named, _("Cases"), reverse("desk:work"))


@agency_only("casework.ask")
def of_portal(request: Asked) -> HttpResponse:
    """Requests of an agency's people."""
    named = {"centre": centre().short_name}
    return manifest(_("Requests: %(centre)s") % named, _("Requests"), reverse("cases:cases"))


def of_door(agency: Agency) -> HttpResponse:
    """An agency's door: its name, and no word of the centre behind it."""
    start = reverse("door:start", args=[agency.code.lower()])
    with act_as(SYSTEM):
        name = face_of(SYSTEM, agency).name
    return manifest(name, name, start)


def draft_of(request: Asked) -> str:
    """The id of the form's draft: as it was sent, else a new one."""
    return str(as_id(text(request, "draft")) or uuid4())


def source_of(request: Asked) -> dict[str, Any]:
    """What makes a draft one case however often it is sent."""
    draft = as_id(text(request, "draft"))
    return {"source": casework.DRAFT, "source_id": str(UUID(str(draft)))} if draft else {}


def kept_at(request: Asked) -> datetime | None:
    """When a draft was kept, within the last week: what an agent wrote down without a network
    came then. None where nothing of the kind was said."""
    given = text(request, "kept_at")
    try:
        found = datetime.fromisoformat(given) if given else None
    except ValueError:
        return None
    if found is None or found.tzinfo is None:
        return None
    return found if now() - LONGEST_KEPT < found < now() else None


def taken(request: Asked, number: str, href: str, said: str = "", code: str = "") -> HttpResponse:
    """What was sent is taken: its page, which says so, or for the worker that sent it, where that
    is. `code`: what an agent hands on to whoever called."""
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"number": number, "href": href, "code": code}, status=201)
    if said:
        messages.success(request, said)
    return HttpResponseRedirect(href)
