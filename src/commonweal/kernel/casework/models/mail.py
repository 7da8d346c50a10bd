"""What came by e-mail: one row for each message that was handed in, whatever became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ...calendar.public import now
from ...schema.public import IdModel, TenantModel, shared, tenant

MAIL_STATES = ("taken", "duplicate", "quarantined", "dropped_loop", "bounce", "removed")


@tenant()
class MailIntake(TenantModel):
    """A message that came. Of an agency's desk, or the centre's own where no agency is known.

    No personal data: `message_key` is a hash of the Message-ID and of what was said; `desk` is the
    queue's code. `uid` (of `validity`) is 0 where it was not fetched from a mailbox. `raw`: its
    bytes as they came, kept whatever became of it (null: too large to fetch), until the case is
    erased, or (`removed`) a person or time takes them away.
    """

    mailbox = models.CharField(max_length=200)
    validity = models.BigIntegerField(default=0)
    uid = models.BigIntegerField(default=0)
    desk = models.CharField(max_length=40, blank=True)
    message_key = models.CharField(max_length=64)
    raw_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=12)
    reason = models.CharField(max_length=40, blank=True)
    sender_hash = models.CharField(max_length=64, blank=True)
    opened = models.BooleanField(default=False)
    case = models.ForeignKey(
        "casework.Case", null=True, on_delete=models.PROTECT, related_name="mails"
    )
    raw = models.ForeignKey(
        "documents.Document", null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "mailbox", "validity", "uid"],
                condition=Q(uid__gt=0),
                name="casework_mail_uid",
            ),
            models.UniqueConstraint(
                fields=["agency", "desk", "message_key"],
                condition=~Q(state="duplicate"),
                name="casework_mail_once",
            ),
            models.CheckConstraint(condition=Q(state__in=MAIL_STATES), name="casework_mail_state"),
        ]
        indexes = [
            models.Index(fields=["state", "at", "id"], name="casework_mail_state_order"),
            models.Index(fields=["sender_hash", "at"], name="casework_mail_sender"),
            models.Index(fields=["case", "at"], name="casework_mail_case"),
        ]

    @property
    def undecided(self) -> bool:
        """Whether a person may still let it in or remove it: what was held back, or taken for a
        machine's. What came from ourselves stays out."""
        return self.state in ("quarantined", "dropped_loop") and self.reason != "loop"


@shared()
class Mailbox(IdModel):
    """How fetching from a mailbox goes: when it last worked, and since when it does not.

    `next_at`: not tried before then, because each failure waits longer than the one before. `code`:
    of the last failure; no word of it is kept.
    """

    name = models.CharField(max_length=200, unique=True)
    fetched_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    code = models.CharField(max_length=20, blank=True)
    next_at = models.DateTimeField(null=True)
