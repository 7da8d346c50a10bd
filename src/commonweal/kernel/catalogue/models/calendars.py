"""Working-time calendars: the hours of a week and the days with other hours, in dated versions."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from ...calendar.public import now
from ...schema.public import IdModel, shared

DAY_KINDS = [
    ("closed", "Closed"),
    ("partial", "Shorter or other hours"),
    ("extra", "Extra opening"),
]


@shared()
class WorkingCalendar(IdModel):
    """Opening hours by a code, which service levels and clocks name.

    `zone`: an IANA time zone; empty means the centre's own. It never changes (R20).
    """

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    zone = models.CharField(max_length=60, blank=True)
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


@shared()
class CalendarVersion(IdModel):
    """The hours of a calendar from a local day on, until the next accepted version begins (R10).

    `weekly`: [weekday, start, end] in minutes of local wall time, 0 Monday; an end beyond 1440 is
    on the next day. A draft is written on, a proposal waits for a second person, and an accepted
    version never changes (schema.sql). Of two that begin on one day the one accepted later holds.
    """

    STATES: ClassVar[list[str]] = ["draft", "proposed", "accepted", "rejected", "withdrawn"]

    calendar = models.ForeignKey(WorkingCalendar, on_delete=models.PROTECT, related_name="versions")
    starts = models.DateField()
    weekly = models.JSONField()
    source = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=500)
    state = models.CharField(max_length=10, default="draft")
    decision_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(default=now)
    recorded_by = models.UUIDField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.UUIDField(null=True)

    class Meta:
        ordering = ["calendar", "-recorded_at"]
        indexes = [
            models.Index(fields=["calendar", "recorded_at", "id"], name="calendar_version_newest"),
            models.Index(
                fields=["calendar", "starts", "accepted_at"],
                condition=Q(state="accepted"),
                name="calendar_version_held",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "proposed", "accepted", "rejected", "withdrawn"]),
                name="calendar_version_state",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(accepted_at__isnull=False),
                name="calendar_version_accepted",
            ),
        ]


@shared()
class CalendarDay(IdModel):
    """A day of a version on which other hours hold than the week says.

    `windows`: [start, end] in minutes, none when closed. `accepted`: None is proposed and not
    looked at yet, False is struck out; only accepted days count (R22).
    """

    version = models.ForeignKey(CalendarVersion, on_delete=models.PROTECT, related_name="days")
    day = models.DateField()
    kind = models.CharField(max_length=8, choices=DAY_KINDS, default="closed")
    windows = models.JSONField(default=list)
    reason = models.CharField(max_length=200)
    source = models.CharField(max_length=120, blank=True)
    accepted = models.BooleanField(null=True)

    class Meta:
        ordering = ["version", "day"]
        constraints = [
            models.UniqueConstraint(fields=["version", "day"], name="calendar_day_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["closed", "partial", "extra"]), name="calendar_day_kind"
            ),
        ]
