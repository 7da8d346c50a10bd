"""Job entry points: the housekeeping. `background.py` holds the taking in of large files."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import Any
from uuid import UUID

from ..access.public import SYSTEM, act_as
from ..calendar.public import now
from .models import Partition, Upload
from .storage import locks
from .storage.files import data_folder, orphans

KEEP_FILES = timedelta(days=14)
_ID = "-".join("[0-9a-f]" * length for length in (8, 4, 4, 4, 12))


def clean_orphans(**_: Any) -> int:
    """Remove files that no manifest row names: what a killed writer left. Idempotent."""
    with act_as(SYSTEM):
        locks.own_periods()
        known = set(Partition.objects.values_list("path", flat=True))
        found = orphans(known)
        for path in found:
            path.unlink(missing_ok=True)
    return len(found)


def clean_uploads(**_: Any) -> int:
    """Remove kept files that nobody went on with for two weeks, and what belongs to no upload.

    The lists of refused rows stay with their uploads. Idempotent.
    """
    oldest = (now() - KEEP_FILES).timestamp()
    old = {
        UUID(folder.name): folder
        for folder in (data_folder() / "uploads").glob(_ID)
        if folder.stat().st_mtime < oldest
    }
    with act_as(SYSTEM):
        known = set(Upload.objects.filter(pk__in=old).values_list("pk", flat=True))
    removed = 0
    for key, folder in old.items():
        if key not in known:
            shutil.rmtree(folder, ignore_errors=True)
        elif (folder / "file").is_file():
            (folder / "file").unlink(missing_ok=True)
        else:
            continue
        removed += 1
    return removed
