"""Quarantined usage records: what counts now beside what came, and the decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.metering.public import (
    Quarantine,
    discard_quarantined,
    quarantine,
    release_quarantined,
    standing,
)
from commonweal.kernel.party.public import centre
from commonweal.kernel.words import public as words

from ..access import centre_only
from ..lists import lists, pages, place
from ..look.page import Link
from ..requests import Asked
from .base import address, attempt, done, required_id, show, text
from .intake import VIEW, intake_tabs

DECIDE = "metering.decide_quarantine"


@centre_only(VIEW)
@lists("metering.Quarantine")
def quarantined(request: Asked) -> HttpResponse:
    """Records whose id was taken before with other content: release or discard each."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        release = text(request, "decision") == "release"
        note = f"note-{text(request, 'record')}"
        write = release_quarantined if release else discard_quarantined
        errors = attempt(
            lambda: write(
                actor=request.actor,
                quarantine_id=required_id(request, "record", _("Choose a record.")),
                note=text(request, "note"),
            )
        )
        errors = tuple(
            replace(each, field=note) if each.field == "note" else each for each in errors
        )
        if not errors:
            words = (
                _("Released: it replaces the record that was there.")
                if release
                else _("Discarded: the record that was there stands.")
            )
            return done(request, words, "quarantine")
    state = request.GET.get("state", "open")
    state = state if state in ("open", "released", "discarded") else "open"
    rows = quarantine(request.actor, state=state, place=place(request))
    there = standing(request.actor, rows)
    context = {
        "rows": [(row, compared(there.get(_key(row), {}), row.payload)) for row in rows],
        "pages": pages(request, rows),
        "state": state,
        "states": [
            Link(words, address("quarantine", state=code), code == state)
            for code, words in (
                ("open", _("Waiting")),
                ("released", _("Released")),
                ("discarded", _("Discarded")),
            )
        ],
        "asked": request.POST,
        "wrong": {problem.field: problem.text for problem in errors},
        "may_decide": request.actor.may(DECIDE),
        "tabs": intake_tabs("quarantine"),
    }
    return show(request, "centre/quarantine.jinja", context, errors)


def _key(row: Quarantine) -> tuple[int, str]:
    return row.source_id, row.external_id


def compared(now: Mapping[str, Any], came: Mapping[str, Any]) -> list[dict[str, str]]:
    """Field by field: what counts now, and what the waiting record says."""
    return [
        {"field": words, "now": _shown(now.get(name)), "came": _shown(came.get(name))}
        for name, words in _fields().items()
        if now.get(name) or came.get(name)
    ]


def _fields() -> dict[str, str]:
    return {
        "agency": _("Agency"),
        "bureau": _("Bureau"),
        "charge_item": _("Charge item"),
        "quantity": _("Quantity"),
        "unit": _("Unit"),
        "starts": _("From"),
        "ends": _("To"),
        "dimensions": _("Details"),
        "origin": _("Reference to its origin"),
        "replaces": _("Replaces the record"),
    }


def _shown(found: Any) -> str:
    """A value of a record as people write it; text that is neither number nor time stays."""
    if not found:
        return "–"
    if isinstance(found, dict):
        return ", ".join(f"{name}: {each}" for name, each in found.items())
    try:
        return words.moment(datetime.fromisoformat(found), centre().zone)
    except (TypeError, ValueError):
        pass
    try:
        return words.quantity(Decimal(str(found)))
    except InvalidOperation:
        return str(found)
