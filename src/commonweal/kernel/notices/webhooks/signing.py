"""Keys and signatures of webhooks. A key is derived, so that no table holds it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from uuid import UUID

HEADER = "Commonweal-Signature"


def key_of(secret: str, webhook_id: UUID, generation: int) -> str:
    """The key of a webhook's generation, from the installation's secret; rotating counts on."""
    words = f"commonweal.webhook/{webhook_id}/{generation}".encode()
    raw = hmac.new(secret.encode(), words, hashlib.sha256).digest()
    return "cwhk_" + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def sign(keys: Sequence[str], moment: int, body: bytes) -> str:
    """The signature header: the time in seconds, and one `v1` for each key that is valid now."""
    signed = str(moment).encode() + b"." + body
    found = [hmac.new(key.encode(), signed, hashlib.sha256).hexdigest() for key in keys]
    return ",".join([f"t={moment}", *(f"v1={each}" for each in found)])
