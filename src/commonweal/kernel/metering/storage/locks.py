"""The locks of metering, in the one order in which they are taken.

Intake holds the period lock shared, then the lock of each source it writes, lowest id first; so
freezing and sealing (exclusive) wait for running intakes, and two intakes of one source take turns.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

_PERIODS = 7_301_101
_SOURCES = 7_301_102


def share_periods() -> None:
    """Keep every period's state as it is until the transaction ends."""
    _run("SELECT pg_advisory_xact_lock_shared(%s, 0)", [_PERIODS])


def own_periods() -> None:
    """Wait for running intakes, keep new ones waiting until the transaction ends."""
    _run("SELECT pg_advisory_xact_lock(%s, 0)", [_PERIODS])


def own_sources(source_ids: Iterable[int]) -> None:
    """Take the locks of sources, in order."""
    for source_id in sorted(set(source_ids)):
        _run("SELECT pg_advisory_xact_lock(%s, %s)", [_SOURCES, source_id])


def wait_for_disk() -> None:
    """Let the commit of this transaction return only when it is on disk."""
    _run("SET LOCAL synchronous_commit TO on", [])


def _run(statement: str, values: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
