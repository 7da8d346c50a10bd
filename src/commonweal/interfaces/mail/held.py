"""Messages that were held back, as a person of the centre looks at them, and lets them in.

Looking is text only: nothing of a message is drawn, fetched or handed out as it came.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework.public import (
    Incoming,
    MailIntake,
    Quarantine,
    Queue,
    held_mail,
    note_let_in,
)
from commonweal.kernel.documents.public import open_document
from commonweal.kernel.schema.public import CommonwealError, Conflict

from .deliver import deliver_to_cases
from .intake import reading
from .parse import SENTENCES, parse

SHOWN = 20_000
"""How many characters of a message are shown."""


class MailError(CommonwealError):
    """A held message cannot be let in as asked."""


@dataclass(frozen=True)
class Look:
    """A message as text. `readable`: whether it can go into a case; `files`: (name, bytes) of what
    it carries, which is not opened."""

    row: MailIntake
    readable: bool
    sender: str = ""
    subject: str = ""
    text: str = ""
    files: tuple[tuple[str, int], ...] = ()
    cut: bool = False


def why_held(reason: str) -> str:
    """The sentence for the reason of a row."""
    return SENTENCES.get(reason) or OTHERS.get(reason) or OTHERS[""]


OTHERS = {
    "flood": "Its sender opened very many cases today. It is held back.",
    "list": "It came by a mailing list. It is held back.",
    "bulk": "It was sent to very many people at once. It is held back.",
    "CASE-110": "Its kind of case asks what no message answers. It is held back.",
    "": "It could not become a case. It is held back.",
}
"""Why else a message is held back, by the reason that its row carries ("": anything else)."""


def look(actor: Actor, mail_id: UUID) -> Look:
    """One message as text (CASE-417)."""
    row = held_mail(actor, mail_id)
    data = _bytes(row)
    if data is None:
        return Look(row, readable=False)
    found = parse(data, now(), reading())
    if isinstance(found, Quarantine):
        raw = data[: SHOWN + 1].decode("utf-8", "replace")
        return Look(row, readable=False, text=_plain(raw[:SHOWN]), cut=len(raw) > SHOWN)
    whole = found.text or found.folded
    return Look(
        row,
        readable=True,
        sender=_plain(found.sender),
        subject=_plain(found.subject),
        text=_plain(whole[:SHOWN]),
        files=tuple((_plain(part.name)[:120], part.size) for part in found.parts),
        cut=len(whole) > SHOWN,
    )


def _plain(text: str) -> str:
    """Without what turns, hides or moves letters."""
    return "".join(each for each in text if each in "\n\t" or each.isprintable())


def _bytes(row: MailIntake) -> bytes | None:
    if row.raw_id is None or row.state == "removed":
        return None
    with act_as(SYSTEM):
        return open_document(SYSTEM, row.raw_id)


def let_in(*, actor: Actor, mail_id: UUID, queue: Queue) -> MailIntake:
    """Put a held message where it belongs, as a message of a person, because one vouches for it.

    Errors: CASE-417 no such message, 240 not held any more, MAIL-210 not readable, 211 its queue
    cannot take it.
    """
    row = held_mail(actor, mail_id)
    if not row.undecided:
        raise Conflict(
            "CASE-240", "This message is not held back any more. Look at the list once more."
        )
    found = _read(row)
    with act_as(SYSTEM):
        done = deliver_to_cases(replace(found, auto=""), queue, vouched=True)
        if done.receipt.case_id is None:  # what was written meanwhile is undone by this
            raise MailError(
                "MAIL-211",
                f"The queue cannot take it: {why_held(done.receipt.reason)} Choose another queue, "
                "or open a case by hand.",
                field="queue",
            )
    return note_let_in(
        actor=actor, mail_id=mail_id, receipt=done.receipt, interaction=done.interaction
    )


def _read(row: MailIntake) -> Incoming:
    data = _bytes(row)
    found = parse(data, now(), reading()) if data is not None else None
    if isinstance(found, Incoming):
        return found
    raise MailError(
        "MAIL-210",
        "This message cannot be read, so that it cannot become a case. Ask its sender to write "
        "again, or remove it.",
        field="queue",
    )
