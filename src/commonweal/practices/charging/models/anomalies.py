"""Tolerances of charge items, and lines that hold a month's issue because they are unusual."""

from __future__ import annotations

from django.db import models

from commonweal.kernel.schema.public import IdModel, TenantModel, shared, tenant


@shared()
class ItemTolerance(IdModel):
    """How far an item's month may be from the median of the months before (domain.anomalies)."""

    charge_item = models.OneToOneField(
        "catalogue.ChargeItem", on_delete=models.PROTECT, related_name="tolerance"
    )
    percent = models.IntegerField()
    minimum_minor = models.BigIntegerField()
    months = models.IntegerField()
    recorded_at = models.DateTimeField()


@tenant(delete=True)
class AnomalyHold(TenantModel):
    """A drafted line outside its tolerance: its bill waits until the agency has acknowledged it, or
    the centre has explained it after the preview. It keeps what it was measured by."""

    bill = models.ForeignKey("charging.Bill", on_delete=models.PROTECT, related_name="holds")
    line = models.ForeignKey("charging.BillLine", on_delete=models.PROTECT, related_name="holds")
    amount_minor = models.BigIntegerField()
    usual_minor = models.BigIntegerField()
    percent = models.IntegerField()
    months = models.IntegerField()
    state = models.CharField(max_length=12, default="open")  # open acknowledged explained
    reason = models.CharField(max_length=500, blank=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line"], name="anomaly_hold_once")]
        indexes = [
            models.Index(fields=["recorded_at", "id"], name="anomaly_hold_oldest"),
            models.Index(fields=["agency", "recorded_at", "id"], name="anomaly_hold_agency"),
            models.Index(fields=["state", "recorded_at", "id"], name="anomaly_hold_state"),
        ]


@shared()
class BillTarget(IdModel):
    """Within how many working days bills are drafted and issued, and how long agencies may look."""

    code = models.CharField(max_length=10, unique=True)
    days = models.IntegerField()
