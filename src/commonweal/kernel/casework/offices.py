"""What is known of offices: whether they are open, what is free there, who is next at a desk."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Case as Choice
from django.db.models import Q, QuerySet, Value, When

from ..access.public import SYSTEM, Actor, act_as
from ..calendar.public import WorkingCalendar, compiled, micros, now
from ..catalogue.public import calendar_for
from ..party.public import Agency
from ..schema.public import NotFound
from .domain.slots import Slot, Span, free_slots, is_open_all_through
from .models import Appointment, Office, OfficeDesk, OfficeOffer, Ticket


def office_of(code: str) -> Office:
    """An office by its code (CASE-441)."""
    found = Office.objects.select_related("queue").filter(code=code).first()
    if found is None:
        raise NotFound("CASE-441", f"There is no office “{code[:40]}”. Look at the list.")
    return found


def offer_of(offer_id: UUID) -> OfficeOffer:
    """Something that an office offers (CASE-443)."""
    rows = OfficeOffer.objects.select_related("office__queue", "category__case_type", "visit_type")
    found = rows.filter(pk=offer_id, active=True, office__active=True).first()
    if found is None:
        raise NotFound("CASE-443", "This is offered at no office any more. Look at the list.")
    return found


def agency_of(offer: OfficeOffer) -> UUID:
    """The agency of an offer, by its code."""
    with act_as(SYSTEM):
        found = Agency.objects.filter(code=offer.agency_code).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound("CASE-430", f"There is no agency “{offer.agency_code}” any more.")
    return found


def zone_of(office: Office) -> ZoneInfo:
    """The zone of an office's opening hours."""
    return ZoneInfo(calendar_for(office.calendar).zone)


def day_of(office: Office) -> date:
    """Today at an office."""
    return now().astimezone(zone_of(office)).date()


def is_open(office: Office, moment: datetime) -> bool:
    """Whether an office is open at a moment."""
    at = micros(moment)
    return bool(compiled(calendar_for(office.calendar), at).spans(at, at + 1))


def gone_appointment() -> NotFound:
    """The error for an appointment that is not there, or not the actor's."""
    return NotFound("CASE-444", "There is no such appointment. Look at the list again.")


def waiting_for(desk: OfficeDesk) -> QuerySet[Ticket]:
    """The tickets that a desk may call, the next one first: those sent to this desk, then
    appointments whose time has come, then whoever has waited longest."""
    rows = Ticket.objects.filter(
        Q(for_desk__isnull=True) | Q(for_desk=desk),
        office_id=desk.office_id,
        state="waiting",
        day=day_of(desk.office),
    )
    if desk.only:
        rows = rows.filter(Q(for_desk=desk) | Q(offer__code__in=desk.only))
    due = Q(appointment__isnull=False, turn_at__lte=now())
    rank = Choice(When(for_desk=desk, then=Value(0)), When(due, then=Value(1)), default=Value(2))
    return rows.order_by(rank, "turn_at", "id")


def desks_for(offer: OfficeOffer) -> list[OfficeDesk]:
    """The desks that take appointments for an offer, by number."""
    rows = OfficeDesk.objects.filter(office_id=offer.office_id, active=True, takes_bookings=True)
    return [row for row in rows.order_by("number") if not row.only or offer.code in row.only]


def free_at(
    offer: OfficeOffer, first: datetime, last: datetime, but: UUID | None = None
) -> list[Slot[UUID]]:
    """The free times of an offer that lie in [first, last), each with its first free desk.

    `but`: an appointment that counts as free. Whose the bookings are is not read: other agencies'
    bookings at the same desk count too (CALENDAR-106 beyond what a calendar covers).
    """
    office = offer.office
    moment = now()
    plan = compiled(calendar_for(office.calendar), micros(moment))
    ends = min(last, moment + timedelta(days=office.days_ahead))
    earliest = max(first, moment + timedelta(minutes=office.notice_minutes))
    desks = [row.pk for row in desks_for(offer)]
    if ends <= earliest or not desks:
        return []
    # From a midnight well before, so that times begin where the office opened, whoever asks when.
    local = earliest.astimezone(ZoneInfo(plan.calendar.zone)) - timedelta(days=2)
    spans = plan.spans(
        micros(local.replace(hour=0, minute=0, second=0, microsecond=0)), micros(ends)
    )
    return free_slots(
        spans, desks, _busy(desks, earliest, ends, but), offer.minutes, office.step_minutes,
        micros(earliest),
    )  # fmt: skip


def outside_hours(
    offices: Collection[UUID], hours: WorkingCalendar, most: int = 5_000
) -> list[UUID]:
    """The appointments ahead at some offices that do not lie within opening hours, in order: hours
    changed after they were booked, or would. Whose they are is not read."""
    moment = now()
    rows = Appointment.objects.filter(office_id__in=offices, state="booked", starts__gt=moment)
    with act_as(SYSTEM):
        ahead = list(rows.order_by("starts", "id").values_list("pk", "starts", "ends")[:most])
    if not ahead:
        return []
    last = max(ends for _pk, _starts, ends in ahead)
    spans = compiled(hours, micros(moment)).spans(micros(moment), micros(last))
    return [
        pk
        for pk, starts, ends in ahead
        if not is_open_all_through(spans, micros(starts), micros(ends))
    ]


def appointments_preview(actor: Actor, code: str, would_be: WorkingCalendar) -> dict[str, int]:
    """How many appointments would lie outside the opening hours with other hours."""
    found = Office.objects.filter(calendar=code).values_list("pk", flat=True)
    return {"appointments": len(outside_hours(list(found), would_be))}


def _busy(
    desks: list[UUID], first: datetime, last: datetime, but: UUID | None
) -> dict[UUID, list[Span]]:
    rows = Appointment.objects.filter(
        desk_id__in=desks, state__in=["booked", "arrived"], starts__lt=last, ends__gt=first
    )
    if but is not None:
        rows = rows.exclude(pk=but)
    found: dict[UUID, list[Span]] = {}
    with act_as(SYSTEM):
        for desk, starts, ends in rows.values_list("desk_id", "starts", "ends"):
            found.setdefault(desk, []).append((micros(starts), micros(ends)))
    return found
