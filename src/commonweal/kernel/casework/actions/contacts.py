"""Who asks: contacts of an agency, found again by person, address or number."""

from __future__ import annotations

from uuid import UUID

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import get_language

from ...access.public import SYSTEM, Actor, act_as, require
from ...audit.public import action, record
from ...calendar.public import now
from ...party.public import centre, invoice_details, own_person
from ...schema.public import Forbidden
from ..domain.errors import CaseError
from ..models import Contact
from ..rules import ASK, OPEN, WORK, is_citizen


def phone_region() -> str:
    """The country in which numbers without a country's code are read: that of the settings, else
    of the centre's address on its invoices, else of its language."""
    if settings.PHONE_REGION:
        return str(settings.PHONE_REGION)
    profile = centre()
    with act_as(SYSTEM):
        country = invoice_details(SYSTEM, profile.agency_id).country
    return country or profile.locale.partition("-")[2].upper() or "US"


def plain_phone(text: str, region: str = "") -> str:
    """A telephone number as E.164, read as in a country (CASE-161 if it is none)."""
    if not text.strip():
        return ""
    region = region or phone_region()
    try:
        found = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        found = None
    if found is None or not phonenumbers.is_possible_number(found):
        raise CaseError(
            "CASE-161",
            f"“{text[:30]}” is no telephone number. Write it with its area code, such as "
            f"{_example(region)}.",
            field="phone",
        )
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


def _example(region: str) -> str:
    """A number of the country as people there write it for others."""
    found = phonenumbers.example_number(region)
    if found is None:
        return "+1 201-555-0123"
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@action
def put_contact(
    *,
    actor: Actor,
    agency_id: UUID,
    name: str = "",
    email: str = "",
    phone: str = "",
    address: str = "",
    kind: str = "person",
    person_id: UUID | None = None,
    register_number: str = "",
    language: str = "",
    verified: bool = False,
) -> Contact:
    """The contact of an agency with this person, e-mail address or number, made if there is none.

    What was known stays known: nobody who writes in changes an earlier name, address or number of
    theirs, which an agent does. Errors: CASE-160 an e-mail address, 161 a number, 162 nothing.
    """
    _require_may(actor, agency_id, person_id)
    email, phone = email.strip().lower(), plain_phone(phone)
    if email:
        try:
            validate_email(email)
        except ValidationError as wrong:
            raise CaseError(
                "CASE-160",
                f"“{email[:80]}” is no e-mail address. Write it like name@example.org.",
                field="email",
            ) from wrong
    if not (name.strip() or email or phone or person_id):
        raise CaseError("CASE-162", "Give a name, an e-mail address or a number.", field="name")
    known = _known(agency_id, person_id, email, phone, name.strip())
    row = known or Contact(agency_id=agency_id, kind=kind, created_at=now())
    before = dict(vars(row))
    row.person_id = row.person_id or person_id
    for field, value in (
        ("name", name.strip()[:160]),
        ("email", email),
        ("phone", phone),
        ("address", address.strip()[:300]),
        ("register_number", register_number.strip()[:40]),
        ("language", (language or get_language() or "")[:8]),
    ):
        if value and (not getattr(row, field) or actor.centre):
            setattr(row, field, value)
    if verified and row.verified_at is None and not is_citizen(actor):
        row.verified_at = now()
    if known is None or vars(row) != before:
        row.save()
    record(
        actor=actor,
        verb="case.contact_put" if known else "case.contact_made",
        target=row,
        agency_id=agency_id,
    )
    return row


def _require_may(actor: Actor, agency_id: UUID, person_id: UUID | None) -> None:
    if actor.kind == "system" or (actor.centre and actor.may(WORK)):
        return
    if is_citizen(actor):
        require(actor, OPEN, agency_id)
    else:
        require(actor, ASK, agency_id)
        if person_id not in (None, actor.person_id):
            raise Forbidden("CASE-163", "You can name yourself only. Ask the help desk.")


def _known(
    agency_id: UUID, person_id: UUID | None, email: str, phone: str, name: str
) -> Contact | None:
    """The earliest contact that is surely the same: by person, address, or number and name."""
    rows = Contact.objects.filter(agency_id=agency_id, erased_at__isnull=True).order_by("id")
    if person_id is not None:
        found = rows.filter(person_id=person_id).first()
        if found is not None:
            return found
    if email:
        return rows.filter(email=email).first()
    if phone:
        return rows.filter(phone=phone, name__iexact=name).first()
    return None


@action
def put_own_contact(*, actor: Actor, agency_id: UUID) -> Contact:
    """The contact that a person of an agency is to it, made at their first asking."""
    person = own_person(actor)
    return put_contact(
        actor=actor,
        agency_id=agency_id,
        person_id=actor.person_id,
        name=person.name if person else "",
        email=person.email if person else "",
    )
