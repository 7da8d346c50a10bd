"""What the mail door asks of casework: keeping what came, answering by itself, noting what left."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from ...access.public import Actor
from ...audit.public import action, record
from ...documents.public import store
from ..domain.incoming import Origin, Receipt
from ..mailing import sender_hash
from ..models import Case, Interaction, MailIntake
from .events import append, locked
from .talking import Said, send_out, write


@dataclass(frozen=True)
class Kept:
    """What is kept of a message beside its state. `interaction`: the message as people read it."""

    key: str
    sha256: str
    desk: str = ""
    sender: str = ""
    opened: bool = False
    interaction: UUID | None = None


@action
def keep_mail(
    *, actor: Actor, agency_id: UUID, origin: Origin, kept: Kept, receipt: Receipt, raw: bytes
) -> MailIntake:
    """Keep a message's bytes and what became of it. Every message leaves one row."""
    row = MailIntake(
        agency_id=agency_id,
        mailbox=origin.mailbox[:200],
        validity=origin.validity,
        uid=origin.uid,
        desk=kept.desk,
        message_key=kept.key,
        raw_sha256=kept.sha256,
        state=receipt.state,
        reason=receipt.reason[:40],
        sender_hash=sender_hash(kept.sender) if kept.sender else "",
        opened=kept.opened,
        case_id=receipt.case_id,
    )
    if raw and receipt.state != "duplicate":
        row.raw = store(
            actor=actor,
            agency_id=agency_id,
            owner=("casework.MailIntake", row.pk),
            kind="raw",
            filename="message.eml",
            media_type="message/rfc822",
            data=raw,
        )
    row.save(force_insert=True)
    if kept.interaction is not None:
        Interaction.objects.filter(pk=kept.interaction).update(raw=row.raw)
    record(
        actor=actor,
        verb="mail.kept",
        target=row,
        agency_id=agency_id,
        payload={"state": receipt.state, "reason": receipt.reason, "bytes": len(raw)},
    )
    return row


@action
def acknowledge(*, actor: Actor, case_id: UUID, text: str, held: Case | None = None) -> Interaction:
    """Say by e-mail that a message has come. Automatic: it starts, stops and reopens nothing.

    `held`: the case as whoever holds it, or has just opened it, has it."""
    case = held or locked(actor, case_id)
    made = write(
        actor, case, Said(text=text, channel="email", contact=case.requester, human=False), "out"
    )
    append(
        actor, case, "message",
        {"direction": "out", "human": False, "public": True, "channel": "email",
         "interaction": str(made.pk)},
    )  # fmt: skip
    send_out(case, made)
    return made
