"""The counter: offices, free times, appointments, and the tickets of whoever has come."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.casework import public as casework

from ..kit import paging
from ..kit.doors import Asked, Door, centre
from ..kit.types import Day, In, Long, Page, Text
from .counter_shapes import (
    AppointmentOut,
    BookedOut,
    BookIn,
    FreeTimesOut,
    HoursOut,
    MaybeShort,
    MomentIn,
    OfficeDeskIn,
    OfficeDeskOut,
    OfficeIn,
    OfficeKeyOut,
    OfficeOfferIn,
    OfficeOfferOut,
    OfficeOut,
    QueueingOut,
    Short,
    TicketOut,
)
from .shapes import Answer, CaseKey, ContactIn, Word, found
from .writes import OpenedOut

WORK, MANAGE = centre("casework.work"), centre("casework.manage")
door = Door("counter", "Offices, their desks, appointments, and tickets of whoever has come.")


def _office(request: Asked, code: str) -> casework.Office:
    return casework.office(request.actor, code)


@door.get("/offices", access=WORK, returns=Page[OfficeOut])
def list_offices(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Every office, by name; those that are closed for good too."""
    rows = casework.offices(request.actor, every=True)
    return paging.part_of(rows, after, limit, lambda row: row.code)


@door.put("/offices/{office}", access=MANAGE, returns=OfficeKeyOut)
def put_office(request: Asked, office: Short, data: OfficeIn) -> dict[str, Any]:
    """Make an office, or change it."""
    draft = casework.OfficeDraft(code=office, **data.model_dump())
    row = casework.put_office(actor=request.actor, draft=draft)
    return {"office": row, "kiosk_key": row.kiosk_key}


@door.get("/offices/{office}/desks", access=WORK, returns=Page[OfficeDeskOut])
def list_desks(
    request: Asked,
    office: Short,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The desks of an office, by number."""
    rows = casework.office_desks(request.actor, _office(request, office), every=True)
    return paging.part_of(rows, after, limit, lambda row: row.number)


@door.put("/offices/{office}/desks/{desk_number}", access=MANAGE, returns=OfficeDeskOut)
def put_desk(request: Asked, office: Short, desk_number: int, data: OfficeDeskIn) -> Any:
    """Make a desk, or change it."""
    return casework.put_office_desk(
        actor=request.actor, office=office, number=desk_number, **data.model_dump()
    )


@door.get("/offices/{office}/offers", access=WORK, returns=Page[OfficeOfferOut])
def list_office_offers(
    request: Asked,
    office: Short,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """What an office offers, by name."""
    rows = casework.office_offers(request.actor, _office(request, office), every=True)
    return paging.part_of(rows, after, limit, lambda row: row.code)


@door.put("/offices/{office}/offers/{office_offer}", access=MANAGE, returns=OfficeOfferOut)
def put_office_offer(
    request: Asked, office: Short, office_offer: Short, data: OfficeOfferIn
) -> Any:
    """Offer something at an office, or change it."""
    draft = casework.OfferDraft(office=office, code=office_offer, **data.model_dump())
    return casework.put_office_offer(actor=request.actor, draft=draft)


@door.get("/offices/{office}/queueing", access=WORK, returns=QueueingOut)
def read_queueing(request: Asked, office: Short) -> dict[str, Any]:
    """What the display of an office shows now."""
    row = casework.queueing(request.actor, _office(request, office))
    return {
        "called": list(row.called),
        "waiting": row.waiting,
        "desks": row.desks,
        "wait_seconds": None if row.wait is None else round(row.wait),
        "visits": row.visits,
    }


@door.get("/offices/{office}/waiting-times", access=WORK, returns=HoursOut)
def read_waiting_times(
    request: Asked,
    office: Short,
    first: Day | None = Query(None, description="First day; today without it."),
    last: Day | None = Query(None, description="Last day; today without it."),
) -> dict[str, Any]:
    """How long people waited in each hour of the day, and would with one more desk."""
    place, actor = _office(request, office), request.actor
    today = casework.today_at(actor, place)
    rows = casework.hours_of_day(actor, place, first or today, last or today)
    model = {each.hour.hour: each for each in casework.with_another_desk(actor, place, rows)}
    return {
        "hours": [
            {
                "hour": row.hour,
                "days": row.days,
                "visitors": row.visitors,
                "waited_seconds": _whole(row.waited),
                "most_seconds": _whole(row.waited_most),
                "served_seconds": round(row.served),
                "desks": model[row.hour].now.agents if row.hour in model else round(row.desks),
                "mean_wait_seconds": _mean(model, row.hour, "now"),
                "mean_wait_with_one_more": _mean(model, row.hour, "more"),
            }
            for row in rows
        ]
    }


def _mean(model: dict[int, casework.WithDesks], hour: int, which: str) -> int | None:
    return _whole(getattr(model[hour], which).mean_wait if hour in model else None)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


@door.get("/offices/{office}/offers/{office_offer}/times", access=WORK, returns=FreeTimesOut)
def list_free_times(
    request: Asked,
    office: Short,
    office_offer: Short,
    first: Day | None = Query(None, description="First day; today without it."),
    days: int = Query(7, ge=1, le=31),
) -> dict[str, Any]:
    """The free times of something that an office offers."""
    offer = casework.office_offer(request.actor, office, office_offer)
    day = first or casework.today_at(request.actor, offer.office)
    return {"times": casework.free_times(request.actor, offer, day, days)}


@door.get("/offices/{office}/appointments", access=WORK, returns=Page[AppointmentOut])
def list_appointments(
    request: Asked,
    office: Short,
    day: Day | None = Query(None, description="A day; today without it."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The appointments of a day, in order."""
    place = _office(request, office)
    wanted = day or casework.today_at(request.actor, place)
    where = paging.place(after, limit)
    return paging.answer(casework.appointments(request.actor, place, wanted, where))


@door.post("/offices/{office}/appointments", access=WORK, returns=BookedOut, status=201)
def book_appointment(request: Asked, office: Short, data: BookIn) -> dict[str, Any]:
    """Book a free time for somebody; whoever books last where one is left is refused."""
    actor = request.actor
    offer = casework.office_offer(actor, office, data.offer)
    contact = None
    if data.contact is not None:
        agency = casework.agency_of_offer(actor, offer)
        contact = casework.put_contact(actor=actor, agency_id=agency, **data.contact.model_dump())
    made = casework.book_appointment(
        actor=actor,
        offer_id=offer.pk,
        starts=data.starts,
        visitor=casework.Visitor(contact, data.text, data.answers, data.way),
        case_id=found(request, data.case).pk if data.case else None,
        way=data.way,
    )
    return {"appointment": made.appointment, "tracking_code": made.tracking_code}


@door.get("/appointments/{appointment_id}", access=WORK, returns=AppointmentOut)
def read_appointment(request: Asked, appointment_id: UUID) -> Any:
    """One appointment."""
    return casework.appointment(request.actor, appointment_id)


@door.post("/appointments/{appointment_id}/move", access=WORK, returns=AppointmentOut)
def move_appointment(request: Asked, appointment_id: UUID, data: MomentIn) -> Any:
    """Move an appointment to another free time."""
    return casework.move_appointment(
        actor=request.actor, appointment_id=appointment_id, starts=data.starts
    )


@door.post("/appointments/{appointment_id}/cancel", access=WORK, returns=AppointmentOut)
def cancel_appointment(request: Asked, appointment_id: UUID) -> Any:
    """Cancel an appointment; a case that was only the visit ends."""
    return casework.cancel_appointment(actor=request.actor, appointment_id=appointment_id)


@door.post("/appointments/{appointment_id}/arrive", access=WORK, returns=TicketOut, status=201)
def check_in(request: Asked, appointment_id: UUID) -> Any:
    """They have come: a ticket whose turn is at the appointment's time."""
    return casework.check_in(actor=request.actor, appointment_id=appointment_id)


@door.get("/offices/{office}/tickets", access=WORK, returns=Page[TicketOut])
def list_tickets(
    request: Asked,
    office: Short,
    day: Day | None = Query(None, description="A day; today without it."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The tickets of a day, the newest first."""
    place = _office(request, office)
    wanted = day or casework.today_at(request.actor, place)
    where = paging.place(after, limit)
    return paging.answer(casework.tickets(request.actor, place, wanted, where))


class TicketIn(In):
    """What they have come for; `case`: an earlier case of theirs."""

    offer: Short
    case: CaseKey | None = None


@door.post("/offices/{office}/tickets", access=WORK, returns=TicketOut, status=201)
def take_ticket(request: Asked, office: Short, data: TicketIn) -> Any:
    """Give somebody a ticket."""
    offer = casework.office_offer(request.actor, office, data.offer)
    return casework.take_ticket(
        actor=request.actor,
        offer_id=offer.pk,
        case_id=found(request, data.case).pk if data.case else None,
    )


class SitIn(In):
    """`over`: in the place of whoever forgot to leave the desk."""

    over: bool = False


@door.post("/office-desks/{desk_id}/sit", access=WORK, returns=OfficeDeskOut)
def sit_at_desk(request: Asked, desk_id: UUID, data: SitIn) -> Any:
    """Sit down at a desk, and leave the one before."""
    return casework.sit_at_desk(actor=request.actor, desk_id=desk_id, over=data.over)


@door.post("/office-desks/{desk_id}/leave", access=WORK, returns=OfficeDeskOut)
def leave_desk(request: Asked, desk_id: UUID) -> Any:
    """Leave a desk."""
    return casework.leave_desk(actor=request.actor, desk_id=desk_id)


@door.post("/office-desks/{desk_id}/call-next", access=WORK, returns=TicketOut)
def call_next(request: Asked, desk_id: UUID) -> Any:
    """Call the next ticket: appointments that are due, then whoever has waited longest."""
    return casework.call_next(actor=request.actor, desk_id=desk_id)


class ToDeskIn(In):
    """A desk of the office."""

    desk_id: UUID


@door.get("/tickets/{ticket_id}", access=WORK, returns=TicketOut)
def read_ticket(request: Asked, ticket_id: UUID) -> Any:
    """One ticket."""
    return casework.ticket(request.actor, ticket_id)


@door.post("/tickets/{ticket_id}/call", access=WORK, returns=TicketOut)
def call_ticket(request: Asked, ticket_id: UUID, data: ToDeskIn) -> Any:
    """Call a ticket out of turn, or back from hold."""
    return casework.call_ticket(actor=request.actor, ticket_id=ticket_id, desk_id=data.desk_id)


@door.post("/tickets/{ticket_id}/recall", access=WORK, returns=TicketOut)
def recall_ticket(request: Asked, ticket_id: UUID) -> Any:
    """Call once more."""
    return casework.recall_ticket(actor=request.actor, ticket_id=ticket_id)


@door.post("/tickets/{ticket_id}/serve", access=WORK, returns=TicketOut)
def serve_ticket(request: Asked, ticket_id: UUID) -> Any:
    """They are here: serving begins."""
    return casework.serve_ticket(actor=request.actor, ticket_id=ticket_id)


@door.post("/tickets/{ticket_id}/hold", access=WORK, returns=TicketOut)
def hold_ticket(request: Asked, ticket_id: UUID) -> Any:
    """Put a ticket aside; the desk is free."""
    return casework.hold_ticket(actor=request.actor, ticket_id=ticket_id)


@door.post("/tickets/{ticket_id}/release", access=WORK, returns=TicketOut)
def release_ticket(request: Asked, ticket_id: UUID) -> Any:
    """Back from hold among those who wait, at its old place."""
    return casework.release_ticket(actor=request.actor, ticket_id=ticket_id)


@door.post("/tickets/{ticket_id}/transfer", access=WORK, returns=TicketOut)
def transfer_ticket(request: Asked, ticket_id: UUID, data: ToDeskIn) -> Any:
    """Send a ticket in hand to another desk, which alone may call it."""
    return casework.transfer_ticket(actor=request.actor, ticket_id=ticket_id, desk_id=data.desk_id)


@door.post("/tickets/{ticket_id}/no-show", access=WORK, returns=TicketOut)
def miss_ticket(request: Asked, ticket_id: UUID) -> Any:
    """Nobody came."""
    return casework.miss_ticket(actor=request.actor, ticket_id=ticket_id)


class FinishIn(In):
    """What was done, which they can read; `keep_open`: work on the case goes on."""

    resolution: Text = ""
    keep_open: bool = False


@door.post("/tickets/{ticket_id}/finish", access=WORK, returns=TicketOut)
def finish_ticket(request: Asked, ticket_id: UUID, data: FinishIn) -> Any:
    """Serving ended; the case is resolved, or goes on."""
    return casework.finish_ticket(actor=request.actor, ticket_id=ticket_id, **data.model_dump())


class JoinIn(In):
    """The earlier case that they have come for."""

    case: CaseKey


@door.post("/tickets/{ticket_id}/join", access=WORK, returns=TicketOut)
def join_ticket(request: Asked, ticket_id: UUID, data: JoinIn) -> Any:
    """The visit goes on in an earlier case, as one case. It cannot be undone."""
    case = found(request, data.case)
    return casework.join_ticket(actor=request.actor, ticket_id=ticket_id, case_id=case.pk)


@door.post("/tickets/{ticket_id}/visitor", access=WORK, returns=TicketOut)
def name_visitor(request: Asked, ticket_id: UUID, data: ContactIn) -> Any:
    """Say who has come."""
    row = casework.ticket(request.actor, ticket_id)
    contact = casework.put_contact(
        actor=request.actor, agency_id=row.agency_id, **data.model_dump()
    )
    return casework.name_visitor(actor=request.actor, ticket_id=ticket_id, contact=contact)


class CaptureIn(In):
    """What they ask for, written down for them. `consent`: how they agreed to that; `helper`: who
    speaks for them, if another does."""

    category: Annotated[Text, Field(max_length=60)] = ""
    case_type: MaybeShort = ""
    subject: Annotated[Text, Field(min_length=1, max_length=200)]
    consent: Annotated[Text, Field(min_length=5, max_length=200)]
    contact: ContactIn
    helper: ContactIn | None = None
    text: Long = ""
    place: Annotated[Text, Field(max_length=300)] = ""
    answers: Annotated[dict[Word, Answer], Field(max_length=100)] = Field(default_factory=dict)


@door.post("/tickets/{ticket_id}/capture", access=WORK, returns=OpenedOut, status=201)
def capture_visit(request: Asked, ticket_id: UUID, data: CaptureIn) -> Any:
    """Open a case of what they ask for, with their recorded consent; the visit goes on in it."""
    actor = request.actor
    row = casework.ticket(actor, ticket_id)

    def known(given: ContactIn) -> casework.Contact:
        return casework.put_contact(actor=actor, agency_id=row.agency_id, **given.model_dump())

    made = casework.capture_visit(
        actor=actor,
        ticket_id=ticket_id,
        asked=casework.Captured(
            subject=data.subject,
            consent=data.consent,
            contact=known(data.contact),
            helper=known(data.helper) if data.helper else None,
            category=data.category,
            case_type=data.case_type,
            text=data.text,
            place=data.place,
            answers=data.answers,
        ),
    )
    case = casework.case(actor, made.case.pk)
    return {"case": case, "tracking_code": made.tracking_code, "fresh": made.fresh}
