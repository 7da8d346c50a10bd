"""The clerk's screen: my desk, the ticket in hand with its case, who is next, who is on hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import people_of_accounts
from commonweal.kernel.schema.public import NotFound

from ..access import centre_only
from ..cases.forms import answers_of, fields_of
from ..cases.said import opened_words, state_name, state_tag
from ..centre.base import FormError, attempt, required_id, said_on, show, text
from ..lists import lists, pages, place, report
from ..look.page import Problem
from ..requests import Asked

WORK = "casework.work"
SOON = 12
"""How many of today's appointments the screen shows; the list has them all."""


@centre_only(WORK)
@report("the offices at which somebody serves, with their desks")
def places(request: Asked) -> HttpResponse:
    """The offices at which the clerk serves; whoever sits at a desk goes there at once."""
    desk = casework.own_desk(request.actor)
    if desk is not None and request.GET.get("all") != "1":
        return HttpResponseRedirect(reverse("counter:screen", args=[desk.office.code]))
    context = {"offices": casework.own_offices(request.actor)}
    return show(request, "counter/places.jinja", context)


def the_office(request: Asked, code: str) -> casework.Office:
    """The office of an address."""
    return casework.office(request.actor, code)


@centre_only(WORK)
@report("the desk's ticket in hand, ten who are next, those on hold, twelve appointments")
def screen(request: Asked, office: str) -> HttpResponse:
    """Everything that a clerk does at the counter, on one screen."""
    found = the_office(request, office)
    desk = casework.own_desk(request.actor)
    mine = desk if desk is not None and desk.office_id == found.pk else None
    errors: tuple[Problem, ...] = ()
    write = WRITES.get(text(request, "what"))
    if request.method == "POST" and write is not None:
        said: list[str] = []
        errors = attempt(lambda: said.append(write(request, found, mine)))
        if not errors:
            return said_on(request, "counter:screen", said[0], found.code)
        desk = casework.own_desk(request.actor)
        mine = desk if desk is not None and desk.office_id == found.pk else None
    context = {**_around(request, found, mine), **_hand(request, mine), "asked": request.POST}
    return show(request, "counter/screen.jinja", context, errors)


def _around(
    request: Asked, office: casework.Office, desk: casework.OfficeDesk | None
) -> dict[str, Any]:
    actor = request.actor
    desks = casework.office_desks(actor, office)
    names = people_of_accounts(actor, {row.clerk for row in desks if row.clerk})
    day = casework.today_at(actor, office)
    booked = casework.appointments(actor, office, day, place(request))
    return {
        "office": office,
        "desk": desk,
        "desks": [
            (row, names[row.clerk].name if row.clerk in names else _("Somebody"))
            if row.clerk
            else (row, "")
            for row in desks
        ],
        "offers": casework.office_offers(actor, office),
        "next": casework.next_tickets(actor, desk) if desk is not None else [],
        "held": casework.held_tickets(actor, office),
        "booked": [row for row in booked if row.state == "booked"][:SOON],
        "zone": casework.office_zone(actor, office),
    }


def _hand(request: Asked, desk: casework.OfficeDesk | None) -> dict[str, Any]:
    """The ticket in hand, its case, and the form for what they ask."""
    row = casework.in_hand(request.actor, desk) if desk is not None else None
    if row is None:
        return {"ticket": None}
    case = casework.case(request.actor, row.case_id)
    categories = casework.categories(request.actor, "citizen", row.offer.agency_code)
    asked = request.POST if text(request, "what") == "capture" else request.GET
    code = asked.get("about", "") or (row.offer.category.code if row.offer.category else "")
    about = next((each for each in categories if each.code == code), None)
    return {
        "ticket": row,
        "case": case,
        "state": state_name(case),
        "state_kind": state_tag(case),
        "talk": casework.interactions_of(request.actor, case).rows[:3],
        "subjects": [(each.code, each.name) for each in categories],
        "about": about,
        "fields": fields_of(about, request.POST) if about is not None else [],
    }


Desk = casework.OfficeDesk | None


def _need(desk: Desk) -> casework.OfficeDesk:
    if desk is None:
        raise FormError("CASE-609", _("Sit down at a desk of this office first."), field="desk")
    return desk


def _named(request: Asked, name: str = "ticket") -> UUID:
    return required_id(request, name, _("Choose a ticket."))


def _sit(request: Asked, office: casework.Office, desk: Desk) -> str:
    chosen = required_id(request, "desk", _("Choose a desk."))
    row = casework.sit_at_desk(
        actor=request.actor, desk_id=chosen, over=text(request, "over") == "1"
    )
    return _("You sit at desk %(number)s.") % {"number": row.number}


def _leave(request: Asked, office: casework.Office, desk: Desk) -> str:
    casework.leave_desk(actor=request.actor, desk_id=_need(desk).pk)
    return _("You have left the desk. It calls nobody until somebody sits there.")


def _next(request: Asked, office: casework.Office, desk: Desk) -> str:
    row = casework.call_next(actor=request.actor, desk_id=_need(desk).pk)
    return _("%(label)s is called.") % {"label": row.label}


def _call(request: Asked, office: casework.Office, desk: Desk) -> str:
    row = casework.call_ticket(
        actor=request.actor, ticket_id=_named(request), desk_id=_need(desk).pk
    )
    return _("%(label)s is called.") % {"label": row.label}


def _recall(request: Asked, office: casework.Office, desk: Desk) -> str:
    row = casework.recall_ticket(actor=request.actor, ticket_id=_named(request))
    return _("%(label)s is called again.") % {"label": row.label}


def _serve(request: Asked, office: casework.Office, desk: Desk) -> str:
    row = casework.serve_ticket(actor=request.actor, ticket_id=_named(request))
    return _("%(label)s is being served.") % {"label": row.label}


def _hold(request: Asked, office: casework.Office, desk: Desk) -> str:
    row = casework.hold_ticket(actor=request.actor, ticket_id=_named(request))
    return _("%(label)s is on hold.") % {"label": row.label}


def _release(request: Asked, office: casework.Office, desk: Desk) -> str:
    row = casework.release_ticket(actor=request.actor, ticket_id=_named(request))
    return _("%(label)s waits again, at the old place.") % {"label": row.label}


def _miss(request: Asked, office: casework.Office, desk: Desk) -> str:
    row = casework.miss_ticket(actor=request.actor, ticket_id=_named(request))
    return _("%(label)s did not come.") % {"label": row.label}


def _transfer(request: Asked, office: casework.Office, desk: Desk) -> str:
    to = required_id(request, "to", _("Choose a desk."))
    row = casework.transfer_ticket(actor=request.actor, ticket_id=_named(request), desk_id=to)
    number = row.for_desk.number if row.for_desk else ""
    return _("%(label)s is next at desk %(number)s.") % {"label": row.label, "number": number}


def _finish(request: Asked, office: casework.Office, desk: Desk) -> str:
    row = casework.finish_ticket(
        actor=request.actor,
        ticket_id=_named(request),
        resolution=text(request, "resolution"),
        keep_open=text(request, "then") == "open",
    )
    return _("%(label)s is done.") % {"label": row.label}


def _join(request: Asked, office: casework.Office, desk: Desk) -> str:
    try:
        case = casework.case_by_number(request.actor, text(request, "number"))
    except NotFound as none:
        words = _("There is no case of this number among those you may see. Check the number.")
        raise FormError("CASE-192", words, field="number") from none
    row = casework.join_ticket(actor=request.actor, ticket_id=_named(request), case_id=case.pk)
    return _("%(label)s goes on in case %(number)s.") % {
        "label": row.label, "number": case.number,
    }  # fmt: skip


def _person(request: Asked, agency: UUID, prefix: str = "") -> casework.Contact | None:
    name, email, phone = (text(request, f"{prefix}{each}") for each in ("name", "email", "phone"))
    if not (name or email or phone):
        return None
    return casework.put_contact(
        actor=request.actor, agency_id=agency, name=name, email=email, phone=phone
    )


def _name(request: Asked, office: casework.Office, desk: Desk) -> str:
    row = casework.ticket(request.actor, _named(request))
    found = _person(request, row.agency_id)
    if found is None:
        raise FormError("CASE-162", _("Give a name, an e-mail address or a number."), field="name")
    casework.name_visitor(actor=request.actor, ticket_id=row.pk, contact=found)
    return _("It is noted who has come.")


def _capture(request: Asked, office: casework.Office, desk: Desk) -> str:
    """What they ask for, written down for them with the questions that the web asks."""
    row = casework.ticket(request.actor, _named(request))
    about = casework.category(
        request.actor, text(request, "about"), "citizen", row.offer.agency_code
    )
    contact = row.case.requester or _person(request, row.agency_id)
    if contact is None:
        raise FormError("CASE-162", _("Say whom it is for: a name at least."), field="name")
    opened = casework.capture_visit(
        actor=request.actor,
        ticket_id=row.pk,
        asked=casework.Captured(
            subject=text(request, "subject") or about.name,
            consent=text(request, "consent"),
            contact=contact,
            helper=_person(request, row.agency_id, "helper_"),
            category=about.code,
            text=text(request, "text"),
            place=text(request, "place"),
            answers=answers_of(about, request.POST),
        ),
    )
    return opened_words(opened)


def _ticket(request: Asked, office: casework.Office, desk: Desk) -> str:
    offer = required_id(request, "offer", _("Choose what they have come for."))
    row = casework.take_ticket(actor=request.actor, offer_id=offer)
    return _("Ticket %(label)s.") % {"label": row.label}


def _arrived(request: Asked, office: casework.Office, desk: Desk) -> str:
    row = casework.check_in(
        actor=request.actor,
        appointment_id=required_id(request, "appointment", _("Choose an appointment.")),
    )
    return _("They have come: ticket %(label)s.") % {"label": row.label}


WRITES: dict[str, Callable[[Asked, casework.Office, Desk], str]] = {
    "sit": _sit,
    "leave": _leave,
    "next": _next,
    "call": _call,
    "recall": _recall,
    "serve": _serve,
    "hold": _hold,
    "release": _release,
    "miss": _miss,
    "transfer": _transfer,
    "finish": _finish,
    "join": _join,
    "name": _name,
    "capture": _capture,
    "ticket": _ticket,
    "arrived": _arrived,
}


def day_asked(request: Asked, today: date) -> date:
    """The day of `?day=`, or today."""
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return today


@centre_only(WORK)
@lists("casework.Ticket")
def tickets(request: Asked, office: str) -> HttpResponse:
    """Every ticket of a day, the newest first."""
    found = the_office(request, office)
    day = day_asked(request, casework.today_at(request.actor, found))
    rows = casework.tickets(request.actor, found, day, place(request))
    context = {
        "office": found,
        "day": day,
        "rows": rows.rows,
        "states": ticket_states(),
        "pages": pages(request, rows),
        "zone": casework.office_zone(request.actor, found),
    }
    return show(request, "counter/tickets.jinja", context)


def ticket_states() -> dict[str, tuple[str, str]]:
    """Tag and words of each state of a ticket."""
    return {
        "waiting": ("watch", _("Waits")),
        "called": ("watch", _("Called")),
        "serving": ("watch", _("Being served")),
        "hold": ("unknown", _("On hold")),
        "done": ("good", _("Done")),
        "no_show": ("neutral", _("Did not come")),
    }


def appointment_states() -> dict[str, tuple[str, str]]:
    """Tag and words of each state of an appointment."""
    return {
        "booked": ("watch", _("Booked")),
        "arrived": ("good", _("Has come")),
        "served": ("good", _("Served")),
        "missed": ("bad", _("Nobody came")),
        "cancelled": ("neutral", _("Cancelled")),
    }
