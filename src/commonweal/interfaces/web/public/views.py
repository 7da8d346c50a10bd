"""The public site: what the centre offers, what it costs, how charging works. No sign-in."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from commonweal.kernel.calendar.public import today
from commonweal.kernel.catalogue.public import (
    bundles,
    charge_items,
    service_by_code,
    service_levels,
    services,
)
from commonweal.practices.charging.public import (
    pool_parts,
    rate_book,
    rate_decision,
    rate_history,
)

from ..access import open_to_all, signed_in
from ..context import profile_of_centre
from ..requests import Asked
from .flow import charge_flow


@open_to_all
def start(request: Asked) -> HttpResponse:
    """The first page: who the centre is, and the ways in."""
    return render(request, "public/start.jinja", {"services": services(request.actor, _day())})


@open_to_all
def catalogue(request: Asked) -> HttpResponse:
    """Every service with what it is and how many things are priced in it."""
    day = _day()
    items: dict[object, int] = {}
    for item in charge_items(request.actor, on=day):
        items[item.service_id] = items.get(item.service_id, 0) + 1
    context = {"services": services(request.actor, day), "items": items}
    return render(request, "public/catalogue.jinja", context)


@open_to_all
def service(request: Asked, code: str) -> HttpResponse:
    """One service: description, items with their rates, promises, contact."""
    found, day = service_by_code(request.actor, code), _day()
    book = rate_book(request.actor, on=day, service_id=found.pk)
    context = {
        "service": found,
        "rates": book.services[0] if book.services else None,
        "levels": service_levels(request.actor, found.pk, day),
        "bundles": [b for b in bundles(request.actor) if b.lead.service_id == found.pk],
    }
    return render(request, "public/service.jinja", context)


@open_to_all
def rates(request: Asked) -> HttpResponse:
    """The rate book: every rate in force, with its derivation and each service's position."""
    if profile_of_centre() is None:
        return render(request, "public/rates.jinja", {"book": None})
    return render(request, "public/rates.jinja", {"book": rate_book(request.actor, on=_day())})


@open_to_all
def rate(request: Asked, code: str) -> HttpResponse:
    """One charge item's rates, past and present: who decided each, when, and from what."""
    history = rate_history(request.actor, code)
    shown = history.now or (history.coming[0] if history.coming else None)
    context = {
        "history": history,
        "pools": pool_parts(shown.version) if shown else [],
        "decision": rate_decision(shown.version) if shown else None,
        "others": [*history.coming, *history.past] if history.now else history.past,
        "shown": shown,
    }
    return render(request, "public/rate.jinja", context)


@open_to_all
def how(request: Asked) -> HttpResponse:
    """How charging works, in words and a picture of this centre's own figures."""
    return render(request, "public/how.jinja", {"flow": charge_flow(request.actor, _day())})


@signed_in
def home(request: Asked) -> HttpResponseRedirect:
    """After signing in: the centre's people to their overview, an agency's to its bills."""
    if request.actor.centre and request.actor.may("charging.view_all_bills"):
        return HttpResponseRedirect(reverse("centre:director"))
    if request.actor.agencies_with("charging.view_bills"):
        return HttpResponseRedirect(reverse("agency:bills"))
    return HttpResponseRedirect(reverse("account_home"))


@open_to_all
def alive(request: HttpRequest) -> HttpResponse:
    """For a load balancer: the process answers."""
    return HttpResponse("ok", content_type="text/plain")


def _day() -> date:
    profile = profile_of_centre()
    return today(profile.zone if profile else "UTC")
