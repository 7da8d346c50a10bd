"""Writes about webhooks: set up, give a new key, pause, end, send again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from ...access.public import Actor, forget, require
from ...audit.public import action, record
from ...calendar.public import now
from ...party.public import centre
from ...schema.public import Conflict, NotFound, uuid7
from ..models import WebhookDelivery, WebhookSubscription
from .addresses import WebhookError, target
from .events import TEST, event_types
from .signing import key_of
from .standing import policy

MANAGE = "notices.manage_webhooks"
MOST = 20
OVERLAP = timedelta(hours=24)
"""How long the key before a new one signs as well."""


def _held(actor: Actor, webhook_id: UUID) -> WebhookSubscription:
    """A webhook that the actor may change and that has not ended, held until the end."""
    row = WebhookSubscription.objects.select_for_update().filter(pk=webhook_id).first()
    if row is None:
        raise NotFound("NOTICES-407", "There is no such webhook, or you may not see it.")
    require(actor, MANAGE, row.agency_id)
    if row.state == "ended":
        raise Conflict("NOTICES-126", "This webhook has ended. Set up a new one.")
    return row


@action
def create_webhook(
    *, actor: Actor, agency_id: UUID, name: str, url: str, types: Iterable[str]
) -> tuple[WebhookSubscription, str]:
    """Have events sent to an address; the key that signs them is returned once and never again.

    NOTICES-121 for an address that is not public, NOTICES-123 for kinds of events that are not in
    the catalogue, NOTICES-124 for no name, NOTICES-125 for more than twenty.
    """
    require(actor, MANAGE, agency_id)
    target(url.strip(), policy())
    wanted = sorted(set(types))
    if not wanted or not set(wanted) <= {kind.code for kind in event_types()}:
        raise WebhookError(
            "NOTICES-123", "Choose at least one kind of event, of those listed.", field="types"
        )
    if not name.strip():
        raise WebhookError(
            "NOTICES-124", "Give the webhook a name, so that others know what it is.", field="name"
        )
    live = WebhookSubscription.objects.filter(agency_id=agency_id).exclude(state="ended")
    if live.count() >= MOST:
        raise Conflict("NOTICES-125", f"There are {MOST} webhooks already. End one of them first.")
    row = WebhookSubscription.objects.create(
        agency_id=agency_id, name=name.strip()[:80], url=url.strip(), types=wanted,
        created_by=actor.user_id, created_at=now(),
    )  # fmt: skip
    forget()
    record(
        actor=actor,
        verb="notices.webhook_created",
        target=row,
        agency_id=agency_id,
        payload={"types": wanted},
    )
    return row, key_of(settings.WEBHOOK_SECRET, row.pk, row.generation)


@action
def rotate_webhook_key(*, actor: Actor, webhook_id: UUID) -> tuple[WebhookSubscription, str]:
    """Give a webhook a new key, returned this once; for a day the one before signs as well."""
    row = _held(actor, webhook_id)
    row.generation += 1
    row.former_until = now() + OVERLAP
    row.save(update_fields=["generation", "former_until"])
    record(
        actor=actor,
        verb="notices.webhook_key_rotated",
        target=row,
        agency_id=row.agency_id,
        payload={"generation": row.generation},
    )
    return row, key_of(settings.WEBHOOK_SECRET, row.pk, row.generation)


@action
def pause_webhook(*, actor: Actor, webhook_id: UUID) -> WebhookSubscription:
    """Send nothing for now; events wait for as long as they are kept (NOTICES-127 if paused)."""
    row = _held(actor, webhook_id)
    if row.state != "active":
        raise Conflict("NOTICES-127", "This webhook is paused already.")
    row.state = "paused"
    row.save(update_fields=["state"])
    record(actor=actor, verb="notices.webhook_paused", target=row, agency_id=row.agency_id)
    return row


@action
def resume_webhook(*, actor: Actor, webhook_id: UUID) -> WebhookSubscription:
    """Go on sending, what waited first (NOTICES-128 if it is not paused)."""
    row = _held(actor, webhook_id)
    if row.state != "paused":
        raise Conflict("NOTICES-128", "This webhook is not paused.")
    row.state, row.failing_since = "active", None
    row.save(update_fields=["state", "failing_since"])
    record(actor=actor, verb="notices.webhook_resumed", target=row, agency_id=row.agency_id)
    return row


@action
def end_webhook(*, actor: Actor, webhook_id: UUID) -> WebhookSubscription:
    """End a webhook for good; what still waited for it is not sent."""
    row = _held(actor, webhook_id)
    row.state, row.ended_at = "ended", now()
    row.save(update_fields=["state", "ended_at"])
    forget()
    waiting = WebhookDelivery.objects.filter(webhook=row, state="waiting")
    left = waiting.update(state="failed", last_error="ended")
    record(
        actor=actor,
        verb="notices.webhook_ended",
        target=row,
        agency_id=row.agency_id,
        payload={"waiting": left},
    )
    return row


@action
def test_webhook(*, actor: Actor, webhook_id: UUID) -> WebhookDelivery:
    """Queue a test event for one webhook."""
    row = _held(actor, webhook_id)
    made = WebhookDelivery.objects.create(
        agency_id=row.agency_id, webhook=row, event_id=uuid7(), type=TEST, about=row.agency_id,
        at=now(), data={"webhook": str(row.pk)}, next_at=now(), created_at=now(),
    )  # fmt: skip
    record(actor=actor, verb="notices.webhook_tested", target=row, agency_id=row.agency_id)
    return made


@action
def replay_delivery(*, actor: Actor, delivery_id: UUID) -> WebhookDelivery:
    """Send one event again, with the same id (NOTICES-129 while it still waits)."""
    found = WebhookDelivery.objects.filter(pk=delivery_id).first()
    if found is None:
        raise NotFound("NOTICES-408", "There is no such delivery, or you may not see it.")
    _held(actor, found.webhook_id)
    row = WebhookDelivery.objects.select_for_update().get(pk=delivery_id)
    if row.state == "waiting":
        raise Conflict("NOTICES-129", "This event is still waiting to be sent.")
    row.state, row.attempts, row.next_at = "waiting", 0, now()
    row.save(update_fields=["state", "attempts", "next_at"])
    record(actor=actor, verb="notices.webhook_replayed", target=row, agency_id=row.agency_id)
    return row


@action
def replay_failed(*, actor: Actor, webhook_id: UUID) -> int:
    """Send everything again that failed for a webhook; returns how many events."""
    row = _held(actor, webhook_id)
    failed = WebhookDelivery.objects.filter(webhook=row, state="failed")
    count = failed.update(state="waiting", attempts=0, next_at=now())
    record(
        actor=actor,
        verb="notices.webhook_replayed_failed",
        target=row,
        agency_id=row.agency_id,
        payload={"events": count},
    )
    return count


@action
def pause_failing(*, actor: Actor, webhook_id: UUID) -> bool:
    """Pause a webhook that has failed for long, as the worker does; whether it did so now."""
    row = _held(actor, webhook_id)
    fresh = row.state == "active"
    row.state = "paused"
    row.save(update_fields=["state"])
    record(
        actor=actor,
        verb="notices.webhook_gave_up",
        target=row,
        agency_id=row.agency_id,
        payload={"paused": fresh},
    )
    return fresh


@action
def remove_old_deliveries(*, actor: Actor) -> int:
    """Remove deliveries that are no longer kept, whatever became of them."""
    require(actor, MANAGE, centre().agency_id)
    old = WebhookDelivery.objects.filter(created_at__lt=now() - settings.WEBHOOK_KEPT)
    count, _ = old.delete()
    record(
        actor=actor,
        verb="notices.webhook_deliveries_removed",
        target=("party.Agency", centre().agency_id),
        payload={"deliveries": count},
    )
    return count
