"""Appointments as staff handle them: today's list, booking on the telephone, moving, cancelling."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.casework import public as casework

from ..access import centre_only
from ..cases.forms import answers_of, fields_of
from ..centre.base import attempt, said_on, show, text
from ..lists import lists, pages, place, report
from ..look.page import Problem
from ..requests import Asked
from .screen import appointment_states, day_asked, the_office
from .times import moment_asked, required_moment, week

WORK = "casework.work"


@centre_only(WORK)
@lists("casework.Appointment")
def appointments(request: Asked, office: str) -> HttpResponse:
    """The appointments of a day, in order."""
    found = the_office(request, office)
    today = casework.today_at(request.actor, found)
    day = day_asked(request, today)
    rows = casework.appointments(request.actor, found, day, place(request))
    context = {
        "office": found,
        "day": day,
        "before": day - timedelta(days=1),
        "behind": day + timedelta(days=1),
        "rows": rows.rows,
        "states": appointment_states(),
        "pages": pages(request, rows),
        "zone": casework.office_zone(request.actor, found),
        "outside": casework.outside_opening(request.actor, found),
    }
    return show(request, "counter/appointments.jinja", context)


@centre_only(WORK)
@report("what one office offers by appointment, and the free times of a week")
def book(request: Asked, office: str) -> HttpResponse:
    """Book an appointment for somebody on the telephone."""
    found = the_office(request, office)
    asked = request.POST if request.method == "POST" else request.GET
    offers = [row for row in casework.office_offers(request.actor, found) if row.bookable]
    offer = next((row for row in offers if str(row.pk) == asked.get("offer", "")), None)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST" and offer is not None:
        made: list[casework.Booked] = []
        errors = attempt(lambda: made.append(_book(request, offer)))
        if not errors:
            words = _("Booked. Their code, which is shown only now: %(code)s")
            messages.success(request, words % {"code": made[0].tracking_code})
            where = [found.code, made[0].appointment.pk]
            return HttpResponseRedirect(reverse("counter:appointment", args=where))
    gone = any(each.code == "CASE-605" for each in errors)
    asks = offer is not None and offer.category is not None and (
        offer.category.case_type_id == offer.visit_type_id
    )  # fmt: skip
    context = {
        "office": found,
        "offers": offers,
        "offer": offer,
        "starts": None if gone else moment_asked(asked.get("starts", "")),
        "asked": asked,
        "fields": fields_of(offer.category, asked) if asks and offer and offer.category else [],
        "week": week(request, offer, offer=str(offer.pk)) if offer is not None else None,
        "zone": casework.office_zone(request.actor, found),
    }
    return show(request, "counter/phone.jinja", context, errors)


def _book(request: Asked, offer: casework.OfficeOffer) -> casework.Booked:
    name, email, phone = (text(request, each) for each in ("name", "email", "phone"))
    contact = None
    if name or email or phone:
        contact = casework.put_contact(
            actor=request.actor,
            agency_id=casework.agency_of_offer(request.actor, offer),
            name=name,
            email=email,
            phone=phone,
        )
    answers = answers_of(offer.category, request.POST) if offer.category is not None else {}
    return casework.book_appointment(
        actor=request.actor,
        offer_id=offer.pk,
        starts=required_moment(text(request, "starts")),
        visitor=casework.Visitor(contact, text(request, "text"), answers, channel="phone"),
        way="phone",
    )


@centre_only(WORK)
@report("one appointment, and the free times of a week")
def appointment(request: Asked, office: str, appointment_id: UUID) -> HttpResponse:
    """One appointment: who comes, another time, not at all, or here they are."""
    found = the_office(request, office)
    row = casework.appointment(request.actor, appointment_id)
    errors: tuple[Problem, ...] = ()
    write = WRITES.get(text(request, "what"))
    if request.method == "POST" and write is not None:
        said: list[str] = []
        errors = attempt(lambda: said.append(write(request, row)))
        if not errors:
            return said_on(request, "counter:appointment", said[0], found.code, row.pk)
        row = casework.appointment(request.actor, appointment_id)
    context = {
        "office": found,
        "appointment": row,
        "state": appointment_states()[row.state],
        "week": week(request, row.offer, row) if row.state == "booked" else None,
        "zone": casework.office_zone(request.actor, found),
    }
    return show(request, "counter/one.jinja", context, errors)


def _move(request: Asked, row: casework.Appointment) -> str:
    casework.move_appointment(
        actor=request.actor,
        appointment_id=row.pk,
        starts=required_moment(text(request, "starts")),
    )
    return _("The appointment is moved.")


def _cancel(request: Asked, row: casework.Appointment) -> str:
    casework.cancel_appointment(actor=request.actor, appointment_id=row.pk)
    return _("The appointment is cancelled. Its time is free for somebody else.")


def _arrived(request: Asked, row: casework.Appointment) -> str:
    made = casework.check_in(actor=request.actor, appointment_id=row.pk)
    return _("They have come: ticket %(label)s.") % {"label": made.label}


WRITES: dict[str, Callable[[Asked, casework.Appointment], str]] = {
    "move": _move,
    "cancel": _cancel,
    "arrived": _arrived,
}
