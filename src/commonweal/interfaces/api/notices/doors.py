"""One's own messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commonweal.kernel.notices import public as notices

from ..kit import paging
from ..kit.doors import OWN, Asked, Door, needs
from ..kit.types import Done, In, Out, Page
from .webhooks import door as webhooks

door = Door("notices", "One's own messages, and which come by e-mail.")
DOORS = [door, webhooks]
MANAGE = needs("notices.manage")
Topic = Annotated[str, Field(max_length=80, pattern=r"^[a-z0-9._-]+$", examples=["bills"])]


class MessageOut(Out):
    """One message to you."""

    id: UUID
    topic: str
    subject: str
    body: str
    created_at: datetime
    read_at: datetime | None


class UnsentOut(Out):
    """A message that could not be sent. `last_error` is a class of errors, never an address."""

    id: UUID
    topic: str
    subject: str
    attempts: int
    last_error: str
    created_at: datetime


class TopicOut(Out):
    """A topic, and whether you get it by e-mail."""

    topic: str
    on: bool


class TopicIn(In):
    """On or off."""

    on: bool


@door.get("/messages", access=OWN, returns=Page[MessageOut])
def list_messages(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Your messages, newest first."""
    return paging.answer(notices.inbox(request.actor, paging.place(after, limit)))


@door.post("/messages/{message_id}/read", access=OWN, returns=Done)
def read_message(request: Asked, message_id: UUID) -> dict[str, Any]:
    """Note that you have read a message."""
    notices.mark_read(actor=request.actor, message_id=message_id)
    return {}


@door.get("/topics", access=OWN, returns=Page[TopicOut])
def list_topics(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Every topic, and whether you get it by e-mail."""
    found = notices.subscriptions(request.actor)
    rows = [{"topic": topic, "on": on} for topic, on in sorted(found.items())]
    return paging.part_of(rows, after, limit, lambda row: row["topic"])


@door.put("/topics/{topic}", access=OWN, returns=TopicOut)
def put_topic(request: Asked, topic: Topic, data: TopicIn) -> dict[str, Any]:
    """Switch a topic's e-mail on or off for yourself."""
    notices.subscribe(actor=request.actor, topic=topic, on=data.on)
    return {"topic": topic, "on": data.on}


@door.get("/outbox/failed", access=MANAGE, returns=Page[UnsentOut])
def list_unsent(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Messages that could not be sent, newest first."""
    return paging.answer(notices.outbox(request.actor, place=paging.place(after, limit)))


@door.post("/outbox/{message_id}/retry", access=MANAGE, returns=UnsentOut)
def retry_message(request: Asked, message_id: UUID) -> notices.Message:
    """Try to send a message that failed again, from its first attempt."""
    return notices.retry_failed(actor=request.actor, message_id=message_id)
