"""What the desk keeps for those who work and those who lead: views, changes together, counters."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ...calendar.public import now
from ...schema.public import TenantModel, tenant
from .setup import Team


@tenant(delete=True)
class SavedView(TenantModel):
    """A named list of cases, of one account or of a whole team. The centre's own.

    `filters`: what the list shows, by the names of its address: show, queue, standing, order,
    priority, late.
    """

    name = models.CharField(max_length=60)
    user_id = models.UUIDField(null=True)
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="views")
    filters = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=now)
    made_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user_id__isnull=True) ^ Q(team__isnull=True), name="casework_view_whose"
            ),
            models.UniqueConstraint(
                fields=["user_id", "name"],
                condition=Q(user_id__isnull=False),
                name="casework_view_own",
            ),
            models.UniqueConstraint(
                fields=["team", "name"], condition=Q(team__isnull=False), name="casework_view_team"
            ),
        ]


@tenant()
class CaseBatch(TenantModel):
    """Cases that were changed together, so that it can be undone until `until`. The centre's own.

    `rows`: {case, seq, before, link} of each: its id, the last event when it was done, what it was
    before (codes and ids), and the link that was made. `kept` counts what undoing left as it was,
    because something else had happened to it.
    """

    what = models.CharField(max_length=12)
    rows = models.JSONField()
    done_at = models.DateTimeField(default=now)
    done_by = models.UUIDField(null=True)
    until = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    kept = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["done_by", "done_at", "id"], name="casework_batch_order")]


@tenant(delete=True)
class CaseTally(TenantModel):
    """Kept sums of cases for those who lead a desk: no page counts cases (schema.sql).

    `by` says what a row is of: `day` (a queue's day), `channel` (a queue's channel in a month),
    `agent` (an account's month in a queue; what is open stands under the month in which it came).
    `day` is local; came, live and late stand under the day that a case came, the others under the
    day that it was done. `first`: done with what was said at first, and never opened again;
    `again`: opened again; `rated`, `score`, `pleased`: answers, their sum, and those of 4 and 5.
    A row is a difference while it is `fresh`; a job adds those up.
    """

    queue_id = models.UUIDField()
    by = models.CharField(max_length=8)
    key = models.CharField(max_length=36, blank=True)
    day = models.DateField()
    fresh = models.BooleanField(default=True)
    came = models.BigIntegerField(default=0)
    live = models.BigIntegerField(default=0)
    late = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    first = models.BigIntegerField(default=0)
    again = models.BigIntegerField(default=0)
    rated = models.BigIntegerField(default=0)
    score = models.BigIntegerField(default=0)
    pleased = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "queue_id", "by", "key", "day"],
                condition=Q(fresh=False),
                name="casework_tally_once",
            )
        ]
        indexes = [
            models.Index(fields=["by", "queue_id", "day"], name="casework_tally_order"),
            models.Index(fields=["id"], condition=Q(fresh=True), name="casework_tally_fresh"),
            models.Index(
                fields=["by", "queue_id", "day"],
                condition=~Q(live=0),
                name="casework_tally_live",
            ),
        ]
