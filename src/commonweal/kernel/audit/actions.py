"""Recording events, and the guard that no write goes without one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ParamSpec, Protocol, TypeVar
from uuid import UUID

from django.db import transaction

from ..calendar.public import now
from ..schema.public import uuid7
from .domain import digest, plain
from .models import Event

Params = ParamSpec("Params")
Result = TypeVar("Result")
_recorded: ContextVar[int] = ContextVar("audit_recorded", default=0)


class AuditMissing(RuntimeError):
    """An action wrote without leaving an event: a defect, refused at once (design law 8)."""


class ActorLike(Protocol):
    """What the trail keeps of an actor."""

    @property
    def kind(self) -> str:
        """person, system, token or anonymous."""

    @property
    def user_id(self) -> UUID | None:
        """The opaque id of the account."""


def event_content(event: Event) -> dict[str, Any]:
    """The content that an event's hash covers."""
    return {
        "id": event.id,
        "agency": event.agency_id,
        "at": event.recorded_at,
        "actor": [event.actor_kind, event.actor_id],
        "verb": event.verb,
        "target": [event.target_type, event.target_id],
        "payload": event.payload,
    }


def record(
    *,
    actor: ActorLike,
    verb: str,
    target: Any,
    agency_id: UUID | None = None,
    payload: dict[str, Any] | None = None,
) -> Event:
    """Insert one hashed event in the present transaction.

    `target` is a model instance, or a pair (type, id). `payload` holds ids and figures only.
    """
    if isinstance(target, tuple):
        target_type, target_id = target
    else:
        target_type, target_id = target._meta.label, target.pk
    event = Event(
        id=uuid7(),
        agency_id=agency_id,
        recorded_at=now(),
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        verb=verb,
        target_type=str(target_type),
        target_id=str(target_id),
        payload=plain(payload or {}),
    )
    event.hash = digest(event_content(event))
    event.save(force_insert=True)
    _recorded.set(_recorded.get() + 1)
    return event


def action(function: Callable[Params, Result]) -> Callable[Params, Result]:
    """Make a write an action: one transaction, keyword-only, at least one audit event in it."""

    @functools.wraps(function)
    def wrapper(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        if args:
            raise TypeError(f"{function.__qualname__} takes keyword arguments only")
        with transaction.atomic():
            before = _recorded.get()
            result = function(*args, **kwargs)
            if _recorded.get() == before:
                raise AuditMissing(f"{function.__module__}.{function.__qualname__} left no event")
        return result

    wrapper.is_action = True  # type: ignore[attr-defined]
    return wrapper
