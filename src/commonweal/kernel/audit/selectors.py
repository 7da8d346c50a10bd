"""Reading the trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet

from ..schema.public import FIRST, Listing, Place, listing
from .models import Event


def last_acts(actor: Any) -> dict[tuple[str, UUID], datetime]:
    """When each account last wrote something, by (kind of actor, account): person, token, …

    Read for a review of rights; only the centre sees every account's.
    """
    found: QuerySet[Event] = Event.objects.filter(actor_id__isnull=False)
    if not actor.centre:
        found = found.filter(agency_id__in=actor.agencies)
    rows = found.values_list("actor_kind", "actor_id").annotate(last=Max("recorded_at")).order_by()
    return {(kind, account): last for kind, account, last in rows if account is not None}


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
