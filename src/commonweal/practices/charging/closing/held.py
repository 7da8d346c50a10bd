"""The lock of a month's close: one step of one month runs at a time, whoever runs it.

An advisory lock, so that the close's row stays free for a request to stop, and nobody ever waits.
"""

from __future__ import annotations

from django.db import connection

from commonweal.kernel.calendar.public import FiscalPeriod

_CLOSE = 7_301_201


def _number(period: str) -> int:
    month = FiscalPeriod.parse(period)
    return month.year * 100 + month.month


def hold(period: str) -> bool:
    """Take the lock until the transaction ends; False if somebody else has it."""
    return _ask("SELECT pg_try_advisory_xact_lock(%s, %s)", period)


def is_held(period: str) -> bool:
    """Whether a step of the month runs at this moment; takes nothing."""
    return _ask(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
        " AND objid = %s AND objsubid = 2 AND granted AND pid <> pg_backend_pid()"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
        period,
    )


def _ask(statement: str, period: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [_CLOSE, _number(period)])
        return bool(cursor.fetchone()[0])
