"""Forecast volumes: which agency entered and signed them, and what was really used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.metering.public import history
from commonweal.kernel.party.public import Agency, agencies, centre
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place
from ..requests import Asked
from .base import agency_choices, as_id, local_day, show
from .rates import centre_year, desk_tabs

VIEW = "charging.view_costs"


@centre_only(VIEW)
@lists("charging.Forecast", "party.Agency")
def forecasts(request: Asked) -> HttpResponse:
    """A fiscal year's forecasts by agency, or one agency's by item, beside what was used."""
    given = request.GET.get("year", "")
    year = int(given) if given.isdigit() and len(given) == 4 else centre_year()
    agency_id = as_id(request.GET.get("agency", ""))
    months = months_so_far(year)
    present = centre_year()
    count, signed = charging.forecast_counts(request.actor, year, agency_id)
    context: dict[str, Any] = {
        "year": year,
        "years": [(str(y), str(y)) for y in range(present + 1, present - 3, -1)],
        "agency": request.GET.get("agency", ""),
        "agencies": agency_choices(request, _("All agencies")),
        "months": months,
        "signed": signed,
        "count": count,
        "tabs": desk_tabs("forecasts"),
    }
    if agency_id:
        context |= of_agency(request, year, agency_id, months)
    else:
        context |= of_all(request, year, months)
    return show(request, "centre/forecasts.jinja", context)


def of_agency(request: Asked, year: int, agency_id: UUID, months: Sequence[str]) -> dict[str, Any]:
    """One agency's items, a page of them."""
    rows = charging.forecasts(request.actor, year, agency_id=agency_id, place=place(request))
    used = used_so_far(request.actor, months, [agency_id])
    return {"items": item_rows(rows, used), "pages": pages(request, rows)}


def of_all(request: Asked, year: int, months: Sequence[str]) -> dict[str, Any]:
    """A page of the agencies, each with how far its forecasts are."""
    shown = agencies(request.actor, place=place(request))
    keys = [row.pk for row in shown]
    rows = charging.forecasts(request.actor, year, only=keys)
    used = used_so_far(request.actor, months, keys)
    return {"by_agency": agency_rows(shown, rows, used), "pages": pages(request, shown)}


def months_so_far(year: int) -> list[str]:
    """The months of a fiscal year that have ended."""
    start = centre().fiscal_year_start_month
    first = FiscalPeriod(year if start == 1 else year - 1, start)
    months = [first.shift(step) for step in range(12)]
    return [month.code for month in months if month.end_day <= local_day()]


def used_so_far(
    actor: Actor, months: Sequence[str], only: Sequence[UUID]
) -> dict[tuple[UUID, UUID], Decimal]:
    """What some agencies used of each item in those of the months that are sealed."""
    found: dict[tuple[UUID, UUID], Decimal] = defaultdict(Decimal)
    if months and actor.may("metering.view"):
        for totals in history(actor, months, only=only, sealed_only=True).values():
            for total in totals:
                found[total.agency_id, total.charge_item_id] += total.quantity
    return found


def item_rows(
    rows: Sequence[charging.Forecast], used: dict[tuple[UUID, UUID], Decimal]
) -> list[dict[str, Any]]:
    """One agency's items."""
    found = []
    for row in rows:
        actual = used.get((row.agency_id, row.charge_item_id), Decimal(0))
        found.append(
            {
                "item": row.charge_item.name,
                "forecast": row.quantity,
                "used": actual,
                "share": actual / row.quantity if row.quantity else None,
                "signed": row.signed_at,
            }
        )
    return found


def agency_rows(
    shown: Sequence[Agency],
    rows: Sequence[charging.Forecast],
    used: dict[tuple[UUID, UUID], Decimal],
) -> list[dict[str, Any]]:
    """Every agency: how many forecasts, how many signed, how far use is from them so far."""
    grouped: dict[UUID, list[charging.Forecast]] = defaultdict(list)
    for row in rows:
        grouped[row.agency_id].append(row)
    found = []
    for agency in shown:
        own = grouped.get(agency.pk, [])
        found.append(
            {
                "agency": agency.name,
                "id": str(agency.pk),
                "count": len(own),
                "signed": sum(row.signed_at is not None for row in own),
                "used": sum(
                    (row.agency_id, row.charge_item_id) in used and bool(row.quantity)
                    for row in own
                ),
            }
        )
    return found
