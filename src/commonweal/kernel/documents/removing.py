"""The lawful removal of a document's bytes (design law 12).

The row stays for ever, with hash and size; that and why it was removed is a row of its own. Bytes
lie under their hash and may be those of several documents: they go when none is left. They go
after the commit, so that a rollback loses nothing; what a kill leaves is swept every night.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from ..access.public import SYSTEM, Actor, act_as
from ..audit.public import action, record
from ..calendar.public import now
from ..errors import Forbidden
from .models import Document, DocumentRemoval
from .storage import absolute, hold_place

SWEPT_DAYS = 14


@action
def remove_bytes(*, actor: Actor, document_ids: Iterable[UUID], reason: str) -> int:
    """Remove the bytes of documents for good; how many were there. Safe to repeat.

    Errors: DOCUMENTS-407 unless the centre removes them.
    """
    if not actor.centre:
        raise Forbidden("DOCUMENTS-407", "Only the centre removes files. Ask it to.")
    rows = Document.objects.filter(pk__in=set(document_ids), removal__isnull=True)
    gone = list(rows.order_by("id"))
    for row in gone:
        DocumentRemoval.objects.create(
            agency_id=row.agency_id, document=row, reason=reason[:60], removed_by=actor.user_id
        )
        record(
            actor=actor,
            verb="documents.removed",
            target=row,
            agency_id=row.agency_id,
            payload={"sha256": row.sha256, "reason": reason[:60]},
        )
    places = sorted({row.path for row in gone})
    if places:
        transaction.on_commit(lambda: _unlink(places))
    return len(gone)


def _unlink(places: Iterable[str]) -> int:
    """Take away the bytes at places that no document needs any more."""
    taken = 0
    for place in places:
        with act_as(SYSTEM), transaction.atomic():
            hold_place(place)
            if Document.objects.filter(path=place, removal__isnull=True).exists():
                continue
            path = absolute(place)
            taken += path.exists()
            path.unlink(missing_ok=True)
    return taken


def sweep_removed() -> int:
    """Take away what a kill left of the removals of the last days."""
    since = now() - timedelta(days=SWEPT_DAYS)
    rows = DocumentRemoval.objects.filter(removed_at__gte=since)
    places = set(rows.values_list("document__path", flat=True))
    return _unlink(sorted(place for place in places if absolute(place).exists()))
