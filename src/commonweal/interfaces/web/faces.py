"""How citizens reach an agency, on the pages where it is said: the form, and what they will see."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from commonweal.kernel.access.public import act_as
from commonweal.kernel.casework.public import citizen
from commonweal.kernel.party.public import (
    FACE_FIELDS,
    LENGTHS,
    SEVERAL_LINES,
    Agency,
    Face,
    face_of,
    public_face,
    put_public_face,
)

from .cases.privacy import facts
from .centre.base import attempt, text
from .look.page import Problem
from .requests import Asked


def said(request: Asked, agency: Agency) -> tuple[Problem, ...]:
    """Keep what the form says; what is to be mended comes back."""
    return attempt(
        lambda: put_public_face(
            actor=request.actor,
            agency_id=agency.pk,
            fields={name: text(request, name) for name in FACE_FIELDS},
        )
    )


def shown(request: Asked, agency: Agency, errors: tuple[Problem, ...]) -> dict[str, Any]:
    """The form's fields, and what citizens see now: the foot of their pages, and the notice."""
    row = public_face(request.actor, agency.pk)
    face = face_of(request.actor, agency)
    words, hints = field_words(), field_hints(agency)
    wrong = {each.field: each.text for each in errors}
    door = citizen(agency.pk)
    with act_as(door):
        notice = facts(door, agency)
    return {
        "agency": agency,
        "rows": [
            {
                "name": name,
                "label": words[name],
                "value": request.POST.get(name, getattr(row, name)),
                "hint": hints.get(name),
                "error": wrong.get(name, ""),
                "long": name in SEVERAL_LINES,
                "lines": 3 if name == "address" else 14,
                "width": "20" if LENGTHS[name] < 300 else None,
            }
            for name in FACE_FIELDS
        ],
        "face": face,
        "borrowed": borrowed(agency, face, row.email),
        **notice,
    }


def borrowed(agency: Agency, face: Face, email: str) -> bool:
    """Whether citizens see the address that the agency's bills go to, as nobody gave another."""
    return bool(face.email) and not email and face.email == agency.contact_email


def field_words() -> dict[str, str]:
    """What each field is called."""
    return {
        "name": _("Name, as citizens know you"),
        "email": _("E-mail"),
        "phone": _("Telephone"),
        "hours": _("Opening hours, in words"),
        "address": _("Address for letters and visits"),
        "notice": _("Your privacy notice"),
        "notice_href": _("Address of the notice on your own site"),
        "privacy_contact": _("Who answers about privacy"),
        "privacy_email": _("E-mail about privacy"),
    }


def field_hints(agency: Agency) -> dict[str, str]:
    """What helps to fill a field in."""
    return {
        "name": _("Empty: %(name)s.") % {"name": agency.name},
        "hours": _("For instance: Monday to Friday, 8 to 5"),
        "notice": _(
            "Plain text, 6,000 signs at most. Empty: the words below, made from how your requests "
            "are set up. How long things are kept, and whom to write to, is always added."
        ),
        "notice_href": _("It begins with https://."),
        "privacy_contact": _("A person or an office."),
    }
