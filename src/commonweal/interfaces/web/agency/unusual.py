"""Unusual lines that the agency should look at, and the dates of its bills."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.practices.charging import public as charging

from ..access import agency_only
from ..lists import lists, pages, place, report
from ..requests import Asked
from .frame import VIEW, choices

ASK = "charging.query_lines"


@agency_only(VIEW)
@lists("charging.AnomalyHold")
def unusual(request: Asked) -> HttpResponse:
    """Lines far from what is usual: their bill waits until they are acknowledged."""
    mine = choices(request)
    rows = charging.holds(request.actor, agency_id=mine["chosen"].pk, place=place(request))
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "may_act": request.actor.may(ASK, mine["chosen"].pk),
        **mine,
    }
    return render(request, "agency/unusual.jinja", context)


@agency_only(ASK)
def acknowledge(request: Asked, hold_id: UUID) -> HttpResponse:
    """Acknowledge an unusual line; it may still be disputed."""
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        charging.acknowledge_hold(actor=request.actor, hold_id=hold_id, reason=reason)
        said = _("Acknowledged. The bill no longer waits for this line; you may still dispute it.")
        messages.success(request, said)
    return HttpResponseRedirect(reverse("agency:unusual"))


@agency_only(VIEW)
@report("the service levels of at most 24 months")
def dates(request: Asked) -> HttpResponse:
    """When bills were drafted, shown and issued, and disputes answered: met or not met."""
    mine = choices(request)
    context = {**shown(request, mine["chosen"].pk), **mine}
    return render(request, "agency/dates.jinja", context)


def shown(request: Asked, agency_id: UUID | None) -> dict[str, object]:
    """What both sides' pages of dates show."""
    targets = charging.bill_targets(request.actor)
    return {
        "months": charging.bill_levels(request.actor, agency_id),
        "targets": targets,
        "names": charging.month_level_words(targets),
        "states": charging.level_state_words(),
    }
