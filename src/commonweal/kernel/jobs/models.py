"""The queue and the schedule."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q

from ..calendar.public import now
from ..schema.public import IdModel, shared, tenant

STATES = [(name, name) for name in ("queued", "running", "done", "dead", "cancelled", "discarded")]


LEASE = timedelta(seconds=30)
"""How long a silent worker keeps its job; a living one renews it three times in that span."""


@tenant(delete=True)
class Job(IdModel):
    """One piece of background work. `payload` holds ids and figures only, never personal data.

    `agency_id` None: work of the centre as a whole. `last_error` is a code or class name, so that
    no text of a case or a person ends up here. `asked_by` is the account that the work acts as,
    with that account's rights at the time; None: the system. `scopes`: those of the API token that
    asked; None: no token did.
    """

    agency_id = models.UUIDField(null=True)
    asked_by = models.UUIDField(null=True)
    scopes = models.JSONField(null=True)
    kind = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=STATES, default="queued")
    priority = models.SmallIntegerField(default=0, help_text="Higher goes first")
    run_at = models.DateTimeField(default=now)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=8)
    last_error = models.CharField(max_length=160, blank=True)
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(null=True)
    progress_note = models.CharField(max_length=200, blank=True)
    cancel_requested = models.BooleanField(default=False)
    idempotency_key = models.CharField(max_length=160, null=True)
    lease = models.UUIDField(null=True, help_text="Who runs it; changes with every claim")
    locked_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(null=True, help_text="Of the newest attempt")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="jobs_key_once_agency",
            ),
            models.UniqueConstraint(
                fields=["idempotency_key"],
                condition=Q(idempotency_key__isnull=False, agency_id__isnull=True),
                name="jobs_key_once_centre",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-priority", "run_at", "id"],
                condition=Q(state="queued"),
                name="jobs_waiting",
            ),
            models.Index(
                fields=["locked_until"], condition=Q(state="running"), name="jobs_running"
            ),
            models.Index(fields=["state", "-id"], name="jobs_state"),
            models.Index(fields=["kind", "-id"], name="jobs_kind"),
            models.Index(fields=["agency_id", "-id"], name="jobs_agency"),
        ]

    @property
    def silent(self) -> bool:
        """It runs, and its worker has missed its last two signs of life."""
        return bool(
            self.state == "running" and self.locked_until and self.locked_until < now() + LEASE / 4
        )


@shared()
class Schedule(models.Model):
    """Work that comes again: `every 5m`, `hourly 10` or `daily 02:00` in a zone."""

    name = models.CharField(primary_key=True, max_length=80)
    kind = models.CharField(max_length=80)
    rule = models.CharField(max_length=80)
    zone = models.CharField(max_length=64, default="UTC")
    enabled = models.BooleanField(default=True)
    next_run = models.DateTimeField()
