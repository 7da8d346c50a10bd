"""Reading documents."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.db.models import QuerySet

from ..access.public import Actor
from ..errors import NotFound
from .models import Document, DocumentRemoval
from .storage import absolute


def _own(actor: Actor) -> QuerySet[Document]:
    found = Document.objects.all()
    return found if actor.centre else found.filter(agency_id__in=actor.agencies)


def documents_of(actor: Actor, owner: tuple[str, UUID | str]) -> list[Document]:
    """An owner's documents that the actor may see, newest first."""
    found = _own(actor).filter(owner_type=owner[0], owner_id=UUID(str(owner[1])))
    return list(found.order_by("-id")[:100])


def document(actor: Actor, document_id: UUID) -> Document:
    """One document (DOCUMENTS-404 if there is none for the actor)."""
    found = _own(actor).filter(pk=document_id).first()
    if found is None:
        raise NotFound("DOCUMENTS-404", "There is no such file among those you may see.")
    return found


def open_document(actor: Actor, document_id: UUID) -> bytes:
    """A document's bytes, compared with their hash (DOCUMENTS-405 if they were changed or lost,
    406 if they were erased)."""
    found = document(actor, document_id)
    removal = DocumentRemoval.objects.filter(document_id=document_id).first()
    if removal is not None:
        raise NotFound(
            "DOCUMENTS-406",
            f"This file was erased on {removal.removed_at:%Y-%m-%d}, as the law and its schedule "
            "say. Only that it was there is still known.",
        )
    try:
        data = absolute(found.path).read_bytes()
    except OSError:
        data = b""
    if hashlib.sha256(data).hexdigest() != found.sha256:
        raise NotFound(
            "DOCUMENTS-405",
            f"The file {found.filename} is missing or was changed. Ask the administrator to "
            "restore it from the backup.",
        )
    return data
