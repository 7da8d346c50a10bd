"""Conversions of units and of currencies: two dated tables, decided by two people."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from commonweal.kernel.authority.public import Deciders, open_proposals
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.party.public import centre
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place
from ..requests import Asked
from .base import address, attempt, day_field, done, required_id, show, text
from .rates import desk_tabs

VIEW = "charging.view_costs"


@centre_only(VIEW)
@lists("catalogue.UnitConversion", "charging.ExchangeRate")
def conversions(request: Asked, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """Both tables, those that wait for a decision, and a form for each to propose one."""
    if request.method == "POST" and not errors:
        units = text(request, "do") == "unit"
        errors = attempt(lambda: _unit(request) if units else _currency(request))
        if not errors:
            return done(request, _("It is proposed. A second person decides."), "conversions")
    units_found = catalogue.conversions(request.actor, place(request))
    rates = charging.exchange_rates(request.actor, place(request, "rates"))
    actor, book = request.actor, centre().currency
    context = {
        "conversions": _rows(request, units_found, "catalogue.UnitConversion"),
        "conversion_pages": pages(request, units_found),
        "conversion_text": charging.conversion_text,
        "rates": _rows(request, rates, "charging.ExchangeRate"),
        "rate_pages": pages(request, rates, "rates"),
        "exchange_text": lambda row: charging.exchange_text(row, book),
        "items": [
            (row.code, f"{row.service.name}: {row.name} ({row.unit_id})")
            for row in catalogue.charge_items(actor)
            if row.kind != "fixed"
        ],
        "units": [(row.code, f"{row.plural} ({row.code})") for row in catalogue.units(actor)],
        "book": book,
        "asked": request.POST,
        "may_convert": actor.may("catalogue.propose_conversion"),
        "may_exchange": actor.may("charging.propose_rates"),
        "tabs": desk_tabs("conversions"),
    }
    return show(request, "centre/conversions.jinja", context, errors)


def _rows(request: Asked, found: Any, subject: str) -> list[dict[str, Any]]:
    """Each row with its standing in words, and why its reader may not decide it (empty: may)."""
    states = {
        "proposed": _("Proposed, not decided yet"),
        "approved": _("Approved"),
        "rejected": _("Rejected"),
        "withdrawn": _("Withdrawn"),
    }
    waiting = open_proposals(
        request.actor, subject, [row.pk for row in found if row.state == "proposed"]
    )
    deciders = Deciders(request.actor, [])
    return [
        {
            "row": row,
            "state": states[row.state],
            "may_decide": row.pk in waiting
            and not deciders.why_not_on(request.actor, waiting[row.pk]),
        }
        for row in found
    ]


def _unit(request: Asked) -> Any:
    return catalogue.propose_conversion(
        actor=request.actor,
        charge_item=text(request, "charge_item"),
        unit=text(request, "unit"),
        ratio=text(request, "ratio"),
        starts=day_field(request, "starts", _("First day")),
        reason=text(request, "reason"),
    )


def _currency(request: Asked) -> Any:
    return charging.propose_exchange_rate(
        actor=request.actor,
        currency=text(request, "currency").upper(),
        ratio=text(request, "ratio"),
        starts=day_field(request, "starts", _("First day")),
        source=text(request, "source"),
    )


@centre_only("catalogue.approve_conversion", "charging.approve_rates")
def decide_conversion(request: Asked) -> HttpResponse:
    """Approve or reject a row of either table, as a second person."""
    if request.method != "POST":
        return HttpResponseRedirect(address("conversions"))
    approve, reason = text(request, "decision") == "approve", text(request, "reason")

    def write() -> Any:
        row = required_id(request, "row", _("Choose a conversion."))
        if text(request, "do") == "unit":
            return catalogue.decide_conversion(
                actor=request.actor, conversion_id=row, approved=approve, reason=reason
            )
        return charging.decide_exchange_rate(
            actor=request.actor, exchange_id=row, approved=approve, reason=reason
        )

    errors = attempt(write)
    if errors:
        return conversions(request, errors)
    said = _("Approved: it holds from its first day.") if approve else _("Rejected.")
    return done(request, said, "conversions")
