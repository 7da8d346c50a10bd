"""The dated table by which quantities in another unit become the item's own."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ...calendar.public import now
from ...schema.public import IdModel, shared
from .services import ChargeItem, Unit


@shared()
class UnitConversion(IdModel):
    """How much of a charge item's own unit one of another unit is: 1 minute is 1/60 hour.

    Exact: `numerator` / `denominator`. In force for usage that starts from `starts` on, once two
    people decided it, until the next one for the same item and unit. An approved row never changes
    (schema.sql), and none starts on a day whose usage another one has converted.
    """

    charge_item = models.ForeignKey(ChargeItem, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()
    starts = models.DateField()
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=10, default="proposed")  # or approved rejected withdrawn
    decision_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(default=now)
    approved_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["recorded_at", "id"], name="conversion_newest"),
            models.Index(fields=["state", "charge_item", "unit", "starts"], name="conversion_used"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["charge_item", "unit", "starts"],
                condition=Q(state="approved"),
                name="conversion_once",
            ),
            models.CheckConstraint(
                condition=Q(numerator__gt=0, denominator__gt=0), name="conversion_positive"
            ),
        ]
