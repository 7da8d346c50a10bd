"""Opening the page about the agency's money to everybody; unit costs beside anonymous peers."""

from __future__ import annotations

from fractions import Fraction

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from markupsafe import Markup

from commonweal.kernel.party.public import Agency
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import anyone_with
from ..centre.base import attempt
from ..lists import report
from ..look.charts import Point, line
from ..look.page import Problem
from ..public.money import year_asked
from ..requests import Asked
from .frame import VIEW, attachment, choices, own_agencies, own_agency

PUBLISH = "charging.publish_money"


def _agency(request: Asked) -> Agency:
    """One's own agency, or for the centre's people the one named."""
    if not request.actor.centre:
        return own_agency(request)
    return find_agency(request.actor, request.GET.get("agency") or request.POST.get("agency", "-"))


@anyone_with(VIEW, "charging.view_all_bills")
@report("the last twenty turns of one switch")
def openness(request: Asked) -> HttpResponse:
    """Whether the page “Where did our money go?” is open to everybody; turning the switch."""
    agency = _agency(request)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        opened = request.POST.get("do") == "open"
        errors = attempt(
            lambda: charging.publish_money(
                actor=request.actor,
                agency_id=agency.pk,
                published=opened,
                reason=request.POST.get("reason", ""),
            )
        )
        if not errors:
            said = _("Everybody can read the page now.") if opened else _("The page is closed.")
            messages.success(request, said)
            return HttpResponseRedirect(reverse("agency:openness") + f"?agency={agency.code}")
    context = {
        "mine": [] if request.actor.centre else own_agencies(request.actor),
        "chosen": agency,
        "turns": charging.money_switch(request.actor, agency.pk),
        "published": charging.is_published(request.actor, agency.pk),
        "may_publish": request.actor.may(PUBLISH, agency.pk),
        "given": request.POST,
        "errors": errors,
        "wrong": {problem.field: problem.text for problem in errors},
    }
    return render(request, "agency/openness.jinja", context, status=422 if errors else 200)


@anyone_with(VIEW, "charging.view_all_bills")
@report("one row for each charge item and service, and twelve months of one service")
def peers(request: Asked) -> HttpResponse:
    """Own unit costs beside the quartiles of at least five agencies."""
    agency_id = None if request.actor.centre else own_agency(request).pk
    found = charging.peers(request.actor, year_asked(request), agency_id)
    services = sorted({(row.service_code, row.name) for row in found.rows if row.kind != "unit"})
    chosen = request.GET.get("service", "") or (services[0][0] if services else "")
    costs = charging.service_unit_costs(request.actor, chosen, found.fiscal_year) if chosen else []
    context = {
        **({"mine": [], "chosen": None} if request.actor.centre else choices(request)),
        "found": found,
        "places": places(),
        "figure": figure,
        "services": services,
        "service": chosen,
        "picture": over_time(costs, dict(services).get(chosen, ""), found.currency),
        "sentence": sentence(found),
    }
    return render(request, "agency/peers.jinja", context)


@anyone_with(VIEW, "charging.view_all_bills")
def peers_csv(request: Asked) -> HttpResponse:
    """The same as CSV."""
    agency_id = None if request.actor.centre else own_agency(request).pk
    found = charging.peers(request.actor, year_asked(request), agency_id)
    header, rows = charging.peers_table(found)
    name = f"unit-costs-{found.fiscal_year}.csv"
    return attachment(name, "text/csv; charset=utf-8", charging.write_csv(header, rows))


def places() -> dict[str, tuple[str, str]]:
    """Where one's own value lies, as a shape and words."""
    return {
        "lowest": ("good", _("Among the lowest quarter")),
        "middle": ("neutral", _("In the middle half")),
        "highest": ("watch", _("Among the highest quarter")),
        "unknown": ("unknown", _("Not compared")),
    }


def figure(value: Fraction | None, currency: str) -> str:
    """A unit cost; a dash where there is none."""
    return "–" if value is None else words.rate(charging.rounded_rate(value), currency)


def sentence(found: charging.Peers) -> str:
    """How one stands, in a sentence."""
    compared = [row for row in found.rows if row.place != "unknown"]
    if not compared:
        return _(
            "Nothing can be compared yet: a figure of your own and at least five agencies with one"
            " are needed."
        )
    high = [row for row in compared if row.place == "highest"]
    if not high:
        return _("Of your %(count)s unit costs, not one is among the highest quarter.") % {
            "count": len(compared)
        }
    return _("%(high)s of your %(count)s unit costs are among the highest quarter: %(names)s.") % {
        "high": len(high),
        "count": len(compared),
        "names": words.listing([row.name for row in high[:3]]),
    }


def over_time(costs: list[charging.UnitCost], name: str, currency: str) -> Markup:
    """A service's full cost per employee served, month by month."""
    known = [row for row in costs if row.value is not None]
    if not known:
        return Markup()
    title = _("Full cost of %(service)s per employee served, by month") % {"service": name}
    points = [
        Point(
            words.period(row.period),
            None if row.value is None else charging.rounded_rate(row.value),
            figure(row.value, currency),
        )
        for row in costs
    ]
    return line(title, points, label=_("Month"), unit=currency)
