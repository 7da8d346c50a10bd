"""What if: the agency's own last months with another volume, price or mix."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from commonweal.kernel.money.public import parse_decimal
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import agency_only
from ..centre.base import FormError
from ..lists import report
from ..look.page import Problem
from ..requests import Asked
from .frame import VIEW, choices, problem_of


@agency_only(VIEW)
@report("one row for each item that the agency was billed for in a year")
def what_if(request: Asked) -> HttpResponse:
    """The form, each item at its average month; with a query, the effect line by line."""
    mine = choices(request)
    chosen, given = mine["chosen"], request.GET
    errors: tuple[Problem, ...] = ()
    found = start = None
    try:
        start = found = charging.what_if(request.actor, chosen.pk, {})
        found = charging.what_if(request.actor, chosen.pk, asked_of(given, start))
    except NotFound:
        pass
    except Forbidden:
        raise
    except CommonwealError as error:
        errors = (problem_of(error, f"q-{error.details.get('field', '')}"),)
    context = {
        "found": found,
        "sentence": charging.what_if_sentence(found) if found else "",
        "rows": [_row(each, given, found.currency) for each in found.items] if found else [],
        "errors": errors,
        **mine,
    }
    return render(request, "agency/what_if.jinja", context, status=422 if errors else 200)


def asked_of(given: Any, start: charging.WhatIf) -> dict[str, charging.WhatIfAsked]:
    """The changes that an address asks for; what equals the start is none."""
    found = {}
    for each in start.items:
        code = each.start.item.code
        asked = charging.WhatIfAsked(
            quantity=_quantity(given.get(f"q-{code}", ""), each.start),
            version=_version(given.get(f"v-{code}", ""), each.start),
            mix=_mix(given, each.start),
        )
        if asked != charging.WhatIfAsked():
            found[code] = asked
    return found


def _quantity(text: str, start: charging.WhatIfStart) -> Any:
    plain = text.replace(",", "").strip()
    if not plain:
        return None
    try:
        quantity = parse_decimal(plain)
    except CommonwealError as wrong:
        raise FormError(
            "FORM-103", f"{start.item.name}: {words.told(wrong.message)}", field=start.item.code
        ) from wrong
    return None if quantity == start.average else quantity


def _version(text: str, start: charging.WhatIfStart) -> str:
    return "" if text in ("", start.now.code) else text


def _mix(given: Any, start: charging.WhatIfStart) -> dict[str, Fraction] | None:
    """Shares in per cent, as typed; none were typed, or they are as they were: no change."""
    names = list(start.mix)
    typed = [given.get(f"m-{start.item.code}-{place}", "").strip() for place in range(len(names))]
    if not any(typed):
        return None
    try:
        shares = {
            name: Fraction(parse_decimal(text or "0")) / 100
            for name, text in zip(names, typed, strict=True)
        }
    except CommonwealError as wrong:
        raise FormError(
            "FORM-103", f"{start.item.name}: {words.told(wrong.message)}", field=start.item.code
        ) from wrong
    shown = {name: Fraction(percent_text(share)) / 100 for name, share in start.mix.items()}
    return None if shares == shown else shares


def percent_text(share: Fraction) -> str:
    """A share in per cent with at most one decimal, for a field."""
    return f"{round(share * 1000) / 10:g}"


def _row(each: charging.WhatIfEffect, given: Any, currency: str) -> dict[str, Any]:
    start, code = each.start, each.start.item.code
    cells = [
        {
            "id": f"m-{code}-{place}",
            "name": _("everything else") if name == "other" else name,
            "value": given.get(f"m-{code}-{place}", percent_text(share)),
        }
        for place, (name, share) in enumerate(start.mix.items())
    ]
    return {
        "item": start.item.name,
        "code": code,
        "unit": start.item.measure_plural,
        "quantity": given.get(f"q-{code}", format(start.average.normalize(), "f")),
        "versions": [
            (row.code, f"{charging.rate_text(row)}, {charging.span_text(row)}")
            for row in (start.now, *start.coming)
        ],
        "version": given.get(f"v-{code}", start.now.code),
        "cells": cells if len(cells) > 1 else [],
        "before": each.before_minor,
        "after": each.after_minor,
        "change": each.change_minor,
        "currency": currency,
        "sentence": charging.item_sentence(each, currency),
    }
