"""What the settings and a row say: where events may go, which keys sign, when to try again."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from ..models import WebhookSubscription
from .addresses import Policy
from .client import Client
from .signing import key_of

MAX_ATTEMPTS = 8
GIVE_UP = timedelta(days=3)
"""Paused is what has taken nothing for this long."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=12)


def policy() -> Policy:
    """Where events may go, by the settings."""
    return Policy(
        ports=frozenset(settings.WEBHOOK_PORTS),
        http=settings.WEBHOOK_HTTP,
        networks=tuple(settings.WEBHOOK_NETWORKS),
    )


def client() -> Client:
    """What sends events, by the settings."""
    return Client(policy(), settings.WEBHOOK_PROXY)


def kept_days() -> int:
    """For how many days deliveries are kept."""
    return int(settings.WEBHOOK_KEPT.days)


def keys(row: WebhookSubscription, moment: datetime) -> list[str]:
    """The keys that sign now, the newest first."""
    found = [key_of(settings.WEBHOOK_SECRET, row.pk, row.generation)]
    if row.generation > 1 and row.former_until and moment < row.former_until:
        found.append(key_of(settings.WEBHOOK_SECRET, row.pk, row.generation - 1))
    return found


def wait_after(attempts: int, delivery_id: UUID) -> timedelta:
    """The wait after so many failed attempts: 30 s, four times as long each time, at most 12 h.

    Up to a fifth longer or shorter by the delivery's id, so that what failed together does not
    come back together.
    """
    plain: timedelta = min(FIRST_WAIT * 4 ** min(max(attempts - 1, 0), 10), LONGEST_WAIT)
    seed = hashlib.sha256(f"{delivery_id}/{attempts}".encode()).digest()
    share = int.from_bytes(seed[:2]) - 32768
    return plain + plain * share / 163840
