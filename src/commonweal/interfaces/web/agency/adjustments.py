"""What the agency gets back, or pays more, of the services' years."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from commonweal.kernel.party.public import centre
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import agency_only
from ..lists import lists, pages, place
from ..requests import Asked
from .frame import VIEW, choices, own_agency


@agency_only(VIEW)
@lists("charging.AdjustmentPart", "charging.PriceReduction")
def adjustments(request: Asked) -> HttpResponse:
    """The agency's part of each approved year-end adjustment, by funding source, and its reduced
    prices."""
    agency = own_agency(request)
    rows = charging.own_adjustments(request.actor, agency.pk, place(request))
    reduced = charging.price_reductions(
        request.actor, agency_id=agency.pk, place=place(request, "reduced")
    )
    currency = centre().currency
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "reduced": reduced,
        "reduced_pages": pages(request, reduced, "reduced"),
        "currency": currency,
        "method_words": charging.method_words,
        "headline": _headline(rows, currency),
        **choices(request),
    }
    return render(request, "agency/adjustments.jinja", context)


def _headline(rows: Sequence[charging.AdjustmentPart], currency: str) -> str:
    """`You get back $1,204.00 of the years shown.`"""
    total = sum(row.amount_minor + row.interest_minor for row in rows)
    if not rows:
        return _("No year-end adjustment concerns you yet")
    if total >= 0:
        return _("You get back %(amount)s of the years shown") % {
            "amount": words.money(total, currency)
        }
    return _("You pay %(amount)s more for the years shown") % {
        "amount": words.money(-total, currency)
    }
