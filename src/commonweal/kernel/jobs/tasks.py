"""The queue's own housekeeping."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..access.public import Actor
from ..calendar.public import now
from .models import Job

KEEP = timedelta(days=90)


def purge(*, actor: Actor, **_: Any) -> int:
    """Remove work that ended more than 90 days ago; dead letters stay. Idempotent."""
    ended = ("done", "cancelled", "discarded")
    old = Job.objects.filter(state__in=ended, finished_at__lt=now() - KEEP)
    return old.delete()[0]
