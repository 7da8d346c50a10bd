"""“Where did our money go?”: an agency's year in plain words, for everybody who may read it."""

from __future__ import annotations

from fractions import Fraction

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from markupsafe import Markup

from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.party.public import centre
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import open_to_all
from ..agency.frame import attachment
from ..context import profile_of_centre
from ..lists import lists, pages, place, report
from ..look.charts import Point, ranking
from ..requests import Asked


def year_asked(request: Asked) -> int:
    """The fiscal year of the address, else that of the last full month."""
    profile = centre()
    month = FiscalPeriod.of_date(today(profile.zone)).shift(-1)
    given = request.GET.get("year", "")
    if given.isascii() and given.isdigit() and len(given) == 4:
        return int(given)
    return month.fiscal_year(profile.fiscal_year_start_month)


@open_to_all
@lists("party.Agency")
def agencies(request: Asked) -> HttpResponse:
    """The agencies that opened their page to everybody."""
    if profile_of_centre() is None:
        return render(request, "public/money_agencies.jinja", {"found": [], "pages": None})
    found = charging.published_agencies(request.actor, place(request))
    context = {"found": found, "pages": pages(request, found)}
    return render(request, "public/money_agencies.jinja", context)


@open_to_all
@report("one row for each thing that one agency bought in a year")
def money(request: Asked, code: str) -> HttpResponse:
    """An agency's money by service: what it bought, what one cost, what changed and why."""
    found = charging.spending(request.actor, code, year_asked(request))
    context = {
        "found": found,
        "sentence": sentence(found),
        "picture": picture(found),
        "unit_cost": unit_cost,
        "why": why_changed,
        "own": request.actor.may("charging.view_bills", found.agency.pk),
    }
    return render(request, "public/money.jinja", context)


@open_to_all
def money_csv(request: Asked, code: str) -> HttpResponse:
    """The same as open data."""
    found = charging.spending(request.actor, code, year_asked(request))
    header, rows = charging.spending_table(found)
    name = f"money-{found.agency.code}-{found.fiscal_year}.csv"
    return attachment(name, "text/csv; charset=utf-8", charging.write_csv(header, rows))


def sentence(found: charging.Spending) -> str:
    """The year in a sentence: how much, on what most, and how it changed."""
    if not found.services:
        return _("In fiscal year %(year)s nothing was paid for shared services so far.") % {
            "year": found.fiscal_year
        }
    largest = found.services[0]
    shape = (
        _(
            "In fiscal year %(year)s so far (%(first)s to %(last)s) %(agency)s paid %(amount)s for"
            " shared services, most of it, %(part)s, for %(service)s."
        )
        if len(found.services) > 1
        else _(
            "In fiscal year %(year)s so far (%(first)s to %(last)s) %(agency)s paid %(amount)s for"
            " shared services, all of it for %(service)s."
        )
    )
    text = shape % {
        "year": found.fiscal_year,
        "first": words.period(found.months[0]),
        "last": words.period(found.months[-1]),
        "agency": found.agency.name,
        "amount": words.money(found.now_minor, found.currency),
        "part": words.money(largest.now_minor, found.currency),
        "service": largest.name,
    }
    if not found.compared:
        return text
    change = found.now_minor - found.before_minor
    shape = (
        _("That is %(amount)s more than in the same months a year before.")
        if change > 0
        else _("That is %(amount)s less than in the same months a year before.")
        if change < 0
        else _("That is as much as in the same months a year before.")
    )
    return f"{text} {shape % {'amount': words.money(abs(change), found.currency)}}"


def picture(found: charging.Spending) -> Markup:
    """Bars, largest first, the message as the title."""
    if not found.services:
        return Markup()
    title = _("%(service)s takes the largest part of the money") % {
        "service": found.services[0].name
    }
    points = [
        Point(row.name, row.now_minor, words.money(row.now_minor, found.currency))
        for row in found.services
    ]
    return ranking(title, points, label=_("Service"), unit=found.currency)


def unit_cost(minor: Fraction | None, currency: str) -> str:
    """What one cost, to the cent or finer; a dash where nothing was used."""
    if minor is None:
        return "–"
    exact = minor / 10 ** words.exponent(currency)
    return words.rate(charging.rounded_rate(exact), currency)


def why_changed(row: charging.ItemSpending, currency: str) -> str:
    """What changed, in words: by use, by price."""
    change = row.change
    if change.total == 0:
        return _("No change")
    if change.other:
        return (
            _("New this year") if row.before.amount_minor == 0 else _("Not comparable")
        ) + f" ({words.money(change.total, currency)})"
    parts = []
    if change.volume:
        shape = (
            _("%(amount)s because more was used")
            if change.volume > 0
            else _("%(amount)s because less was used")
        )
        parts.append(shape % {"amount": words.money(change.volume, currency)})
    if change.price:
        shape = (
            _("%(amount)s because one cost more")
            if change.price > 0
            else _("%(amount)s because one cost less")
        )
        parts.append(shape % {"amount": words.money(change.price, currency)})
    return ", ".join(parts)
