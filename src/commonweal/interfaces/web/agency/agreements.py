"""My agreements and orders: what was agreed, how it is funded, who signed, and signing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.party.public import centre, person_names, person_of_user
from commonweal.kernel.schema.public import CommonwealError
from commonweal.kernel.words import public as words

from ..access import agency_only
from ..look.page import Problem
from ..requests import Asked
from .frame import problem_of

VIEW = "agreements.view"
SIGN = "agreements.sign_agency"
Refused = Callable[[list[Problem]], HttpResponse]


@agency_only(VIEW)
def agreements(request: Asked) -> HttpResponse:
    """Every agreement and order of the agency, those that wait for a signature first."""
    orders = catalogue.orders(request.actor)
    context = {
        "agreements": catalogue.agreements(request.actor),
        "orders": [row for row in orders if row.state != "superseded"],
        "waiting": [row for row in orders if waits(row)],
    }
    return render(request, "agency/agreements.jinja", context)


def waits(row: catalogue.Agreement | catalogue.Order) -> bool:
    """Whether it was proposed and the agency has not signed it."""
    return row.state == "proposed" and row.signed_by_agency is None


def state_words(state: str) -> tuple[str, str]:
    """A state's shape and word on pages."""
    return {
        "draft": ("neutral", _("Draft")),
        "proposed": ("watch", _("Waits for signatures")),
        "active": ("good", _("In force")),
        "superseded": ("neutral", _("Replaced by a modification")),
        "ended": ("neutral", _("Ended")),
        "withdrawn": ("neutral", _("Withdrawn")),
    }.get(state, ("neutral", state))


def share_words(source: catalogue.FundingSource) -> str:
    """The share of a line that a funding source pays: `70.0%`."""
    return words.percent(Fraction(source.share_numerator, source.share_denominator))


def signatures(actor: Actor, row: catalogue.Agreement | catalogue.Order) -> list[dict[str, Any]]:
    """Who signed for either side, and when; names only where the reader may see the person."""
    sides: list[tuple[str, UUID | None, datetime | None]] = [
        (row.agency.name, row.signed_by_agency, row.signed_by_agency_at),
        (centre().name, row.signed_by_centre, row.signed_by_centre_at),
    ]
    return [
        {"side": side, "name": _name(actor, user_id), "at": moment}
        for side, user_id, moment in sides
    ]


def _name(actor: Actor, user_id: UUID | None) -> str:
    if user_id is None:
        return ""
    person_id = person_of_user(user_id)
    names = person_names(actor, [person_id]) if person_id else {}
    return next(iter(names.values()), "")


@agency_only(VIEW)
def agreement(request: Asked, agreement_id: UUID) -> HttpResponse:
    """One agreement: terms, signatures, orders."""
    return _agreement_page(request, agreement_id, [])


def _agreement_page(request: Asked, agreement_id: UUID, problems: list[Problem]) -> HttpResponse:
    found = catalogue.agreement(request.actor, agreement_id)
    context = {
        "agreement": found,
        "orders": catalogue.orders(request.actor, agreement_id=agreement_id),
        "signatures": signatures(request.actor, found),
        "may_sign": waits(found) and request.actor.may(SIGN, found.agency_id),
        "state": state_words(found.state),
        "words_of": state_words,
        "zone": centre().zone,
        "errors": problems,
    }
    status = 422 if problems else 200
    return render(request, "agency/agreement.jinja", context, status=status)


@agency_only(VIEW)
def order(request: Asked, order_id: UUID) -> HttpResponse:
    """One order: its lines, their funding and estimates, signatures, and the form to sign."""
    return _order_page(request, order_id, [])


def _order_page(request: Asked, order_id: UUID, problems: list[Problem]) -> HttpResponse:
    found = catalogue.order(request.actor, order_id)
    context = {
        "order": found,
        "lines": list(found.lines.all()),
        "share": share_words,
        "signatures": signatures(request.actor, found),
        "may_sign": waits(found) and request.actor.may(SIGN, found.agency_id),
        "state": state_words(found.state),
        "zone": centre().zone,
        "errors": problems,
    }
    status = 422 if problems else 200
    return render(request, "agency/order.jinja", context, status=status)


@agency_only(SIGN)
def sign_terms(request: Asked, agreement_id: UUID) -> HttpResponse:
    """Sign general terms for the agency."""
    place = reverse("agency:agreement", args=[agreement_id])
    return _sign(
        request,
        place,
        lambda: catalogue.sign_agreement(
            actor=request.actor, agreement_id=agreement_id, side="agency"
        ),
        lambda problems: _agreement_page(request, agreement_id, problems),
    )


@agency_only(SIGN)
def sign(request: Asked, order_id: UUID) -> HttpResponse:
    """Sign an order for the agency, with the estimated quantities in it."""
    place = reverse("agency:order", args=[order_id])
    return _sign(
        request,
        place,
        lambda: catalogue.sign_order(actor=request.actor, order_id=order_id, side="agency"),
        lambda problems: _order_page(request, order_id, problems),
    )


def _sign(request: Asked, place: str, act: Callable[[], Any], refused: Refused) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseRedirect(place)
    if request.POST.get("agree") != "1":
        text = _("Tick the box to say that you sign on behalf of your agency.")
        return refused([Problem(text, "agree", "CATALOGUE-239")])
    try:
        row = act()
    except CommonwealError as error:
        if error.status in {403, 404}:
            raise
        return refused([problem_of(error, "agree")])
    done = {
        "active": _("Signed. Both sides have signed: it is in force."),
        "proposed": _("Signed. It comes into force when the centre signs too."),
    }
    messages.success(request, done.get(row.state, _("Signed.")))
    return HttpResponseRedirect(place)
