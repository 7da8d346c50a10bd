"""Zero-base build-ups: a service's cost line by line, and the rates that follow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.catalogue.public import charge_items, services
from commonweal.kernel.money.public import exponent
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place, report
from ..look.charts import Point, ranking
from ..requests import Asked
from .base import FormError, attempt, done, local_day, optional_day, show, text
from .rates import centre_year, desk_tabs
from .timing import timing_of

VIEW = "charging.view_costs"
PROPOSE = "charging.propose_rates"
SPLIT = re.compile(r"\s*[;\t]\s*")


@centre_only(VIEW)
@lists("charging.RateBuild")
def build_ups(request: Asked) -> HttpResponse:
    """The versions of build-ups, newest first."""
    found = charging.build_ups(request.actor, place(request))
    context = {
        "rows": found,
        "pages": pages(request, found),
        "tabs": desk_tabs("build_ups"),
        "may_propose": request.actor.may(PROPOSE),
    }
    return show(request, "centre/build_ups.jinja", context)


@centre_only(PROPOSE)
def new_build_up(request: Asked) -> HttpResponse:
    """Write a build-up: one line for each cause of cost, pasted from a spreadsheet if you like."""
    made: list[charging.RateBuild] = []
    errors = attempt(lambda: made.append(_keep(request))) if request.method == "POST" else ()
    if made:
        words_ = _("Version %(number)s is kept. Propose its rates from here.")
        return done(request, words_ % {"number": made[0].version}, "build_up", made[0].pk)
    asked = request.POST if request.method == "POST" else _start(request)
    context = {
        "services": [(row.code, row.name) for row in services(request.actor)],
        "years": [(str(y), str(y)) for y in (centre_year(), centre_year() + 1)],
        "asked": asked,
        "service": request.GET.get("service", ""),
        "kinds": kind_words(),
    }
    return show(request, "centre/build_form.jinja", context, errors)


def kind_words() -> list[tuple[str, str]]:
    """The kinds of lines, with how their figures are written."""
    return [
        ("position", _("posts: 2 x 64000, the number and the yearly pay with its additions")),
        ("purchase", _("contracts and purchases: 18000 a year")),
        ("depreciation", _("assets: 12000 - 2000 / 5, cost, what is left, years")),
        ("pool", _("a share of a shared pool: 5200.50, marked overhead")),
        ("revenue", _("other income, taken off: 3000")),
        ("prior", _("last year's under-recovery: 900; over-recovery: -900")),
        ("reserve", _("a change of the reserve: 500 or -500")),
    ]


def _start(request: Asked) -> Mapping[str, str]:
    """What stands in the form: the shares of pools, and the volumes that are expected."""
    code, given = request.GET.get("service", ""), request.GET.get("year", "")
    year = int(given) if given.isdigit() and len(given) == 4 else centre_year() + 1
    if not code:
        return {"year": str(year)}
    lines = [
        "; ".join(
            (
                line["kind"], line["name"], format(line["amount"], "f"), "1", line["source"],
                line["reason"], *(["overhead"] if line["overhead"] else []),
            )
        )
        for line in charging.pool_lines_of(request.actor, code, year)
    ]  # fmt: skip
    found = charging.present(request.actor, year)
    volumes = charging.volumes_by_item(found.base.uses)
    own = [row for row in charge_items(request.actor, on=local_day()) if row.service.code == code]
    items = []
    for row in own:
        fixed = row.kind == "fixed"
        users = sum(item == row.code for _agency, item in found.base.uses)
        volume = str(12 * users) if fixed else format(volumes.get(row.code, 0), "f")
        why = (
            _("agencies × 12 months") if fixed else _("forecasts and trend of %(y)s") % {"y": year}
        )
        items.append("; ".join((row.code, f"1/{len(own)}", volume, why)))
    return {
        "service": code,
        "year": str(year),
        "lines": "\n".join(lines),
        "items": "\n".join(items),
    }


def _keep(request: Asked) -> charging.RateBuild:
    year = text(request, "year")
    return charging.put_build_up(
        actor=request.actor,
        service=text(request, "service"),
        fiscal_year=int(year) if year.isdigit() else 0,
        lines=lines_of(text(request, "lines")),
        items=items_of(text(request, "items")),
        note=text(request, "note"),
    )


def lines_of(written: str) -> list[dict[str, Any]]:
    """Lines as they are typed or pasted: kind; name; figures; share; source; reason; overhead."""
    found = []
    for number, row in _rows(written):
        if len(row) < 6:
            raise FormError(
                "FORM-107",
                _("Line %(number)s has %(count)s parts. Write: kind; name; figures; share; source; "
                  "reason.") % {"number": number, "count": len(row)},
                field="lines",
            )  # fmt: skip
        kind, name, figures, share, source, reason = row[:6]
        found.append(
            {
                "kind": kind.lower(),
                "name": name,
                "share": share or "1",
                "source": source,
                "reason": reason,
                "overhead": len(row) > 6 and bool(row[6]),
                **figures_of(kind.lower(), figures),
            }
        )
    return found


def figures_of(kind: str, written: str) -> dict[str, str]:
    """The numbers of a line as they are written, by kind; what is missing is said later."""
    plain = written.replace(",", "").replace("\N{NO-BREAK SPACE}", "")
    if kind == "position":
        count, _sign, salary = re.sub(r"[x×*]", "x", plain).partition("x")
        return {"count": count.strip(), "salary": salary.strip()}
    if kind == "depreciation":
        whole, _sign, years = plain.partition("/")
        cost, _minus, residual = whole.partition("-")
        return {
            "cost": cost.strip(),
            "residual": residual.strip() or "0",
            "years": years.strip(),
        }
    return {"amount": plain.strip()}


def items_of(written: str) -> list[dict[str, Any]]:
    """Items as they are typed: code; share; volume; where the volume comes from; decimals."""
    found = []
    for number, row in _rows(written):
        if len(row) < 4 or (len(row) > 4 and row[4] and not row[4].isdigit()):
            raise FormError(
                "FORM-108",
                _("Item %(number)s: write code; share; volume; where the volume comes from.")
                % {"number": number},
                field="items",
            )
        found.append(
            {
                "item": row[0],
                "share": row[1] or "1",
                "volume": row[2].replace(",", ""),
                "volume_reason": row[3],
                "places": int(row[4]) if len(row) > 4 and row[4] else 4,
            }
        )
    return found


def _rows(written: str) -> Sequence[tuple[int, list[str]]]:
    return [
        (number, SPLIT.split(line.strip()))
        for number, line in enumerate(written.splitlines(), start=1)
        if line.strip()
    ]


@centre_only(VIEW)
@report("one build-up as a whole, every line of it")
def build_up(request: Asked, build_id: UUID) -> HttpResponse:
    """One version: its lines, the rates, what rounding leaves; proposing them."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST" and request.actor.may(PROPOSE):
        errors = attempt(
            lambda: charging.propose_build_up(
                actor=request.actor,
                build_id=build_id,
                ends=optional_day(request, "ends", _("First day without it")),
                **timing_of(request),
            )
        )
        if not errors:
            return done(request, _("Proposed. A second person decides."), "proposals")
    view = charging.build_view(request.actor, build_id)
    currency = view.build.currency
    context = {
        "build": view.build,
        "currency": currency,
        "lines": [
            {
                "kind": line.kind,
                "name": line.name,
                "amount": minor_of(line.amount, currency),
                "source": line.source,
                "reason": line.reason,
                "share": words.percent(line.share),
                "overhead": line.overhead,
            }
            for line in view.made.lines
        ],
        "rates": [_rate(view, rate) for rate in view.made.rates],
        "overhead": view.made.overhead,
        "picture": picture(view),
        "may_propose": request.actor.may(PROPOSE),
        "asked": request.POST,
    }
    return show(request, "centre/build_up.jinja", context, errors)


def minor_of(amount: Any, currency: str) -> int:
    """An exact amount of major units in minor units, for a page."""
    return int(charging.rounded(amount * 10 ** exponent(currency), 0))


def _rate(view: charging.BuildView, rate: charging.BuiltRate) -> dict[str, Any]:
    item, currency = view.items[rate.item.item], view.build.currency
    return {
        "item": item.name,
        "share": words.percent(rate.item.share),
        "volume": words.quantity(rate.item.volume, item.measure_plural),
        "rate": words.rate(rate.rate, currency),
        "less": words.rate(rate.at(charging.LESS), currency),
        "more": words.rate(rate.at(charging.MORE), currency),
        "remainder": words.rate(charging.rounded(rate.remainder, 6), currency),
        "why": rate.item.volume_reason,
    }


def picture(view: charging.BuildView) -> Any:
    """What the cost is made of, the largest first."""
    currency = view.build.currency
    lines = sorted(view.made.lines, key=lambda line: -abs(line.amount))[:12]
    points = [
        Point(line.name, line.amount, words.money(minor_of(line.amount, currency), currency))
        for line in lines
    ]
    title = _("%(name)s is the largest of %(count)s lines") % {
        "name": lines[0].name,
        "count": len(view.made.lines),
    }
    return ranking(title, points, label=_("Line"), unit=currency)
