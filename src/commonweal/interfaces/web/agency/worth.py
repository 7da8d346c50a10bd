"""Was sharing worth it? An agency's savings and losses, its baselines, own costs and claims."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.documents.public import document, open_document
from commonweal.kernel.party.public import Agency, centre
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.schema.public import NotFound
from commonweal.practices.charging import public as charging
from commonweal.practices.consolidation import public as worth

from ..access import anyone_with
from ..lists import report
from ..requests import Asked
from . import worth_words as say
from .frame import attachment, chosen_among, own_agencies

VIEW = "consolidation.view"


def worth_agency(request: Asked) -> Agency:
    """The agency that the page is about: one's own, or for the centre's people the one named."""
    asked = request.GET.get("agency", "") or request.POST.get("agency", "")
    if request.actor.centre:
        return find_agency(request.actor, asked or "-")
    return chosen_among(request, own_agencies(request.actor, VIEW))


def worth_choices(request: Asked, chosen: Agency) -> dict[str, Any]:
    """Template context for choosing among several agencies."""
    mine = [] if request.actor.centre else own_agencies(request.actor, VIEW)
    return {"mine": mine, "chosen": chosen}


def year_asked(request: Asked) -> int:
    """The fiscal year of the address, else that of the last full month."""
    profile = centre()
    month = FiscalPeriod.of_date(today(profile.zone)).shift(-1)
    latest = month.fiscal_year(profile.fiscal_year_start_month)
    given = request.GET.get("year", "") or request.POST.get("year", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) == 4 else latest


def years(chosen: int) -> list[tuple[str, str]]:
    """Fiscal years as choices of a select, newest first."""
    found = sorted({chosen, *range(chosen - 3, chosen + 2)}, reverse=True)
    return [(str(year), _("Fiscal year %(year)s") % {"year": year}) for year in found]


@anyone_with(VIEW)
@report("one row for each service that the agency has ordered or signed a baseline of")
def overview(request: Asked) -> HttpResponse:
    """Each service's year: what it would have cost alone, what it cost shared, saved or lost."""
    agency, year = worth_agency(request), year_asked(request)
    views = worth.year_views(request.actor, year, agency_id=agency.pk)
    total = worth.total_of(views)
    sentence = say.total_sentence(total, year, centre().currency) if views else ""
    context = {
        **worth_choices(request, agency),
        "year": year,
        "years": years(year),
        "views": views,
        "total": total,
        "sentence": sentence,
        "currency": centre().currency,
        "picture": say.ranked(views, _("What each service saved or lost")),
        "say": say,
    }
    return render(request, "agency/worth.jinja", context)


@anyone_with(VIEW)
def overview_csv(request: Asked) -> HttpResponse:
    """The same as CSV."""
    agency, year = worth_agency(request), year_asked(request)
    views = worth.year_views(request.actor, year, agency_id=agency.pk)
    return attachment(f"worth-{agency.code}-{year}.csv", "text/csv; charset=utf-8", csv_of(views))


def csv_of(views: list[worth.YearView]) -> bytes:
    """Figures as CSV in which no cell becomes a formula."""
    header, rows = worth.worth_rows(views)
    return charging.write_csv(header, rows)


@anyone_with(VIEW)
def paper(request: Asked, document_id: Any) -> HttpResponse:
    """One paper behind a baseline, a cost or a claim."""
    found = document(request.actor, document_id)
    allowed = request.actor.may(VIEW, found.agency_id)
    if not allowed or not found.owner_type.startswith("consolidation."):
        raise NotFound("DOCUMENTS-404", "There is no such file among those you may see.")
    return attachment(found.filename, found.media_type, open_document(request.actor, found.pk))


def rights(actor: Actor, agency: Agency) -> dict[str, bool]:
    """What the person may do here."""
    names = ("enter", "sign", "claim", "confirm")
    return {name: actor.may(f"consolidation.{name}", agency.pk) for name in names}
