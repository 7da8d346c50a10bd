"""The data room: engagements of auditors, samples, reviews of who may do what."""

from __future__ import annotations

from datetime import date

from django.db import models

from commonweal.kernel.schema.public import TenantModel, tenant

from .recovery import STATES


@tenant()
class Engagement(TenantModel):
    """An auditor may read the record of some months, from one day to another (`ends`: the first
    day without). Opened by two people; ends by itself, or earlier by `ended_on`.

    `person_id` is opaque: the name lies with the person's own record.
    """

    person_id = models.UUIDField()
    purpose = models.CharField(max_length=500)
    populations = models.JSONField(default=list)
    first_period = models.CharField(max_length=7)
    last_period = models.CharField(max_length=7)
    starts = models.DateField()
    ends = models.DateField()
    ended_on = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=STATES, default="proposed")
    decision_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends__gt=models.F("starts")), name="engagement_span"
            ),
        ]
        indexes = [models.Index(fields=["agency", "-id"], name="engagement_newest")]

    def is_open(self, day: date) -> bool:
        """Whether it is open on a local day: approved, begun, and not ended, by itself or early."""
        ended = self.ended_on is not None and day >= self.ended_on
        return self.state == "approved" and self.starts <= day < self.ends and not ended


@tenant(append_only=True)
class Sample(TenantModel):
    """A seeded monetary-unit sample, with all that lets anybody draw it again."""

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="samples")
    population = models.CharField(max_length=20)
    seed = models.CharField(max_length=80)
    interval_minor = models.BigIntegerField()
    start_minor = models.BigIntegerField()
    items = models.IntegerField()
    total_minor = models.BigIntegerField()
    population_hash = models.CharField(max_length=64)
    picked = models.JSONField()
    drawn_by = models.UUIDField(null=True)
    drawn_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["engagement", "-id"], name="sample_newest")]


@tenant(append_only=True)
class AccessReview(TenantModel):
    """A quarter's review of who may do what, signed by an accountable person.

    `document`: roles held and lent, tokens and last use, by opaque ids; `exceptions`: what the
    signer found wrong, and what is done about it.
    """

    quarter = models.CharField(max_length=7)
    document = models.JSONField()
    content_hash = models.CharField(max_length=64)
    exceptions = models.JSONField(default=list)
    statement = models.CharField(max_length=500)
    signed_by = models.UUIDField()
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "quarter"], name="access_review_once"),
        ]
        indexes = [models.Index(fields=["agency", "-id"], name="access_review_newest")]
