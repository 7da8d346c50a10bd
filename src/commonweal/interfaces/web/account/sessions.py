"""A person's sign-ins: the library keeps them without an owner, so they are read one by one."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from commonweal.kernel.calendar.public import now


def sessions_of(user_id: UUID) -> Iterator[Session]:
    """The running sign-ins of an account."""
    for session in Session.objects.filter(expire_date__gt=now()).iterator(chunk_size=500):
        if session.get_decoded().get(SESSION_KEY) == str(user_id):
            yield session


def end_others(user_id: UUID, keep: str | None) -> int:
    """End every sign-in of an account but the one given; how many."""
    ended = [session.pk for session in sessions_of(user_id) if keep is None or session.pk != keep]
    Session.objects.filter(pk__in=ended).delete()
    return len(ended)
