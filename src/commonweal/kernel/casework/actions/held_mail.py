"""Mail that was held back: let in by a person, removed by one, or removed when it is old.

Reading bytes is the mail door's work; here only what became of a message is kept.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from ...access.public import Actor, require
from ...audit.public import action, record
from ...calendar.public import now
from ...documents.public import remove_bytes
from ...party.public import centre
from ...schema.public import Conflict, NotFound
from ..domain.incoming import Receipt
from ..models import Interaction, MailIntake
from ..rules import MANAGE

HELD_DAYS = 90
"""How long a message is kept that is in no case."""
NOT_IN = ("quarantined", "dropped_loop", "bounce")


@action
def note_let_in(
    *, actor: Actor, mail_id: UUID, receipt: Receipt, interaction: UUID | None = None
) -> MailIntake:
    """Keep that a held message went into a case because a person said so.

    Errors: CASE-417 no such message, 240 it is not held.
    """
    require(actor, MANAGE)
    row = _held(mail_id)
    row.state, row.reason, row.case_id = "taken", "let in", receipt.case_id
    row.save()
    if interaction is not None:
        Interaction.objects.filter(pk=interaction).update(raw=row.raw)
    record(
        actor=actor,
        verb="mail.let_in",
        target=row,
        agency_id=row.agency_id,
        payload={"case": receipt.case_id},
    )
    return row


@action
def remove_mail(*, actor: Actor, mail_id: UUID) -> MailIntake:
    """Remove a held message for good: its bytes go, the row says that it was there.

    The same message sent again stays out. Errors: CASE-417 no such message, 240 it is not held.
    """
    require(actor, MANAGE)
    row = _held(mail_id)
    _remove(actor, row, "removed by a person")
    return row


@action
def remove_old_mail(*, actor: Actor, limit: int = 100) -> int:
    """Remove messages that are in no case and came long ago; how many were."""
    if actor.kind != "system":
        require(actor, MANAGE)
    since = now() - timedelta(days=HELD_DAYS)
    rows = MailIntake.objects.select_for_update().filter(
        state__in=NOT_IN, case__isnull=True, at__lt=since
    )
    found = list(rows.order_by("at", "id")[:limit])
    for row in found:
        _remove(actor, row, f"in no case for {HELD_DAYS} days")
    record(
        actor=actor,
        verb="mail.old_removed",
        target=("party.Agency", centre().agency_id),
        payload={"removed": len(found)},
    )
    return len(found)


def _held(mail_id: UUID) -> MailIntake:
    row = MailIntake.objects.select_for_update().filter(pk=mail_id).first()
    if row is None:
        raise NotFound("CASE-417", "There is no such message among those that came.")
    if not row.undecided:
        raise Conflict(
            "CASE-240", "This message is not held back any more. Look at the list once more."
        )
    return row


def _remove(who: Actor, row: MailIntake, why: str) -> None:
    if row.raw_id is not None:
        remove_bytes(actor=who, document_ids=[row.raw_id], reason=why)
    row.state, row.sender_hash = "removed", ""
    row.save()
    record(
        actor=who,
        verb="mail.removed",
        target=row,
        agency_id=row.agency_id,
        payload={"reason": row.reason},
    )
