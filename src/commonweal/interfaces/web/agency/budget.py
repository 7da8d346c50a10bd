"""My budget: the year to its end, what is budgeted, when to be told, next year's figure."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.calendar.public import today
from commonweal.kernel.party.public import centre
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import agency_only, anyone_with
from ..centre.base import FormError, attempt, day_field, money_field, text
from ..lists import report
from ..look.charts import Point, bars
from ..look.page import Problem
from ..requests import Asked
from .frame import VIEW, VIEW_ALL, attachment, choices, own_agency

MANAGE = "charging.manage_budget"


def year_of(request: Asked) -> int:
    """The year asked for, else the one in progress; only near years are offered."""
    now = charging.present_year()
    given = request.POST.get("year") or request.GET.get("year", "")
    return {str(year): year for year in (now - 1, now)}.get(given, now)


@agency_only(VIEW)
@report("one agency's year, a row for each service")
def budget(request: Asked) -> HttpResponse:
    """The year in one sentence, by service beside the budget, and what comes next."""
    agency, year = own_agency(request), year_of(request)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        writes: dict[str, Callable[[Asked, UUID, int], None]] = {
            "budget": put_budgets,
            "alerts": put_alerts,
            "deadline": put_deadline,
        }
        write = writes.get(text(request, "do"), put_budgets)
        errors = attempt(lambda: write(request, agency.pk, year))
        if not errors:
            messages.success(request, _("Saved."))
            place = reverse("agency:budget") + f"?agency={agency.code}&year={year}"
            return HttpResponseRedirect(place)
    found = charging.year_end(request.actor, agency.pk, year)
    now = charging.present_year()
    figure = charging.figure_of_year(request.actor, agency.pk, now + 1)
    context = {
        "found": found,
        "year": year,
        "years": [now - 1, now],
        "next_year": now + 1,
        "headline": headline(found),
        "standing": standing(found.total),
        "picture": picture(found),
        "rows": [(row, standing(row)) for row in found.rows],
        "thresholds": ", ".join(map(str, charging.thresholds_of(request.actor, agency.pk))),
        "alerts": charging.budget_alerts(request.actor, agency.pk, year),
        "figure": figure,
        "figures": charging.figures(request.actor, agency.pk),
        "deadline": charging.deadline_of(request.actor, agency.pk, now + 1),
        "coming": charging.coming_rates(request.actor, agency.pk),
        "may": request.actor.may(MANAGE, agency.pk),
        "asked": request.POST,
        "say": charging.rate_text,
        "changed": charging.change_words,
        "errors": errors,
        "wrong": {each.field: each.text for each in errors},
        "today": today(centre().zone),
        **choices(request),
    }
    return render(request, "agency/budget.jinja", context, status=422 if errors else 200)


def headline(found: charging.YearEnd) -> str:
    """The year in one sentence."""
    year, currency = found.total.year, found.currency
    said = {
        "year": found.fiscal_year,
        "spent": words.money(found.total.spent, currency),
        "expected": words.money(year.expected, currency),
        "low": words.money(year.low, currency),
        "high": words.money(year.high, currency),
    }
    if len(found.issued) == 12:
        return _("Fiscal year %(year)s came to %(spent)s.") % said
    if not year.known:
        return (
            _("Fiscal year %(year)s: %(spent)s so far, about %(expected)s by its end. There is too "
              "little history for an interval.") % said
        )  # fmt: skip
    return (
        _("Fiscal year %(year)s: %(spent)s so far, about %(expected)s by its end; between %(low)s "
          "and %(high)s.") % said
    )  # fmt: skip


def standing(row: charging.YearRow) -> tuple[str, str]:
    """How a budget stands, as a tag: a shape and a word, never a colour alone."""
    if row.budget is None or row.share is None:
        return "unknown", _("No budget entered")
    share = words.percent(row.share, 0)
    shapes = {
        "good": _("%(share)s spent, within the budget"),
        "watch": _("%(share)s spent, expected to exceed it"),
        "bad": _("%(share)s spent, the budget is exceeded"),
    }
    return row.state, shapes[row.state] % {"share": share}


def picture(found: charging.YearEnd) -> Any:
    """The months that are billed, as bars."""
    points = []
    for month in charging.year_months(found.fiscal_year):
        amount = found.by_month.get(month.code)
        said = words.money(amount, found.currency) if amount is not None else ""
        short = words.short_money(amount, found.currency) if amount is not None else ""
        points.append(Point(words.month(month), amount, said, short))
    title = _("%(count)s of 12 months are billed") % {"count": len(found.issued)}
    return bars(title, points, label=_("Month"), unit=_("Bill"),
                empty_text=_("No month of this year is billed yet."))  # fmt: skip


def put_budgets(request: Asked, agency_id: UUID, year: int) -> None:
    """Every amount that was entered: altogether (`amount`), and by service (`amount-code`)."""
    for field in request.POST:
        name, _sign, code = str(field).partition("-")
        if name == "amount" and text(request, str(field)):
            charging.put_budget(
                actor=request.actor,
                agency_id=agency_id,
                fiscal_year=year,
                amount_minor=money_field(request, str(field), _("Budget")),
                service=code,
            )


def put_alerts(request: Asked, agency_id: UUID, year: int) -> None:
    """The percentages, apart by commas or spaces (FORM-111)."""
    parts = text(request, "thresholds").replace("%", "").replace(",", " ").split()
    if not all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):
        raise FormError(
            "FORM-111", _("Write whole percentages, such as 50, 80, 100, 110."), field="thresholds"
        )
    charging.set_budget_thresholds(
        actor=request.actor, agency_id=agency_id, percentages=[int(part) for part in parts]
    )


def put_deadline(request: Asked, agency_id: UUID, year: int) -> None:
    """The day by which next year's figure is needed."""
    charging.set_budget_deadline(
        actor=request.actor,
        agency_id=agency_id,
        fiscal_year=charging.present_year() + 1,
        day=day_field(request, "day", _("Needed by")),
    )


@anyone_with(VIEW, VIEW_ALL)
@report("one budget figure as a whole, a row for each charge item")
def budget_figure(request: Asked, figure_id: UUID) -> HttpResponse:
    """One issued figure: by item, how it was worked out, how it came out."""
    row = charging.figure(request.actor, figure_id)
    context = {
        "figure": row,
        "lines": [{**line, "how": how(line), "by": mix_of(line)} for line in row.document["lines"]],
        "accuracy": charging.accuracy(request.actor, row),
        "currency": row.currency,
    }
    return render(request, "agency/budget_figure.jinja", context)


def mix_of(line: dict[str, Any]) -> str:
    """By what mix a price by dimensions is worked out; nothing for other prices."""
    if line.get("dearest"):
        return _("nothing is recorded of how you use it, so it is taken at the dearest price")
    parts = [
        f"{' / '.join(values.values()) or _('other')} {words.quantity(Decimal(quantity))}"
        for values, quantity in line.get("mix", ())
    ]
    return (
        _("by your newest month of use: %(parts)s") % {"parts": "; ".join(parts)} if parts else ""
    )


def how(line: dict[str, Any]) -> str:
    """Where a quantity comes from, and where its interval does."""
    known = line["quantity_low"] is not None
    found = {
        "signed": _("your signed forecast"),
        "trend": _("the mean of your last %(months)s months × 12") % {"months": line["months"]},
        "fixed": _("a fixed charge of every month"),
        "none": _("nothing is forecast and nothing was used"),
    }[line["method"]]
    if line["method"] == "fixed":
        return found
    if not known:
        return _("%(how)s; fewer than six months of use, so no interval") % {"how": found}
    return _("%(how)s; low and high by the weak and strong tenth of your months") % {"how": found}


@anyone_with(VIEW, VIEW_ALL)
def budget_figure_csv(request: Asked, figure_id: UUID) -> HttpResponse:
    """One figure as CSV."""
    row = charging.figure(request.actor, figure_id)
    data = charging.write_csv(charging.FIGURE_HEADER, charging.figure_rows(row))
    name = f"{row.agency.code}-budget-{row.fiscal_year}-{row.number}.csv"
    return attachment(name, "text/csv; charset=utf-8", data)
