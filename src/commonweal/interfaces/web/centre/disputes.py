"""Disputes of every agency, the report that the board hears, and who answers within which time."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.party.public import staff
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place, report
from ..look.page import Link
from ..requests import Asked
from .base import (
    address,
    as_id,
    attachment,
    attempt,
    day_field,
    done,
    show,
    text,
    whole_field,
)

VIEW = "charging.view_all_bills"
RULES = "charging.set_dispute_rules"
STATES = ("open", "answered", "closed")


@centre_only(VIEW)
@lists("charging.LineQuery")
def disputes(request: Asked) -> HttpResponse:
    """Disputes, oldest first: whose, which line, who must answer by when."""
    wanted = request.GET.get("state", "open")
    state = wanted if wanted in STATES else ""
    rows = charging.disputes(request.actor, state=state, place=place(request))
    named = {"open": _("Open"), "answered": _("Answered"), "closed": _("Closed"), "all": _("All")}
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "states": {row.pk: charging.state_words(row) for row in rows},
        "categories": charging.category_words(),
        "tabs": [
            Link(label, address("disputes", state=code), code == wanted)
            for code, label in named.items()
        ],
    }
    return show(request, "centre/disputes.jinja", context)


def _since(request: Asked) -> date | None:
    """The day asked for; one that cannot be read counts as none."""
    try:
        return date.fromisoformat(request.GET.get("since", ""))
    except ValueError:
        return None


@centre_only(VIEW)
@report("one row for each service and category that is disputed")
def dispute_report(request: Asked) -> HttpResponse:
    """Disputes raised, open and resolved since the board's last meeting, or a chosen day."""
    found = charging.dispute_report(request.actor, _since(request))
    context = {
        "found": found,
        "met": charging.last_meeting(request.actor),
        "services": charging.service_names(request.actor),
        "categories": charging.category_words(),
        "sentence": _sentence(found),
        "csv": address("dispute_report_csv", since=str(found.since)),
    }
    return show(request, "centre/dispute_report.jinja", context)


def _sentence(found: charging.BoardReport) -> str:
    total = found.total
    return _("%(raised)s disputes raised, %(open)s open and %(resolved)s resolved.") % {
        "raised": total.raised,
        "open": total.still_open,
        "resolved": total.resolved,
    }


@centre_only(VIEW)
def dispute_report_csv(request: Asked) -> HttpResponse:
    """The board's report as CSV."""
    found = charging.dispute_report(request.actor, _since(request))
    return attachment("disputes.csv", "text/csv; charset=utf-8", charging.dispute_report_csv(found))


@centre_only(RULES)
@report("the four levels of disputes")
def dispute_rules(request: Asked) -> HttpResponse:
    """How long each level has, who is named for it, and when the board met."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        meeting = text(request, "do") == "meeting"
        errors = attempt(lambda: _meeting(request) if meeting else _level(request))
        if not errors:
            said = (
                _("The meeting is recorded. The next report starts there.")
                if meeting
                else _("The level is saved. Disputes that are at it keep their clock.")
            )
            return done(request, said, "dispute_rules")
    people = [(str(row.pk), row.name) for row in staff(request.actor)]
    context = {
        "levels": charging.dispute_levels(request.actor),
        "names": charging.level_words(),
        "people": [("", _("Nobody by name")), *people],
        "met": charging.last_meeting(request.actor),
        "asked": request.POST,
    }
    return show(request, "centre/dispute_rules.jinja", context, errors)


def _level(request: Asked) -> None:
    code = text(request, "code")
    charging.put_dispute_level(
        actor=request.actor,
        code=code,
        days=whole_field(request, "days", _("Working days to answer")),
        agency_days=whole_field(request, "agency_days", _("Working days to take it further")),
        person_id=as_id(text(request, "person")),
    )


def _meeting(request: Asked) -> None:
    day = day_field(request, "held_on", _("Day of the meeting"))
    charging.note_board_meeting(actor=request.actor, held_on=day)
