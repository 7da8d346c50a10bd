"""What was said and done about a dispute, who answers at which level, and board meetings."""

from __future__ import annotations

from django.db import models

from commonweal.kernel.schema.public import IdModel, TenantModel, shared, tenant


@tenant()
class DisputeEntry(TenantModel):
    """One thing that happened to a dispute, or one message of it; both sides read them in order.

    `kind`: raised joined message evidence proposed refused outcome escalated overdue accepted
    closed. `author`: the account; None where the clock did it. `credit`: what an outcome gave.
    `interaction`: the message of the case that holds its words; `text`, where there is none.
    """

    query = models.ForeignKey(
        "charging.LineQuery", on_delete=models.PROTECT, related_name="entries"
    )
    at = models.DateTimeField()
    kind = models.CharField(max_length=10)
    level = models.CharField(max_length=10)
    centre_side = models.BooleanField(default=False)
    author = models.UUIDField(null=True)
    text = models.CharField(max_length=2000, blank=True)
    interaction = models.ForeignKey(
        "casework.Interaction", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    outcome = models.CharField(max_length=10, blank=True)
    amount_minor = models.BigIntegerField(default=0)
    document = models.ForeignKey("documents.Document", null=True, on_delete=models.PROTECT)
    credit = models.ForeignKey("charging.Credit", null=True, on_delete=models.PROTECT)

    @property
    def said(self) -> str:
        """Its words, wherever they are kept."""
        return self.interaction.text if self.interaction is not None else self.text

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["query", "level"],
                condition=models.Q(kind="overdue"),
                name="dispute_overdue_once",
            ),
        ]
        indexes = [models.Index(fields=["query", "at", "id"], name="dispute_entry_order")]


@shared()
class DisputeLevel(IdModel):
    """How long a level has, and the person named for it, if any; levels without a row have their
    usual days."""

    code = models.CharField(max_length=10, unique=True)
    days = models.IntegerField()
    agency_days = models.IntegerField()
    person_id = models.UUIDField(null=True)


@shared()
class BoardMeeting(IdModel):
    """A day on which the board met and heard of the disputes; the next report starts there."""

    held_on = models.DateField(unique=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)
