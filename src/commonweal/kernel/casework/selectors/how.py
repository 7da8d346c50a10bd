"""The link of the question how it went: a token, signed and with an end, that opens one case for
its answer. Nothing of it is kept."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.core import signing

from ...access.public import Actor
from ..models import Case
from ..rules import gone

SALT = "casework.how"
LASTS = timedelta(days=30)


def how_token(case_id: UUID) -> str:
    """What opens one case for the answer how it went, for thirty days."""
    return signing.TimestampSigner(salt=SALT).sign(case_id.hex)


def case_by_how(actor: Actor, agency_id: UUID, token: str) -> Case:
    """The case that a token of a mail asks about, at the door of its agency (CASE-404)."""
    try:
        named = UUID(signing.TimestampSigner(salt=SALT).unsign(token, max_age=LASTS))
    except (signing.BadSignature, ValueError):
        raise gone() from None
    rows = Case.objects.select_related("case_type", "agency").filter(agency_id=agency_id)
    found = rows.filter(pk=named, merged_into__isnull=True).first()
    if found is None or (not actor.centre and agency_id not in actor.agencies):
        raise gone()
    return found
