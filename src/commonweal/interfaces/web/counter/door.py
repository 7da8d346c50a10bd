"""Appointments at the public door: a citizen books, moves and cancels one without an account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import Agency
from commonweal.kernel.schema.public import NotFound

from ..cases.door import MOST_AN_HOUR, at_door, remember
from ..cases.forms import answers_of, fields_of
from ..cases.limits import limited
from ..centre.base import attempt, required_id, show, text
from ..lists import report
from ..look.page import Problem
from ..requests import Asked
from .times import moment_asked, required_moment, week


@at_door
@report("what an agency offers by appointment: as much as its offices do")
def visits(request: Asked, agency: Agency) -> HttpResponse:
    """What an agency offers by appointment, and at which offices."""
    rows = casework.office_offers(request.actor, agency_code=agency.code)
    offers = [row for row in rows if row.bookable]
    context = {
        "agency": agency,
        "offers": offers,
        "offices": sorted({(row.office.code, row.office.name) for row in offers}),
    }
    return show(request, "counter/visits.jinja", context)


def _offer(request: Asked, agency: Agency, office: str, code: str) -> casework.OfficeOffer:
    found = casework.office_offer(request.actor, office, code)
    if found.agency_code != agency.code or not found.bookable:
        raise NotFound("CASE-443", "This is offered at no such office. Look at the list.")
    return found


@at_door
@report("the free times of a week, and the questions of one form")
def book(request: Asked, agency: Agency, office: str, offer: str) -> HttpResponse:
    """Choose a free time, then say who comes; the code that is shown next moves or cancels it."""
    found = _offer(request, agency, office, offer)
    errors: tuple[Problem, ...] = ()
    asked = request.POST if request.method == "POST" else request.GET
    if request.method == "POST":
        limited(request, "open", MOST_AN_HOUR)
        made: list[casework.Booked] = []
        errors = attempt(lambda: made.append(_book(request, agency, found)))
        if not errors:
            return _booked(request, agency, made[0])
    chosen = moment_asked(asked.get("starts", ""))
    gone = any(each.code == "CASE-605" for each in errors)
    context = {
        "agency": agency,
        "offer": found,
        "starts": None if gone else chosen,
        "asked": asked,
        "fields": fields_of(found.category, asked) if found.category and _asks(found) else [],
        "week": week(request, found),
        "zone": casework.office_zone(request.actor, found.office),
    }
    return show(request, "counter/book.jinja", context, errors)


def _asks(offer: casework.OfficeOffer) -> bool:
    """Whether a booking answers the questions of its subject."""
    return offer.category is not None and offer.category.case_type_id == offer.visit_type_id


def _book(request: Asked, agency: Agency, offer: casework.OfficeOffer) -> casework.Booked:
    name, email, phone = (text(request, each) for each in ("name", "email", "phone"))
    contact = None
    if name or email or phone:
        contact = casework.put_contact(
            actor=request.actor, agency_id=agency.pk, name=name, email=email, phone=phone
        )
    answers = answers_of(offer.category, request.POST) if _asks(offer) and offer.category else {}
    return casework.book_appointment(
        actor=request.actor,
        offer_id=offer.pk,
        starts=required_moment(text(request, "starts")),
        visitor=casework.Visitor(contact, text(request, "text"), answers, channel="web"),
    )


def _booked(request: Asked, agency: Agency, made: casework.Booked) -> HttpResponse:
    case = made.appointment.case
    remember(request, agency, case)
    request.session["door_code"] = made.tracking_code
    where = reverse("door:appointment", args=[agency.code.lower(), case.number])
    return HttpResponseRedirect(where)


@at_door
@report("the appointment of one case, and the free times of a week")
def appointment(request: Asked, agency: Agency, number: str) -> HttpResponse:
    """The appointment of one's own case: when and where, another time, or not at all. A case that
    has none can be given one."""
    case = casework.case_by_number(request.actor, number)
    here = reverse("door:appointment", args=[agency.code.lower(), case.number])
    errors: tuple[Problem, ...] = ()
    write = WRITES.get(text(request, "what"))
    if request.method == "POST" and write is not None:
        limited(request, "write", MOST_AN_HOUR)
        said: list[str] = []
        errors = attempt(lambda: said.append(write(request, case)))
        if not errors:
            messages.success(request, said[0])
            return HttpResponseRedirect(here)
        case = casework.case_by_number(request.actor, number)
    row = casework.appointment_of(request.actor, case)
    offers = [
        each
        for each in casework.office_offers(request.actor, agency_code=agency.code)
        if each.bookable
    ]
    chosen = row.offer if row is not None else _chosen(request, offers)
    context: dict[str, Any] = {
        "agency": agency,
        "case": case,
        "appointment": row,
        "offers": offers if row is None and case.phase in ("open", "waiting") else [],
        "offer": chosen,
        "code": request.session.pop("door_code", ""),
        "here": here,
        "week": week(request, chosen, row, offer=request.GET.get("offer", "")) if chosen else None,
    }
    return show(request, "counter/appointment.jinja", context, errors)


def _chosen(request: Asked, offers: list[casework.OfficeOffer]) -> casework.OfficeOffer | None:
    asked = request.POST.get("offer") or request.GET.get("offer", "")
    return next((each for each in offers if str(each.pk) == asked), None)


def _required(request: Asked, case: casework.Case) -> casework.Appointment:
    found = casework.appointment_of(request.actor, case)
    if found is None:
        raise NotFound("CASE-444", "There is no such appointment. Look at the list again.")
    return found


def _move(request: Asked, case: casework.Case) -> str:
    casework.move_appointment(
        actor=request.actor,
        appointment_id=_required(request, case).pk,
        starts=required_moment(text(request, "starts")),
    )
    return _("Your appointment is moved.")


def _cancel(request: Asked, case: casework.Case) -> str:
    casework.cancel_appointment(actor=request.actor, appointment_id=_required(request, case).pk)
    return _("Your appointment is cancelled. Its time is free for somebody else.")


def _add(request: Asked, case: casework.Case) -> str:
    casework.book_appointment(
        actor=request.actor,
        offer_id=required_id(request, "offer", _("Choose what you come for.")),
        starts=required_moment(text(request, "starts")),
        case_id=case.pk,
    )
    return _("Your appointment is booked.")


WRITES: dict[str, Callable[[Asked, casework.Case], str]] = {
    "move": _move,
    "cancel": _cancel,
    "add": _add,
}
