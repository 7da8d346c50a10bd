"""Webhooks: those that there are, a new one, and what can be heard."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.notices import public as notices
from commonweal.kernel.party.public import centre

from ..agency.frame import own_agencies, own_agency
from ..agreements.door import door
from ..centre.base import attempt, show, text
from ..lists import lists, pages, place, report
from ..look.page import Problem
from ..requests import Asked

MANAGE = notices.MANAGE_WEBHOOKS
Hook = notices.WebhookSubscription


def whose(request: Asked) -> UUID:
    """For whom the reader acts: the agency chosen among their own, or the centre."""
    if request.actor.centre:
        return centre().agency_id
    return own_agency(request, MANAGE).pk


@lists("notices.WebhookSubscription")
def webhooks(request: Asked) -> HttpResponse:
    """An agency's webhooks; at the centre its own and everybody's, since it answers for them."""
    agency_id = None if request.actor.centre else whose(request)
    rows = notices.webhooks(request.actor, agency_id, place(request))
    context = {
        "door": door(request),
        "rows": rows,
        "pages": pages(request, rows),
        "mine": own_agencies(request.actor, MANAGE) if agency_id else [],
        "agency_id": agency_id,
        "zone": centre().zone,
    }
    return show(request, "webhooks/webhooks.jinja", context)


@report("the kinds of events that there are, as a form of choices")
def new_webhook(request: Asked) -> HttpResponse:
    """Set one up; its key is on the page that answers, this once."""
    agency_id = whose(request)
    made: list[tuple[Hook, str]] = []
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        errors = attempt(
            lambda: made.append(
                notices.create_webhook(
                    actor=request.actor,
                    agency_id=agency_id,
                    name=text(request, "name"),
                    url=text(request, "url"),
                    types=request.POST.getlist("types"),
                )
            )
        )
    if made:
        return shown_once(request, *made[0])
    context = {
        "door": door(request),
        "agency_id": agency_id,
        "choices": [(kind.code, _(kind.title), kind.code) for kind in notices.event_types()],
        "given": request.POST,
        "chosen": request.POST.getlist("types"),
        "wrong": {error.field: error.text for error in errors},
    }
    return show(request, "webhooks/new.jinja", context, errors)


def shown_once(request: Asked, row: Hook, key: str, *, fresh: bool = True) -> HttpResponse:
    """The page that shows a key: it is kept by nobody on the way, and never shown again."""
    context = {"door": door(request), "row": row, "key": key, "fresh": fresh}
    response = show(request, "webhooks/key.jinja", context)
    response["Cache-Control"] = "no-store"
    return response


@report("the kinds of events that there are, with their fields")
def webhook_events(request: Asked) -> HttpResponse:
    """What each kind of event is sent for, and what it carries."""
    every = notices.event_types()
    common = set.intersection(*(set(kind.fields) for kind in every)) if every else set()
    context: dict[str, Any] = {
        "door": door(request),
        "common": [(name, _(words)) for name, words in every[0].fields.items() if name in common],
        "kinds": [
            {
                "code": kind.code,
                "title": _(kind.title),
                "more": [
                    (name, _(words)) for name, words in kind.fields.items() if name not in common
                ],
            }
            for kind in every
        ],
    }
    return show(request, "webhooks/events.jinja", context)
