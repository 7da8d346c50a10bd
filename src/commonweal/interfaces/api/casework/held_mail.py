"""E-mail that is in no case: what came and why it was held, let in or removed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from commonweal.interfaces.mail.held import let_in, look, why_held
from commonweal.kernel.casework import public as casework
from commonweal.kernel.schema.public import NotFound

from ..kit import paging
from ..kit.doors import Asked
from ..kit.types import Code, In, Out, Page
from .keeping import MANAGE, door

States = Literal["quarantined", "dropped_loop", "bounce", "removed"]


class HeldMailOut(Out):
    """A message that came. `reason`: the code of why it is in no case. `bytes`: null where it was
    too large to be fetched."""

    id: UUID
    state: str
    reason: str
    desk: str
    at: datetime
    case_id: UUID | None
    bytes: int | None

    @staticmethod
    def resolve_bytes(row: Any) -> int | None:
        """As it came."""
        return row.raw.size if row.raw else None


@door.get("/held-mail", access=MANAGE, returns=Page[HeldMailOut])
def list_held_mail(
    request: Asked,
    state: States = "quarantined",
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Messages that are in no case, the newest first."""
    place = paging.place(after, limit)
    return paging.answer(casework.held_mails(request.actor, state, place))


class MailFileOut(Out):
    """A file that a message carries; it is not opened."""

    name: str
    bytes: int


class MailLookOut(Out):
    """A message as text, its first 20,000 characters. `readable`: whether it can become a case."""

    mail: HeldMailOut
    why: str
    readable: bool
    sender: str
    subject: str
    text: str
    cut: bool
    files: list[MailFileOut]


@door.get("/held-mail/{mail_id}", access=MANAGE, returns=MailLookOut)
def read_held_mail(request: Asked, mail_id: UUID) -> dict[str, Any]:
    """One message as text: nothing of it is drawn, fetched or handed out as it came."""
    seen = look(request.actor, mail_id)
    return {
        "mail": seen.row,
        "why": why_held(seen.row.reason),
        "readable": seen.readable,
        "sender": seen.sender,
        "subject": seen.subject,
        "text": seen.text,
        "cut": seen.cut,
        "files": [{"name": name, "bytes": size} for name, size in seen.files],
    }


class LetInIn(In):
    """The queue that a message belongs to."""

    queue: Annotated[Code, Field(max_length=40)]


@door.post("/held-mail/{mail_id}/let-in", access=MANAGE, returns=HeldMailOut)
def let_mail_in(request: Asked, mail_id: UUID, data: LetInIn) -> casework.MailIntake:
    """Let a message into the case that it answers, or into a new one of a queue."""
    queues = {row.code: row for row in casework.queues(request.actor)}
    if data.queue not in queues:
        raise NotFound("CASE-414", "There is no such queue. Read /case-queues.")
    return let_in(actor=request.actor, mail_id=mail_id, queue=queues[data.queue])


@door.post("/held-mail/{mail_id}/remove", access=MANAGE, returns=HeldMailOut)
def remove_mail(request: Asked, mail_id: UUID) -> casework.MailIntake:
    """Remove a message for good; the same message sent again stays out."""
    return casework.remove_mail(actor=request.actor, mail_id=mail_id)
