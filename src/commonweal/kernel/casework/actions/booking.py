"""Appointments: booked at the public door or on the telephone, moved, cancelled, reminded of.

That no desk is booked twice is guarded three times: free times are computed while nobody else books
at the office, and PostgreSQL refuses two bookings of one desk that overlap, whoever writes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from ...access.public import SYSTEM, Actor, act_as, require
from ...audit.public import action, record
from ...calendar.public import micros, moment_of, now
from ...party.public import centre
from ...schema.public import Conflict, alone
from ..domain.errors import CaseError
from ..domain.slots import Slot, slot_at
from ..models import Appointment, Case, OfficeOffer, Ticket
from ..offices import agency_of, day_of, free_at, offer_of
from ..rules import OPEN, is_citizen, require_serve
from .counter import begin_waiting, end_ticket
from .moving import machine, put_state
from .visiting import (
    Visitor,
    case_for,
    go,
    held,
    open_visit,
    require_appointment,
    tell_visitor,
    visit,
)

GRACE = timedelta(minutes=15)
"""How long after its end an appointment of which nobody came counts as missed."""
BEFORE = timedelta(hours=24)
"""How long before an appointment its reminder leaves."""


@dataclass(frozen=True)
class Booked:
    """The appointment, and the code with which it is moved or cancelled ("": that of its case)."""

    appointment: Appointment
    tracking_code: str = ""


@action
def book_appointment(
    *,
    actor: Actor,
    offer_id: UUID,
    starts: datetime,
    visitor: Visitor | None = None,
    case_id: UUID | None = None,
    way: str = "web",
) -> Booked:
    """Book a free time for something that an office offers: a case of its own, or for `case_id`.

    Errors: CASE-443 no such offer, 612 not by appointment, 605 not free, 606 of a case that ended
    or has an appointment, 110 answers, 608 for those who do not serve there.
    """
    offer = offer_of(offer_id)
    _require_may_book(actor, offer)
    if not offer.bookable:
        raise CaseError(
            "CASE-612", f"“{offer.name}” is not by appointment. Come and take a ticket."
        )
    _hold_office(offer.office_id)
    slot = _slot(offer, starts)
    code = ""
    if case_id is None:
        opened = open_visit(actor, offer, visitor or Visitor(channel=way), booked=True)
        case, code = held(opened.case.pk), opened.tracking_code
    else:
        case = case_for(actor, offer, case_id)
    row = Appointment(
        agency_id=case.agency_id,
        case=case,
        own_case=case_id is None,
        office=offer.office,
        offer=offer,
        desk_id=slot.desk,
        starts=moment_of(slot.start),
        ends=moment_of(slot.end),
        way=way,
    )
    _keep(row, fresh=True)
    if row.own_case:
        _wait_for_it(actor, case)
    visit(actor, case, "booked", offer.office, appointment=str(row.pk))
    tell_visitor(actor, case, row, "booked")
    return Booked(row, code)


def _require_may_book(actor: Actor, offer: OfficeOffer) -> None:
    if is_citizen(actor):
        require(actor, OPEN, agency_of(offer))
    else:
        require_serve(actor, offer.office)


def _hold_office(office_id: UUID) -> None:
    """Nobody else books at an office until this transaction ends."""
    alone(f"office {office_id}")


def _not_free() -> Conflict:
    return Conflict(
        "CASE-605",
        "This time is not free any more, or never was. Choose another; nothing was booked.",
        field="starts",
    )


def _slot(offer: OfficeOffer, starts: datetime, but: UUID | None = None) -> Slot[UUID]:
    """The free time that begins then (CASE-605)."""
    length = timedelta(minutes=offer.minutes)
    try:
        found = slot_at(free_at(offer, starts, starts + length, but), micros(starts))
    except OverflowError:
        found = None
    if found is None:
        raise _not_free()
    return found


def _keep(row: Appointment, *, fresh: bool) -> None:
    """Write it; what the database refuses was booked by somebody else (CASE-605, 606)."""
    try:
        with transaction.atomic():
            row.save(force_insert=fresh)
    except IntegrityError as twice:
        if "casework_appointment_one" in str(twice):
            raise Conflict(
                "CASE-606", "This case has an appointment already. Move that one."
            ) from twice
        raise _not_free() from twice


def _wait_for_it(actor: Actor, case: Case) -> None:
    """Clocks that an appointment stops stand still until then, where the kind of case has it so."""
    plan = machine(case)
    for move in plan.moves_from(case.state, "system"):
        state = plan.state(move.end)
        if state.reason == "appointment" and not move.needs:
            put_state(actor, case, state)
            return


def _changeable(row: Appointment) -> None:
    if row.state != "booked" or row.ends <= now():
        raise Conflict("CASE-606", "This appointment is over, or was cancelled. Book another time.")


@action
def move_appointment(*, actor: Actor, appointment_id: UUID, starts: datetime) -> Appointment:
    """Move an appointment to another free time; its own counts as free (CASE-444, 605, 606)."""
    row = require_appointment(actor, appointment_id)
    _changeable(row)
    _hold_office(row.office_id)
    slot = _slot(row.offer, starts, row.pk)
    row.desk_id = slot.desk
    row.starts, row.ends = moment_of(slot.start), moment_of(slot.end)
    row.moved, row.reminded_at = row.moved + 1, None
    _keep(row, fresh=False)
    case = held(row.case_id)
    visit(actor, case, "moved", row.office, appointment=str(row.pk))
    tell_visitor(actor, case, row, "moved")
    return row


@action
def cancel_appointment(*, actor: Actor, appointment_id: UUID) -> Appointment:
    """Cancel an appointment: its time is free again, and a case that was only the visit ends
    (CASE-444, 606)."""
    row = require_appointment(actor, appointment_id)
    _changeable(row)
    row.state = "cancelled"
    row.save()
    case = held(row.case_id)
    visit(actor, case, "cancelled", row.office, appointment=str(row.pk))
    tell_visitor(actor, case, row, "cancelled")
    if row.own_case:
        go(actor, case, "closed")
    return row


@action
def keep_visits(*, actor: Actor, limit: int = 500) -> dict[str, int]:
    """Remind of appointments a day before, note those that nobody came for, and end the tickets of
    days that are over; how many of each."""
    found = {"reminded": 0, "missed": 0, "ended": 0}
    with act_as(SYSTEM):
        found["reminded"] = _remind(limit)
        found["missed"] = _miss(limit)
        found["ended"] = _end_old(limit)
        _turns(limit)
        record(
            actor=actor,
            verb="casework.visits_kept",
            target=("party.Agency", centre().agency_id),
            payload={
                "reminded": found["reminded"],
                "missed": found["missed"],
                "ended": found["ended"],
            },
        )
    return found


def _ahead(limit: int) -> list[Appointment]:
    rows = Appointment.objects.select_for_update(of=("self",), skip_locked=True)
    return list(
        rows.select_related("office", "offer")
        .filter(state="booked", starts__gt=now(), starts__lte=now() + BEFORE)
        .filter(reminded_at__isnull=True, booked_at__lte=F("starts") - BEFORE)
        .order_by("starts", "id")[:limit]
    )


def _remind(limit: int) -> int:
    sent = 0
    for row in _ahead(limit):
        row.reminded_at = now()
        row.save(update_fields=["reminded_at"])
        sent += tell_visitor(SYSTEM, held(row.case_id), row, "reminder")
    return sent


def _miss(limit: int) -> int:
    rows = Appointment.objects.select_for_update(of=("self",), skip_locked=True)
    late = list(
        rows.select_related("office")
        .filter(state="booked", starts__lte=now() - GRACE, ends__lte=now() - GRACE)
        .order_by("starts", "id")[:limit]
    )
    for row in late:
        row.state = "missed"
        row.save(update_fields=["state"])
        case = held(row.case_id)
        visit(SYSTEM, case, "missed", row.office, appointment=str(row.pk))
        if row.own_case:
            go(SYSTEM, case, "closed")
    return len(late)


def _turns(limit: int) -> None:
    """Whose turn came a moment ago waits from then on, and the clock of waiting runs."""
    rows = Ticket.objects.select_for_update(of=("self",), skip_locked=True)
    came = rows.select_related("office").filter(
        state="waiting", turn_at__lte=now(), turn_at__gt=F("taken_at")
    )
    for row in came.order_by("turn_at", "id")[:limit]:
        begin_waiting(SYSTEM, row)


def _end_old(limit: int) -> int:
    """Tickets that nobody ended on their day: who was being served, was; the others went away."""
    rows = Ticket.objects.select_for_update(of=("self",), skip_locked=True)
    live = rows.select_related("office__queue", "appointment").filter(
        state__in=["waiting", "called", "serving", "hold"], turn_at__lt=now() - timedelta(hours=2)
    )
    ended = 0
    for row in live.order_by("turn_at", "id")[:limit]:
        if row.day < day_of(row.office):
            served = row.served_seconds or row.started_at
            end_ticket(SYSTEM, row, "done" if served else "no_show", forgotten=True)
            ended += 1
    return ended
