"""Keys with which city apps and other programs report to an agency by Open311."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import agencies

from ..access import centre_only
from ..centre.base import FormError, attempt, required_id, said_on, show, text
from ..lists import lists, pages, place
from ..look.page import Problem
from ..requests import Asked
from .setup import MANAGE, set_up_tabs


@centre_only(MANAGE)
@lists("casework.Open311Key")
def city_apps(request: Asked) -> HttpResponse:
    """List keys; a POST ends one, or makes one, whose secret this answer alone shows."""
    errors: tuple[Problem, ...] = ()
    secrets: list[str] = []
    if request.method == "POST" and text(request, "what") == "end":
        errors = attempt(lambda: _end(request))
        if not errors:
            return said_on(request, "desk:city_apps", _("The key opens nothing any more."))
    elif request.method == "POST":
        errors = attempt(lambda: secrets.append(_made(request)))
    rows = casework.open311_keys(request.actor, None, place(request))
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "secret": secrets[0] if secrets else "",
        "agencies": [(row.code, row.name) for row in agencies(request.actor)],
        "asked": {} if secrets else request.POST,
        "tabs_of": set_up_tabs("city-apps"),
    }
    response = show(request, "cases/city_apps.jinja", context, errors)
    if secrets:
        response["Cache-Control"] = "no-store"
    return response


def _made(request: Asked) -> str:
    code = text(request, "agency")
    found: UUID | None = next((row.pk for row in agencies(request.actor) if row.code == code), None)
    if found is None:
        raise FormError("FORM-101", _("Choose an agency."), field="agency")
    _row, secret = casework.put_open311_key(
        actor=request.actor, agency_id=found, name=text(request, "name")
    )
    return secret


def _end(request: Asked) -> None:
    key = required_id(request, "key", _("Choose a key."))
    casework.end_open311_key(actor=request.actor, key_id=key)
