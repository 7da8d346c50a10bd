"""How citizens reach us: name, contact and privacy notice on every page and message for them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from .. import faces
from ..access import agency_only
from ..centre.base import show
from ..look.page import Problem
from ..requests import Asked
from .frame import choices

FACE = "party.put_public_face"


@agency_only(FACE)
def public_face(request: Asked) -> HttpResponse:
    """What citizens see of one's own agency; changing it."""
    mine = choices(request, FACE)
    agency = mine["chosen"]
    here = reverse("agency:public_face")
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        errors = faces.said(request, agency)
        if not errors:
            messages.success(request, _("Saved. Citizens see it from now on."))
            return HttpResponseRedirect(f"{here}?agency={agency.code}")
    context = {**mine, **faces.shown(request, agency, errors), "here": here, "may_set": True}
    return show(request, "agency/public_face.jinja", context, errors)
