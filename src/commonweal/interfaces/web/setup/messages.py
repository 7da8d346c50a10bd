"""Messages that could not be sent."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.notices.public import outbox, retry_failed
from commonweal.kernel.party.public import centre as find_centre
from commonweal.kernel.words import public as words

from ..access import centre_only
from ..centre.base import attempt, required_id
from ..lists import lists, pages, place
from ..look.page import col
from ..requests import Asked
from .kit import Row, Section, Sheet, saved, sheet, to
from .rooms import MAIL, rooms


@centre_only(MAIL)
@lists("notices.Message")
def messages(request: Asked) -> HttpResponse:
    """Messages that could not be sent, newest first; each can be tried again."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        errors = attempt(
            lambda: retry_failed(
                actor=request.actor, message_id=required_id(request, "id", _("Choose a message."))
            )
        )
        if not errors:
            return saved(request, _("It is tried again within a minute."), to("messages"))
    found = outbox(request.actor, place=place(request))
    zone = find_centre().zone
    rows = [
        Row(
            {
                "subject": row.subject,
                "at": row.created_at,
                "attempts": row.attempts,
                "why": row.last_error,
            },
            act=("again", _("Send again")),
            id=str(row.pk),
        )
        for row in found
    ]
    section = Section(
        _("Unsent messages"),
        [
            col("subject", _("Message")),
            col("at", _("Written (%(zone)s)") % {"zone": words.zone_name(zone)}, "when", zone=zone),
            col("attempts", _("Attempts"), numeric=True),
            col("why", _("Last error")),
            col("act", ""),
        ],
        rows,
        _("Every message was sent, or still waits for its turn."),
        pages=pages(request, found),
        hidden=True,
    )
    page = Sheet(_("Unsent messages"), [section], tabs=rooms(request.actor, "messages"))
    return sheet(request, page, errors)
