"""An agency orders from the catalogue: the price and the promised time first, then one button."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.public import CaseError
from commonweal.kernel.catalogue.public import item_by_code
from commonweal.kernel.party.public import Agency
from commonweal.kernel.words import public as words

from ..access import agency_only
from ..agency.frame import choices
from ..centre.base import FormError, attempt, show, text
from ..lists import lists, pages, place, report
from ..look.page import Problem
from ..requests import Asked
from .app import draft_of, source_of
from .forms import answers_of, fields_of

ASK = "casework.ask"


def order_states() -> dict[str, tuple[str, str]]:
    """How an order stands: the kind of tag, and words."""
    return {
        "asked": ("unknown", _("Waits for approval")),
        "ordered": ("watch", _("Ordered")),
        "in_service": ("good", _("In service")),
        "ended": ("neutral", _("Given up")),
        "refused": ("neutral", _("Not approved")),
        "cancelled": ("neutral", _("Cancelled")),
    }


@agency_only(ASK)
@report("what can be ordered: as many as the centre offers")
def offers(request: Asked) -> HttpResponse:
    """Everything that can be ordered, by group, with the price of one and the promised time."""
    mine = choices(request, ASK)
    agency: Agency = mine["chosen"]
    groups: dict[str, list[casework.Offer]] = {}
    for row in casework.offers(request.actor, agency.pk, agency.code):
        groups.setdefault(row.category.group or row.item.service.name, []).append(row)
    return show(request, "cases/offers.jinja", {"groups": sorted(groups.items()), **mine})


@agency_only(ASK)
@report("the questions of one form")
def offer(request: Asked, code: str) -> HttpResponse:
    """One thing that can be ordered: for a number of units the price and the promise, and only then
    the order."""
    mine = choices(request, ASK)
    agency: Agency = mine["chosen"]
    errors: tuple[Problem, ...] = ()
    typed = request.POST.get("quantity", "") or request.GET.get("quantity", "") or "1"
    many = Decimal(1)
    try:
        many = _many(typed)
        shown = casework.offer(request.actor, agency.pk, code, many)
    except CaseError as wrong:
        errors = (Problem(wrong.message, "quantity", wrong.code),)
        many = Decimal(1)
        shown = casework.offer(request.actor, agency.pk, code)
    if request.method == "POST" and text(request, "what") == "order" and not errors:
        made: list[casework.Case] = []
        errors = attempt(lambda: made.append(_order(request, agency, shown)))
        if not errors:
            messages.success(request, _ordered(shown, made[0]))
            return HttpResponseRedirect(reverse("cases:case", args=[made[0].number]))
    context = {
        "offer": shown,
        "quantity": typed,
        "fields": fields_of(shown.category, request.POST),
        "asked": request.POST,
        "draft": draft_of(request),
        "expected": casework.expected_time(request.actor, shown.category),
        **mine,
    }
    return show(request, "cases/offer.jinja", context, errors)


def _many(typed: str) -> Decimal:
    try:
        return Decimal(typed.strip().replace(",", ""))
    except InvalidOperation:
        return Decimal(0)  # which the room refuses with words


def _ordered(shown: casework.Offer, case: casework.Case) -> str:
    if shown.approval:
        said = _("Ordered: %(number)s. Somebody of your agency approves it first.")
    else:
        said = _("Ordered: %(number)s. You can follow it here.")
    return said % {"number": case.number}


def _order(request: Asked, agency: Agency, shown: casework.Offer) -> casework.Case:
    actor, year = request.actor, text(request, "year_minor")
    if not year.lstrip("-").isdigit():
        raise FormError("CASE-196", _("Look at the price first, then order."), field="quantity")
    requester = casework.put_own_contact(actor=actor, agency_id=agency.pk)
    order = casework.NewOrder(
        offer=shown.category.code,
        quantity=shown.quantity,
        year_minor=int(year),
        text=text(request, "text"),
        requester=requester,
        answers=answers_of(shown.category, request.POST),
        **source_of(request),
    )
    return casework.place_order(actor=actor, agency_id=agency.pk, order=order).case


@agency_only(ASK)
@lists("casework.CaseOrder")
def orders(request: Asked) -> HttpResponse:
    """What the agency ordered, the newest first."""
    mine = choices(request, ASK)
    rows = casework.orders(request.actor, mine["chosen"].pk, place(request))
    states = order_states()
    context = {
        "rows": [
            {
                "order": row,
                "href": reverse("cases:case", args=[row.case.number]),
                "tag": states[row.state],
                "many": words.quantity(row.quantity),
                "year": row.year_minor,
            }
            for row in rows
        ],
        "pages": pages(request, rows),
        **mine,
    }
    return show(request, "cases/orders.jinja", context)


def order_on_page(request: Asked, case: casework.Case) -> dict[str, Any] | None:
    """What the page of a case says of its order; None where it is none."""
    if case.case_type.family != "order":
        return None
    found = casework.order_of(request.actor, case)
    if found is None:
        return None
    item = item_by_code(request.actor, found.charge_item)
    return {
        "row": found,
        "item": item,
        "many": words.quantity(found.quantity),
        "tag": order_states()[found.state],
        "can_end": found.state == "in_service" and found.recurs == "monthly",
    }
