"""The catalogue of events: what each is called, when it is sent, what it carries."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_noop

from ...jobs.public import all_manifests
from ..models import WebhookDelivery
from .addresses import WebhookError

_OPAQUE = re.compile(r"[A-Za-z0-9._:+/-]{0,120}")


@dataclass(frozen=True)
class EventType:
    """A kind of event. `fields`: what its `data` may hold, each with its meaning: ids, codes,
    figures and times, never a name or a text (design law 12)."""

    code: str
    title: str
    fields: Mapping[str, str] = field(default_factory=dict)


_types: dict[str, EventType] = {}


def register_event(kind: EventType) -> None:
    """Announce a kind of event; call it where the module's manifest is made."""
    _types[kind.code] = kind


def event_types() -> list[EventType]:
    """Every kind of event that a webhook may ask for, by code."""
    all_manifests()  # modules announce theirs there
    return [_types[code] for code in sorted(_types) if code != TEST]


def opaque(code: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """An event's data as JSON values (NOTICES-122 for a field or text that it may not carry)."""
    kind = _types.get(code)
    if kind is None:
        raise WebhookError("NOTICES-122", f"There is no kind of event “{code}”. Register it first.")
    found = {}
    for name, value in data.items():
        if isinstance(value, UUID):
            value = str(value)
        elif isinstance(value, datetime):
            value = value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        if name not in kind.fields or not _plain(value):
            raise WebhookError(
                "NOTICES-122",
                f"An event {code} may not carry “{name}” like this: only ids, codes and figures.",
            )
        found[name] = value
    return found


def _plain(value: Any) -> bool:
    if isinstance(value, str):
        return _OPAQUE.fullmatch(value) is not None
    return value is None or isinstance(value, bool | int)


def body_of(row: WebhookDelivery) -> bytes:
    """The event as CloudEvents 1.0 in JSON (structured mode): the same bytes at every attempt."""
    event = {
        "specversion": "1.0",
        "id": str(row.event_id),
        "source": settings.BASE_URL,
        "type": row.type,
        "subject": str(row.about),
        "time": row.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": row.data,
    }
    return json.dumps(event, separators=(",", ":"), sort_keys=True).encode()


TEST = "commonweal.test.v1"
register_event(
    EventType(
        TEST,
        gettext_noop("A test, sent when somebody asks for one"),
        {"webhook": gettext_noop("The webhook's id.")},
    )
)
