"""Reads of the counter: offices, free times, tickets, what the display shows, how long people wait.

Offices, desks and what is offered are public. The display and the kiosk read numbers of every
agency's tickets, and nothing else of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Avg

from ...access.public import SYSTEM, Actor, act_as, require
from ...calendar.public import moment_of, now
from ...catalogue.public import calendar_for
from ...schema.public import FIRST, CommonwealError, Listing, NotFound, Place, listing
from ..domain.visits import IN_HAND, HourOfDay, WithDesks, expected_wait, with_more
from ..models import Appointment, Case, Office, OfficeDesk, OfficeOffer, Ticket
from ..offices import (
    agency_of,
    day_of,
    free_at,
    gone_appointment,
    is_open,
    offer_of,
    office_of,
    outside_hours,
    waiting_for,
    zone_of,
)
from ..rules import WORK, citizen, is_citizen, may_serve, require_case, require_serve
from .one import case_by_code

LATEST = 200
"""Of how many visits the mean time of serving is taken."""


def offices(actor: Actor, *, every: bool = False) -> list[Office]:
    """The offices in use, by name; `every`: those that are closed for good too."""
    rows = Office.objects.select_related("queue__team").order_by("name", "id")
    return list(rows if every else rows.filter(active=True))


def own_offices(actor: Actor) -> list[Office]:
    """The offices at which the actor serves."""
    require(actor, WORK)
    return [each for each in offices(actor) if may_serve(actor, each)]


def office(actor: Actor, code: str) -> Office:
    """An office by its code (CASE-441)."""
    return office_of(code)


def kiosk_office(actor: Actor, key: str) -> Office:
    """The office whose kiosk has a key (CASE-441): whoever has it may take tickets there."""
    found = Office.objects.select_related("queue").filter(kiosk_key=key, active=True).first()
    if found is None:
        raise NotFound("CASE-441", "This kiosk has no office any more. Ask at the counter.")
    return found


def office_desks(actor: Actor, office: Office, *, every: bool = False) -> list[OfficeDesk]:
    """The desks of an office in use, by number; `every`: the others too."""
    rows = office.desks.order_by("number")
    return list(rows if every else rows.filter(active=True))


def own_desk(actor: Actor) -> OfficeDesk | None:
    """The desk at which the actor sits."""
    if actor.user_id is None:
        return None
    rows = OfficeDesk.objects.select_related("office__queue")
    return rows.filter(clerk=actor.user_id, active=True).first()


def office_offers(
    actor: Actor, office: Office | None = None, agency_code: str = "", *, every: bool = False
) -> list[OfficeOffer]:
    """What is offered at an office, or of an agency at every office, by name."""
    rows = OfficeOffer.objects.select_related("office", "category__case_type", "visit_type")
    if office is not None:
        rows = rows.filter(office=office)
    if agency_code:
        rows = rows.filter(agency_code=agency_code)
    if not every:
        rows = rows.filter(active=True, office__active=True)
    return list(rows.order_by("name", "id"))


def office_offer(actor: Actor, office: str, code: str) -> OfficeOffer:
    """What an office offers under a code (CASE-443)."""
    found = OfficeOffer.objects.filter(office__code=office, code=code).first()
    if found is None:
        raise NotFound("CASE-443", "This is offered at no such office. Look at the list.")
    return offer_of(found.pk)


def agency_of_offer(actor: Actor, offer: OfficeOffer) -> UUID:
    """The id of the agency whose offer it is."""
    return agency_of(offer)


def today_at(actor: Actor, office: Office) -> date:
    """Today where the office is."""
    return day_of(office)


def office_zone(actor: Actor, office: Office) -> str:
    """The zone of an office's opening hours."""
    return str(zone_of(office))


def office_open(actor: Actor, office: Office) -> bool:
    """Whether an office is open now."""
    return is_open(office, now())


@dataclass(frozen=True)
class FreeTime:
    """A time that can be booked."""

    starts: datetime
    ends: datetime


def free_times(
    actor: Actor,
    offer: OfficeOffer,
    first: date,
    days: int = 1,
    but: Appointment | None = None,
) -> list[FreeTime]:
    """The free times of an offer on some local days. `but`: an appointment whose own time counts as
    free, because it shall be moved."""
    begins, ends = _span(offer.office, first, days)
    found = free_at(offer, begins, ends, but.pk if but is not None else None)
    return [FreeTime(moment_of(each.start), moment_of(each.end)) for each in found]


def _span(office: Office, first: date, days: int) -> tuple[datetime, datetime]:
    """From the beginning of a local day to that of another, in UTC; far days are cut off."""
    zone = zone_of(office)
    first = min(max(first, date(1970, 1, 2)), date(2199, 12, 1))
    last = first + timedelta(days=max(1, min(days, 60)))
    return (
        datetime.combine(first, time(), zone).astimezone(UTC),
        datetime.combine(last, time(), zone).astimezone(UTC),
    )


_APPOINTMENT = ("case", "case__requester", "office", "offer", "desk")


def appointments(
    actor: Actor, office: Office, day: date, place: Place | None = FIRST
) -> Listing[Appointment]:
    """The appointments of an office on a local day, in order, for those who serve there."""
    require_serve(actor, office)
    begins, ends = _span(office, day, 1)
    rows = Appointment.objects.select_related(*_APPOINTMENT).filter(
        office=office, starts__gte=begins, starts__lt=ends
    )
    return listing(rows, ("starts", "id"), place)


def outside_opening(actor: Actor, office: Office, limit: int = 20) -> list[Appointment]:
    """The first appointments ahead that lie outside the opening hours, which changed since they
    were booked: somebody has to move them."""
    require_serve(actor, office)
    ids = outside_hours([office.pk], calendar_for(office.calendar))[:limit]
    rows = Appointment.objects.select_related(*_APPOINTMENT).filter(pk__in=ids)
    return list(rows.order_by("starts", "id")) if ids else []


def appointment(actor: Actor, appointment_id: UUID) -> Appointment:
    """An appointment, for those who serve at its office and whoever may see its case (CASE-444)."""
    rows = Appointment.objects.select_related(*_APPOINTMENT, "office__queue", "offer__visit_type")
    found = rows.filter(pk=appointment_id).first()
    if found is None:
        raise gone_appointment()
    if is_citizen(actor) or not may_serve(actor, found.office):
        require_case(actor, found.case)
    return found


def appointment_of(actor: Actor, case: Case) -> Appointment | None:
    """The appointment that a case has, of which nobody has come yet."""
    require_case(actor, case)
    rows = case.appointments.select_related(*_APPOINTMENT, "offer__visit_type")
    return rows.filter(state="booked").first()


_TICKET = (
    "office",
    "case",
    "case__requester",
    "case__case_type",
    "offer",
    "desk",
    "for_desk",
    "appointment",
)


def tickets(actor: Actor, office: Office, day: date, place: Place = FIRST) -> Listing[Ticket]:
    """The tickets of an office on a day, the newest first, for those who serve there."""
    require_serve(actor, office)
    return listing(
        Ticket.objects.select_related(*_TICKET).filter(office=office, day=day), ("-id",), place
    )


def ticket(actor: Actor, ticket_id: UUID) -> Ticket:
    """A ticket, for those who serve at its office (CASE-445)."""
    rows = Ticket.objects.select_related(*_TICKET, "office__queue", "offer__category__case_type")
    found = rows.filter(pk=ticket_id).first()
    if found is None or not may_serve(actor, found.office):
        raise NotFound("CASE-445", "There is no such ticket. Look at the counter again.")
    return found


def in_hand(actor: Actor, desk: OfficeDesk) -> Ticket | None:
    """The ticket that a desk has in hand."""
    require_serve(actor, desk.office)
    rows = Ticket.objects.select_related(*_TICKET, "office__queue", "offer__category__case_type")
    return rows.filter(desk=desk, state__in=IN_HAND).first()


def next_tickets(actor: Actor, desk: OfficeDesk, limit: int = 10) -> list[Ticket]:
    """The first of those that a desk may call, in the order in which it calls them."""
    require_serve(actor, desk.office)
    return list(waiting_for(desk).select_related(*_TICKET)[:limit])


def held_tickets(actor: Actor, office: Office, limit: int = 20) -> list[Ticket]:
    """Tickets of today on hold, those on hold longest first."""
    require_serve(actor, office)
    rows = Ticket.objects.select_related(*_TICKET).filter(
        office=office, day=day_of(office), state="hold"
    )
    return list(rows.order_by("turn_at", "id")[:limit])


def kiosk_case(actor: Actor, office: Office, code: str) -> Case:
    """The case of a tracking code, of any agency that the office serves (CASE-404)."""
    for agency in sorted({agency_of(each) for each in office_offers(actor, office)}, key=str):
        door = citizen(agency)
        try:
            with act_as(door):
                return case_by_code(door, agency, code)
        except CommonwealError:
            continue
    raise NotFound("CASE-404", "No case has this code. Compare it with what you were given.")


@dataclass(frozen=True)
class Called:
    """A number on the display, and where to go."""

    label: str
    desk: int


@dataclass(frozen=True)
class Queueing:
    """How it stands at an office: who was called, newest first; how many wait; how long whoever
    comes now waits, in seconds (None: nobody serves); of how many visits that is known."""

    called: Sequence[Called]
    waiting: int
    desks: int
    wait: float | None
    visits: int


def queueing(actor: Actor, office: Office) -> Queueing:
    """What the public display shows: numbers and desks only, of every agency's tickets."""
    day = day_of(office)
    with act_as(SYSTEM):
        live = Ticket.objects.filter(office=office, day=day)
        rows = live.filter(state__in=IN_HAND).select_related("desk").order_by("-called_at", "id")
        called = [Called(row.label, row.desk.number) for row in rows if row.desk is not None]
        waiting = len(live.filter(state="waiting").order_by().values_list("pk", flat=True)[:999])
        seconds, visits = _mean(office)
    staffed = office.desks.filter(active=True, clerk__isnull=False)
    desks = len(staffed.values_list("pk", flat=True))
    wait = expected_wait(waiting, len(called), desks, seconds)
    return Queueing(called, waiting, desks, wait, visits)


def _mean(office: Office) -> tuple[float, int]:
    """The mean seconds of serving in the last visits; what is planned, where none was served."""
    rows = Ticket.objects.filter(office=office, state="done", served_seconds__gt=0)
    served = list(rows.order_by("-day", "-id").values_list("served_seconds", flat=True)[:LATEST])
    if served:
        return sum(served) / len(served), len(served)
    planned = office.offers.filter(active=True).aggregate(mean=Avg("minutes"))["mean"]
    return float(planned or 10) * 60, 0


_HOURS = """
SELECT extract(hour FROM taken_at AT TIME ZONE %s)::int AS hour, count(DISTINCT day), count(*),
  avg(waited_seconds)::float,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY waited_seconds)::float,
  coalesce(avg(served_seconds) FILTER (WHERE state = 'done' AND served_seconds > 0), 0)::float,
  count(DISTINCT (day, desk_id)) FILTER (WHERE desk_id IS NOT NULL)::float / count(DISTINCT day)
FROM casework_ticket WHERE office_id = %s AND day >= %s AND day <= %s
GROUP BY 1 ORDER BY 1"""


def hours_of_day(actor: Actor, office: Office, first: date, last: date) -> list[HourOfDay]:
    """Each hour of the day in which somebody came, over some days: waiting, serving, desks."""
    require_serve(actor, office)
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, [str(zone_of(office)), office.pk, first, last])
        return [HourOfDay(*row) for row in cursor.fetchall()]


def with_another_desk(actor: Actor, office: Office, hours: Sequence[HourOfDay]) -> list[WithDesks]:
    """What waiting would be in each hour with one more desk (domain/waiting says by which model);
    hours in which nobody was served say nothing."""
    require_serve(actor, office)
    return with_more([each for each in hours if each.served > 0])
