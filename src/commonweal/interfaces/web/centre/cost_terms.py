"""Dated drivers, marks on ledger lines, and costs by tower with their vocabulary."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.catalogue.public import services
from commonweal.kernel.party.public import centre
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import report
from ..requests import Asked
from .base import (
    FormError,
    change,
    day_field,
    last_month,
    month_asked,
    months_back,
    optional_day,
    required_id,
    show,
    text,
)
from .costs import cost_tabs

VIEW = "charging.view_costs"
CHANGE = "charging.import_costs"


@centre_only(VIEW)
@report("every dated set of drivers and every mark, a short list of rules")
def terms(request: Asked, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """Which pools go out by several drivers from when, and which ledger lines bear a mark."""
    pools = [row for row in charging.pools(request.actor) if not row.service_id]
    context = {
        "sets": charging.driver_sets(request.actor),
        "marks": charging.line_marks(request.actor),
        "mark_words": mark_words(),
        "pools": [(row.code, row.name) for row in pools],
        "drivers": [
            (row.driver.code, row.driver.name)
            for row in charging.drivers(request.actor, last_month())
        ],
        "tabs": cost_tabs("terms"),
        "may_change": request.actor.may(CHANGE),
        "asked": request.POST,
    }
    return show(request, "centre/terms.jinja", context, errors)


def mark_words() -> dict[str, str]:
    """Each mark in words."""
    return {
        "unallowable": _("Not allowable for grants"),
        "personal": _("About one person"),
    }


@centre_only(CHANGE)
def change_terms(request: Asked) -> HttpResponse:
    """Put or remove a set of drivers or a mark."""
    writes = {
        "set": put_set, "mark": put_mark, "remove_set": remove_set, "remove_mark": remove_mark,
    }  # fmt: skip
    return change(request, writes, terms, _("The cost model was changed."), "terms")


def put_set(request: Asked) -> None:
    """A set of drivers: one a line, its code and its weight (FORM-108)."""
    parts: dict[str, str] = {}
    for number, line in enumerate(text(request, "parts").splitlines(), start=1):
        code, _gap, weight = line.strip().partition(" ")
        if line.strip() and not weight.strip():
            raise FormError(
                "FORM-108",
                _("Line %(number)s: write a driver's code, then its weight.") % {"number": number},
                field="parts",
            )
        if code:
            parts[code] = weight.strip()
    charging.put_driver_set(
        actor=request.actor,
        pool=text(request, "pool"),
        starts=day_field(request, "starts", _("First day")),
        ends=optional_day(request, "ends", _("First day without it")),
        parts=parts,
        reason=text(request, "reason"),
    )


def put_mark(request: Asked) -> None:
    """A mark."""
    charging.put_line_mark(
        actor=request.actor,
        mark=text(request, "mark"),
        reason=text(request, "mark_reason"),
        rule=text(request, "rule"),
        unit=text(request, "unit"),
        category=text(request, "category"),
        account_prefix=text(request, "account_prefix"),
        kind=text(request, "kind"),
    )


def remove_set(request: Asked) -> None:
    """Take a set back."""
    set_id = required_id(request, "set", _("Choose the drivers to remove."))
    charging.remove_driver_set(actor=request.actor, set_id=set_id)


def remove_mark(request: Asked) -> None:
    """Take a mark out."""
    mark_id = required_id(request, "mark_id", _("Choose a mark."))
    charging.remove_line_mark(actor=request.actor, mark_id=mark_id)


@centre_only(VIEW)
@report("one row for each tower of the vocabulary")
def towers(request: Asked, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """A month's costs by tower and cost pool, and the words for both."""
    period = month_asked(request, last_month())
    found = charging.costs_by_tower(request.actor, period, period)
    tags = charging.cost_tags(request.actor)
    pools, named = charging.pools(request.actor), services(request.actor)
    words = {kind: dict(terms) for kind, terms in charging.cost_vocabulary(request.actor).items()}
    context = {
        "period": period,
        "months": months_back(last_month()),
        "rows": tower_rows(found),
        "parts": pool_rows(found),
        "total": found.total,
        "words": words,
        "tagged": [
            {"name": name, "pool": words["pool"].get(tag.cost_pool, "") if tag else "",
             "tower": words["tower"].get(tag.tower, "") if tag else ""}
            for key, name in [
                *((("pool", row.code), row.name) for row in pools),
                *((("service", row.code), row.name) for row in named),
            ]
            for tag in [tags.get(key)]
        ],
        "things": [
            *((f"pool:{row.code}", _("Pool: %(name)s") % {"name": row.name}) for row in pools),
            *((f"service:{row.code}", _("Service: %(name)s") % {"name": row.name})
              for row in named),
        ],
        "currency": centre().currency,
        "tabs": cost_tabs("towers"),
        "may_change": request.actor.may(CHANGE),
        "asked": request.POST,
    }  # fmt: skip
    return show(request, "centre/towers.jinja", context, errors)


def tower_rows(found: charging.TowerCosts) -> list[dict[str, Any]]:
    """Each tower with its cost; what bears no tag comes last."""
    rows = [(code, name) for code, name in found.towers] + [("", _("No tower yet"))]
    return [
        {"name": name, "amount": sum(found.cells[code].values())}
        for code, name in rows
        if code in found.cells
    ]


def pool_rows(found: charging.TowerCosts) -> list[dict[str, Any]]:
    """The cells: tower, cost pool, amount."""
    towers = {**dict(found.towers), "": _("No tower yet")}
    pools = {**dict(found.pools), "": _("No cost pool yet")}
    return [
        {"tower": towers[tower], "pool": pools[pool], "amount": amount}
        for tower, row in found.cells.items()
        for pool, amount in row.items()
    ]


@centre_only(CHANGE)
def change_towers(request: Asked) -> HttpResponse:
    """Tag a pool or a service, or replace the words."""
    writes = {"tag": tag, "words": put_words}
    return change(request, writes, towers, _("The cost model was changed."), "towers")


def tag(request: Asked) -> None:
    """Tag one pool or service."""
    kind, _colon, code = text(request, "of").partition(":")
    charging.tag_cost(
        actor=request.actor,
        pool=code if kind == "pool" else "",
        service=code if kind == "service" else "",
        cost_pool=text(request, "cost_pool"),
        tower=text(request, "tower"),
    )


def put_words(request: Asked) -> None:
    """One word a line: its code, then its name (FORM-108)."""
    terms = []
    for number, line in enumerate(text(request, "terms").splitlines(), start=1):
        code, _gap, name = line.strip().partition(" ")
        if line.strip() and not name.strip():
            raise FormError(
                "FORM-108",
                _("Line %(number)s: write a code, then the name.") % {"number": number},
                field="terms",
            )
        if code:
            terms.append((code, name.strip()))
    charging.put_vocabulary(actor=request.actor, kind=text(request, "kind"), terms=terms)
