"""My forecasts: what the agency expects to use in a fiscal year, and signing it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.catalogue.public import ChargeItem, order_lines_in_force
from commonweal.kernel.catalogue.public import charge_items as all_items
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError
from commonweal.practices.charging import public as charging

from ..access import agency_only
from ..look.page import Problem
from ..requests import Asked
from .frame import VIEW, choices, own_agency, problem_of

SIGN = "charging.sign_forecast"


@dataclass(frozen=True)
class Row:
    """One item: its forecast so far, what the form holds, and the last twelve months' use."""

    item: ChargeItem
    forecast: charging.Forecast | None
    given: str
    used: Decimal | None

    @property
    def field(self) -> str:
        """The form field's name."""
        return f"item-{self.item.pk}"


def this_year() -> int:
    """The fiscal year that is running in the centre's zone."""
    profile = centre()
    month = FiscalPeriod.of_date(today(profile.zone))
    return month.fiscal_year(profile.fiscal_year_start_month)


@agency_only(VIEW)
def forecasts(request: Asked) -> HttpResponse:
    """The agency's forecasts of a year: enter, save, sign."""
    agency = own_agency(request)
    year = _year(request)
    if request.method != "POST":
        return _page(request, agency.pk, year, {}, [])
    given = {key: str(value).strip() for key, value in request.POST.items()}
    problems = _save(request, agency.pk, year, given)
    if problems:
        return _page(request, agency.pk, year, given, problems)
    place = reverse("agency:forecasts") + f"?agency={agency.code}&year={year}"
    if request.POST.get("do") == "sign":
        signed = _sign(request, agency.pk, year)
        text = ngettext(
            "Signed: %(count)s forecast for fiscal year %(year)s.",
            "Signed: %(count)s forecasts for fiscal year %(year)s.",
            signed,
        )
        messages.success(request, text % {"count": signed, "year": year})
    else:
        messages.success(request, _("Saved. Sign them when they are complete."))
    return HttpResponseRedirect(place)


def _year(request: Asked) -> int:
    """The year asked for, else the coming one; only near years are offered."""
    asked = request.GET.get("year", "") or request.POST.get("year", "")
    now = this_year()
    offered = {str(year): year for year in (now, now + 1)}
    return offered.get(asked, now + 1)


def _items(request: Asked, agency_id: UUID) -> list[ChargeItem]:
    """The items that the agency's orders cover this month, by service and name."""
    month = FiscalPeriod.of_date(today(centre().zone))
    covered = {
        line.charge_item_id
        for line in order_lines_in_force(request.actor, agency_id, month)
        if line.kind != "fixed"
    }
    found = [item for item in all_items(request.actor) if item.pk in covered]
    return sorted(found, key=lambda item: (item.service.name, item.name))


def _page(
    request: Asked, agency_id: UUID, year: int, given: dict[str, str], problems: list[Problem]
) -> HttpResponse:
    known = {
        row.charge_item_id: row
        for row in charging.forecasts(request.actor, year, agency_id=agency_id)
    }
    use = charging.usage_by_month(request.actor, agency_id)
    used = {
        each.item.pk: sum((quantity for _p, quantity, _a in each.months[-12:]), Decimal(0))
        for each in use.items
    }
    rows = []
    for item in _items(request, agency_id):
        forecast = known.get(item.pk)
        plain = format(forecast.quantity.normalize(), "f") if forecast else ""
        text = given.get(f"item-{item.pk}", plain)
        rows.append(Row(item, forecast, text, used.get(item.pk)))
    context = {
        "rows": rows,
        "year": year,
        "years": [this_year(), this_year() + 1],
        "may_sign": request.actor.may(SIGN, agency_id),
        "unsigned": [row for row in rows if row.forecast is None or not row.forecast.signed_at],
        "zone": centre().zone,
        "errors": problems,
        "wrong": {problem.field: problem.text for problem in problems},
        **choices(request),
    }
    status = 422 if problems else 200
    return render(request, "agency/forecasts.jinja", context, status=status)


def _save(request: Asked, agency_id: UUID, year: int, given: dict[str, str]) -> list[Problem]:
    """Put every quantity given; empty fields are left alone unless all are to be signed."""
    problems = []
    ready: list[tuple[UUID, str]] = []
    for item in _items(request, agency_id):
        field = f"item-{item.pk}"
        text = given.get(field, "").replace(",", "").replace("\N{NO-BREAK SPACE}", "")
        if text:
            problem = _check(text, field)
            problems += [problem] if problem else []
            ready.append((item.pk, text))
        elif request.POST.get("do") == "sign":
            name = item.name
            message = _("%(item)s is empty. Enter a number; 0 if you expect to use none.")
            problems.append(Problem(message % {"item": name}, field, "CHARGING-224"))
    return problems or _put(request, agency_id, year, ready)


def _put(
    request: Asked, agency_id: UUID, year: int, ready: list[tuple[UUID, str]]
) -> list[Problem]:
    """Save all quantities or, where one is refused, none."""
    problems = []
    with transaction.atomic():
        for item_id, text in ready:
            try:
                charging.put_forecast(
                    actor=request.actor,
                    agency_id=agency_id,
                    charge_item_id=item_id,
                    fiscal_year=year,
                    quantity=text,
                )
            except CommonwealError as error:
                if error.status in {403, 404}:
                    raise
                problems.append(problem_of(error, f"item-{item_id}"))
        if problems:
            transaction.set_rollback(True)
    return problems


def _check(text: str, field: str) -> Problem | None:
    """A problem unless the text is a plain number from 0 with at most six decimals."""
    whole, _point, part = text.partition(".")
    if (whole or "0").isdigit() and (not part or (part.isdigit() and len(part) <= 6)):
        return None
    message = _("“%(text)s” is not a quantity. Enter a number from 0, such as 1200 or 12.5.")
    return Problem(message % {"text": text[:40]}, field, "CHARGING-222")


def _sign(request: Asked, agency_id: UUID, year: int) -> int:
    """Sign every forecast of the year that is not signed yet; how many."""
    found = charging.forecasts(request.actor, year, agency_id=agency_id)
    waiting = [row for row in found if row.signed_at is None]
    for row in waiting:
        charging.sign_forecast(actor=request.actor, forecast_id=row.pk)
    return len(waiting)
