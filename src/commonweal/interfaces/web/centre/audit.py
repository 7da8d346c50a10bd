"""The audit trail: every write, newest first; checking its chains and a printed head."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.audit.public import events, head, verify
from commonweal.kernel.party.public import agencies, centre, people_of_accounts
from commonweal.kernel.schema.public import NotFound
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place
from ..look.page import Link, Problem
from ..requests import Asked
from . import trail_kinds, trail_words
from .base import address, as_id, show, text

VIEW = "audit.view"


def audit_tabs(here: str) -> list[Link]:
    """The pages about what was done."""
    pages = (
        ("audit", _("Audit trail")),
        ("audit_check", _("Check the chains")),
        ("jobs", _("Background work")),
    )
    return [Link(label, address(name), name == here) for name, label in pages]


@centre_only(VIEW)
@lists("audit.Event")
def trail(request: Asked) -> HttpResponse:
    """The trail, newest first, by agency, verb or target."""
    names = ("agency", "verb", "type", "target")
    asked = {name: request.GET.get(name, "").strip() for name in names}
    target = (asked["type"], asked["target"]) if asked["type"] and asked["target"] else None
    rows = events(
        request.actor,
        agency_id=as_id(asked["agency"]),
        verb=asked["verb"],
        target=target,
        place=place(request),
    )
    every = agencies(request.actor, kind="")
    people = people_of_accounts(request.actor, [row.actor_id for row in rows if row.actor_id])
    context = {
        "rows": [
            {
                "event": row,
                "at": row.recorded_at.astimezone(ZoneInfo(centre().zone)),
                "verb": row.verb,
                "who": row.actor_id or row.actor_kind,
                "person": people.get(row.actor_id) if row.actor_id else None,
                "target": row.target_type,
                "target_id": row.target_id,
                "agency": row.agency_id,
                "link": getattr(row, "link", None),
                "figures": [
                    (trail_words.plain(name), trail_words.value(each))
                    for name, each in row.payload.items()
                ],
            }
            for row in rows
        ],
        "names": {row.pk: row.name for row in every},
        "asked": asked,
        "agencies": [
            ("", _("Every agency and the centre")),
            *((str(row.pk), row.name) for row in every if row.kind == "agency"),
        ],
        "active": [
            Link(_chip(name, value), address("audit", **{**asked, name: ""}))
            for name, value in asked.items()
            if value and name != "agency"
        ],
        "pages": pages(request, rows),
        "verbs": _choices(trail_words.VERBS, asked["verb"], trail_words.verb),
        "kinds": _choices(trail_kinds.KINDS, asked["type"], trail_words.kind),
        "say": trail_words,
        "tabs": audit_tabs("audit"),
        "zone": centre().zone,
    }
    return show(request, "centre/audit.jinja", context, _half_asked(asked))


def _half_asked(asked: dict[str, str]) -> tuple[Problem, ...]:
    """A kind without an id, or an id without a kind, finds nothing by itself."""
    if bool(asked["type"]) == bool(asked["target"]):
        return ()
    words = _("Give both the kind of thing and its id. Every event is shown until you do.")
    return (Problem(words, "target" if asked["type"] else "type", "AUDIT-105"),)


def _choices(
    known: dict[str, Any], asked: str, words: Callable[[str], str]
) -> list[tuple[str, str]]:
    """Every code by its words, and the one asked for even if it is none of them."""
    codes = {*known, asked} - {""}
    return [
        ("", _("Anything")),
        *sorted(((code, words(code)) for code in codes), key=itemgetter(1)),
    ]


def _chip(name: str, value: str) -> str:
    words = {"verb": trail_words.verb, "type": trail_words.kind, "target": trail_words.value}
    return words[name](value)


@centre_only(VIEW)
def check(request: Asked) -> HttpResponse:
    """Re-read every event and link, or compare an issued bill and its printed head with them."""
    report, problems = None, None
    if request.method == "POST" and text(request, "do") == "bill":
        try:
            found = charging.bill(request.actor, text(request, "number"))
            printed, root = text(request, "head"), text(request, "root")
            problems = charging.bill_problems(request.actor, found, printed, root)
        except NotFound as error:
            problems = [str(error)]
    elif request.method == "POST":
        report = verify()
    present: Any = head(None)
    context = {
        "report": report,
        "problems": problems,
        "present": present,
        "asked": request.POST,
        "tabs": audit_tabs("audit_check"),
    }
    return show(request, "centre/audit_check.jinja", context)
