"""The usage records that count in a month, of the agency or of the bureaus of one's role."""

from __future__ import annotations

import tempfile
from typing import Any
from zoneinfo import ZoneInfo

from django.http import FileResponse, HttpResponse
from django.shortcuts import render

from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.catalogue.public import charge_items
from commonweal.kernel.metering import public as metering
from commonweal.kernel.party.public import Agency, agencies, bureaus, centre
from commonweal.practices.charging import public as charging

from ..access import agency_only
from ..centre.base import last_month, month_asked, months_back
from ..lists import lists, pages, place
from ..requests import Asked
from .frame import chosen_among

VIEW = "metering.view"
IN_MEMORY = 8 * 1024 * 1024


def _own(request: Asked) -> list[Agency]:
    """The agencies of which the person may see records, be it of one bureau."""
    actor = request.actor
    return [row for row in agencies(actor) if actor.bureaus_with(VIEW, row.pk) != frozenset()]


@agency_only(VIEW, in_part=True)
@lists("metering.UsageFact")
def records(request: Asked) -> HttpResponse:
    """A month's records, oldest first, corrections included."""
    mine, period = _own(request), month_asked(request, last_month())
    chosen = chosen_among(request, mine)
    rows = metering.facts(request.actor, chosen.pk, period, late=None, place=place(request))
    names = {row.pk: row.name for row in bureaus(request.actor, chosen.pk)}
    limited = request.actor.bureaus_with(VIEW, chosen.pk)
    items = {item.pk: item for item in charge_items(request.actor)} if rows else {}
    say = charging.Words("")
    context = {
        "mine": mine,
        "chosen": chosen,
        "period": period,
        "months": months_back(FiscalPeriod.of_date(today(centre().zone)).code, 36),
        "rows": [_shown(row, items[row.charge_item_id], names, say) for row in rows],
        "pages": pages(request, rows),
        "limited": sorted(names[key] for key in limited or () if key in names),
        "zone": centre().zone,
        "local": ZoneInfo(centre().zone),
    }
    return render(request, "agency/records.jinja", context)


def _shown(row: metering.UsageRow, item: Any, names: dict[Any, str], say: Any) -> dict[str, Any]:
    return {
        "starts": row.starts,
        "item": item.name,
        "quantity": say.counted(row.quantity, item),
        "bureau": names.get(row.bureau_id, ""),
        "source": row.source,
        "record": row.external_id,
        "replaces": row.replaces,
        "late": row.late,
    }


@agency_only(VIEW, in_part=True)
def records_csv(request: Asked) -> FileResponse:
    """The same month's records as CSV, read within the request's transaction."""
    chosen, period = chosen_among(request, _own(request)), month_asked(request, last_month())
    kept = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  the answer closes it
    for part in metering.export_csv(request.actor, chosen.pk, period):
        kept.write(part.encode())
    kept.seek(0)
    name = f"{chosen.code}-{period}-records.csv"
    return FileResponse(kept, as_attachment=True, filename=name, content_type="text/csv")
