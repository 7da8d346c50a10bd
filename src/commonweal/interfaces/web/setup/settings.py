"""The centre's own settings, and its messages that could not be sent."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings as installation
from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.notices.public import outbox, retry_failed
from commonweal.kernel.party.public import centre as find_centre
from commonweal.kernel.party.public import set_centre
from commonweal.kernel.words.public import month_name

from ..access import centre_only
from ..centre.base import attempt, required_id, text, whole_field
from ..lists import lists, pages, place
from ..look.page import Link, col
from ..requests import Asked
from .kit import Field, Form, Row, Section, Sheet, ask, saved, sheet, to
from .rooms import CENTRE, MAIL, rooms

TEXTS = (
    "name",
    "short_name",
    "zone",
    "contact_name",
    "contact_email",
    "contact_phone",
    "locale",
)


@centre_only(CENTRE)
def centre(request: Asked) -> HttpResponse:
    """Change what `commonweal init` set."""
    found = find_centre()
    months = [(str(number), month_name(date(2000, number, 1))) for number in range(1, 13)]
    languages = [(code, name) for code, name in installation.LANGUAGES]
    fields = [
        Field("name", _("Name"), codes=("PARTY-102",)),
        Field("short_name", _("Short name"), width="10"),
        Field("currency", _("Currency, chosen when the centre was set up"), fixed=True),
        Field("zone", _("Time zone"), width="20", codes=("PARTY-105",),
              hint=_("Such as America/Chicago. Months begin and end in it.")),
        Field("fiscal_year_start_month", _("The fiscal year begins in"), "select",
              options=months, codes=("PARTY-107",)),
        Field("locale", _("Language of its papers"), "select", options=languages),
        Field("contact_name", _("Who answers questions")),
        Field("contact_email", _("Their e-mail address"), "mail", codes=("PARTY-126",)),
        Field("contact_phone", _("Their telephone"), width="20"),
    ]  # fmt: skip
    values = {name: getattr(found, name) for name in (*TEXTS, "currency")}
    values["fiscal_year_start_month"] = str(found.fiscal_year_start_month)
    back = Link(_("Set-up"), to("start"))
    form = Form(_("The centre"), _("Save the settings"), fields, back, values)
    return ask(request, form, lambda: write(request), _("The settings are saved."), to("centre"))


def write(request: Asked) -> None:
    """Set what the form says."""
    given: dict[str, Any] = {name: text(request, name) for name in TEXTS}
    set_centre(
        actor=request.actor,
        fiscal_year_start_month=whole_field(
            request, "fiscal_year_start_month", _("The fiscal year begins in")
        ),
        **given,
    )


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
            col("at", _("Written"), "moment", zone=zone),
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
