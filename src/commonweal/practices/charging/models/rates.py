"""Forecast volumes and rate versions."""

from __future__ import annotations

from django.db import models

from commonweal.kernel.schema.public import IdModel, TenantModel, shared, tenant


@tenant()
class Forecast(TenantModel):
    """An agency's own forecast of what it will use in a fiscal year, signed by its person.

    Once signed it never changes (schema.sql): another figure supersedes it.
    """

    charge_item = models.ForeignKey("catalogue.ChargeItem", on_delete=models.PROTECT)
    fiscal_year = models.IntegerField()
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    signed_by = models.UUIDField(null=True)
    signed_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "charge_item", "fiscal_year"],
                condition=models.Q(superseded_at__isnull=True),
                name="forecast_once",
            ),
        ]
        indexes = [
            models.Index(fields=["fiscal_year", "charge_item", "agency"], name="forecast_year"),
            models.Index(fields=["agency", "fiscal_year", "charge_item"], name="forecast_agency"),
        ]


@shared()
class RateVersion(IdModel):
    """One price of one charge item from a day to a day; binding only once approved.

    `model` is the engine's price model document. `derivation` holds cost and volume (numerator and
    denominator), the allocation run and its edges, so that the rate can be recomputed.
    `decided_by_label` is the deciding person's role, for the public rate book: never a name.
    `mid_year`: it changes a price within the fiscal year; `authority_ref` names the resolution
    behind that. `short_notice`: why agencies knew it later than the notice period. `announced_at`:
    when agencies were told. `from_scenario`: the scenario that it was proposed from.
    """

    charge_item = models.ForeignKey(
        "catalogue.ChargeItem", on_delete=models.PROTECT, related_name="rate_versions"
    )
    code = models.CharField(max_length=60, unique=True)
    model = models.JSONField()
    currency = models.CharField(max_length=3)
    starts = models.DateField()
    ends = models.DateField(null=True)
    derivation = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, default="proposed")  # or approved rejected withdrawn
    decision_id = models.UUIDField(null=True)
    decided_by_label = models.CharField(max_length=120, blank=True)
    recorded_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    mid_year = models.BooleanField(default=False)
    authority_ref = models.CharField(max_length=200, blank=True, default="")
    short_notice = models.CharField(max_length=500, blank=True, default="")
    announced_at = models.DateTimeField(null=True)
    from_scenario = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["charge_item", "starts"]),
            models.Index(
                fields=["recorded_at", "id"],
                condition=models.Q(state="proposed"),
                name="rate_proposed",
            ),
        ]
