"""Reads about webhooks."""

from __future__ import annotations

from uuid import UUID

from ...access.public import Actor, require
from ...calendar.public import now
from ...party.public import centre
from ...schema.public import FIRST, Listing, NotFound, Place, listing, uuid7
from ..models import WebhookDelivery, WebhookSubscription
from . import standing
from .actions import MANAGE
from .events import TEST, body_of
from .signing import sign


def webhooks(
    actor: Actor, agency_id: UUID | None = None, place: Place = FIRST
) -> Listing[WebhookSubscription]:
    """A page of the webhooks of an agency, or of the centre's own row, newest first; without an
    agency: all of them, for people of the centre."""
    require(actor, MANAGE, agency_id or centre().agency_id)
    found = WebhookSubscription.objects.select_related("agency")
    return listing(found.filter(agency_id=agency_id) if agency_id else found, ["-id"], place)


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


def example(actor: Actor, webhook_id: UUID) -> tuple[dict[str, str], str]:
    """A test event of a webhook as it would be sent this moment, headers and body, for whoever
    writes a receiver. It is sent nowhere and kept nowhere."""
    row, moment = webhook(actor, webhook_id), now()
    event = WebhookDelivery(
        agency_id=row.agency_id, webhook=row, event_id=uuid7(), type=TEST, about=row.agency_id,
        at=moment, data={"webhook": str(row.pk)},
    )  # fmt: skip
    body = body_of(event)
    keys = standing.keys(row, moment)
    return sign(keys, str(event.event_id), int(moment.timestamp()), body), body.decode()
