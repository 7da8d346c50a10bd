"""Who asks: contacts of an agency, found again by person, address or number."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import get_language

from ...access.public import Actor, require
from ...audit.public import action, record
from ...calendar.public import now
from ...party.public import own_person
from ...schema.public import Forbidden, alone
from ..domain.errors import CaseError
from ..models import Contact
from ..phones import plain_phone
from ..rules import ASK, OPEN, WORK, is_citizen


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
    if known is None and kind == "business" and register_number.strip() and not (email or phone):
        known = Contact.objects.filter(
            agency_id=agency_id, name=name.strip()[:160], kind="business",
            register_number=register_number.strip()[:40], erased_at__isnull=True,
        ).order_by("id").first()  # fmt: skip
    row = known or Contact(agency_id=agency_id, kind=kind, created_at=now())
    as_was = dict(vars(row))
    reached = row.email
    row.person_id = row.person_id or person_id
    agent = actor.centre and actor.kind != "system"  # the system only carries what strangers wrote
    before = row.phone
    for field, value in (
        ("name", name.strip()[:160]),
        ("email", email),
        ("phone", phone),
        ("address", address.strip()[:300]),
        ("register_number", register_number.strip()[:40]),
        ("language", (language or get_language() or "")[:8]),
    ):
        if value and (not getattr(row, field) or agent):
            setattr(row, field, value)
    # Of a new address nobody has shown whose it is.
    row.verified_at = row.verified_at if row.email == reached else None
    own = actor.person_id is not None and row.person_id == actor.person_id
    if phone and row.phone == phone and (agent or own):
        row.phone_known_at = (row.phone_known_at if before == phone else None) or now()
    if verified and row.verified_at is None and not is_citizen(actor):
        row.verified_at = now()
    if known is None or vars(row) != as_was:
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
        alone(f"contact {agency_id} {person_id}")
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
