"""Any bytes as a message, or the reason why they are none. Pure; never an exception.

The standard library's parser reads the structure under its oldest policy, which keeps whatever
came; headers and texts are decoded here, because the newer policy refuses what mail programs send.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import Message
from functools import partial

from commonweal.kernel.casework.public import Bounce, Incoming, Part, Quarantine

from . import headers
from .html import LONGEST, safe_html, text_of
from .loops import automatic, bounce_of
from .quotes import fold
from .threads import hint_of, thread_of

SENTENCES = {
    "MAIL-201": "The message is too large. Ask its sender for a smaller one, or parts of it.",
    "MAIL-202": "The message has too many headers, or too long ones. It is held back.",
    "MAIL-203": "The message has too many parts. It is held back.",
    "MAIL-204": "The message is nested too deeply. It is held back.",
    "MAIL-205": "The message took too long to read. It is held back.",
    "MAIL-206": "The message cannot be read. It is held back.",
    "MAIL-207": "The message does not say who sent it. It is held back.",
    "MAIL-208": "No desk has an address that the message is written to. It is held back.",
    "MAIL-209": "The desk has no kind of case for what comes by e-mail. It is held back.",
}


@dataclass(frozen=True)
class Limits:
    """How much of a message is too much: bytes, parts, characters, seconds."""

    size: int = 40 * 1024 * 1024
    headers: int = 500
    header_bytes: int = 256 * 1024
    parts: int = 200
    depth: int = 15
    text: int = 200_000
    seconds: float = 20.0


@dataclass(frozen=True)
class Reading:
    """What reading needs to know of us: our addresses, the keys of our ids, the mail server that
    may vouch for senders."""

    own: Sequence[str] = ()
    keys: Sequence[str] = ("",)
    trusted: str = ""
    limits: Limits = field(default_factory=Limits)


class _Held(Exception):
    """A limit was passed; the argument is the code."""


_MULTIPART = re.compile(rb"^content-type:\s{0,20}(?:multipart|message)/", re.I | re.M)
_BLANK = re.compile(rb"\r?\n\r?\n")


def parse(
    data: bytes, now: datetime, reading: Reading, envelope_from: str | None = None
) -> Incoming | Quarantine:
    """The message that bytes are. `now`: when it came; `envelope_from`: "" for a null sender."""
    try:
        _weigh(data, reading.limits)
        message = message_from_bytes(data, policy=policy.compat32)
        return _Reader(message, reading).incoming(data, now, envelope_from)
    except _Held as held:
        return Quarantine(str(held), SENTENCES[str(held)])
    except Exception:
        # Whatever strangers send, the door stays open; the bytes are kept for a person to look at.
        return Quarantine("MAIL-206", SENTENCES["MAIL-206"])


def _weigh(data: bytes, limits: Limits) -> None:
    """Refuse by bytes alone what would be slow to read."""
    if len(data) > limits.size:
        raise _Held("MAIL-201")
    end = _BLANK.search(data, 0, limits.header_bytes + 4)
    if end is None and len(data) > limits.header_bytes:
        raise _Held("MAIL-202")
    if data.count(b"\n", 0, end.start() if end else len(data)) > limits.headers * 4:
        raise _Held("MAIL-202")
    for count, _ in enumerate(_MULTIPART.finditer(data)):
        if count > limits.parts:
            raise _Held("MAIL-203")


@dataclass
class _Body:
    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)


class _Reader:
    """One message while it is read."""

    def __init__(self, message: Message, reading: Reading) -> None:
        self.message, self.reading = message, reading
        self.ends = time.monotonic() + reading.limits.seconds
        self.header = partial(headers.raw, message)
        self.body = _Body()

    def incoming(self, data: bytes, now: datetime, envelope_from: str | None) -> Incoming:
        """The message as the case engine takes it."""
        message, reading = self.message, self.reading
        if len(message.keys()) > reading.limits.headers:
            raise _Held("MAIL-202")
        name, sender = self._sender()
        for part in self._leaves(message, 0):
            self._take(part)
        auto = automatic(message, self.header, sender, reading.own, envelope_from)
        bounce = bounce_of(message) if auto in {"bounce", "report"} else None
        if not sender and bounce is None:
            raise _Held("MAIL-207")
        found = headers.ids([*headers.every(message, "References"),
                             *headers.every(message, "In-Reply-To")])  # fmt: skip
        text, folded, html = self._texts()
        subject = headers.words(self.header("Subject"))[:500]
        return Incoming(
            message_id=next(iter(headers.ids([self.header("Message-ID")])), ""),
            sender=sender,
            sender_name=name,
            to=tuple(self._to()),
            subject=subject,
            text=text,
            folded=folded,
            html=html,
            raw_sha256=hashlib.sha256(data).hexdigest(),
            body_hash=self._hash(),
            received_at=now,
            sent_at=headers.moment(self.header("Date")),
            references=found,
            parts=tuple(self.body.parts),
            auto=auto,
            bounce=bounce,
            thread=thread_of(_with_original(found, bounce), reading.keys),
            hint=hint_of(subject),
            proofs=headers.proofs(message, reading.trusted),
        )

    def _sender(self) -> tuple[str, str]:
        for name in ("From", "Sender", "Reply-To", "Return-Path"):
            found = headers.addresses(headers.every(self.message, name))
            if found:
                return found[0]
        return "", ""

    def _to(self) -> Iterator[str]:
        seen = set()
        for name in ("Delivered-To", "X-Original-To", "To", "Cc"):
            for _, address in headers.addresses(headers.every(self.message, name)):
                if address not in seen:
                    seen.add(address)
                    yield address

    def _leaves(self, message: Message, depth: int) -> Iterator[Message]:
        """The parts that hold something; messages inside stay whole."""
        if depth > self.reading.limits.depth:
            raise _Held("MAIL-204")
        if time.monotonic() > self.ends:
            raise _Held("MAIL-205")
        if message.is_multipart() and message.get_content_maintype() == "multipart":
            inner = message.get_payload()
            for part in inner if isinstance(inner, list) else ():
                if isinstance(part, Message):
                    yield from self._leaves(part, depth + 1)
        else:
            yield message

    def _take(self, part: Message) -> None:
        body, kind = self.body, part.get_content_type()
        if len(body.plain) + len(body.html) + len(body.parts) >= self.reading.limits.parts:
            raise _Held("MAIL-203")
        name = self._name(part)
        shown = part.get_content_disposition() != "attachment" and not name
        data = _bytes(part)
        if shown and kind in {"text/plain", "text/html"}:
            text = headers.decoded(data, part.get_content_charset())
            (body.plain if kind == "text/plain" else body.html).append(text)
        elif data or name:
            identity = headers.raw(part, "Content-ID").strip("<> \t\r\n")[:250]
            called = name or f"part-{len(body.parts) + 1}"
            body.parts.append(Part(called, kind[:100], data, identity))

    def _name(self, part: Message) -> str:
        try:
            found = part.get_filename() or ""
        except (LookupError, ValueError, TypeError, AttributeError):
            found = ""
        return headers.words(headers.mended(str(found)[:1000]))[:250]

    def _texts(self) -> tuple[str, str, str]:
        most = self.reading.limits.text
        html = safe_html("\n".join(self.body.html)) if self.body.html else ""
        text = "\n\n".join(self.body.plain)
        if not text.strip() and html:
            text = text_of(html)
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
        if len(text) > most:  # nothing is lost: all of it is among the files
            self.body.parts.append(Part("message.txt", "text/plain", text.encode()))
        if sum(map(len, self.body.html)) > LONGEST:
            whole = "\n".join(self.body.html).encode()
            self.body.parts.append(Part("message.html", "text/html", whole))
        written, folded = fold(text[:most])
        return written.strip("\n"), folded.strip("\n"), html

    def _hash(self) -> str:
        """Of what was said, whatever servers did to headers on the way."""
        found = hashlib.sha256()
        for text in (*self.body.plain, "\x00", *self.body.html):
            found.update(" ".join(text.split()).encode("utf-8", "replace"))
        for part in self.body.parts:
            found.update(hashlib.sha256(part.data).digest())
        return found.hexdigest()


def _with_original(found: tuple[str, ...], bounce: Bounce | None) -> tuple[str, ...]:
    return (*found, bounce.original_id) if bounce and bounce.original_id else found


def _bytes(part: Message) -> bytes:
    """What a part holds; a message inside, or a report, as its own bytes."""
    if part.is_multipart():
        inner = part.get_payload()
        pieces = [_whole(each) for each in inner if isinstance(each, Message)]
        return b"\n".join(pieces)
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _whole(message: Message) -> bytes:
    try:
        return message.as_bytes()
    except Exception:
        # The generator stumbles over what the parser let through; the raw message keeps it all.
        return str(message.get_payload() or "")[:100_000].encode("utf-8", "replace")
