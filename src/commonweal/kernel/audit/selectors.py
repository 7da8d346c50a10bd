"""Reading the trail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from .models import Event


def events(
    actor: Any,
    *,
    agency_id: UUID | None = None,
    target: tuple[str, str] | None = None,
    verb: str = "",
    before: UUID | None = None,
    limit: int = 50,
) -> list[Event]:
    """A page of the trail, newest first, keyset-paged by event id (`before`)."""
    found: QuerySet[Event] = Event.objects.select_related("link")
    if not actor.centre:
        found = found.filter(agency_id__in=actor.agencies)
    if agency_id:
        found = found.filter(agency_id=agency_id)
    if target:
        found = found.filter(target_type=target[0], target_id=target[1])
    if verb:
        found = found.filter(verb=verb)
    if before:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[:limit])
