"""Reads about webhooks."""

from __future__ import annotations

from uuid import UUID

from ...access.public import Actor, require
from ...schema.public import FIRST, Listing, NotFound, Place, listing
from ..models import WebhookDelivery, WebhookSubscription
from .actions import MANAGE


def webhooks(actor: Actor, agency_id: UUID, place: Place = FIRST) -> Listing[WebhookSubscription]:
    """A page of the webhooks of an agency, or of the centre's own row, newest first."""
    require(actor, MANAGE, agency_id)
    return listing(WebhookSubscription.objects.filter(agency_id=agency_id), ["-id"], place)


def webhook(actor: Actor, webhook_id: UUID) -> WebhookSubscription:
    """One webhook (NOTICES-407)."""
    row = WebhookSubscription.objects.filter(pk=webhook_id).select_related("agency").first()
    if row is None:
        raise NotFound("NOTICES-407", "There is no such webhook, or you may not see it.")
    require(actor, MANAGE, row.agency_id)
    return row


def deliveries(
    actor: Actor, webhook_id: UUID, *, state: str = "", place: Place = FIRST
) -> Listing[WebhookDelivery]:
    """A page of what was sent, waits or failed for a webhook, newest first."""
    row = webhook(actor, webhook_id)
    found = WebhookDelivery.objects.filter(webhook_id=row.pk)
    return listing(found.filter(state=state) if state else found, ["-id"], place)
