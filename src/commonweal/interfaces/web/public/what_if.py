"""What a published rate costs at some volume: the live engine, nobody's data."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from commonweal.kernel.schema.public import CommonwealError, NotFound
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import open_to_all
from ..lists import report
from ..look.page import Problem
from ..requests import Asked


@open_to_all
@report("one row for today's rate and each one that was decided for later")
def what_if(request: Asked, code: str) -> HttpResponse:
    """A volume a month at the rate in force and at each rate to come."""
    asked = {
        "quantity": request.GET.get("quantity", "100").replace(",", "").strip(),
        "others": request.GET.get("others", "0").replace(",", "").strip(),
    }
    errors: tuple[Problem, ...] = ()
    try:
        found = charging.price_of(
            request.actor, code, asked["quantity"] or "0", asked["others"] or "0"
        )
    except NotFound:
        raise
    except CommonwealError as error:
        errors = (Problem(words.told(error.message), "quantity", error.code),)
        found = charging.price_of(request.actor, code, "0")
    context = {
        "found": found,
        "rows": [_row(found, version, cost) for version, cost in found.prices],
        "shared": any(version.model.get("kind") == "pooled" for version, _cost in found.prices),
        "asked": asked,
        "errors": errors,
        "wrong": errors[0].text if errors else None,
    }
    return render(request, "public/what_if.jinja", context, status=422 if errors else 200)


def _row(found: Any, version: Any, cost: Decimal | None) -> dict[str, Any]:
    item, rate, span = found.item, charging.rate_text(version), charging.span_text(version)
    said = {
        "quantity": words.quantity(found.quantity), "unit": item.measure_plural, "rate": rate,
        "span": span,
    }  # fmt: skip
    if cost is None:
        return {
            "span": span, "rate": rate, "cost": "–", "each": "–",
            "sentence": _("%(span)s: what it costs depends on the agency (%(rate)s).") % said,
        }  # fmt: skip
    shown = words.rate(round(cost, 2), version.currency)
    each = words.rate(round(cost / found.quantity, 4), version.currency) if found.quantity else "–"
    return {
        "span": span, "rate": rate, "cost": shown, "each": each,
        "sentence": _("%(span)s: %(quantity)s %(unit)s a month cost %(cost)s (%(rate)s).")
        % {**said, "cost": shown},
    }  # fmt: skip
