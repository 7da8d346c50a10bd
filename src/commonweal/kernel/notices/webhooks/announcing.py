"""Announcing an event: a delivery for each webhook that asked for it, with its cause."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

from ...access.public import SYSTEM, Actor, act_as, once
from ...calendar.public import now
from ...party.public import centre
from ..models import WebhookDelivery, WebhookSubscription
from .events import opaque


def announce(
    actor: Actor,
    agency_id: UUID,
    event_type: str,
    event_id: UUID,
    data: Mapping[str, Any],
    at: datetime | None = None,
) -> int:
    """Queue an event of an agency for its webhooks and the centre's, in the writer's transaction.

    `event_id` is the event's own: saying it again changes nothing. `data`: fields that its kind
    names, ids and figures only (NOTICES-122). `at`: when it happened; now, unless said. Returns
    how many webhooks will hear of it.
    """
    plain = opaque(event_type, data)
    moment = now()
    # The centre's people see every webhook already; others see none of the centre, if any.
    with nullcontext() if actor.centre else act_as(SYSTEM):
        hearing = [hook for hook in _live(agency_id) if event_type in hook.types]
        rows = [
            WebhookDelivery(
                agency_id=hook.agency_id, webhook=hook, event_id=event_id, type=event_type,
                about=agency_id, at=at or moment, data=plain, next_at=moment, created_at=moment,
            )
            for hook in hearing
        ]  # fmt: skip
        if rows:
            WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _live(agency_id: UUID) -> tuple[WebhookSubscription, ...]:
    """The webhooks of an agency and of the centre that have not ended; one request may say much."""
    whose = {agency_id, centre().agency_id}
    rows = WebhookSubscription.objects.filter(agency_id__in=whose).exclude(state="ended")
    return once(("webhooks", agency_id), lambda: tuple(rows))
