"""All bills with their filters; questions and disputes with their answers."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.party.public import centre
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place
from ..look.page import Link
from ..requests import Asked
from .base import (
    address,
    agency_choices,
    as_id,
    attempt,
    bill_href,
    done,
    required_id,
    show,
    text,
)

VIEW = "charging.view_all_bills"
STATES = ("draft", "preview", "issued")


@centre_only(VIEW)
@lists("charging.Bill")
def bills(request: Asked) -> HttpResponse:
    """Bills, newest month first, filtered by month, agency and state."""
    asked = {name: request.GET.get(name, "") for name in ("period", "agency", "state")}
    rows = charging.bills(
        request.actor,
        period=asked["period"][:7],
        agency_id=as_id(asked["agency"]),
        state=asked["state"] if asked["state"] in STATES else "",
        place=place(request),
    )
    months = charging.close_periods(request.actor)
    choices = agency_choices(request, _("All agencies"))
    context = {
        "rows": [
            {
                "agency": bill.agency.name,
                "period": bill.period,
                "number": bill.number,
                "state": bill.state,
                "total": bill.total_minor,
                "currency": bill.currency,
                "due": bill.due_on,
                "href": bill_href(bill.number, bill.id),
            }
            for bill in rows
        ],
        "total": sum(bill.total_minor for bill in rows),
        "currency": centre().currency,
        "asked": asked,
        "months": [("", _("All months")), *((code, code) for code in months)],
        "agencies": choices,
        "states": [("", _("All states")), *zip(STATES, state_words(), strict=True)],
        "active": chips(asked, dict(choices)),
        "pages": pages(request, rows),
    }
    return show(request, "centre/bills.jinja", context)


def state_words() -> tuple[str, ...]:
    """The states of a bill in words."""
    return _("Draft"), _("Preview"), _("Issued")


def chips(asked: dict[str, str], names: dict[str, str]) -> list[Link]:
    """The filters in use, each leading to the list without it."""
    found = []
    for key, value in asked.items():
        if value:
            rest = {name: given for name, given in asked.items() if name != key}
            found.append(Link(names.get(value, value), address("bills", **rest)))
    return found


@centre_only(VIEW)
@lists("charging.LineQuery")
def queries(request: Asked) -> HttpResponse:
    """Questions and disputes, oldest first, each with its answer or the form for it."""
    errors: tuple[Any, ...] = ()
    wanted = request.GET.get("state", "open")
    if request.method == "POST":
        errors = attempt(
            lambda: charging.answer_query(
                actor=request.actor,
                query_id=required_id(request, "query", _("Choose a question.")),
                answer=text(request, "answer"),
            )
        )
        if not errors:
            return done(request, _("The answer was sent. The agency sees it now."), "queries")
    state = wanted if wanted in ("open", "answered") else ""
    rows = charging.queries(request.actor, state=state, place=place(request))
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "state": wanted,
        "may_answer": request.actor.may("charging.answer_queries"),
        "asked": request.POST,
        "tabs": [
            Link(_("Open"), address("queries"), wanted == "open"),
            Link(_("Answered"), address("queries", state="answered"), wanted == "answered"),
        ],
        "words": charging.Words(centre().currency),
    }
    return show(request, "centre/queries.jinja", context, errors)
