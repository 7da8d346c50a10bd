"""Setting the counter up: offices, their desks, and what is offered where."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from ...access.public import Actor, require
from ...audit.public import action, record
from ...catalogue.public import calendar_for
from ...party.public import Agency
from ...schema.public import Conflict
from ..domain.errors import CaseError
from ..models import CaseType, Category, Office, OfficeDesk, OfficeOffer, Queue
from ..offices import office_of
from ..rules import MANAGE
from .setup import _named, _require_names

LONGEST_VISIT = 8 * 60
STEPS = (5, 10, 15, 20, 30, 60, 120)
"""How many minutes appointments may be apart: such as fit into an hour, or into a day."""


@dataclass(frozen=True)
class OfficeDraft:
    """What an office is; the fields are those of `Office`. `new_key`: give its kiosk another."""

    code: str
    name: str
    calendar: str
    queue: str
    address: str = ""
    agency: str = ""
    step_minutes: int = 15
    notice_minutes: int = 60
    days_ahead: int = 28
    active: bool = True
    new_key: bool = False


@action
def put_office(*, actor: Actor, draft: OfficeDraft) -> Office:
    """Make or change an office (CASE-150, 151, 602; CATALOGUE-131 opening hours)."""
    require(actor, MANAGE)
    _require_names(draft.code, draft.name)
    _check_office(draft)
    calendar_for(draft.calendar)
    values = {
        "name": draft.name.strip()[:120],
        "address": draft.address.strip()[:300],
        "agency_code": _agency_code(draft.agency, "agency") if draft.agency else "",
        "calendar": draft.calendar,
        "queue": _named(Queue, draft.queue, "queue", "queue"),
        "step_minutes": draft.step_minutes,
        "notice_minutes": draft.notice_minutes,
        "days_ahead": draft.days_ahead,
        "active": draft.active,
    }
    known = Office.objects.filter(code=draft.code).exists()
    if draft.new_key or not known:
        values["kiosk_key"] = secrets.token_urlsafe(24)
    row, _fresh = Office.objects.update_or_create(code=draft.code, defaults=values)
    record(
        actor=actor,
        verb="casework.office_put",
        target=row,
        payload={"fresh": not known, "key": draft.new_key},
    )
    return row


def _check_office(draft: OfficeDraft) -> None:
    checks = (
        (draft.code != "set-up", "code",
         "“set-up” is the address of a page already. Give the office another code."),
        (draft.step_minutes in STEPS, "step_minutes",
         f"Let appointments begin every {', '.join(map(str, STEPS))} minutes."),
        (0 <= draft.notice_minutes <= 30 * 24 * 60, "notice_minutes",
         "Let people book at most 30 days before."),
        (1 <= draft.days_ahead <= 180, "days_ahead", "Let people book 1 to 180 days ahead."),
    )  # fmt: skip
    for good, field, sentence in checks:
        if not good:
            raise CaseError("CASE-602", sentence, field=field)


def _agency_code(code: str, field: str) -> str:
    if not Agency.objects.filter(code=code).exists():
        raise CaseError(
            "CASE-602", f"There is no agency “{code[:20]}”. Choose one of the list.", field=field
        )
    return code


@action
def put_office_desk(
    *,
    actor: Actor,
    office: str,
    number: int,
    only: Sequence[str] = (),
    takes_bookings: bool = True,
    active: bool = True,
) -> OfficeDesk:
    """Make or change a desk of an office (CASE-441, 602, 603; 609 while somebody sits there)."""
    require(actor, MANAGE)
    place = office_of(office)
    if not 1 <= number <= 999:
        raise CaseError("CASE-602", "A desk has a number from 1 to 999.", field="number")
    known = set(place.offers.values_list("code", flat=True))
    wanted = sorted({str(each) for each in only})
    strange = next((each for each in wanted if each not in known), None)
    if strange is not None:
        raise CaseError(
            "CASE-603",
            f"{place.name} does not offer “{strange[:40]}”. Choose from what is offered there.",
            field="only",
        )
    before = place.desks.select_for_update().filter(number=number).first()
    if before is not None and before.clerk and not active:
        raise Conflict("CASE-609", f"Somebody sits at desk {number}. Close it when they have left.")
    row, fresh = OfficeDesk.objects.update_or_create(
        office=place,
        number=number,
        defaults={"only": wanted, "takes_bookings": takes_bookings, "active": active},
    )
    record(actor=actor, verb="casework.desk_put", target=row, payload={"fresh": fresh})
    return row


@dataclass(frozen=True)
class OfferDraft:
    """What an office offers; the fields are those of `OfficeOffer`. `category` or `case_type`: what
    it is about; `agency`: whose it is, where neither category nor office says so."""

    office: str
    code: str
    name: str
    minutes: int
    visit_type: str
    category: str = ""
    case_type: str = ""
    agency: str = ""
    letter: str = "A"
    bookable: bool = True
    walk_in: bool = True
    active: bool = True


@action
def put_office_offer(*, actor: Actor, draft: OfferDraft) -> OfficeOffer:
    """Make or change what an office offers (CASE-150, 151, 441, 604)."""
    require(actor, MANAGE)
    _require_names(draft.code, draft.name)
    place = office_of(draft.office)
    category = _named(Category, draft.category, "subject", "category") if draft.category else None
    kind = (
        _named(CaseType, draft.case_type, "kind of case", "case_type") if draft.case_type else None
    )
    visit = _named(CaseType, draft.visit_type, "kind of case", "visit_type")
    agency = draft.agency or (category.agency_code if category else "") or place.agency_code
    _check_offer(draft, visit, agency)
    row, fresh = OfficeOffer.objects.update_or_create(
        office=place,
        code=draft.code,
        defaults={
            "name": draft.name.strip()[:120],
            "letter": draft.letter,
            "agency_code": _agency_code(agency, "agency"),
            "category": category,
            "case_type": kind,
            "visit_type": visit,
            "minutes": draft.minutes,
            "bookable": draft.bookable,
            "walk_in": draft.walk_in,
            "active": draft.active,
        },
    )
    record(actor=actor, verb="casework.office_offer_put", target=row, payload={"fresh": fresh})
    return row


def _check_offer(draft: OfferDraft, visit: CaseType, agency: str) -> None:
    needed = any(row.get("required") for row in visit.form)
    checks = (
        (bool(draft.category) != bool(draft.case_type), "category",
         "Choose what it is about: a subject, or a kind of case."),
        (1 <= draft.minutes <= LONGEST_VISIT, "minutes", "Plan 1 to 480 minutes for a visit."),
        (len(draft.letter) == 1 and "A" <= draft.letter <= "Z", "letter",
         "Choose a letter from A to Z."),
        (bool(agency), "agency", "Say which agency it is for."),
        (visit.family == "appointment" and visit.audience != "agency" and not needed, "visit_type",
         "A visit is a kind of case of the family appointment, for citizens, whose own form asks "
         "nothing that must be answered: a ticket is taken without a word."),
    )  # fmt: skip
    for good, field, sentence in checks:
        if not good:
            raise CaseError("CASE-604", sentence, field=field)
