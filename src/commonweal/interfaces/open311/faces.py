"""As whom the answers speak, and how to reach them: the agency as citizens meet it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.party.public import Agency, Face, face_of

from ..web.requests import Asked


def face_here(request: Asked, agency: Agency) -> Face:
    """The agency as citizens meet it, read once for each call."""
    known: Face | None = getattr(request, "open311_face", None)
    if known is None:
        with act_as(SYSTEM):
            known = face_of(SYSTEM, agency)
        request.open311_face = known
    return known


def contact_words(face: Face) -> str:
    """Name, telephone, e-mail and opening hours on one line."""
    return ", ".join(filter(None, (face.name, face.phone, face.email, face.hours)))


def questions_to(face: Face) -> str:
    """Where whoever reported asks."""
    return _("Questions: %(contact)s") % {"contact": contact_words(face)}
