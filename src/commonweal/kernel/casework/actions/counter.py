"""The counter: tickets taken, called, held, served; desks and who sits there.

Two desks never call the same ticket: each takes the first that nobody else holds (SKIP LOCKED), and
a desk has one ticket in hand at most, which a constraint says too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from ...access.public import SYSTEM, Actor, act_as, require
from ...audit.public import action, record
from ...calendar.public import now
from ...schema.public import Conflict
from ..domain.errors import CaseError
from ..domain.visits import IN_HAND, LIVE, after, label
from ..models import Appointment, Case, CaseEvent, Contact, OfficeDesk, OfficeOffer, Ticket
from ..offices import agency_of, day_of, is_open, offer_of, waiting_for, zone_of
from ..rules import OPEN, is_citizen, require_serve
from .events import append
from .linking import merge_cases
from .moving import machine, move_case
from .opening import NewCase, Opened, open_case
from .trust import record_consent
from .visiting import (
    Visitor,
    case_for,
    go,
    held,
    open_visit,
    require_appointment,
    require_office_desk,
    require_ticket,
    visit,
)


@action
def sit_at_desk(*, actor: Actor, desk_id: UUID, over: bool = False) -> OfficeDesk:
    """Sit down at a desk, and leave the one before. `over`: in the place of whoever forgot to leave
    it (CASE-609 where somebody sits; 442, 608)."""
    desk = require_office_desk(actor, desk_id)
    if actor.user_id is None:
        raise CaseError("CASE-609", "Only a person sits at a desk. Sign in as one.")
    if desk.clerk not in (None, actor.user_id) and not over:
        raise Conflict(
            "CASE-609",
            f"Somebody else sits at desk {desk.number}. Choose another, or take it over.",
            field="desk",
        )
    for other in (
        OfficeDesk.objects.select_for_update().filter(clerk=actor.user_id).exclude(pk=desk.pk)
    ):
        _leave(other)
    if desk.clerk != actor.user_id:
        desk.clerk, desk.since = actor.user_id, now()
        desk.save(update_fields=["clerk", "since"])
    record(actor=actor, verb="casework.desk_taken", target=desk, payload={"over": over})
    return desk


def _leave(desk: OfficeDesk) -> None:
    if Ticket.objects.filter(desk=desk, state__in=IN_HAND).exists():
        raise Conflict(
            "CASE-609", f"Desk {desk.number} has a ticket in hand. Finish it, or put it on hold."
        )
    desk.clerk = desk.since = None
    desk.save(update_fields=["clerk", "since"])
    # Whoever was sent on to this desk waits for any desk again.
    Ticket.objects.filter(for_desk=desk, state="waiting").update(for_desk=None)


@action
def leave_desk(*, actor: Actor, desk_id: UUID) -> OfficeDesk:
    """Leave a desk: it calls nobody until somebody sits there (CASE-609 with a ticket in hand)."""
    desk = require_office_desk(actor, desk_id)
    _leave(desk)
    record(actor=actor, verb="casework.desk_left", target=desk)
    return desk


_NEXT = """
INSERT INTO casework_ticketnumber (id, office_id, day, letter, last)
VALUES (gen_random_uuid(), %s, %s, %s, 1)
ON CONFLICT (office_id, day, letter) DO UPDATE SET last = casework_ticketnumber.last + 1
RETURNING last"""


def _label(offer: OfficeOffer, day: Any) -> str:
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute(_NEXT, [offer.office_id, day, offer.letter])
        (last,) = cursor.fetchone()
    return label(offer.letter, last)


@action
def take_ticket(
    *,
    actor: Actor,
    offer_id: UUID,
    visitor: Visitor | None = None,
    case_id: UUID | None = None,
) -> Ticket:
    """A ticket for something that an office offers, for a visit of its own or an earlier case.

    Errors: CASE-443, 612 only by appointment, 611 closed (for whoever has no account), 606 an
    earlier case that ended, 608 for those who do not serve there.
    """
    offer = offer_of(offer_id)
    if is_citizen(actor):
        require(actor, OPEN, agency_of(offer))
        if not offer.walk_in:
            raise CaseError("CASE-612", f"“{offer.name}” is by appointment only. Book a time.")
        if not is_open(offer.office, now()):
            raise Conflict("CASE-611", f"{offer.office.name} is closed now. Come when it is open.")
    else:
        require_serve(actor, offer.office)
    if case_id is None:
        made = open_visit(actor, offer, visitor or Visitor(), booked=False)
        case = held(made.case.pk)
    else:
        case = case_for(actor, offer, case_id)
    return _ticket(actor, offer, case, own_case=case_id is None)


def _ticket(
    actor: Actor,
    offer: OfficeOffer,
    case: Case,
    *,
    own_case: bool,
    appointment: Appointment | None = None,
) -> Ticket:
    day, moment = day_of(offer.office), now()
    row = Ticket.objects.create(
        agency_id=case.agency_id,
        office=offer.office,
        offer=offer,
        case=case,
        own_case=own_case,
        appointment=appointment,
        day=day,
        label=_label(offer, day),
        taken_at=moment,
        turn_at=appointment.starts if appointment else moment,
    )
    case.contacts += not own_case  # they come once more, for what they asked before
    # Who comes early waits from their turn on: until then no clock of waiting runs.
    stage = "waiting" if row.turn_at <= moment else "arrived"
    visit(actor, case, stage, offer.office, ticket=row.label, contact=not own_case)
    return row


@action
def check_in(*, actor: Actor, appointment_id: UUID) -> Ticket:
    """Whoever has an appointment today has come: their ticket, whose turn is at its time.

    Errors: CASE-444, 613 not today, or they have come before, 606 cancelled.
    """
    row = require_appointment(actor, appointment_id)
    day = day_of(row.office)
    if row.state == "arrived":
        raise Conflict("CASE-613", "They have come already, and have a ticket.")
    if row.state not in ("booked", "missed"):
        raise Conflict("CASE-606", "This appointment was cancelled, or is over. Take a ticket.")
    if row.starts.astimezone(zone_of(row.office)).date() != day:
        raise Conflict("CASE-613", "This appointment is on another day. Take a ticket for today.")
    if row.state == "missed":
        raise Conflict("CASE-613", "The time of this appointment is over. Take a ticket.")
    row.state = "arrived"
    row.save(update_fields=["state"])
    case = held(row.case_id)
    return _ticket(actor, row.offer, case, own_case=row.own_case, appointment=row)


def _own_desk(actor: Actor, desk_id: UUID) -> OfficeDesk:
    """A desk at which the actor sits, held, with nothing in hand (CASE-609)."""
    desk = require_office_desk(actor, desk_id)
    if actor.kind != "system" and desk.clerk != actor.user_id:
        raise Conflict("CASE-609", f"You do not sit at desk {desk.number}. Sit down there first.")
    if Ticket.objects.filter(desk=desk, state__in=IN_HAND).exists():
        raise Conflict("CASE-609", "You have a ticket in hand. Finish it, or put it on hold.")
    return desk


@action
def call_next(*, actor: Actor, desk_id: UUID) -> Ticket:
    """Call the next ticket to a desk (CASE-609, 610 nobody waits)."""
    desk = _own_desk(actor, desk_id)
    rows = waiting_for(desk).select_for_update(skip_locked=True, of=("self",))
    found = rows.select_related("office__queue").first()
    if found is None:
        raise Conflict("CASE-610", "Nobody waits whom this desk may call.")
    _call(actor, found, desk)
    return found


@action
def call_ticket(*, actor: Actor, ticket_id: UUID, desk_id: UUID) -> Ticket:
    """Call one ticket to a desk out of turn, or back from hold (CASE-445, 607, 609)."""
    desk = _own_desk(actor, desk_id)
    row = require_ticket(actor, ticket_id)
    if row.office_id != desk.office_id:
        raise Conflict("CASE-607", f"Ticket {row.label} is of another office.")
    _call(actor, row, desk)
    return row


def _call(actor: Actor, row: Ticket, desk: OfficeDesk) -> None:
    deed, moment = after(row.label, row.state, "call"), now()
    begin_waiting(actor, row)
    _end_hold(row, moment)
    if row.first_called_at is None:
        row.first_called_at = moment
        waited = (moment - max(row.taken_at, row.turn_at)).total_seconds()
        row.waited_seconds = max(0, round(waited) - row.held_seconds)
    row.called_at, row.calls = moment, row.calls + 1
    row.state, row.desk, row.for_desk, row.clerk = deed.end, desk, None, actor.user_id
    row.save()
    case = held(row.case_id)
    visit(actor, case, deed.stage, row.office, ticket=row.label, desk=desk.number)
    if case.assignee is None and actor.user_id is not None:
        case.assignee = actor.user_id
        append(actor, case, "given", {"to": str(actor.user_id)}, reproject=False)


def begin_waiting(actor: Actor, row: Ticket) -> bool:
    """Whose turn came while they were there, waits from that moment on; whether it is said now."""
    if row.state != "waiting" or not row.taken_at < row.turn_at <= now():
        return False
    said = CaseEvent.objects.filter(case_id=row.case_id, kind="visit", at__gte=row.turn_at)
    if said.filter(data__ticket=row.label).exists():
        return False
    case = held(row.case_id)
    visit(actor, case, "waiting", row.office, at=row.turn_at, ticket=row.label)
    return True


def _end_hold(row: Ticket, moment: datetime) -> None:
    if row.held_at is not None:
        if row.first_called_at is None:  # before their turn nobody waits, so nothing is held
            since = max(row.held_at, row.turn_at)
            row.held_seconds += max(0, round((moment - since).total_seconds()))
        row.held_at = None


def _end_serving(row: Ticket, moment: datetime) -> None:
    if row.started_at is not None and row.state == "serving":
        row.served_seconds += max(0, round((moment - row.started_at).total_seconds()))


@action
def recall_ticket(*, actor: Actor, ticket_id: UUID) -> Ticket:
    """Call a ticket once more to the same desk: it stands first on the display (CASE-607)."""
    row = require_ticket(actor, ticket_id)
    deed = after(row.label, row.state, "recall")
    row.called_at, row.calls = now(), row.calls + 1
    row.save()
    number = row.desk.number if row.desk else 0
    visit(actor, held(row.case_id), deed.stage, row.office, ticket=row.label, desk=number)
    return row


@action
def serve_ticket(*, actor: Actor, ticket_id: UUID) -> Ticket:
    """Whoever was called is there: serving begins (CASE-607)."""
    row = require_ticket(actor, ticket_id)
    _serve(actor, row)
    return row


def _serve(actor: Actor, row: Ticket) -> Case:
    deed = after(row.label, row.state, "start")
    row.state, row.started_at = deed.end, now()
    row.save()
    case = held(row.case_id)
    visit(actor, case, deed.stage, row.office, ticket=row.label)
    if row.own_case:
        go(actor, case, "open")
    return case


@action
def hold_ticket(*, actor: Actor, ticket_id: UUID) -> Ticket:
    """Put a ticket aside: they fetch a paper, or step out; the desk is free (CASE-607)."""
    row = require_ticket(actor, ticket_id)
    deed, moment = after(row.label, row.state, "hold"), now()
    begin_waiting(actor, row)
    _end_serving(row, moment)
    row.state, row.held_at, row.desk = deed.end, moment, None
    row.save()
    visit(actor, held(row.case_id), deed.stage, row.office, ticket=row.label)
    return row


@action
def release_ticket(*, actor: Actor, ticket_id: UUID) -> Ticket:
    """Put a ticket on hold back among those who wait, at its old place (CASE-607)."""
    row = require_ticket(actor, ticket_id)
    deed = after(row.label, row.state, "release")
    _end_hold(row, now())
    row.state = deed.end
    row.save()
    stage = deed.stage if row.turn_at <= now() else "arrived"
    visit(actor, held(row.case_id), stage, row.office, ticket=row.label)
    return row


@action
def transfer_ticket(*, actor: Actor, ticket_id: UUID, desk_id: UUID) -> Ticket:
    """Send a ticket in hand on to another desk, which alone may call it (CASE-442, 607)."""
    row = require_ticket(actor, ticket_id)
    desk = require_office_desk(actor, desk_id)
    if desk.office_id != row.office_id or desk.pk == row.desk_id:
        raise CaseError("CASE-442", "Choose another desk of this office.", field="desk")
    deed, moment = after(row.label, row.state, "transfer"), now()
    _end_serving(row, moment)
    row.state, row.desk, row.for_desk = deed.end, None, desk
    row.save()
    visit(actor, held(row.case_id), deed.stage, row.office, ticket=row.label, desk=desk.number)
    return row


@action
def miss_ticket(*, actor: Actor, ticket_id: UUID) -> Ticket:
    """Nobody came for a ticket: it ends, and a case that was only the visit ends (CASE-607)."""
    row = require_ticket(actor, ticket_id)
    after(row.label, row.state, "no_show")
    end_ticket(actor, row, "no_show")
    return row


def end_ticket(actor: Actor, row: Ticket, state: str, *, forgotten: bool = False) -> Case:
    """End a held ticket with its appointment: `done` or `no_show`; the case of a mere visit of
    which nobody came ends too. `forgotten`: nobody knows when serving it ended, so that the night
    counts as no time of serving."""
    moment = now()
    if not forgotten:
        _end_serving(row, moment)
    row.state, row.ended_at, row.held_at = state, moment, None
    row.save()
    if row.appointment is not None:
        row.appointment.state = "served" if state == "done" else "missed"
        row.appointment.save(update_fields=["state"])
    case = held(row.case_id)
    visit(actor, case, state, row.office, ticket=row.label)
    if row.own_case and state == "no_show":
        go(actor, case, "closed")
    return case


@action
def finish_ticket(
    *, actor: Actor, ticket_id: UUID, resolution: str = "", keep_open: bool = False
) -> Ticket:
    """Serving ended. The case is resolved with a sentence of what was done, which a mere visit has
    by itself; `keep_open`: work on it goes on (CASE-607, and those of the move: 117 to 120)."""
    row = require_ticket(actor, ticket_id)
    after(row.label, row.state, "finish")
    if row.state == "called":
        _serve(actor, row)
    case = end_ticket(actor, row, "done")
    words = resolution.strip() or (_("Served at the counter.") if row.own_case else "")
    done = machine(case).in_phase("resolved") or machine(case).in_phase("closed")
    if not keep_open and words and done is not None and case.phase in ("open", "waiting"):
        move_case(actor=actor, case_id=case.pk, state=done.code, resolution=words)
    return row


@dataclass(frozen=True)
class Captured:
    """What a clerk writes down for whoever stands at the desk. `consent`: how they agreed that it
    is written for them; `helper`: who speaks for them, if another does."""

    subject: str
    consent: str
    contact: Contact
    helper: Contact | None = None
    category: str = ""
    case_type: str = ""
    text: str = ""
    place: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)


@action
def capture_visit(*, actor: Actor, ticket_id: UUID, asked: Captured) -> Opened:
    """Open what whoever stands at the desk asks for, with the same questions as on the web and
    their recorded consent; the visit goes on in it, as one case, whose code they are given.

    Errors: CASE-607 not in hand, 614 no consent, and those of opening a case and of consents.
    """
    row = _in_hand(actor, ticket_id)
    if len(asked.consent.strip()) < 5:
        raise CaseError(
            "CASE-614",
            "Say how they agreed that you write it for them, such as “said so at the desk”.",
            field="consent",
        )
    opened = open_case(
        actor=actor,
        agency_id=row.agency_id,
        new=NewCase(
            case_type="" if asked.category else asked.case_type,
            category=asked.category,
            subject=asked.subject,
            text=asked.text,
            channel="counter",
            requester=asked.contact,
            reporter=asked.helper,
            answers=asked.answers,
            place=asked.place,
        ),
    )
    case = held(opened.case.pk)
    case.assignee = actor.user_id
    append(actor, case, "given", {"to": str(actor.user_id)}, reproject=False)
    record_consent(
        actor=actor,
        case_id=case.pk,
        person=asked.contact.pk,
        agent=asked.helper.pk if asked.helper else None,
        how=asked.consent,
    )
    _join(actor, row, case)
    return Opened(held(case.pk), opened.tracking_code)


def _in_hand(actor: Actor, ticket_id: UUID) -> Ticket:
    row = require_ticket(actor, ticket_id)
    if row.state not in IN_HAND:
        raise Conflict("CASE-607", f"Ticket {row.label} is not in hand. Call it first.")
    if row.state == "called":
        _serve(actor, row)
    return row


def _join(actor: Actor, row: Ticket, case: Case) -> None:
    """The visit goes on in another case: its own, if it has one, is merged into it (R12)."""
    before = held(row.case_id)
    row.case, own = case, row.own_case
    row.own_case = False
    row.save()
    if row.appointment is not None:
        row.appointment.case, row.appointment.own_case = case, False
        row.appointment.save(update_fields=["case", "own_case"])
    if own and before.pk != case.pk:
        merge_cases(actor=actor, case_id=before.pk, into_id=case.pk, same_person=True)
    visit(actor, held(case.pk), "joined", row.office, ticket=row.label)


@action
def join_ticket(*, actor: Actor, ticket_id: UUID, case_id: UUID) -> Ticket:
    """Whoever stands at the desk comes for an earlier case: the visit goes on in it, as one case
    (CASE-404 one that the actor may not see, 606, 607)."""
    row = _in_hand(actor, ticket_id)
    if row.case_id == case_id:
        raise Conflict("CASE-606", "This ticket is for that case already.")
    _join(actor, row, case_for(actor, row.offer, case_id))
    return row


@action
def name_visitor(*, actor: Actor, ticket_id: UUID, contact: Contact) -> Ticket:
    """Say who it is that has come, on the case of a visit that names nobody (CASE-615)."""
    row = require_ticket(actor, ticket_id)
    case = held(row.case_id)
    if case.requester_id is not None or row.state not in LIVE:
        raise Conflict("CASE-615", "Who asks is known already, or the visit is over.")
    case.requester = contact
    append(actor, case, "named", {"contact": str(contact.pk)}, reproject=False)
    return row
