"""The queue's own housekeeping."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..access.public import Actor
from ..calendar.public import now
from .models import Job

KEEP = timedelta(days=90)
KEEP_SCHEDULED = timedelta(days=7)


def purge(*, actor: Actor, **_: Any) -> int:
    """Remove work that ended more than 90 days ago, that of schedules after a week; dead letters
    stay. Idempotent."""
    ended = ("done", "cancelled", "discarded")
    found = Job.objects.filter(state__in=ended)
    routine = found.filter(
        idempotency_key__startswith="schedule:", finished_at__lt=now() - KEEP_SCHEDULED
    )
    removed = routine.delete()[0]
    return removed + found.filter(finished_at__lt=now() - KEEP).delete()[0]
