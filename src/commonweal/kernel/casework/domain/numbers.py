"""Numbers of cases, and the codes with which somebody unknown follows one. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No letters or digits that look alike when read aloud or copied from paper."""
LENGTH = 16
_NUMBER = re.compile(r"\[#([A-Z0-9]{1,20}-\d{2}-\d{5,9})\]")


def number_text(agency: str, year: int, sequence: int) -> str:
    """`LWD-26-000123`: the agency's code, the year, the number within both."""
    return f"{agency}-{year % 100:02d}-{sequence:06d}"


def numbers_in(subject: str) -> list[str]:
    """The case numbers that a subject names in square brackets: a hint, never a right."""
    return _NUMBER.findall(subject)


def tracking_code() -> str:
    """A new code of 16 characters (78 bits) in groups of four."""
    raw = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(raw[place : place + 4] for place in range(0, LENGTH, 4))


def code_of(draft: str, key: str) -> str:
    """The code of a case that a draft opens: the same each time the draft is sent, so that whoever
    never saw the first answer still gets it. The draft's id is random, and theirs alone."""
    made = int.from_bytes(
        hmac.new(key.encode(), f"draft\n{draft}".encode(), hashlib.sha256).digest()
    )
    raw = ""
    for _place in range(LENGTH):
        made, rest = divmod(made, len(ALPHABET))
        raw += ALPHABET[rest]
    return "-".join(raw[place : place + 4] for place in range(0, LENGTH, 4))


def plain_code(text: str) -> str:
    """A code as somebody typed it, without spaces, dashes and case."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def code_hash(text: str, key: str) -> str:
    """What is kept of a code: an HMAC, so that the table alone finds no case."""
    return hmac.new(key.encode(), plain_code(text).encode(), hashlib.sha256).hexdigest()


def key_hash(secret: str) -> str:
    """What is kept of a program's key; it is random and long, so that a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
