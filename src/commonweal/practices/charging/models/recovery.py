"""Recovery: price reductions, limits, entries of a service's account, year-end adjustments.

Rows of the centre itself carry the centre's own party row, so that row-level security keeps them
from agencies; an agency sees its own reductions and its own part of an adjustment.
"""

from __future__ import annotations

from django.db import models

from commonweal.kernel.schema.public import TenantModel, tenant

STATES = [(name, name) for name in ("proposed", "approved", "rejected", "withdrawn")]


@tenant()
class PriceReduction(TenantModel):
    """An agency pays only a part of an item's full price, from one month to another.

    `percent`: the part of the full price that is billed (0: waived). It always ends, has a reason,
    and binds once a second person approved it. The rest is imputed revenue (A-87 Att. C §G.1).
    """

    charge_item = models.ForeignKey("catalogue.ChargeItem", on_delete=models.PROTECT)
    percent = models.DecimalField(max_digits=9, decimal_places=6)
    starts = models.DateField()
    ends = models.DateField()
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=10, choices=STATES, default="proposed")
    decision_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percent__gte=0, percent__lt=100), name="reduction_percent"
            ),
            models.CheckConstraint(
                condition=models.Q(ends__gt=models.F("starts")), name="reduction_span"
            ),
        ]
        indexes = [models.Index(fields=["agency", "-id"], name="reduction_newest")]


@tenant()
class RecoveryRule(TenantModel):
    """A limit of recovery that an authority set, with its days: reserve days, the limit of
    allocated adjustments, the variance that asks for action. `service` None: every service.

    `reference`: the approval outside (for a reserve above 60 days, the federal agency's).
    """

    kind = models.CharField(max_length=20)  # reserve_days allocated_limit variance_percent
    service = models.ForeignKey("catalogue.Service", null=True, on_delete=models.PROTECT)
    value = models.DecimalField(max_digits=18, decimal_places=6)
    starts = models.DateField()
    ends = models.DateField(null=True)
    reason = models.CharField(max_length=500)
    reference = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=STATES, default="proposed")
    decision_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["agency", "-id"], name="recovery_rule_newest")]


@tenant()
class AccountEntry(TenantModel):
    """What moves a service's account besides bills and costs: an opening balance, other revenue, a
    transfer in or out. Binds once a second person approved it; nothing comes from another service.
    """

    service = models.ForeignKey("catalogue.Service", on_delete=models.PROTECT)
    fund_code = models.CharField(max_length=32)
    kind = models.CharField(max_length=14)  # opening other_revenue transfer_in transfer_out
    period = models.CharField(max_length=7)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    counterparty = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=10, choices=STATES, default="proposed")
    decision_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["agency", "-id"], name="account_entry_newest")]


@tenant(append_only=True)
class ReserveTest(TenantModel):
    """The reserve test of one service and fund on one day, as it came out."""

    service = models.ForeignKey("catalogue.Service", on_delete=models.PROTECT)
    fund_code = models.CharField(max_length=32)
    day = models.DateField()
    through = models.CharField(max_length=7, blank=True)
    balance_minor = models.BigIntegerField(null=True)
    days = models.DecimalField(max_digits=18, decimal_places=3, null=True)
    limit_days = models.DecimalField(max_digits=18, decimal_places=6)
    state = models.CharField(max_length=8)  # unknown good watch bad

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "service", "fund_code", "day"], name="reserve_test_once"
            ),
        ]
        indexes = [models.Index(fields=["service", "-day", "-id"], name="reserve_test_newest")]


@tenant()
class Adjustment(TenantModel):
    """The year-end adjustment of one service. Fixed once approved (schema.sql).

    `amount_minor`: + is given back, − is charged. `document`: everything that went in and came out,
    so that it can be worked out again; `input_hash` is the digest of what went in.
    """

    service = models.ForeignKey("catalogue.Service", on_delete=models.PROTECT)
    fund_code = models.CharField(max_length=32)
    fiscal_year = models.IntegerField()
    method = models.CharField(max_length=12)  # refund credit future_rates allocated
    amount_minor = models.BigIntegerField()
    interest_minor = models.BigIntegerField(default=0)
    kept_back_minor = models.BigIntegerField(default=0)
    grant_minor = models.BigIntegerField(default=0)
    disputed_minor = models.BigIntegerField(default=0)
    reserve_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    months = models.JSONField(default=list)
    reason = models.CharField(max_length=500)
    document = models.JSONField()
    input_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=STATES, default="proposed")
    decision_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()
    approved_on = models.DateField(null=True)
    carried_out_on = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["agency", "-id"], name="adjustment_newest"),
            models.Index(fields=["service", "fiscal_year"], name="adjustment_service"),
        ]


@tenant(delete=True)
class AdjustmentPart(TenantModel):
    """What one funding source of one of an agency's order lines gets back (+) or pays more (−).

    It repeats what the agency must know of the adjustment, whose own row is the centre's.
    """

    adjustment_id = models.UUIDField(db_index=True)
    service = models.ForeignKey("catalogue.Service", on_delete=models.PROTECT)
    fiscal_year = models.IntegerField()
    order_line = models.ForeignKey("catalogue.OrderLine", on_delete=models.PROTECT)
    source = models.ForeignKey("catalogue.FundingSource", on_delete=models.PROTECT)
    grant = models.BooleanField()
    way = models.CharField(max_length=12)
    amount_minor = models.BigIntegerField()
    interest_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=STATES, default="proposed")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["adjustment_id", "order_line", "source", "way"],
                name="adjustment_part_once",
            ),
        ]
        indexes = [models.Index(fields=["agency", "-id"], name="adjustment_part_newest")]


@tenant()
class AnnualPackage(TenantModel):
    """The yearly package that an auditor asks for; a worker makes it. `root`: hash of its manifest.

    Same year, same record: same bytes. `problem`: why it could not be made (code, message).
    """

    fiscal_year = models.IntegerField()
    asked_by = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    root = models.CharField(max_length=64, blank=True)
    filename = models.CharField(max_length=120, blank=True)
    problem = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["agency", "-id"], name="annual_package_newest")]
