"""Budget figures: every agency's deadline, what was issued, what is overdue, how it came out."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.party.public import agencies
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place
from ..look.page import Problem
from ..requests import Asked
from .base import attempt, day_field, done, required_id, show, text
from .rates import centre_year, desk_tabs

VIEW_ALL = "charging.view_all_bills"
ISSUE = "charging.issue_budget_figures"


@centre_only(VIEW_ALL)
@lists("party.Agency")
def budget_figures(request: Asked) -> HttpResponse:
    """The agencies with their deadlines and figures of a year; issuing one, setting a day."""
    given = request.POST.get("year") or request.GET.get("year", "")
    year = int(given) if given.isdigit() and len(given) == 4 else centre_year() + 1
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        deadline = text(request, "do") == "deadline"
        errors = attempt(lambda: _deadline(request, year) if deadline else _issue(request, year))
        if not errors:
            said = _("The day is set.") if deadline else _("Issued. The agency is told.")
            return done(request, said, "budget_figures", year=year)
    shown = agencies(request.actor, place=place(request))
    rows = charging.deadlines(request.actor, year, shown)
    present = centre_year()
    begun = [row.figure for row in rows if row.figure and year <= present]
    came = {each.figure.agency_id: each for each in charging.accuracies(request.actor, begun)}
    context = {
        "year": year,
        "years": [(str(y), str(y)) for y in range(present + 2, present - 2, -1)],
        "rows": [
            {
                "row": row,
                "accuracy": came.get(row.agency.pk),
            }
            for row in rows
        ],
        "overdue": [row for row in rows if row.state == "overdue"],
        "choices": [(str(row.agency.pk), row.agency.name) for row in rows],
        "pages": pages(request, shown),
        "tabs": desk_tabs("budget_figures"),
        "may_issue": request.actor.may(ISSUE),
        "asked": request.POST,
    }
    return show(request, "centre/budget_figures.jinja", context, errors)


def _issue(request: Asked, year: int) -> object:
    return charging.issue_budget_figure(
        actor=request.actor,
        agency_id=required_id(request, "agency", _("Choose the agency.")),
        fiscal_year=year,
    )


def _deadline(request: Asked, year: int) -> object:
    return charging.set_budget_deadline(
        actor=request.actor,
        agency_id=required_id(request, "agency", _("Choose the agency.")),
        fiscal_year=year,
        day=day_field(request, "day", _("Needed by")),
    )
