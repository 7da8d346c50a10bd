"""One screen for what comes by telephone, at the counter or on paper: who, what, and a promise."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import agencies

from ..access import centre_only
from ..centre.base import FormError, as_id, attempt, required_id, show, text
from ..lists import report
from ..look.page import Problem
from ..requests import Asked
from .app import draft_of, kept_at, source_of, taken
from .look import asked_to_look, offered, written_in
from .said import channels, opened_words, pressing

WORK = "casework.work"


@centre_only(WORK)
@report("the contacts that begin as typed, ten at most")
def capture(request: Asked) -> HttpResponse:
    """Look somebody up, write down what they want, and open the case."""
    errors: tuple[Problem, ...] = ()
    asked = request.POST if request.method == "POST" else request.GET
    looks = asked_to_look(request)
    if request.method == "POST" and not looks:
        made: list[casework.Opened] = []
        errors = attempt(lambda: made.append(_open(request)))
        if not errors:
            opened = made[0]
            where = reverse("desk:case", args=[opened.case.number])
            words, code = opened_words(opened), opened.tracking_code
            return taken(request, opened.case.number, where, words, code)
    agency = as_id(asked.get("agency", ""))
    caller = asked.get("caller", "")
    context: dict[str, Any] = {
        "agencies": [(str(row.pk), row.name) for row in agencies(request.actor)],
        "contacts": casework.contacts_like(request.actor, agency, caller) if agency else [],
        "categories": [
            (row.code, f"{row.case_type.name}: {row.name}")
            for row in casework.categories(request.actor)
        ],
        "types": [(row.code, row.name) for row in casework.case_types(request.actor)],
        "channels": [
            (code, name)
            for code, name in channels().items()
            if code in ("phone", "counter", "letter", "email")
        ],
        "pressing": [("", _("As usual")), *pressing().items()],
        "asked": asked,
        "draft": draft_of(request),
        "found": offered(request, written_in(request), "desk"),
    }
    return show(request, "cases/capture.jinja", context, errors)


def _open(request: Asked) -> casework.Opened:
    agency = required_id(request, "agency", _("Choose the agency that it is for."))
    kind = text(request, "kind")
    if not kind:
        raise FormError("CASE-193", _("Choose what it is about."), field="kind")
    sort, _colon, code = kind.partition(":")
    new = casework.NewCase(
        case_type=code if sort == "type" else "",
        category=code if sort == "category" else "",
        subject=text(request, "subject"),
        text=text(request, "text"),
        channel=text(request, "channel") or "phone",
        requester=_contact(request, agency),
        impact=text(request, "impact"),
        urgency=text(request, "urgency"),
        place=text(request, "place"),
        opened_at=kept_at(request),
        **source_of(request),
    )
    opened = casework.open_case(actor=request.actor, agency_id=agency, new=new)
    if opened.fresh and text(request, "callback"):
        casework.promise_callback(actor=request.actor, case_id=opened.case.pk)
    return opened


def _contact(request: Asked, agency: Any) -> casework.Contact | None:
    chosen = as_id(text(request, "contact"))
    if chosen is not None:
        return casework.contact(request.actor, agency, chosen)
    name, email, phone = (text(request, field) for field in ("name", "email", "phone"))
    if not (name or email or phone):
        return None
    return casework.put_contact(
        actor=request.actor, agency_id=agency, name=name, email=email, phone=phone
    )
