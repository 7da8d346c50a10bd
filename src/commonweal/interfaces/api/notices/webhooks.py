"""Webhooks: an agency's own for its own cases, the centre's for all; what was sent, and again."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.notices import public as notices
from commonweal.kernel.party.public import agency as find_agency

from ..kit import paging
from ..kit.doors import Asked, Door, needs
from ..kit.types import AgencyKey, In, Name, Out, Page

door = Door("webhooks", "Events sent to your programs, signed, and what came of each.")
MANAGE = needs(notices.MANAGE_WEBHOOKS)
Hook = notices.WebhookSubscription
State = Literal["", "waiting", "delivered", "failed"]
EXAMPLE = "https://hooks.agency.example/commonweal"
Address = Annotated[str, Field(max_length=500, examples=[EXAMPLE])]
KindCode = Annotated[str, Field(max_length=80, examples=["commonweal.case.opened.v1"])]


class FieldOut(Out):
    """A field of an event's `data`."""

    name: str
    meaning: str


class EventTypeOut(Out):
    """A kind of event, and what it carries."""

    code: str
    title: str
    fields: list[FieldOut]


class WebhookOut(Out):
    """A webhook, without its key. `state`: active, paused or ended. `failing_since`: since when no
    attempt has succeeded; `former_until`: until when the key before the present one signs too."""

    id: UUID
    agency: str
    name: str
    url: str
    types: list[str]
    state: str
    failing_since: datetime | None
    former_until: datetime | None
    created_at: datetime
    ended_at: datetime | None

    @staticmethod
    def resolve_agency(row: Any) -> str:
        """Its code."""
        return str(row.agency.code)


class WebhookIn(In):
    """What shall be sent where."""

    name: Annotated[Name, Field(max_length=80)]
    url: Address
    types: Annotated[list[KindCode], Field(min_length=1, max_length=40)]


class MadeWebhookOut(Out):
    """The webhook, and the key that signs its events: shown this once."""

    webhook: WebhookOut
    key: str


class DeliveryOut(Out):
    """An event for a webhook. `next_at`: when a waiting one is tried; `last_status`, `last_error`,
    `milliseconds`: what came of the last attempt; `body`: what is sent, the same each time."""

    id: UUID
    event_id: UUID
    type: str
    at: datetime
    state: str
    attempts: int
    next_at: datetime | None
    last_status: int | None
    last_error: str
    milliseconds: int | None
    delivered_at: datetime | None
    body: dict[str, Any]

    @staticmethod
    def resolve_next_at(row: Any) -> datetime | None:
        """Only of what waits."""
        return row.next_at if row.state == "waiting" else None

    @staticmethod
    def resolve_body(row: Any) -> Any:
        """The event as it is sent."""
        return json.loads(notices.body_of(row))


class ExampleOut(Out):
    """A test event, signed this moment: headers and body as they would arrive."""

    headers: dict[str, str]
    body: str


class SentAgainOut(Out):
    """How many events are sent again."""

    events: int


@door.get("/event-types", access=MANAGE, returns=Page[EventTypeOut])
def list_event_types(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Every kind of event that a webhook can hear of, with its fields."""
    rows = [
        {
            "code": kind.code,
            "title": kind.title,
            "fields": [{"name": name, "meaning": text} for name, text in kind.fields.items()],
        }
        for kind in notices.event_types()
    ]
    return paging.part_of(rows, after, limit, lambda row: row["code"])


@door.get("/agencies/{agency}/webhooks", access=MANAGE, returns=Page[WebhookOut])
def list_webhooks(
    request: Asked,
    agency: AgencyKey,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """An agency's webhooks, newest first; the centre's are those of its own code."""
    agency_id = find_agency(request.actor, agency).pk
    return paging.answer(notices.webhooks(request.actor, agency_id, paging.place(after, limit)))


@door.post("/agencies/{agency}/webhooks", access=MANAGE, returns=MadeWebhookOut, status=201)
def make_webhook(request: Asked, agency: AgencyKey, data: WebhookIn) -> dict[str, Any]:
    """Have events sent to an address. An agency's webhook hears of its own cases only."""
    agency_id = find_agency(request.actor, agency).pk
    row, key = notices.create_webhook(
        actor=request.actor, agency_id=agency_id, name=data.name, url=data.url, types=data.types
    )
    return {"webhook": row, "key": key}


@door.get("/webhooks/{webhook_id}", access=MANAGE, returns=WebhookOut)
def get_webhook(request: Asked, webhook_id: UUID) -> Hook:
    """One webhook."""
    return notices.webhook(request.actor, webhook_id)


@door.get("/webhooks/{webhook_id}/example", access=MANAGE, returns=ExampleOut)
def get_example(request: Asked, webhook_id: UUID) -> dict[str, Any]:
    """A signed test event to try a receiver with; it is sent nowhere."""
    headers, body = notices.example(request.actor, webhook_id)
    return {"headers": headers, "body": body}


@door.post("/webhooks/{webhook_id}/test", access=MANAGE, returns=DeliveryOut, status=201)
def send_test(request: Asked, webhook_id: UUID) -> notices.WebhookDelivery:
    """Send a test event; it leaves within about a minute."""
    return notices.test_webhook(actor=request.actor, webhook_id=webhook_id)


@door.post("/webhooks/{webhook_id}/pause", access=MANAGE, returns=WebhookOut)
def pause_webhook(request: Asked, webhook_id: UUID) -> Hook:
    """Send nothing until it goes on; events wait for as long as they are kept."""
    return notices.pause_webhook(actor=request.actor, webhook_id=webhook_id)


@door.post("/webhooks/{webhook_id}/resume", access=MANAGE, returns=WebhookOut)
def resume_webhook(request: Asked, webhook_id: UUID) -> Hook:
    """Go on sending, what waited first."""
    return notices.resume_webhook(actor=request.actor, webhook_id=webhook_id)


@door.post("/webhooks/{webhook_id}/rotate", access=MANAGE, returns=MadeWebhookOut)
def rotate_webhook_key(request: Asked, webhook_id: UUID) -> dict[str, Any]:
    """Make a new key; the one before signs as well for 24 hours."""
    row, key = notices.rotate_webhook_key(actor=request.actor, webhook_id=webhook_id)
    return {"webhook": row, "key": key}


@door.post("/webhooks/{webhook_id}/end", access=MANAGE, returns=WebhookOut)
def end_webhook(request: Asked, webhook_id: UUID) -> Hook:
    """End a webhook for good; what still waits is not sent."""
    return notices.end_webhook(actor=request.actor, webhook_id=webhook_id)


@door.get("/webhooks/{webhook_id}/deliveries", access=MANAGE, returns=Page[DeliveryOut])
def list_deliveries(
    request: Asked,
    webhook_id: UUID,
    state: State = Query("", description="waiting, delivered or failed; empty: all."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """What was sent, waits or failed, newest first."""
    where = paging.place(after, limit)
    return paging.answer(notices.deliveries(request.actor, webhook_id, state=state, place=where))


@door.post("/webhooks/{webhook_id}/replay", access=MANAGE, returns=SentAgainOut)
def replay_failed(request: Asked, webhook_id: UUID) -> dict[str, Any]:
    """Send everything again that failed, each with its own id."""
    return {"events": notices.replay_failed(actor=request.actor, webhook_id=webhook_id)}


@door.post("/webhook-deliveries/{delivery_id}/replay", access=MANAGE, returns=DeliveryOut)
def replay_delivery(request: Asked, delivery_id: UUID) -> notices.WebhookDelivery:
    """Send one event again, with the same id."""
    return notices.replay_delivery(actor=request.actor, delivery_id=delivery_id)
