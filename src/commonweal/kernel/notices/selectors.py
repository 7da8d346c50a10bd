"""Reads: one's own messages, and what could not be sent."""

from __future__ import annotations

from ..access.public import Actor, require
from ..schema.public import FIRST, Listing, Place, listing
from .models import Message, Subscription
from .templates import topics


def inbox(actor: Actor, place: Place = FIRST) -> Listing[Message]:
    """A page of the actor's own messages, newest first."""
    if actor.user_id is None:
        return Listing(())
    return listing(Message.objects.filter(to_user_id=actor.user_id), ["-id"], place)


def subscriptions(actor: Actor) -> dict[str, bool]:
    """Every topic, and whether the actor gets it by e-mail."""
    own = Subscription.objects.filter(user_id=actor.user_id)
    chosen = dict(own.values_list("topic", "on")) if actor.user_id else {}
    return {topic: chosen.get(topic, True) for topic in topics()}


def outbox(actor: Actor, *, state: str = "failed", place: Place = FIRST) -> Listing[Message]:
    """A page of the messages in a state, for those who look after the outbox."""
    require(actor, "notices.manage")
    return listing(Message.objects.filter(state=state), ["-id"], place)
