"""A message that came by e-mail, as the mail door hands it to the case engine. Pure.

Everything in it was taken from bytes that strangers wrote: nothing is proved but `thread`, which is
verified by our own signature, and `proofs`, which only a mail server that we named may say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

STATES = ("taken", "duplicate", "quarantined", "dropped_loop", "bounce")
"""What became of a message; in each of them its bytes are kept."""


@dataclass(frozen=True)
class Part:
    """A file of a message: `declared` is what the sender calls its type, and decides nothing.
    `content_id`: the name by which the HTML shows it, if it does."""

    name: str
    declared: str
    data: bytes
    content_id: str = ""

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)


@dataclass(frozen=True)
class Bounce:
    """What a mail server says of a message of ours (RFC 3464): to whom, which status, of which."""

    recipient: str = ""
    status: str = ""
    original_id: str = ""


@dataclass(frozen=True)
class Incoming:
    """One message. `text` is what its writer wrote, `folded` what they quoted: together they are
    all of it. `html` is safe already. `references`: every id of References and In-Reply-To in
    order. `auto`: why it is automatic ("": a person wrote it). `thread`: the case that one of our
    own signed ids among its references names. `hint`: the case number of the subject, which proves
    nothing. `sent_at`: what the sender's clock said, if anything.
    """

    message_id: str
    sender: str
    sender_name: str
    to: tuple[str, ...]
    subject: str
    text: str
    folded: str
    html: str
    raw_sha256: str
    body_hash: str
    received_at: datetime
    sent_at: datetime | None = None
    references: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    auto: str = ""
    bounce: Bounce | None = None
    thread: UUID | None = None
    hint: str = ""
    proofs: Mapping[str, str] = field(default_factory=dict)

    @property
    def human(self) -> bool:
        """Whether a person wrote it, as far as can be told."""
        return not self.auto


@dataclass(frozen=True)
class Quarantine:
    """Bytes that are no message we can read: kept, with the reason's code and a sentence."""

    code: str
    sentence: str
    message_id: str = ""


@dataclass(frozen=True)
class Origin:
    """By which door a message came. `mailbox` and `uid` (of `validity`) for one that was fetched;
    `recipient` as the envelope says, where there was one. `envelope_from`: "<>" of a bounce is ""
    and unknown is None."""

    mailbox: str
    validity: int = 0
    uid: int = 0
    recipient: str = ""
    envelope_from: str | None = None


@dataclass(frozen=True)
class Receipt:
    """What became of a message: a state of `STATES`, the reason, and the case, if there is one."""

    state: str
    reason: str = ""
    case_id: UUID | None = None
    number: str = ""
