"""One webhook: what was sent to it, testing and sending again, pausing, a new key, its end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.notices import public as notices
from commonweal.kernel.party.public import centre

from ..agreements.door import door
from ..centre.base import FormError, attempt, required_id, show, text
from ..lists import lists, pages, place
from ..look.page import Link, Problem
from ..requests import Asked
from .overview import shown_once

STATES = ("waiting", "delivered", "failed")


@dataclass(frozen=True)
class Sent:
    """A delivery with its words: the kind of event, the case's number, the tag of its state, what
    was answered, its body."""

    row: notices.WebhookDelivery
    kind: str
    number: str
    state: tuple[str, str]
    answer: str
    body: str
    again: bool


@lists("notices.WebhookDelivery")
def webhook(request: Asked, webhook_id: UUID) -> HttpResponse:
    """A webhook with its deliveries; a POST does what the button says."""
    errors: tuple[Problem, ...] = ()
    here = door(request)
    if request.method == "POST":
        if text(request, "do") == "rotate":
            made: list[tuple[notices.WebhookSubscription, str]] = []
            errors = attempt(
                lambda: made.append(
                    notices.rotate_webhook_key(actor=request.actor, webhook_id=webhook_id)
                )
            )
            if made:
                return shown_once(request, *made[0], fresh=False)
        else:
            said: list[str] = []
            errors = attempt(lambda: said.append(_act(request, webhook_id)))
            if not errors:
                return here.done(request, said[0], "webhook", webhook_id)
    row = notices.webhook(request.actor, webhook_id)
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    found = notices.deliveries(request.actor, webhook_id, state=state, place=place(request))
    kinds = {kind.code: _(kind.title) for kind in notices.event_types()}
    kinds[notices.TEST] = _("A test")
    context = {
        "door": here,
        "row": row,
        "kinds": [(code, kinds.get(code, code)) for code in row.types],
        "rows": [_sent(each, kinds, row.state) for each in found],
        "pages": pages(request, found),
        "state": state,
        "states": [
            Link(words, here.url("webhook", webhook_id, state=code), code == state)
            for code, words in _state_words()
        ],
        "zone": centre().zone,
        "days": notices.kept_days(),
        "most": notices.MAX_ATTEMPTS,
    }
    return show(request, "webhooks/webhook.jinja", context, errors)


def _act(request: Asked, webhook_id: UUID) -> str:
    """Do what a button says; what was done, in words."""
    what = text(request, "do")
    if what == "again":
        delivery = required_id(request, "delivery", _("Choose what to send again."))
        notices.replay_delivery(actor=request.actor, delivery_id=delivery)
        return _("It is sent again within about a minute, with the same id.")
    if what == "failed":
        count = notices.replay_failed(actor=request.actor, webhook_id=webhook_id)
        return ngettext("%(num)s event is sent again.", "%(num)s events are sent again.", count) % {
            "num": count
        }
    writes: dict[str, tuple[Callable[..., Any], str]] = {
        "test": (
            notices.test_webhook,
            _("A test is sent within about a minute. What came of it is in the list below."),
        ),
        "pause": (notices.pause_webhook, _("Paused. Events wait until it goes on.")),
        "resume": (notices.resume_webhook, _("It goes on; what waited is sent now.")),
        "end": (notices.end_webhook, _("Ended. Nothing more is sent to it.")),
    }
    if what not in writes:
        raise FormError("FORM-101", _("Choose what to do with it."), field="do")
    write, said = writes[what]
    write(actor=request.actor, webhook_id=webhook_id)
    return said


def _sent(row: notices.WebhookDelivery, kinds: dict[str, str], hook_state: str) -> Sent:
    tags = {
        "waiting": ("watch", _("Waiting")),
        "delivered": ("good", _("Delivered")),
        "failed": ("bad", _("Failed")),
    }
    state = tags[row.state]
    if row.state == "waiting" and row.attempts:
        state = ("watch", _("Is tried again"))
    body = json.dumps(json.loads(notices.body_of(row)), indent=2, ensure_ascii=False)
    again = row.state != "waiting" and hook_state != "ended"
    kind, number = kinds.get(row.type, row.type), str(row.data.get("number", ""))
    return Sent(row, kind, number, state, _answer(row), body, again)


def _answer(row: notices.WebhookDelivery) -> str:
    """What came of the last attempt."""
    words = {
        "status": _("it refused"),
        "redirect": _("a redirect, which is not followed"),
        "refused": _("Its address leads into an inner network; nothing was sent."),
        "timeout": _("No answer within ten seconds."),
        "tls": _("Its certificate was not accepted."),
        "unreachable": _("Nothing answers at its address."),
        "no_address": _("Its name has no address."),
        "no_http": _("It did not answer as a web server does."),
        "proxy": _("The way out of the centre's network refused."),
        "ended": _("The webhook was ended before it was sent."),
    }
    told = words.get(row.last_error, row.last_error)
    if row.last_status:
        return f"{row.last_status}: {told}" if told else str(row.last_status)
    return told


def _state_words() -> list[tuple[str, str]]:
    return [
        ("", _("All")),
        ("waiting", _("Waiting")),
        ("delivered", _("Delivered")),
        ("failed", _("Failed")),
    ]
