"""Files and messages of cases as agents, agencies and citizens open them."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from commonweal.kernel.access.public import Actor
from commonweal.kernel.casework import public as casework
from commonweal.kernel.documents.public import Document, Drawn, open_document

from ..access import anyone_with, centre_only
from ..files import handed_out, shown
from ..requests import Asked

FRAME = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
)


@anyone_with("casework.work", "casework.ask")
def attachment(request: Asked, number: str, attachment_id: UUID) -> HttpResponseBase:
    """A file of a case; a picture that we drew is shown, everything else is a download."""
    found = casework.case_by_number(request.actor, number)
    return given(request.actor, found, attachment_id, bool(request.GET.get("small")))


def given(actor: Actor, case: casework.Case, attachment_id: UUID, small: bool) -> HttpResponseBase:
    """A file of a case that the actor may see."""
    row = casework.attachment(actor, case, attachment_id)
    drawn = row.small if small else row.shown
    if drawn is not None:
        return shown(Drawn(_bytes(actor, drawn), drawn.media_type, 0, 0))
    return handed_out(row.name, row.media_type, _bytes(actor, row.document))


def _bytes(actor: Actor, document: Document) -> bytes:
    return open_document(actor, document.pk)


@centre_only("casework.manage")
def as_it_came(request: Asked, number: str, message_id: UUID) -> HttpResponseBase:
    """An e-mail's bytes, as a download: what is too large or too much for the case is in it."""
    found = casework.case_by_number(request.actor, number)
    raw = casework.message_as_it_came(request.actor, found, message_id)
    return handed_out(f"{found.number}.eml", "message/rfc822", _bytes(request.actor, raw))


@anyone_with("casework.work", "casework.ask")
def message(request: Asked, number: str, message_id: UUID) -> HttpResponse:
    """An e-mail as it was laid out: made safe when it was kept, and shut off from all else."""
    found = casework.case_by_number(request.actor, number)
    row = casework.message(request.actor, found, message_id)
    response = HttpResponse(row.html or "", content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = FRAME
    response["X-Frame-Options"] = "SAMEORIGIN"  # shown in a sandboxed frame beside its text
    response["X-Content-Type-Options"] = "nosniff"
    return response
