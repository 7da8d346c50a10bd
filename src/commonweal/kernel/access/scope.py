"""The database's view of the actor: one transaction with its scope set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from .domain import Actor

_READ = """SELECT current_setting('app.user', true), current_setting('app.agencies', true),
                  current_setting('app.centre', true)"""
_WRITE = """SELECT set_config('app.user', %s, true), set_config('app.agencies', %s, true),
                   set_config('app.centre', %s, true)"""


def _values(actor: Actor) -> list[str]:
    return [
        str(actor.user_id or ""),
        ",".join(sorted(str(agency) for agency in actor.agencies)),
        "on" if actor.centre else "",
    ]


def widen(actor: Actor) -> None:
    """Set the present transaction's scope to the actor's, from that of the account alone."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, _values(actor))


@contextmanager
def act_as(actor: Actor) -> Iterator[Actor]:
    """One transaction in the scope of the actor; inside another, the outer scope comes back after.

    Row-level security reads the three settings, which end with the transaction, so that a pooled
    connection never carries somebody else's scope.
    """
    with asking(actor, "", ()):
        yield actor


@contextmanager
def asking(actor: Actor, question: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """The same, with the first row of a question that is asked in the scope, in the same round
    trip as setting it; an empty question has no row."""
    nested = connection.in_atomic_block
    before = ["", "", ""]
    row: tuple[Any, ...] = ()
    with transaction.atomic():
        with connection.cursor() as cursor:
            if nested:
                cursor.execute(_READ)
                before = [value or "" for value in cursor.fetchone()]
            if question:
                cursor.execute(f"{_WRITE}; {question}", [*_values(actor), *values])
                cursor.nextset()
                row = cursor.fetchone()
            else:
                cursor.execute(_WRITE, _values(actor))
        yield row
        if nested:  # the settings end with the outermost transaction by themselves
            with connection.cursor() as cursor:
                cursor.execute(_WRITE, before)
