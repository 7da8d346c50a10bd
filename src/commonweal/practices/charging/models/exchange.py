"""The dated table by which charges in another currency become the book currency's."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from commonweal.kernel.calendar.public import now
from commonweal.kernel.schema.public import IdModel, shared


@shared()
class ExchangeRate(IdModel):
    """What one unit of a currency is worth in the book currency from a day on, and who says so.

    Exact: `numerator` / `denominator`. A month's charges are converted at the rate in force on the
    month's last day. Binding once two people decided it; an approved row never changes (schema.sql)
    and none reaches back into a month that is billed. `source`: where the rate is published.
    """

    currency = models.CharField(max_length=3)
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()
    starts = models.DateField()
    source = models.CharField(max_length=200)
    state = models.CharField(max_length=10, default="proposed")  # or approved rejected withdrawn
    decision_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(default=now)
    approved_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["recorded_at", "id"], name="exchange_newest"),
            models.Index(fields=["state", "currency", "starts"], name="exchange_used"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["currency", "starts"],
                condition=Q(state="approved"),
                name="exchange_once",
            ),
            models.CheckConstraint(
                condition=Q(numerator__gt=0, denominator__gt=0), name="exchange_positive"
            ),
        ]
