"""Baselines with their cost lines, price indices, the agency's own costs, claims of savings."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from commonweal.kernel.calendar.public import now
from commonweal.kernel.schema.public import IdModel, TenantModel, shared, tenant

from .domain import COST_KINDS, OWN_KINDS


@shared()
class PriceIndex(IdModel):
    """A published series of prices by which years are compared; `source`: who publishes it."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=160)
    source = models.CharField(max_length=300)
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


@shared()
class IndexValue(IdModel):
    """The index of one fiscal year. Another value supersedes it, and it stays to be read."""

    index = models.ForeignKey(PriceIndex, on_delete=models.PROTECT, related_name="values")
    year = models.IntegerField()
    value = models.DecimalField(max_digits=18, decimal_places=6)
    source = models.CharField(max_length=300)
    recorded_at = models.DateTimeField(default=now)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["index", "year"],
                condition=Q(superseded_at__isnull=True),
                name="consolidation_index_once",
            ),
            models.CheckConstraint(condition=Q(value__gt=0), name="consolidation_index_value"),
        ]


@tenant()
class Baseline(TenantModel):
    """What a service cost an agency alone in a year. Frozen once signed (trigger).

    `charge_item`: the item in whose unit the volume is counted, then and now; None: not counted.
    `forecast_minor`: what a year of sharing was promised to save. `late`: signed when an order of
    the service was in force already. `content_hash` is the digest of everything that was signed.
    """

    service = models.ForeignKey("catalogue.Service", on_delete=models.PROTECT, related_name="+")
    charge_item = models.ForeignKey(
        "catalogue.ChargeItem", on_delete=models.PROTECT, null=True, related_name="+"
    )
    volume = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    service_level = models.CharField(max_length=1000)
    price_year = models.IntegerField()
    index = models.ForeignKey(PriceIndex, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    forecast_minor = models.BigIntegerField(null=True)
    state = models.CharField(max_length=8, default="draft")  # or proposed signed
    late = models.BooleanField(default=False)
    content_hash = models.CharField(max_length=64, blank=True)
    decision_id = models.UUIDField(null=True)
    proposed_by = models.UUIDField(null=True)
    proposed_at = models.DateTimeField(null=True)
    signed_by = models.UUIDField(null=True)
    signed_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "service"], name="consolidation_baseline_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "proposed", "signed"]),
                name="consolidation_baseline_state",
            ),
            models.CheckConstraint(
                condition=~Q(state="signed")
                | Q(signed_by__isnull=False, proposed_by__isnull=False, signed_at__isnull=False)
                & ~Q(signed_by=models.F("proposed_by"))
                & ~Q(content_hash=""),
                name="consolidation_baseline_two",
            ),
            models.CheckConstraint(
                condition=Q(charge_item__isnull=True, volume__isnull=True)
                | Q(charge_item__isnull=False, volume__gt=0),
                name="consolidation_baseline_volume",
            ),
        ]


@tenant(delete=True)
class BaselineCost(TenantModel):
    """One kind of cost of a baseline, for a year; changes only while the baseline is a draft."""

    baseline = models.ForeignKey(Baseline, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in COST_KINDS])
    text = models.CharField(max_length=300)
    amount_minor = models.BigIntegerField()
    varies = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["baseline", "kind"], name="consolidation_cost_once"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) & Q(kind__in=COST_KINDS),
                name="consolidation_cost_amount",
            ),
        ]


@tenant()
class OwnCost(TenantModel):
    """What a service still costs the agency itself, for a month or a fiscal year.

    Another figure supersedes it, and it stays to be read (trigger).
    """

    service = models.ForeignKey("catalogue.Service", on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=7)
    kind = models.CharField(max_length=12, choices=[(kind, kind) for kind in OWN_KINDS])
    amount_minor = models.BigIntegerField()
    note = models.CharField(max_length=300, blank=True)
    recorded_by = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(default=now)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "service", "kind", "period"],
                condition=Q(superseded_at__isnull=True),
                name="consolidation_own_once",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0) & Q(kind__in=OWN_KINDS),
                name="consolidation_own_amount",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency", "service", "period", "id"], name="consolidation_own_list"
            )
        ]


@tenant()
class Claim(TenantModel):
    """What of a year's saving is cashable and what avoided; proposed by one, confirmed by another.

    `figures` keeps the figure with its inputs as it stood. Only its state changes (trigger).
    """

    baseline = models.ForeignKey(Baseline, on_delete=models.PROTECT, related_name="claims")
    fiscal_year = models.IntegerField()
    saving_minor = models.BigIntegerField()
    cashable_minor = models.BigIntegerField()
    avoidance_minor = models.BigIntegerField()
    budget_minor = models.BigIntegerField()
    attributed_to = models.CharField(max_length=160)
    figures = models.JSONField()
    state = models.CharField(max_length=10, default="proposed")
    decision_id = models.UUIDField(null=True)
    claimed_by = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(default=now)
    confirmed_by = models.UUIDField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["baseline", "fiscal_year"],
                condition=Q(state="proposed"),
                name="consolidation_claim_open",
            ),
            models.UniqueConstraint(
                fields=["baseline", "fiscal_year"],
                condition=Q(state="confirmed"),
                name="consolidation_claim_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    saving_minor__gt=0,
                    cashable_minor__gte=0,
                    avoidance_minor__gte=0,
                    budget_minor__gte=0,
                    saving_minor=models.F("cashable_minor") + models.F("avoidance_minor"),
                ),
                name="consolidation_claim_parts",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["proposed", "confirmed", "refused", "withdrawn", "superseded"]
                ),
                name="consolidation_claim_state",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency", "fiscal_year", "baseline"], name="consolidation_claim_year"
            )
        ]
