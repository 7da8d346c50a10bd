"""Cover sheets of letters: the text of the code that is printed for a case, and reading it. Pure.

The text carries a keyed check, so that nobody who knows or guesses a case's number can have a
letter filed with it by drawing a code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

BEGINS = "CWL1"
LENGTH = 20


def _check(number: str, key: str) -> str:
    said = hmac.new(f"commonweal.cover:{key}".encode(), number.encode(), hashlib.sha256).digest()
    return base64.b32encode(said).decode()[:LENGTH]


def cover_text(number: str, key: str) -> str:
    """What the code of a case's cover sheet says: capital letters, digits and `:`."""
    return f"{BEGINS}:{number}:{_check(number, key)}"


def read_cover(text: str, key: str) -> str | None:
    """The number of the case, where the text is that of one of our cover sheets."""
    parts = text.strip().split(":")
    if len(parts) != 3 or parts[0] != BEGINS:
        return None
    right = _check(parts[1], key)
    return parts[1] if hmac.compare_digest(parts[2].encode(), right.encode()) else None


def cases_named(texts: Iterable[str], key: str) -> list[str]:
    """The numbers of the cases whose cover sheets were found, each once."""
    return sorted({number for text in texts if (number := read_cover(text, key)) is not None})
