"""Reads: one's own messages, and what could not be sent."""

from __future__ import annotations

from uuid import UUID

from ..access.public import Actor, require
from .models import Message, Subscription
from .templates import topics


def inbox(actor: Actor, *, before: UUID | None = None, limit: int = 50) -> list[Message]:
    """The actor's own messages, newest first, keyset-paged by id."""
    if actor.user_id is None:
        return []
    found = Message.objects.filter(to_user_id=actor.user_id)
    if before:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[:limit])


def subscriptions(actor: Actor) -> dict[str, bool]:
    """Every topic, and whether the actor gets it by e-mail."""
    own = Subscription.objects.filter(user_id=actor.user_id)
    chosen = dict(own.values_list("topic", "on")) if actor.user_id else {}
    return {topic: chosen.get(topic, True) for topic in topics()}


def outbox(
    actor: Actor, *, state: str = "failed", before: UUID | None = None, limit: int = 50
) -> list[Message]:
    """Messages in a state, for those who look after the outbox."""
    require(actor, "notices.manage")
    found = Message.objects.filter(state=state)
    if before:
        found = found.filter(id__lt=before)
    return list(found.order_by("-id")[:limit])
