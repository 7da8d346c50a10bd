"""Keys and signatures of webhooks, as Standard Webhooks 1.0 has them: any library of it verifies.

A key is derived, so that no table holds it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from uuid import UUID

PREFIX = "whsec_"


def key_of(secret: str, webhook_id: UUID, generation: int) -> str:
    """The key of a webhook's generation, from the installation's secret; rotating counts on."""
    words = f"commonweal.webhook/{webhook_id}/{generation}".encode()
    raw = hmac.new(secret.encode(), words, hashlib.sha256).digest()
    return PREFIX + base64.b64encode(raw).decode()


def sign(keys: Sequence[str], event_id: str, moment: int, body: bytes) -> dict[str, str]:
    """The three headers: the event's id, the time in seconds, a signature by each valid key."""
    signed = f"{event_id}.{moment}.".encode() + body
    found = [
        base64.b64encode(
            hmac.new(base64.b64decode(key.removeprefix(PREFIX)), signed, hashlib.sha256).digest()
        ).decode()
        for key in keys
    ]
    return {
        "Webhook-Id": event_id,
        "Webhook-Timestamp": str(moment),
        "Webhook-Signature": " ".join(f"v1,{each}" for each in found),
    }
