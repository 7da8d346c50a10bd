"""Reading the trail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from ..schema.public import FIRST, Listing, Place, listing
from .models import Event


def events(
    actor: Any,
    *,
    agency_id: UUID | None = None,
    target: tuple[str, str] | None = None,
    verb: str = "",
    place: Place = FIRST,
) -> Listing[Event]:
    """A page of the trail, newest first."""
    found: QuerySet[Event] = Event.objects.select_related("link")
    if not actor.centre:
        found = found.filter(agency_id__in=actor.agencies)
    if agency_id:
        found = found.filter(agency_id=agency_id)
    if target:
        found = found.filter(target_type=target[0], target_id=target[1])
    if verb:
        found = found.filter(verb=verb)
    return listing(found, ["-id"], place)
