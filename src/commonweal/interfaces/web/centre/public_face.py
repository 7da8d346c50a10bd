"""How citizens reach an agency, set by those who manage agencies."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.schema.public import NotFound

from .. import faces
from ..access import centre_only
from ..look.page import Problem
from ..requests import Asked
from .base import done, show
from .people import VIEW


@centre_only(VIEW)
def public_face(request: Asked, agency_id: UUID) -> HttpResponse:
    """What citizens see of an agency; changing it."""
    agency = find_agency(request.actor, agency_id)
    if agency.kind == "centre":
        raise NotFound("PARTY-142", "Citizens meet agencies only. Choose an agency.")
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        errors = faces.said(request, agency)
        if not errors:
            words = _("Saved. Citizens see it from now on.")
            return done(request, words, "public_face", agency.pk)
    context = {
        **faces.shown(request, agency, errors),
        "here": reverse("centre:public_face", args=[agency.pk]),
        "may_set": request.actor.may("party.manage_agencies"),
    }
    return show(request, "centre/public_face.jinja", context, errors)
