"""Headers as strangers write them: decoded, bounded, never believed. Pure."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

LONGEST = 4_000
"""Of one header, what is looked at."""
_ADDRESS = re.compile(r"[^\s@<>\",;:()\[\]\\]{1,64}@[^\s@<>\",;:()\[\]\\]{1,189}\Z")
_ID = re.compile(r"<[^<>\s]{1,400}>")
_SLOW = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf_7"}


def charset(name: str | None) -> str:
    """A character set that can be decoded in time that grows with the text, or ""."""
    try:
        found = codecs.lookup((name or "").strip("'\" ")[:40])
        "".encode(found.name)  # refuses the codecs from bytes to bytes
    except (LookupError, ValueError, TypeError):
        return ""
    return "" if found.name.replace("-", "_") in _SLOW else found.name


def decoded(data: bytes, name: str | None) -> str:
    """Bytes as text: as declared, else as UTF-8, else as Windows does it. Never fails."""
    for known in (charset(name), "utf-8"):
        if known:
            try:
                return data.decode(known)
            except (UnicodeError, ValueError):
                continue
    return data.decode("cp1252", "replace")


def plain(text: str) -> str:
    """One line without control characters or marks that turn the reading direction."""
    kept = "".join(
        " " if char in "\t\r\n" else char
        for char in text
        if char in "\t\r\n" or unicodedata.category(char) not in ("Cc", "Cf", "Cs")
    )
    return " ".join(kept.split())


def raw(message: Message, name: str) -> str:
    """The first header of a name, bounded, as text; broken bytes as they can be read."""
    for key, value in message.raw_items():
        if key.lower() == name.lower():
            return mended(str(value)[:LONGEST])
    return ""


def every(message: Message, name: str, most: int = 20) -> list[str]:
    """Every header of a name, in order."""
    found = [mended(str(value)[:LONGEST]) for key, value in message.raw_items()
             if key.lower() == name.lower()]  # fmt: skip
    return found[:most]


def mended(value: str) -> str:
    """A value with raw bytes in it, as text."""
    return decoded(value.encode("ascii", "surrogateescape"), "utf-8") if _broken(value) else value


def _broken(value: str) -> bool:
    return any("\udc80" <= char <= "\udcff" for char in value) and all(
        char < "\x80" or "\udc80" <= char <= "\udcff" for char in value
    )


def words(value: str) -> str:
    """A header's words, with encoded ones decoded (RFC 2047)."""
    if "=?" not in value:
        return plain(value)
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError, LookupError, AssertionError):
        return plain(value)
    return plain("".join(
        decoded(piece, name) if isinstance(piece, bytes) else piece for piece, name in pieces
    ))  # fmt: skip


def addresses(values: Sequence[str]) -> list[tuple[str, str]]:
    """(name, address) of each address that is one, in small letters."""
    found = []
    for name, address in getaddresses([" ".join(value.split()) for value in values]):
        kept = plain(address).lower()
        if _ADDRESS.match(kept):
            found.append((words(name)[:160], kept))
    return found[:200]


def ids(values: Sequence[str]) -> tuple[str, ...]:
    """Every message id in headers, in order, without repeats."""
    whole = (words(value) for value in values)  # some programs encode what is too long for a line
    return tuple(dict.fromkeys(each for value in whole for each in _ID.findall(value)))


def moment(value: str) -> datetime | None:
    """A Date header, or nothing."""
    try:
        found = parsedate_to_datetime(value[:100])
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None


_COMMENT = re.compile(r"\([^()]{0,300}\)")
_PROOF = re.compile(r"\b(spf|dkim|dmarc)\s{0,3}=\s{0,3}([a-z]{1,12})\b", re.IGNORECASE)


def proofs(message: Message, trusted: str) -> dict[str, str]:
    """What the mail server that we named says of the sender (RFC 8601). Only the topmost header
    counts: the server puts its own there, whatever the sender wrote below."""
    said = raw(message, "Authentication-Results")
    server = said.partition(";")[0].split()
    if not trusted or not server or server[0].lower() != trusted.lower():
        return {}
    found: dict[str, str] = {}
    for name, result in _PROOF.findall(_COMMENT.sub(" ", said.partition(";")[2])):
        if found.get(name.lower()) != "pass":
            found[name.lower()] = result.lower()
    return found
