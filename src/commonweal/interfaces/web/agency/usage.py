"""What the agency used, month by month."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from commonweal.kernel.schema.public import NotFound
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import agency_only
from ..look import charts
from ..requests import Asked
from . import says
from .frame import VIEW, attachment, choices, own_agency


@agency_only(VIEW)
def usage(request: Asked) -> HttpResponse:
    """Every item's newest month beside the one before, and the thirteen months as a small line."""
    mine = choices(request)
    use = charging.usage_by_month(request.actor, mine["chosen"].pk)
    groups: dict[str, list[dict[str, Any]]] = {}
    for found in use.items:
        groups.setdefault(found.item.service.name, []).append(_row(found, use.currency))
    context = {"use": use, "groups": groups, **mine}
    return render(request, "agency/usage.jinja", context)


def _row(found: Any, currency: str) -> dict[str, Any]:
    item = found.item
    return {
        "item": item,
        "name": item.name,
        "quantity": found.last[1],
        "counted": charging.Words(currency).counted(found.last[1], item),
        "change": found.change,
        "amount": found.last[2],
        "currency": currency,
        "picture": charts.sparkline(
            [
                charts.Point(words.month(period), quantity, words.quantity(quantity))
                for period, quantity, _amount in found.months
            ],
            title=_("%(item)s over %(count)s months")
            % {"item": item.name, "count": len(found.months)},
        ),
    }


@agency_only(VIEW)
def item(request: Asked, code: str) -> HttpResponse:
    """One item: its months as bars and as a table."""
    mine = choices(request)
    use = charging.usage_by_month(request.actor, mine["chosen"].pk)
    found = use.item(code)
    if found is None:
        raise NotFound(
            "BILL-408", f"Your agency was not billed for “{code}” in the last thirteen months."
        )
    context = {
        "found": found,
        "use": use,
        "chart": _fixed(found, use.currency) if found.item.kind == "fixed" else _counted(found),
        "rows": [
            {"period": period, "quantity": quantity, "amount": amount}
            for period, quantity, amount in reversed(found.months)
        ],
        **mine,
    }
    return render(request, "agency/usage_item.jinja", context)


def _counted(found: Any) -> Any:
    points = [
        charts.Point(
            words.month(period),
            quantity,
            words.quantity(quantity, found.item.measure_plural),
            words.quantity(quantity),
            mark=period == found.last[0],
        )
        for period, quantity, _amount in found.months
    ]
    unit = says.capital(found.item.measure_plural)
    return charts.bars(_message(found), points, label=_("Month"), unit=unit)


def _fixed(found: Any, currency: str) -> Any:
    """Of a fixed charge the amounts are what can move."""
    points = [
        charts.Point(
            words.month(period),
            amount,
            words.money(amount, currency),
            words.short_money(amount, currency),
            mark=period == found.last[0],
        )
        for period, _quantity, amount in found.months
    ]
    period, _quantity, amount = found.last
    title = _("A fixed charge: %(amount)s in %(month)s") % {
        "amount": words.money(amount, currency),
        "month": words.period(period),
    }
    return charts.bars(title, points, label=_("Month"), unit=_("Charged"))


def _message(found: Any) -> str:
    """The picture's message: the newest month beside the one before."""
    period, quantity, _amount = found.last
    counted = charging.Words("").counted(quantity, found.item)
    if found.change is None:
        return _("%(counted)s in %(month)s") % {"counted": counted, "month": words.period(period)}
    before = words.period(found.months[-2][0])
    return _("%(counted)s in %(month)s: %(more)s") % {
        "counted": counted,
        "month": words.period(period),
        "more": says.more_or_fewer(found.change, found.item, before),
    }


@agency_only(VIEW)
def usage_csv(request: Asked) -> HttpResponse:
    """The same as a table for other programs."""
    agency = own_agency(request)
    data = charging.usage_by_month_csv(request.actor, agency.pk)
    return attachment(f"{agency.code}-usage.csv", "text/csv; charset=utf-8", data)
