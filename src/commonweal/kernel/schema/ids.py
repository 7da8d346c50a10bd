"""Ids: UUIDv7 made by the application (RFC 9562)."""

from __future__ import annotations

import hashlib
from uuid import UUID

import uuid_utils.compat


def uuid7() -> UUID:
    """A new time-ordered id."""
    return uuid_utils.compat.uuid7()


def derived_id(*parts: object) -> UUID:
    """An id that follows from its parts alone, so that the same run makes the same ids.

    Version 8 (custom) of RFC 9562: the first 122 free bits of a SHA-256 over the parts.
    """
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    value = int.from_bytes(digest[:16], "big")
    value = value & ~(0xF << 76) | 0x8 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
