"""The queue's own housekeeping."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..access.public import Actor
from ..calendar.public import now
from .models import Job

KEEP = timedelta(days=90)


def purge(*, actor: Actor, **_: Any) -> int:
    """Remove finished and cancelled work older than 90 days; dead letters stay. Idempotent."""
    old = Job.objects.filter(state__in=("done", "cancelled"), finished_at__lt=now() - KEEP)
    return old.delete()[0]
