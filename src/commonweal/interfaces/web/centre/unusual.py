"""Unusual lines of every agency, the tolerances behind them, and the dates of bills."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from commonweal.kernel.catalogue.public import charge_items
from commonweal.kernel.party.public import centre
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..agency.unusual import shown
from ..lists import lists, pages, place, report
from ..look.page import Link
from ..requests import Asked
from .base import (
    address,
    attempt,
    done,
    money_field,
    required_id,
    show,
    text,
    whole_field,
)

VIEW = "charging.view_all_bills"
ANSWER = "charging.answer_queries"
TOLERANCES = "charging.set_tolerances"
RULES = "charging.set_dispute_rules"


@centre_only(VIEW)
@lists("charging.AnomalyHold")
def unusual(request: Asked, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """Lines far from what is usual, oldest first; those that wait hold their month's issue."""
    wanted = request.GET.get("state", "open")
    state = wanted if wanted in ("open", "acknowledged", "explained") else ""
    rows = charging.holds(request.actor, state=state, place=place(request))
    named = {"open": _("Waiting"), "acknowledged": _("Acknowledged"), "explained": _("Explained")}
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "named": named,
        "tabs": [
            Link(label, address("unusual", state=code), code == wanted)
            for code, label in named.items()
        ],
        "may_answer": request.actor.may(ANSWER),
        "asked": request.POST,
    }
    return show(request, "centre/unusual.jinja", context, errors)


@centre_only(ANSWER)
def explain(request: Asked, hold_id: UUID) -> HttpResponse:
    """Explain an unusual line after the preview, with a reason that the agency reads."""
    if request.method != "POST":
        return HttpResponseRedirect(address("unusual"))
    errors = attempt(
        lambda: charging.explain_hold(
            actor=request.actor, hold_id=hold_id, reason=text(request, "reason")
        )
    )
    if errors:
        return unusual(request, errors)
    return done(request, _("Explained. The bills no longer wait for this line."), "unusual")


@centre_only(VIEW)
@lists("charging.ItemTolerance")
def tolerances(request: Asked) -> HttpResponse:
    """From when an item's amount is unusual."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        errors = attempt(lambda: _put(request))
        if not errors:
            said = _("The tolerance is saved. It counts from the next drafting.")
            return done(request, said, "tolerances")
    rows = charging.tolerances(request.actor, place(request))
    items = [(str(row.pk), f"{row.name} ({row.code})") for row in charge_items(request.actor)]
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "items": items,
        "currency": centre().currency,
        "may_set": request.actor.may(TOLERANCES),
        "asked": request.POST,
    }
    return show(request, "centre/tolerances.jinja", context, errors)


def _put(request: Asked) -> None:
    charging.put_tolerance(
        actor=request.actor,
        charge_item_id=required_id(request, "item", _("Choose a charge item.")),
        percent=whole_field(request, "percent", _("Percent")),
        minimum_minor=money_field(request, "minimum", _("Least difference")),
        months=whole_field(request, "months", _("Months"), default=6),
    )


@centre_only(VIEW)
@report("the service levels of at most 24 months")
def dates(request: Asked) -> HttpResponse:
    """When bills were drafted, shown and issued, and disputes answered: met or not met."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        errors = attempt(
            lambda: charging.put_bill_target(
                actor=request.actor,
                code=text(request, "code"),
                days=whole_field(request, "days", _("Working days")),
            )
        )
        if not errors:
            return done(request, _("The target is saved."), "dates")
    context = {
        **shown(request, None),
        "may_set": request.actor.may(RULES),
        "asked": request.POST,
    }
    return show(request, "centre/dates.jinja", context, errors)
