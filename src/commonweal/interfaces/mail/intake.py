"""From bytes to what became of them: one message, one transaction, one row. Idempotent.

Whoever hands a message in may forget it once `take` has returned: it is committed then, whatever
its state. `deliver` is what puts a readable message of a person into a case.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.conf import settings

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework.public import (
    Incoming,
    Kept,
    MailReceipt,
    Origin,
    Quarantine,
    Queue,
    desk_of,
    hold_mail,
    keep_mail,
    mail_known,
    own_addresses,
    uid_known,
)
from commonweal.kernel.party.public import centre

from .deliver import Delivered, deliver_to_cases
from .parse import Limits, Reading, parse

Deliver = Callable[[Incoming, Queue], Delivered]


@dataclass(frozen=True)
class Desk:
    """A desk by its code; `""`: no desk of ours is named."""

    code: str = ""
    queue: Queue | None = None


def reading() -> Reading:
    """What reading needs to know of this centre (inside a scope)."""
    return Reading(
        own=own_addresses(),
        keys=settings.MAIL_THREAD_KEYS,
        trusted=settings.MAIL_TRUSTED,
        limits=Limits(size=settings.MAIL_SIZE),
    )


def take(data: bytes, origin: Origin, deliver: Deliver = deliver_to_cases) -> MailReceipt:
    """Take a message in: read it, find its desk, deliver it once, keep its bytes.

    Errors leave nothing behind: whoever handed it in keeps it and tries again.
    """
    with act_as(SYSTEM):
        if uid_known(origin):
            return MailReceipt("duplicate", "fetched before")
        found = parse(data, now(), reading(), origin.envelope_from)
        if isinstance(found, Quarantine):
            return _held(data, origin, found)
        return _once(data, origin, found, deliver)


def refuse_unread(size: int, message_id: str, origin: Origin) -> MailReceipt:
    """Note a message of a mailbox that is too large to be fetched; it stays where it is."""
    with act_as(SYSTEM):
        if uid_known(origin):
            return MailReceipt("duplicate", "fetched before")
        digest = hashlib.sha256(f"{origin.mailbox}\n{message_id}\n{size}".encode()).hexdigest()
        hold_mail("", digest)
        known = mail_known("", digest) is not None
        receipt = MailReceipt("duplicate" if known else "quarantined", "MAIL-201")
        _keep(centre().agency_id, origin, Kept(digest, ""), receipt, b"")
        return receipt


def _keep(agency: UUID, origin: Origin, kept: Kept, receipt: MailReceipt, data: bytes) -> None:
    keep_mail(actor=SYSTEM, agency_id=agency, origin=origin, kept=kept, receipt=receipt, raw=data)


def _held(data: bytes, origin: Origin, found: Quarantine) -> MailReceipt:
    digest = hashlib.sha256(data).hexdigest()
    hold_mail("", digest)
    known = mail_known("", digest) is not None
    receipt = MailReceipt("duplicate" if known else "quarantined", found.code)
    _keep(centre().agency_id, origin, Kept(digest, digest), receipt, data)
    return receipt


def _desk(origin: Origin, found: Incoming) -> Desk:
    """The desk that the envelope names, else the first that the headers name, else the one set."""
    for address in (origin.recipient, *found.to, settings.MAIL_DESK):
        queue = desk_of(address) if address else None
        if queue is not None:
            return Desk(queue.code, queue)
    return Desk()


def message_key(found: Incoming) -> str:
    """What makes a message the same message: its id and what it says. Where a program gave it no
    id, who sent it when about what: two people may say the same."""
    named = found.message_id or f"{found.sender}\n{found.sent_at}\n{found.subject}"
    return hashlib.sha256(f"{named}\n{found.body_hash}".encode()).hexdigest()


def _once(data: bytes, origin: Origin, found: Incoming, deliver: Deliver) -> MailReceipt:
    desk, key = _desk(origin, found), message_key(found)
    hold_mail(desk.code, key)
    kept = partial(Kept, key, found.raw_sha256, desk.code)
    before = mail_known(desk.code, key)
    if before is not None:
        number = before.case.number if before.case else ""
        receipt = MailReceipt("duplicate", "came before", before.case_id, number)
        _keep(before.agency_id, origin, kept(), receipt, data)
        return receipt
    if desk.queue is None:
        receipt = MailReceipt("quarantined", "MAIL-208")
        _keep(centre().agency_id, origin, kept(found.sender), receipt, data)
        return receipt
    done = deliver(found, desk.queue)
    agency = done.agency_id or centre().agency_id
    whole = kept(found.sender, done.opened, done.interaction)
    _keep(agency, origin, whole, done.receipt, data)
    return done.receipt
