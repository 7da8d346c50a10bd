"""Close runs and their steps."""

from __future__ import annotations

from django.db import models

from commonweal.kernel.schema.public import TenantModel, tenant


@tenant()
class CloseRun(TenantModel):
    """The close of one period (agency = the centre). Identified by its inputs and the engine.

    `options`: what a person decided about the steps to come. `run_by`: the account that ran the
    newest step; None: the operator. `background`: up to which step (`until`) background work
    was asked for, by which account (`asked_by`), within which scopes; empty where it runs here.
    `skipped`: earlier months with usage or costs that were not closed before, and the reason.
    """

    period = models.CharField(max_length=7)
    state = models.CharField(max_length=10, default="open")  # open stopped done
    engine_version = models.CharField(max_length=40)
    input_hash = models.CharField(max_length=64, blank=True)
    preview_ends = models.DateField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    cancel_requested = models.BooleanField(default=False)
    options = models.JSONField(default=dict)
    background = models.JSONField(default=dict)
    skipped = models.JSONField(default=dict)
    run_by = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "period"], name="close_once")]


@tenant()
class CloseStep(TenantModel):
    """One step of a close: its state, its times, what it found, and the account that did it
    (None: the operator)."""

    run = models.ForeignKey(CloseRun, on_delete=models.PROTECT, related_name="steps")
    order = models.IntegerField()
    code = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default="waiting")  # waiting running done stopped
    detail = models.JSONField(default=dict)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    run_by = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "code"], name="close_step_once")]
