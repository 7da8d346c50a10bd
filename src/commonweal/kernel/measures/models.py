"""Tables of measures."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ..calendar.public import now
from ..schema.public import TenantModel, tenant


@tenant(append_only=True)
class MeasureFact(TenantModel):
    """One fact about performance on [starts, ends): so much of so much was as promised.

    `exclusion`: why it counts in neither ("": it counts). The highest `version` of a source's id
    counts; the others say what was said before. `month`: the fiscal period that holds `starts`.
    """

    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)
    metric = models.CharField(max_length=60)
    service = models.ForeignKey("catalogue.Service", on_delete=models.PROTECT, related_name="+")
    numerator = models.DecimalField(max_digits=21, decimal_places=6)
    denominator = models.DecimalField(max_digits=21, decimal_places=6)
    exclusion = models.CharField(max_length=60, blank=True)
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    month = models.DateField()
    digest = models.CharField(max_length=64)
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_id", "version"], name="measures_fact_once"
            ),
            models.CheckConstraint(condition=Q(ends__gt=models.F("starts")), name="measures_span"),
            models.CheckConstraint(
                condition=Q(numerator__gte=0, denominator__gte=models.F("numerator")),
                name="measures_part_of_whole",
            ),
            models.CheckConstraint(
                condition=Q(exclusion="") | Q(numerator=0, denominator=0),
                name="measures_excluded_counts_nothing",
            ),
        ]
        indexes = [
            models.Index(fields=["month", "agency", "metric"], name="measures_fact_month"),
            models.Index(fields=["agency", "-id"], name="measures_fact_newest"),
        ]
