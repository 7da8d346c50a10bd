"""Late usage of the agency: what is held, what was accepted or declined, and why."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from commonweal.kernel.metering import public as metering
from commonweal.kernel.party.public import centre

from ..access import agency_only
from ..centre.late import state_words
from ..lists import lists, pages, place
from ..look.page import Link
from ..requests import Asked
from .frame import choices

VIEW = "metering.view"


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
