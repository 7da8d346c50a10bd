"""The public site: what the centre offers, what it costs, how charging works. No sign-in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from commonweal.kernel.calendar.public import today
from commonweal.kernel.catalogue.public import service_by_code, services
from commonweal.kernel.party.public import centre
from commonweal.practices.charging.public import rate_book, rate_history

from ..access import open_to_all, signed_in
from ..requests import Asked


@open_to_all
def start(request: Asked) -> HttpResponse:
    """The first page: who the centre is, and the ways in."""
    return render(request, "public/start.jinja", {"services": services(request.actor)})


@open_to_all
def catalogue(request: Asked) -> HttpResponse:
    """Every service with what it is and what is priced in it."""
    return render(request, "public/catalogue.jinja", {"services": services(request.actor)})


@open_to_all
def service(request: Asked, code: str) -> HttpResponse:
    """One service: description, items, present rates, contact."""
    found = service_by_code(request.actor, code)
    book = rate_book(request.actor, on=_day(), service_id=found.id)
    return render(request, "public/service.jinja", {"service": found, "book": book})


@open_to_all
def rates(request: Asked) -> HttpResponse:
    """The rate book: every rate in force, with its derivation and each service's position."""
    return render(request, "public/rates.jinja", {"book": rate_book(request.actor, on=_day())})


@open_to_all
def rate(request: Asked, code: str) -> HttpResponse:
    """One charge item's rates, past and present: who decided each, when, and from what."""
    return render(request, "public/rate.jinja", {"history": rate_history(request.actor, code)})


@open_to_all
def how(request: Asked) -> HttpResponse:
    """How charging works, in words and a picture."""
    return render(request, "public/how.jinja")


@signed_in
def home(request: Asked) -> HttpResponseRedirect:
    """After signing in: the centre's people to their overview, an agency's to its bills."""
    name = "centre:director" if request.actor.centre else "agency:bills"
    return HttpResponseRedirect(reverse(name))


@open_to_all
def alive(request: HttpRequest) -> HttpResponse:
    """For a load balancer: the process answers."""
    return HttpResponse("ok", content_type="text/plain")


def _day() -> object:
    profile = centre()
    return today(profile.zone if profile else "UTC")
