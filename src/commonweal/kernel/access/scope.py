"""The database's view of the actor: one transaction with its scope set."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from django.db import connection, transaction

from .domain import Actor

_WRITE = """SELECT set_config('app.user', %s, true), set_config('app.agencies', %s, true),
                   set_config('app.centre', %s, true)"""
_NOBODY = ["", "", ""]
Found = TypeVar("Found")
_known: ContextVar[dict[Any, Any] | None] = ContextVar("commonweal_known", default=None)
"""What `once` keeps of the present scope."""


def _values(actor: Actor) -> list[str]:
    return [
        str(actor.user_id or ""),
        ",".join(sorted(str(agency) for agency in actor.seen_agencies)),
        "on" if actor.centre else "",
    ]


def widen(actor: Actor) -> None:
    """Set the present transaction's scope to the actor's, from that of the account alone."""
    _set(_values(actor))


def _outermost() -> object | None:
    """What identifies the running transaction: its outermost atomic block."""
    blocks: list[object] = getattr(connection, "atomic_blocks", [])
    return blocks[0] if blocks else None


def _present() -> list[str]:
    """The scope that was set last in the running transaction; nothing else sets it."""
    running, known = getattr(connection, "commonweal_scope", (None, _NOBODY))
    return known if running is not None and running is _outermost() else _NOBODY


def _remember(values: list[str]) -> None:
    connection.commonweal_scope = (_outermost(), values)  # type: ignore[attr-defined]


def _set(scope: list[str], question: str = "", values: Sequence[Any] = ()) -> tuple[Any, ...]:
    """Set the scope, and ask a question in it in the same round trip."""
    row: tuple[Any, ...] = ()
    with connection.cursor() as cursor:
        if question:
            cursor.execute(f"{_WRITE}; {question}", [*scope, *values])
            cursor.nextset()
            row = cursor.fetchone() or ()
        else:
            cursor.execute(_WRITE, scope)
    _remember(scope)
    return row


@contextmanager
def act_as(actor: Actor) -> Iterator[Actor]:
    """One transaction in the scope of the actor; inside another, the outer scope comes back after,
    which costs no statement where it is the same.

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
    before, known, scope = _present(), _known.get(), _values(actor)
    same = nested and scope == before and not question
    if known is None or not same:
        _known.set({})
    try:
        with transaction.atomic():
            yield () if same else _set(scope, question, values)
            # the settings end with the outermost transaction by themselves
            if nested and _present() != before:
                _set(before)
    except BaseException:
        if same:
            forget()  # what was read of writes that are undone
        raise
    finally:
        _known.set(known)
        _remember(before)


_written = 0
"""How often this process wrote something that `once` may have kept."""


def once(what: tuple[Hashable, ...], read: Callable[[], Found]) -> Found:
    """What a question about settings gave before in the present scope, else what it gives now. The
    name of the question holds whatever its answer depends on; whoever writes calls `forget`. Scopes
    are short (a request, a job's step), so that what others write is seen by the next one."""
    known = _known.get()
    if known is None:
        return read()
    key = (_written, *what)
    if key not in known:
        known[key] = read()
    return cast(Found, known[key])


def forget() -> None:
    """Ask anew, in this scope and those around it: something that `once` keeps was written."""
    global _written
    _written += 1
