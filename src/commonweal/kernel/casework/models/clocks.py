"""Clock definitions by date, the clocks projected from events, and what they set off."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ...calendar.public import now
from ...schema.public import IdModel, TenantModel, shared, tenant
from .cases import Case

KINDS = [("sla", "Service level"), ("ola", "Operational level"), ("uc", "Underpinning contract")]
METRICS = [
    ("first_response", "First answer"),
    ("next_response", "Next answer"),
    ("update", "Update"),
    ("resolution", "Resolution"),
    ("fulfilment", "Fulfilment"),
    ("waiting", "Waiting time"),
    ("callback", "Call-back"),
]


@shared()
class ClockDefinition(IdModel):
    """A promise about time as data, from one local day on: what is timed, for which cases, how.

    It is of the agreement's service level (`level`), or the centre's own (OLA), or a supplier's
    (UC). The definition that fits a case is the one in force when the case came whose conditions
    hold, the most conditions first. `target_seconds` of working time, or `target_days` working days
    (`end_of_day`: until the working day's end). `pauses`: reasons that stop it. `levels`: what is
    set off when: {code, unit, offset, permission, person_id, words}. Never changed once in force; a
    new version has the same code and a later `starts`, and the old one then has its `ends`, known
    since `ended_at`.
    """

    code = models.CharField(max_length=60)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=3, choices=KINDS, default="sla")
    metric = models.CharField(max_length=16, choices=METRICS)
    level = models.ForeignKey(
        "catalogue.ServiceLevel", null=True, on_delete=models.PROTECT, related_name="+"
    )
    conditions = models.JSONField(default=dict)
    target_seconds = models.PositiveIntegerField(null=True)
    target_days = models.PositiveSmallIntegerField(null=True)
    end_of_day = models.BooleanField(default=False)
    calendar = models.CharField(max_length=60)
    pauses = models.JSONField(default=list)
    pause_cap = models.PositiveIntegerField(null=True)
    reopen = models.CharField(max_length=10, default="resume")
    reclassify = models.CharField(max_length=12, default="retroactive")
    levels = models.JSONField(default=list)
    starts = models.DateField()
    ends = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(default=now)
    recorded_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "starts"], name="casework_definition_once"),
            models.CheckConstraint(
                condition=Q(target_seconds__isnull=True) ^ Q(target_days__isnull=True),
                name="casework_definition_target",
            ),
        ]
        indexes = [models.Index(fields=["code", "starts", "id"], name="casework_definition_order")]


@tenant(delete=True)
class Clock(TenantModel):
    """One cycle of a clock of a case, as computed from its events: a projection, rebuilt at will.

    Times in UTC; `elapsed_us` and `paused_us` in microseconds of working time. `next_at`: the next
    moment at which something must happen (a level, or the breach), for the timer. `gaps`: what does
    not count, as [from, to or null, reason] in microseconds, so that many rows are computed anew at
    once. `month` is set when the cycle ended: the fiscal period that it counts in.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="clocks")
    definition = models.ForeignKey(ClockDefinition, on_delete=models.PROTECT, related_name="+")
    cycle = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=3)
    metric = models.CharField(max_length=16)
    state = models.CharField(max_length=10)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    elapsed_us = models.BigIntegerField(default=0)
    paused_us = models.BigIntegerField(default=0)
    breached_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=30, blank=True)
    next_at = models.DateTimeField(null=True)
    levels = models.JSONField(default=list)
    gaps = models.JSONField(default=list)
    month = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "definition", "cycle"], name="casework_clock_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_at", "id"],
                condition=Q(next_at__isnull=False),
                name="casework_clock_timer",
            ),
            models.Index(
                fields=["definition", "id"],
                condition=Q(state__in=["running", "paused"]),
                name="casework_clock_running",
            ),
            models.Index(
                fields=["month", "agency", "metric"],
                condition=Q(month__isnull=False),
                name="casework_clock_month",
            ),
        ]


@tenant(append_only=True)
class ClockFiring(TenantModel):
    """A level that was reached: written once for a clock's cycle and level (R17)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="firings")
    definition = models.ForeignKey(ClockDefinition, on_delete=models.PROTECT, related_name="+")
    cycle = models.PositiveSmallIntegerField()
    level = models.CharField(max_length=40)
    planned_at = models.DateTimeField()
    fired_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "definition", "cycle", "level"], name="casework_firing_once"
            )
        ]
        indexes = [
            models.Index(fields=["agency", "fired_at", "id"], name="casework_firing_newest"),
            models.Index(fields=["case", "fired_at", "id"], name="casework_firing_case"),
        ]


@tenant(append_only=True)
class ClockFreeze(TenantModel):
    """A closed month of clocks as it was counted: never changed, only restated by a further row."""

    month = models.DateField()
    version = models.PositiveSmallIntegerField(default=1)
    counts = models.JSONField()
    digest = models.CharField(max_length=64)
    reason = models.CharField(max_length=300, blank=True)
    recorded_at = models.DateTimeField(default=now)
    recorded_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "month", "version"], name="casework_freeze_once"
            )
        ]
        indexes = [models.Index(fields=["-month", "-id"], name="casework_freeze_newest")]


@tenant(delete=True)
class CaseCount(TenantModel):
    """How many cases there are, as differences that a trigger writes and a job folds together, so
    that no list ever counts and no two writers wait for each other (schema.sql)."""

    queue_id = models.UUIDField()
    phase = models.CharField(max_length=8)
    breached = models.BooleanField(default=False)
    number = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["agency", "queue_id", "phase", "breached"],
                         name="casework_count_order")
        ]  # fmt: skip
