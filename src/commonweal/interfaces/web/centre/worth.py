"""Was sharing worth it? The sum over every agency, as honest as each row; price indices."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.party.public import centre
from commonweal.practices.consolidation import public as worth

from ..access import centre_only
from ..agency import worth_words as say
from ..agency.worth import csv_of, year_asked, years
from ..lists import report
from ..look.page import Problem
from ..requests import Asked
from .base import attachment, attempt, decimal_field, done, show, text, whole_field

VIEW = "consolidation.view"
PUT = "consolidation.put_index"


@centre_only(VIEW)
@report("one row for each agency and service of a fiscal year, and their sum")
def overview(request: Asked) -> HttpResponse:
    """Claimed, verified, not proved, cannot be determined: the sum, then every row."""
    year = year_asked(request)
    views = worth.year_views(request.actor, year)
    total, currency = worth.total_of(views), centre().currency
    context = {
        "year": year,
        "years": years(year),
        "views": views,
        "total": total,
        "currency": currency,
        "sentence": say.total_sentence(total, year, currency),
        "picture": say.ranked(views, _("Savings and losses, largest first")),
        "say": say,
    }
    return show(request, "centre/worth.jinja", context)


@centre_only(VIEW)
def overview_csv(request: Asked) -> HttpResponse:
    """The same as CSV."""
    year = year_asked(request)
    data = csv_of(worth.year_views(request.actor, year))
    return attachment(f"worth-{year}.csv", "text/csv; charset=utf-8", data)


@centre_only(VIEW)
@report("the published price indices, a value for each year")
def prices(request: Asked) -> HttpResponse:
    """The price indices with every value and its source; entering another."""
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        errors = attempt(lambda: _put(request))
        if not errors:
            return done(request, _("The price index is saved."), "worth_prices")
    found = worth.indices(request.actor)
    context = {
        "indices": found,
        "rows": [
            (index, value)
            for index in found
            for value in sorted(index.values.all(), key=lambda row: (row.year, row.recorded_at))
        ],
        "choices": [(row.code, row.name) for row in found],
        "may_put": request.actor.may(PUT),
        "given": request.POST,
        "wrong": {problem.field: problem.text for problem in errors},
    }
    return show(request, "centre/worth_prices.jinja", context, errors)


def _put(request: Asked) -> None:
    if text(request, "do") == "index":
        worth.put_index(
            actor=request.actor,
            code=text(request, "code"),
            name=text(request, "name"),
            source=text(request, "source"),
        )
        return
    worth.put_index_value(
        actor=request.actor,
        index=text(request, "index"),
        year=whole_field(request, "year", _("The fiscal year")),
        value=decimal_field(request, "value", _("The index")),
        source=text(request, "value_source"),
    )
