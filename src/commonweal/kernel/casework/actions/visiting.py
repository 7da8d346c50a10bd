"""What booking and the counter share: the case of a visit, its events, its agency, its letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from ...access.public import SYSTEM, Actor, act_as
from ...schema.public import NotFound
from ...words.public import moment as moment_words
from ..domain.errors import CaseError
from ..models import Appointment, Case, Contact, Office, OfficeDesk, OfficeOffer, Ticket
from ..offices import agency_of, gone_appointment, zone_of
from ..rules import CASE, is_citizen, require_serve
from .events import append, locked
from .moving import machine, put_state
from .opening import NewCase, Opened, open_case
from .talking import Said, send_out, write


@dataclass(frozen=True)
class Visitor:
    """Who comes, and what they say of it. `answers`: to the questions of the visit's subject."""

    contact: Contact | None = None
    text: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    channel: str = "counter"


def asks(offer: OfficeOffer) -> bool:
    """Whether a booking answers the questions of its subject: where a visit is all it is about."""
    return offer.category is not None and offer.category.case_type_id == offer.visit_type_id


def open_visit(actor: Actor, offer: OfficeOffer, visitor: Visitor, *, booked: bool) -> Opened:
    """A case that is the visit itself: of the subject, where a booking answered its questions."""
    own = booked and asks(offer) and offer.category is not None
    subject = offer.category.code if own and offer.category else ""
    new = NewCase(
        case_type="" if subject else offer.visit_type.code,
        category=subject,
        subject=offer.name,
        text=visitor.text,
        channel=visitor.channel,
        requester=visitor.contact,
        answers=visitor.answers if own else {},
        queue=offer.office.queue.code,
    )
    return open_case(actor=actor, agency_id=agency_of(offer), new=new)


def case_for(actor: Actor, offer: OfficeOffer, case_id: UUID) -> Case:
    """An earlier case that somebody comes for: one that lives, of the offer's agency (CASE-606)."""
    case = locked(actor, case_id)
    if case.agency_id != agency_of(offer) or case.phase == "closed" or case.merged_into_id:
        raise CaseError(
            "CASE-606", "This case has ended, or another agency has it. Come for something new."
        )
    return case


def held(case_id: UUID) -> Case:
    """The case of a visit that the counter serves, held; the one that goes on, if it was merged."""
    rows = Case.objects.select_for_update(of=("self",)).select_related(
        "case_type", "requester", "reporter", "agency", "queue", "category"
    )
    case = rows.get(pk=case_id)
    while case.merged_into_id is not None:
        case = rows.get(pk=case.merged_into_id)
    return case


def visit(
    actor: Actor, case: Case, stage: str, office: Office, *, at: datetime | None = None, **data: Any
) -> None:
    """Leave the event of a stage of a visit on its case; clocks of waiting are computed from it."""
    append(actor, case, "visit", {"stage": stage, "office": office.code, **data}, at=at)


def go(actor: Actor, case: Case, phase: str) -> bool:
    """Move the case of a visit to being served (`open`) or to its end, if its machine has such a
    move that needs nothing; whether it moved."""
    plan = machine(case)
    wanted = plan.reopening() if phase == "open" else plan.in_phase(phase)
    if wanted is None or wanted.code == case.state:
        return False
    for move in (*plan.moves_from(case.state, "system"), *plan.moves_from(case.state, "agent")):
        if move.end == wanted.code and not move.needs:
            put_state(actor, case, wanted)
            return True
    return False


def require_appointment(actor: Actor, appointment_id: UUID) -> Appointment:
    """An appointment, held: of an office where the actor serves, or of a case whose code a citizen
    gave (CASE-444)."""
    rows = Appointment.objects.select_for_update(of=("self",)).select_related(
        "office__queue", "offer__category__case_type", "offer__visit_type", "case", "desk"
    )
    found = rows.filter(pk=appointment_id).first()
    if found is None:
        raise gone_appointment()
    if is_citizen(actor):
        if (CASE, found.case_id) not in actor.grants:
            raise gone_appointment()
    else:
        require_serve(actor, found.office)
    return found


def require_ticket(actor: Actor, ticket_id: UUID) -> Ticket:
    """A ticket of an office where the actor serves, held (CASE-445, 608)."""
    rows = Ticket.objects.select_for_update(of=("self",)).select_related(
        "office__queue", "offer__category__case_type", "desk", "appointment"
    )
    found = rows.filter(pk=ticket_id).first()
    if found is None:
        raise NotFound("CASE-445", "There is no such ticket. Look at the counter again.")
    require_serve(actor, found.office)
    return found


def require_office_desk(actor: Actor, desk_id: UUID) -> OfficeDesk:
    """A desk in use of an office where the actor serves, held (CASE-442, 608)."""
    rows = OfficeDesk.objects.select_for_update(of=("self",)).select_related("office__queue")
    found = rows.filter(pk=desk_id, active=True).first()
    if found is None:
        raise NotFound("CASE-442", "There is no such desk in use. Look at the list of desks.")
    require_serve(actor, found.office)
    return found


def tell_visitor(actor: Actor, case: Case, appointment: Appointment, what: str) -> bool:
    """Write to whoever asked about an appointment, if they gave an address; whether it was.

    Automatic: it answers no clock (R13). Their code is not in it, for nobody keeps it.
    """
    contact = case.requester
    if contact is None or not contact.email:
        return False
    office = appointment.office
    with translation.override(contact.language or settings.LANGUAGE_CODE):
        words = {
            "booked": _("Your appointment is booked."),
            "moved": _("Your appointment was moved."),
            "cancelled": _("Your appointment is cancelled."),
            "reminder": _("A reminder: you have an appointment."),
        }[what]
        when = moment_words(appointment.starts, str(zone_of(office)))
        lines = [words, f"{appointment.offer.name}: {when}", f"{office.name}, {office.address}"]
        if what != "cancelled":
            address = f"{settings.BASE_URL}/help/{case.agency.code.lower()}/follow/"
            lines.append(
                _("To move or cancel it, give your code at %(address)s") % {"address": address}
            )
    said = Said(text="\n".join(lines), channel="email", contact=contact, human=False)
    made = write(actor, case, said, "out")
    append(
        actor, case, "message",
        {"direction": "out", "human": False, "public": True, "channel": "email",
         "interaction": str(made.pk)},
    )  # fmt: skip
    with act_as(SYSTEM):
        send_out(case, made)
    return True
