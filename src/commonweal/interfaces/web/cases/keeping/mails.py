"""Mail that was held back: what and why, looked at as text, let in or removed."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.interfaces.mail.held import let_in, look, why_held
from commonweal.kernel.casework import public as casework

from ...access import centre_only
from ...centre.base import FormError, attempt, said_on, show, text
from ...lists import lists, pages, place
from ...look.page import Link, Problem
from ...requests import Asked
from .base import MANAGE, tabs_of


def states() -> dict[str, str]:
    """Which messages can be listed: why they are in no case."""
    return {
        "quarantined": _("Held back"),
        "dropped_loop": _("From machines"),
        "bounce": _("Did not arrive"),
        "removed": _("Removed"),
    }


@centre_only(MANAGE)
@lists("casework.MailIntake")
def mails(request: Asked) -> HttpResponse:
    """The messages of a state, the newest first."""
    known = states()
    state = request.GET.get("state", "")
    state = state if state in known else "quarantined"
    rows = casework.held_mails(request.actor, state, place(request))
    here = reverse("keeping:mails")
    context = {
        "rows": [(row, _(why_held(row.reason))) for row in rows],
        "state": state,
        "days": casework.HELD_DAYS,
        "pages": pages(request, rows),
        "which": [Link(words, f"{here}?state={code}", code == state)
                  for code, words in known.items()],
        "tabs_of": tabs_of("mails"),
    }  # fmt: skip
    return show(request, "cases/keeping/mails.jinja", context)


@centre_only(MANAGE)
def mail(request: Asked, mail_id: UUID) -> HttpResponse:
    """One message as text, and what becomes of it."""
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        said: list[str] = []
        errors = attempt(lambda: said.append(_change(request, mail_id)))
        if not errors:
            return said_on(request, "keeping:mail", said[0], mail_id)
    found = look(request.actor, mail_id)
    context = {
        "found": found,
        "row": found.row,
        "why": _(why_held(found.row.reason)),
        "queues": [(row.code, row.name) for row in casework.queues(request.actor)],
        "state": states().get(found.row.state, _("In a case")),
        "asked": request.POST,
        "tabs_of": tabs_of("mails"),
    }
    return show(request, "cases/keeping/mail.jinja", context, errors)


def _change(request: Asked, mail_id: UUID) -> str:
    what = text(request, "what")
    if what == "remove":
        casework.remove_mail(actor=request.actor, mail_id=mail_id)
        return _("The message is removed. If it is sent again, it stays out.")
    if what != "let_in":
        raise FormError("FORM-101", _("Choose what to do with it."), field="what")
    chosen = text(request, "queue")
    queue = next((row for row in casework.queues(request.actor) if row.code == chosen), None)
    if queue is None:
        raise FormError("FORM-101", _("Choose the queue that it belongs to."), field="queue")
    row = let_in(actor=request.actor, mail_id=mail_id, queue=queue)
    number = row.case.number if row.case else ""
    return _("It went into the case %(number)s.") % {"number": number}
