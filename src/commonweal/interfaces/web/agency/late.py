"""Late usage of the agency: what is held, what was accepted or declined, and why."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from commonweal.kernel.metering import public as metering
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError
from commonweal.practices.charging import public as charging

from ..access import agency_only
from ..centre.late import state_words
from ..lists import lists, pages, place
from ..look.page import Link
from ..requests import Asked
from .frame import choices

VIEW = "metering.view"
BILLS = "charging.view_bills"


@agency_only(VIEW)
@lists("metering.LateRecord")
def late(request: Asked) -> HttpResponse:
    """The agency's late records by their standing, each with the reason of its decision."""
    mine = choices(request, VIEW)
    chosen, names = mine["chosen"], state_words()
    state = request.GET.get("state", "held")
    state = state if state in names else "held"
    rows = metering.late_records(
        request.actor, state=state, agency_id=chosen.pk, place=place(request)
    )
    counts = metering.late_counts(request.actor, chosen.pk)
    context = {
        "currency": centre().currency,
        "coming": _coming(request, chosen.pk),
        "rows": rows,
        "pages": pages(request, rows),
        "counts": counts,
        "states": [
            Link(f"{words} ({counts[code]})", f"?agency={chosen.code}&state={code}", code == state)
            for code, words in names.items()
        ],
        "zone": centre().zone,
        **mine,
    }
    return render(request, "agency/late.jinja", context)


def _coming(request: Asked, agency_id: UUID) -> list[dict[str, Any]] | None:
    """The corrections of the next bill so far; None where the reader may not see bills, or where
    a rate is missing, which the centre sees when it closes the month."""
    actor = request.actor
    if not actor.may(BILLS, agency_id):
        return None
    try:
        found = charging.coming_corrections(actor, agency_id)
    except CommonwealError:
        return None
    say = charging.Words(centre().currency)
    return [
        {
            "item": each.item.name,
            "month": each.line.charge_period,
            "bill": each.period,
            "quantity": say.counted(each.line.quantity, each.item),
            "records": each.line.facts,
            "amount": each.line.amount_minor,
            "corrects": each.corrects,
        }
        for each in found
    ]
