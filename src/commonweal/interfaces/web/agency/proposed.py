"""Rates that are considered: what they would mean to my agency, and saying what we think."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.calendar.public import today
from commonweal.kernel.party.public import centre
from commonweal.practices.charging import public as charging

from ..access import agency_only
from ..centre.base import attempt, required_id, text
from ..lists import lists, pages, place
from ..look.page import Problem
from ..requests import Asked
from .frame import VIEW, choices, own_agency

SAY = "charging.query_lines"


@agency_only(VIEW)
@lists("charging.ScenarioEffect")
def proposed_rates(request: Asked) -> HttpResponse:
    """What was published to the agency, newest first: proposed, not decided."""
    agency = own_agency(request)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        errors = attempt(
            lambda: charging.comment_scenario(
                actor=request.actor,
                effect_id=required_id(request, "effect", _("Choose the proposal.")),
                text=text(request, "text"),
            )
        )
        if not errors:
            messages.success(request, _("Said. The centre reads it beside the scenario."))
            return HttpResponseRedirect(reverse("agency:proposed_rates") + f"?agency={agency.code}")
    found = charging.proposed_to(request.actor, agency.pk, place(request, limit=10))
    day = today(centre().zone)
    context: dict[str, Any] = {
        "rows": [
            {
                "effect": row,
                "change": charging.change_words(row.before_minor, row.after_minor, row.currency),
                "items": [{**each, "change": each["after"] - each["before"]} for each in row.items],
                "open": row.comment_until is None or day <= row.comment_until,
                "comments": sorted(row.comments.all(), key=lambda said: said.said_at),
            }
            for row in found
        ],
        "pages": pages(request, found),
        "may_say": request.actor.may(SAY, agency.pk),
        "asked": request.POST,
        "errors": errors,
        **choices(request),
    }
    status = 422 if errors else 200
    return render(request, "agency/proposed_rates.jinja", context, status=status)
