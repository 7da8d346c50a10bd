"""Message-IDs of ours: each names its case and is signed, so that nobody can make one up. Pure.

`<cw.CASE.NONCE.MAC@domain>`: 32 hex digits of the case and of the message, and half an HMAC-SHA256
over both. The first key signs; every key of the list verifies, so that a key can be replaced.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from uuid import UUID

MOST_REFERENCES = 200
_OURS = re.compile(r"<?cw\.([0-9a-f]{32})\.([0-9a-f]{32})\.([0-9a-f]{32})@[^\s<>@]{1,255}>?\Z")
_NUMBER = re.compile(r"\[#([A-Z0-9][A-Z0-9-]{2,30})\]")


def _mac(key: str, case: str, nonce: str) -> str:
    text = f"commonweal mail thread 1\n{case}\n{nonce}".encode()
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()[:32]


def message_id(case_id: UUID, nonce: UUID, domain: str, keys: Sequence[str]) -> str:
    """The Message-ID of a message of a case; the same for the same message, however often sent."""
    return f"<cw.{case_id.hex}.{nonce.hex}.{_mac(keys[0], case_id.hex, nonce.hex)}@{domain}>"


def case_of(reference: str, keys: Sequence[str]) -> UUID | None:
    """The case that an id of ours names, or nothing if it is not ours or was forged."""
    found = _OURS.match(reference.strip().lower()[:500])
    if found is None:
        return None
    case, nonce, mac = found.groups()
    for key in keys:
        if hmac.compare_digest(_mac(key, case, nonce), mac):
            return UUID(hex=case)
    return None


def thread_of(references: Iterable[str], keys: Sequence[str]) -> UUID | None:
    """The case of the latest reference that is truly ours. Forwarding loses In-Reply-To, so every
    reference is looked at, the last ones first, two hundred at most."""
    for reference in list(references)[-MOST_REFERENCES:][::-1]:
        case = case_of(reference, keys)
        if case is not None:
            return case
    return None


def tagged(subject: str, number: str) -> str:
    """A subject with its case's number, once."""
    tag = f"[#{number}]"
    return subject if tag in subject else f"{subject} {tag}"


def hint_of(subject: str) -> str:
    """The case number that a subject carries, which proves nothing."""
    found = _NUMBER.search(subject)
    return found.group(1) if found else ""
