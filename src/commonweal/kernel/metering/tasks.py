"""Job entry points."""

from __future__ import annotations

from typing import Any

from ..access.public import SYSTEM, act_as
from .models import Partition
from .storage import locks
from .storage.files import orphans


def clean_orphans(**_: Any) -> int:
    """Remove files that no manifest row names: what a killed writer left. Idempotent."""
    with act_as(SYSTEM):
        locks.own_periods()
        known = set(Partition.objects.values_list("path", flat=True))
        found = orphans(known)
        for path in found:
            path.unlink(missing_ok=True)
    return len(found)
