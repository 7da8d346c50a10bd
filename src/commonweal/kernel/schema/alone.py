"""One at a time: what two must not do at once, whatever rows are there to hold."""

from __future__ import annotations

from django.db import connection


def alone(key: str) -> None:
    """Let nobody else do the same thing until this transaction ends: who comes second waits here,
    and finds what the first made. `key`: what it is, with whatever it is done to."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
