"""Writes: how citizens reach each agency."""

from __future__ import annotations

from uuid import UUID

from ...access.public import Actor
from ...audit.public import action, record
from ...schema.public import NotFound
from ..faces import FACE_FIELDS, LENGTHS, tidied, wrong_face
from ..models import Agency, PublicFace
from ..rules import PartyError, require_may_face
from .parties import check_mail

REMEDIES = {
    "phone": "Write digits, with a + before a country's number, such as +1 312 555 0123.",
    "notice_href": "Write the whole address of a page, such as https://example.gov/privacy.",
}


@action
def put_public_face(*, actor: Actor, agency_id: UUID, fields: dict[str, str]) -> PublicFace:
    """Set how citizens reach an agency, and its privacy notice: the fields given, of FACE_FIELDS.

    Whoever may do so for their own agency, or manages agencies (ACCESS-403). PARTY-405 if there is
    no such agency, PARTY-140 for a field that there is not, PARTY-141 for a value that citizens
    could not use, PARTY-126 for what is no e-mail address, PARTY-142 of the centre, which citizens
    never meet.
    """
    require_may_face(actor, agency_id)
    party = Agency.objects.filter(pk=agency_id).first()
    if party is None:
        raise NotFound("PARTY-405", "There is no such agency.")
    if party.kind == "centre":
        raise PartyError("PARTY-142", "Citizens meet agencies only. Choose an agency.")
    unknown = sorted(set(fields) - set(FACE_FIELDS))
    if unknown:
        raise PartyError(
            "PARTY-140", f"There is no field {unknown[0]}. Use {', '.join(FACE_FIELDS)}."
        )
    given = {name: tidied(name, value) for name, value in fields.items()}
    _check(given)
    row = PublicFace.objects.select_for_update().filter(agency_id=agency_id).first()
    row = row or PublicFace(agency=party)
    changed = sorted(name for name, value in given.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, given[name])
    row.save()
    record(
        actor=actor,
        verb="party.public_face_put",
        target=row,
        agency_id=agency_id,
        payload={"changed": changed},
    )
    return row


def _check(given: dict[str, str]) -> None:
    for name in ("email", "privacy_email"):
        try:
            check_mail(given.get(name, ""))
        except PartyError as error:
            raise PartyError(error.code, error.message, field=name) from error
    wrong = wrong_face(given)
    if wrong:
        remedy = f"Use at most {LENGTHS[wrong]} signs, and no control characters."
        if len(given[wrong]) <= LENGTHS[wrong]:
            remedy = REMEDIES.get(wrong, remedy)
        raise PartyError(
            "PARTY-141", f"This cannot be the {FACE_FIELDS[wrong].lower()}. {remedy}", field=wrong
        )
