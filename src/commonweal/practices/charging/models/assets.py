"""Jointly funded assets: cost, contributors, depreciation by month, disposal."""

from __future__ import annotations

from django.db import models

from commonweal.kernel.schema.public import TenantModel, tenant

from .costs import CostLine, CostPool


@tenant()
class Asset(TenantModel):
    """Something bought for several years: `cost_minor` is spread evenly over `life_months`.

    Depreciation begins with the month in which it is put into service and goes to `pool`. Cost,
    life and contributors never change once a month was depreciated (actions).
    """

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    pool = models.ForeignKey(CostPool, on_delete=models.PROTECT, related_name="+")
    cost_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    in_service = models.DateField()
    life_months = models.IntegerField()
    evidence = models.CharField(max_length=300, blank=True)
    disposed_on = models.DateField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "code"], name="asset_code")]


@tenant(delete=True)
class AssetShare(TenantModel):
    """What somebody else paid of an asset: an agency (`customer`) or a grant, in minor units."""

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="shares")
    customer = models.ForeignKey(
        "party.Agency", null=True, on_delete=models.PROTECT, related_name="+"
    )
    grant = models.CharField(max_length=80, blank=True)
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "customer", "grant"], name="asset_share_once", nulls_distinct=False
            ),
        ]


@tenant(append_only=True)
class AssetMonth(TenantModel):
    """An asset's depreciation of one month, and the part of it that rates may recover.

    `line`: the ledger line that carries that part into the asset's pool; none where it is nothing.
    """

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="months")
    period = models.CharField(max_length=7)
    amount_minor = models.BigIntegerField()
    recoverable_minor = models.BigIntegerField()
    line = models.ForeignKey(CostLine, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asset", "period"], name="asset_month_once")]


@tenant()
class Disposal(TenantModel):
    """The end of an asset, for `proceeds_minor`; happens once a second person approved it.

    `parts`: what the proceeds gave each contributor and the centre, and what was left of the cost.
    """

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="disposals")
    day = models.DateField()
    proceeds_minor = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=10, default="proposed")  # approved rejected
    parts = models.JSONField(default=dict)
    decision_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["asset"],
                condition=models.Q(state__in=["proposed", "approved"]),
                name="disposal_once",
            ),
        ]


@tenant(append_only=True)
class ContributorCredit(TenantModel):
    """What an agency is owed of an asset's proceeds, by the share that it paid; its own row."""

    disposal = models.ForeignKey(Disposal, on_delete=models.PROTECT, related_name="credits")
    asset_name = models.CharField(max_length=120)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["agency", "recorded_at", "id"], name="asset_credit_newest"),
            models.Index(fields=["recorded_at", "id"], name="asset_credit_all"),
        ]
