"""What is automatic, and how much of it is too much (RFC 3834, 3464, 5230). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from email.message import Message

from commonweal.kernel.casework.public import Bounce

OURS = "X-Commonweal-Desk"
"""Every message of ours carries it, so that one that comes back is known."""
_BULK = {"bulk", "junk", "auto_reply", "auto-reply"}
_DAEMONS = re.compile(
    r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?|auto-?reply)(?:[+._-].*)?@",
    re.IGNORECASE,
)
_BOUNCED = {"mailer-daemon", "postmaster"}
_PRESENT = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Mail-Autoreply", "X-Loop")
_LISTS = ("List-Id", "List-Unsubscribe", "List-Post", "List-Help", "Feedback-ID")


def automatic(
    message: Message,
    header: Callable[[str], str],
    sender: str,
    own: Iterable[str],
    envelope_from: str | None,
) -> str:
    """Why a message is automatic, or "": loop, bounce, report, auto_submitted, list, bulk."""
    kept = sender.lower()
    if kept in {each.lower() for each in own} or header(OURS):
        return "loop"
    if _is_bounce(message, header, kept, envelope_from):
        return "bounce"
    said = header("Auto-Submitted").partition(";")[0].strip().lower()
    if said and said != "no":
        return "auto_submitted"
    if message.get_content_type() == "multipart/report":
        return "report"
    precedence = header("Precedence").strip().lower()
    if precedence == "list" or any(header(name) for name in _LISTS):
        return "list"
    if precedence in _BULK:
        return "bulk"
    return "auto_submitted" if _answers_by_itself(header, kept) else ""


def _is_bounce(
    message: Message, header: Callable[[str], str], sender: str, envelope_from: str | None
) -> bool:
    path = header("Return-Path").strip()
    null = envelope_from == "" or path == "<>"
    kind = str(message.get_param("report-type") or "").lower()
    report = message.get_content_type() == "multipart/report"
    if report and kind in {"", "delivery-status", "disposition-notification"}:
        return True
    return sender.partition("@")[0] in _BOUNCED or (null and not header("Auto-Submitted"))


def _answers_by_itself(header: Callable[[str], str], sender: str) -> bool:
    suppress = header("X-Auto-Response-Suppress").lower()
    if any(header(name) for name in _PRESENT):
        return True
    if any(word in suppress for word in ("all", "oof", "autoreply", "dr", "rn", "nrn")):
        return True
    return bool(_DAEMONS.match(sender))


def bounce_of(message: Message) -> Bounce:
    """What a report says: the fields of its delivery-status part, and the id of what came back."""
    recipient = status = original = ""
    for number, part in enumerate(message.walk()):
        if number > 100:
            break
        kind = part.get_content_type()
        if kind == "message/delivery-status" and part.is_multipart():
            for block in part.get_payload():
                if isinstance(block, Message):
                    said = str(block.get("Final-Recipient", "") or "")
                    recipient = recipient or said.partition(";")[2].strip()[:254]
                    status = status or str(block.get("Status", "") or "").strip()[:20]
        elif kind in {"message/rfc822", "text/rfc822-headers"}:
            original = original or _original(part)
    return Bounce(recipient, status, original)


_ID = re.compile(r"^message-id:\s{0,10}(<[^<>\s]{1,400}>)", re.IGNORECASE | re.MULTILINE)


def _original(part: Message) -> str:
    inner = part.get_payload(0) if part.is_multipart() else None
    if isinstance(inner, Message):
        return str(inner.get("Message-ID", "") or "").strip()[:500]
    found = _ID.search(str(part.get_payload() or "")[:20_000])
    return found.group(1) if found else ""


REPLIES = (2, timedelta(hours=1))
"""Automatic answers to one sender: two at once, then one an hour."""
REOPENS = (5, timedelta(minutes=12))
"""Messages that may reopen one case: five at once, then one each twelve minutes."""
OPENINGS = (20, timedelta(minutes=3))
"""Cases that one sender may open by mail: twenty at once, then one each three minutes."""


def left(times: Iterable[datetime], now: datetime, limit: tuple[int, timedelta]) -> float:
    """What a bucket holds now: `limit` is its size and how long one takes to come back; each of
    `times` has taken one out, or would have made it emptier than empty."""
    size, refill = limit
    held, last = float(size), None
    for moment in sorted(times):
        if moment > now:
            break
        if last is not None:
            held = min(size, held + (moment - last) / refill)
        held, last = max(0.0, held - 1), moment
    return held if last is None else min(size, held + (now - last) / refill)


def allowed(times: Iterable[datetime], now: datetime, limit: tuple[int, timedelta]) -> bool:
    """Whether one more is within the limit."""
    return left(times, now, limit) >= 1
