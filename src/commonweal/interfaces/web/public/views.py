"""The public site: what the centre offers, what it costs, how charging works. No sign-in."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import today
from commonweal.kernel.catalogue.public import (
    ChargeItem,
    companions,
    items_by_service,
    service_by_code,
    service_levels,
    services,
)
from commonweal.kernel.metering.public import late_policies_on, policy_text
from commonweal.kernel.schema.public import NotFound
from commonweal.practices.charging.public import (
    RateEntry,
    method_facts,
    pool_parts,
    rate_book,
    rate_decision,
    rate_entry,
    rate_history,
    rate_version,
)

from ..access import open_to_all, signed_in
from ..context import profile_of_centre
from ..lists import lists, pages, place, report
from ..requests import Asked
from .flow import charge_flow

SEES_LEDGER = ("charging.view_bills", "charging.view_all_bills")


@open_to_all
@lists("catalogue.Service")
def start(request: Asked) -> HttpResponse:
    """The first page: who the centre is, and the ways in."""
    found = services(request.actor, _day(), place(request))
    context = {"services": found, "pages": pages(request, found)}
    return render(request, "public/start.jinja", context)


@open_to_all
@lists("catalogue.Service")
def catalogue(request: Asked) -> HttpResponse:
    """The services with what each is and how many things are priced in it."""
    day = _day()
    found = services(request.actor, day, place(request))
    items = items_by_service(request.actor, [row.pk for row in found], day)
    context = {"services": found, "items": items, "pages": pages(request, found)}
    return render(request, "public/catalogue.jinja", context)


@open_to_all
@lists("catalogue.ChargeItem", "catalogue.ServiceLevel")
def service(request: Asked, code: str) -> HttpResponse:
    """One service: description, items with their rates, promises, contact."""
    found, day = service_by_code(request.actor, code), _day()
    book = rate_book(request.actor, on=day, service_id=found.pk, place=place(request))
    levels = service_levels(request.actor, found.pk, day, place(request, "levels"))
    context = {
        "pages": pages(request, book.services),
        "service": found,
        "rates": book.services[0] if book.services else None,
        "levels": levels,
        "level_pages": pages(request, levels, "levels"),
        "bundles": [
            (lead, list(rows))
            for lead, rows in groupby(
                companions(request.actor, found.pk), lambda row: row.bundle.lead
            )
        ],
    }
    return render(request, "public/service.jinja", context)


@open_to_all
@lists("catalogue.ChargeItem")
def rates(request: Asked) -> HttpResponse:
    """The rate book: the rates in force, with their derivation and each service's position."""
    if profile_of_centre() is None:
        return render(request, "public/rates.jinja", {"book": None})
    book = rate_book(request.actor, on=_day(), place=place(request))
    context = {"book": book, "pages": pages(request, book.services)}
    return render(request, "public/rates.jinja", context)


def late_rule(service_id: UUID) -> str:
    """What becomes of a service's late usage today, in words."""
    found = late_policies_on(_day(), [service_id]).get(service_id)
    return policy_text(found.kind, found.days) if found else policy_text("correct", 0)


@open_to_all
@lists("charging.RateVersion")
def rate(request: Asked, code: str) -> HttpResponse:
    """One charge item's rates, past and present: who decided each, when, and from what."""
    history = rate_history(request.actor, code, place=place(request))
    shown = history.now or (history.coming[0] if history.coming else None)
    wanted = request.GET.get("version", "")
    if wanted:
        shown = asked_version(request.actor, history.item, wanted)
    known = [*([history.now] if history.now else []), *history.coming, *history.past]
    context = {
        "history": history,
        "pools": pool_parts(shown.version) if shown else [],
        "decision": rate_decision(shown.version) if shown else None,
        "method": method_facts(shown.version) if shown else [],
        "others": [each for each in known if not shown or each.version.pk != shown.version.pk],
        "pages": pages(request, history.past),
        "shown": shown,
        "late_rule": late_rule(history.item.service_id),
        "sees_ledger": any(request.actor.may_somewhere(name) for name in SEES_LEDGER),
    }
    return render(request, "public/rate.jinja", context)


def asked_version(actor: Actor, item: ChargeItem, code: str) -> RateEntry:
    """One decided version of an item, past, present or future (CHARGING-404)."""
    version = rate_version(actor, code)
    if version.charge_item_id != item.pk:
        raise NotFound("CHARGING-404", "There is no such rate. See the rate book.")
    return rate_entry(version)


@open_to_all
@report("a picture of every cost pool and service")
def how(request: Asked) -> HttpResponse:
    """How charging works, in words and a picture of this centre's own figures."""
    return render(request, "public/how.jinja", {"flow": charge_flow(request.actor, _day())})


@signed_in
def home(request: Asked) -> HttpResponseRedirect:
    """After signing in: the centre's people to their overview, whoever sets it up to what is
    missing, an external auditor to the data room, an agency's people to bills or records."""
    if request.actor.centre and request.actor.may("charging.view_all_bills"):
        return HttpResponseRedirect(reverse("centre:director"))
    if request.actor.centre and request.actor.may("party.set_centre"):
        return HttpResponseRedirect(reverse("setup:start"))
    if request.actor.centre and request.actor.may("charging.read_room"):
        return HttpResponseRedirect(reverse("centre:room"))
    if request.actor.agencies_with("charging.view_bills"):
        return HttpResponseRedirect(reverse("agency:bills"))
    if not request.actor.centre and request.actor.may_in_part("metering.view"):
        return HttpResponseRedirect(reverse("agency:records"))
    return HttpResponseRedirect(reverse("account_home"))


@open_to_all
def alive(request: HttpRequest) -> HttpResponse:
    """For a load balancer: the process answers."""
    return HttpResponse("ok", content_type="text/plain")


def _day() -> date:
    profile = profile_of_centre()
    return today(profile.zone if profile else "UTC")
