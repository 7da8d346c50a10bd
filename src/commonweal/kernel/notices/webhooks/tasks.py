"""Sending events to webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from ...access.public import SYSTEM, Actor, act_as
from ...calendar.public import now
from ...jobs.public import report, stepwise
from ...party.public import centre
from ..actions import notify_role
from ..models import WebhookDelivery, WebhookSubscription
from . import standing
from .actions import MANAGE, pause_failing, remove_old_deliveries
from .client import Answer, Client
from .events import body_of
from .signing import sign

AT_ONCE = 8
EACH = 4
"""Events of one webhook before the next has its turn: a slow receiver holds up nobody else."""
ROUNDS = 100
LEASE = timedelta(minutes=3)


@dataclass(frozen=True)
class Parcel:
    """An event on its way: claimed in the database, then sent outside of any transaction."""

    delivery_id: UUID
    webhook_id: UUID
    attempts: int
    url: str
    headers: Mapping[str, str]
    body: bytes


@stepwise
def send_events(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> int:
    """Send every event that is due; returns how many were taken.

    At least once: an event is claimed for some minutes, sent, then marked; whoever is killed in
    between leaves it to be sent again, with the same id. A webhook that fails is left in peace for
    the rest of the run, and its other events wait for their next turn.
    """
    taken = tried = 0
    resting: set[UUID] = set()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _round in range(ROUNDS):
            due = _due(resting)
            if not due:
                break
            for first in range(0, len(due), AT_ONCE):
                parcels = _claim(due[first : first + AT_ONCE])
                sender = standing.client()
                answers = list(pool.map(lambda each, by=sender: _post(by, each), parcels))
                for parcel, answer in zip(parcels, answers, strict=True):
                    _mark(parcel, answer)
                    if not answer.good:
                        resting.add(parcel.webhook_id)
                taken += sum(answer.good for answer in answers)
                tried += len(parcels)
                report(job_id, tried)
    return taken


def tidy_events(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> int:
    """Remove deliveries that are no longer kept; returns how many."""
    return remove_old_deliveries(actor=actor)


def _post(sender: Client, parcel: Parcel) -> Answer:
    return sender.post(parcel.url, parcel.headers, parcel.body)


def _due(resting: set[UUID]) -> list[UUID]:
    """The webhooks for which something is due."""
    waiting = WebhookDelivery.objects.filter(
        webhook_id=OuterRef("pk"), state="waiting", next_at__lte=now()
    )
    with act_as(SYSTEM):
        found = WebhookSubscription.objects.filter(Exists(waiting), state="active")
        return list(found.exclude(pk__in=resting).order_by("pk").values_list("pk", flat=True))


def _claim(webhook_ids: list[UUID]) -> list[Parcel]:
    """Take a few due events of each webhook for oneself."""
    with act_as(SYSTEM):
        hooks = WebhookSubscription.objects.filter(pk__in=webhook_ids, state="active")
        return [_parcel(hook, row) for hook in hooks for row in _rows(hook)]


def _rows(hook: WebhookSubscription) -> list[WebhookDelivery]:
    found = WebhookDelivery.objects.select_for_update(skip_locked=True).filter(
        webhook=hook, state="waiting", next_at__lte=now()
    )
    rows = list(found.order_by("next_at", "id")[:EACH])
    for row in rows:
        row.attempts += 1
        row.next_at = now() + LEASE
        row.save(update_fields=["attempts", "next_at"])
    return rows


def _parcel(hook: WebhookSubscription, row: WebhookDelivery) -> Parcel:
    body = body_of(row)
    moment = now()
    headers = {
        "Content-Type": "application/cloudevents+json; charset=utf-8",
        **sign(standing.keys(hook, moment), str(row.event_id), int(moment.timestamp()), body),
        "Commonweal-Attempt": str(row.attempts),
    }
    return Parcel(row.pk, hook.pk, row.attempts, hook.url, headers, body)


def _mark(parcel: Parcel, answer: Answer) -> None:
    """Keep what came of an attempt, unless somebody else has taken the event over by now."""
    final = parcel.attempts >= standing.MAX_ATTEMPTS
    moment = now()
    kept: dict[str, Any] = {
        "last_status": answer.status or None,
        "last_error": answer.error or ("" if answer.good else _refusal(answer.status)),
        "milliseconds": answer.milliseconds,
    }
    if answer.good:
        kept |= {"state": "delivered", "delivered_at": moment}
    elif final:
        kept["state"] = "failed"
    else:
        wait = standing.wait_after(parcel.attempts, parcel.delivery_id)
        kept["next_at"] = moment + wait
    with act_as(SYSTEM):
        WebhookDelivery.objects.filter(
            pk=parcel.delivery_id, state="waiting", attempts=parcel.attempts
        ).update(**kept)
        hook = WebhookSubscription.objects.filter(pk=parcel.webhook_id)
        if answer.good:
            hook.exclude(failing_since=None).update(failing_since=None)
            return
        hook.filter(failing_since=None).update(failing_since=moment)
        if final:
            _give_up(parcel.webhook_id)


def _refusal(status: int) -> str:
    return "redirect" if 300 <= status < 400 else "status"


def _give_up(webhook_id: UUID) -> None:
    """Pause a webhook that has failed for long, and tell those who look after it."""
    row = WebhookSubscription.objects.filter(
        pk=webhook_id, state="active", failing_since__lt=now() - standing.GIVE_UP
    ).first()
    if row is None or not pause_failing(actor=SYSTEM, webhook_id=row.pk):
        return
    notify_role(
        actor=SYSTEM,
        agency_id=row.agency_id,
        permission=MANAGE,
        template="webhook_paused",
        context={
            "side": "centre" if row.agency_id == centre().agency_id else "agency",
            "webhook": str(row.pk),
            "round": str(row.failing_since),
        },
    )
