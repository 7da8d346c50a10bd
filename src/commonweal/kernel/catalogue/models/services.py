"""Services, what is priced in them, in which unit, in which bundle, at which service level."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from ...calendar.public import now
from ...schema.public import IdModel, shared

KINDS = [("metered", "Metered"), ("allocated", "Allocated"), ("fixed", "Fixed")]
DIRECTIONS = [("at_most", "measured ≤ target"), ("at_least", "measured ≥ target")]


def span_check(name: str) -> models.CheckConstraint:
    """The end, if there is one, comes after the start."""
    return models.CheckConstraint(
        condition=Q(ends__isnull=True) | Q(ends__gt=F("starts")), name=name
    )


@shared()
class Unit(models.Model):
    """A unit of quantity by its UN/ECE Recommendation 20 code, in the words people read.

    The curated rows come with schema.sql; `put_unit` adds others.
    """

    code = models.CharField(primary_key=True, max_length=3)
    name = models.CharField(max_length=80)
    singular = models.CharField(max_length=40)
    plural = models.CharField(max_length=40)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.plural


@shared()
class Service(IdModel):
    """Something the centre does for agencies; each is its own break-even account (law 5).

    `owner_person_id` opens the person's record only with that record's permission;
    `public_contact` is what everybody reads ("Payroll help line"). `tower` and `cost_pool` are
    tags by which costs are grouped.
    """

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField()
    owner_person_id = models.UUIDField(null=True)
    public_contact = models.CharField(max_length=160, blank=True)
    fund_code = models.CharField(max_length=40)
    tower = models.CharField(max_length=60, blank=True)
    cost_pool = models.CharField(max_length=60, blank=True)
    starts = models.DateField()
    ends = models.DateField(null=True)
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["code"]
        constraints = [span_check("catalogue_service_span")]

    def __str__(self) -> str:
        return self.name


@shared()
class ChargeItem(IdModel):
    """What is priced: one thing of a service, counted in one unit.

    `measure_singular` and `measure_plural` are the words of a bill ("1 payslip", "2 payslips").
    `late_policy` says in plain words what happens to usage that arrives after its month closed.
    """

    code = models.CharField(max_length=60, unique=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="items")
    name = models.CharField(max_length=120)
    description = models.TextField()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=KINDS, default="metered")
    measure_singular = models.CharField(max_length=60)
    measure_plural = models.CharField(max_length=60)
    late_policy = models.TextField(blank=True)
    starts = models.DateField()
    ends = models.DateField(null=True)
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["code"]
        indexes = [models.Index(fields=["service", "code"], name="catalogue_item_order")]
        constraints = [
            span_check("catalogue_item_span"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind for kind, _ in KINDS]), name="catalogue_item_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.name


@shared()
class Bundle(IdModel):
    """A charge item that can be ordered only together with others (its companions)."""

    lead = models.OneToOneField(ChargeItem, on_delete=models.PROTECT, related_name="bundle")
    name = models.CharField(max_length=120)
    recorded_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.name


@shared(delete=True)
class BundleCompanion(IdModel):
    """An item that an order must hold with the lead, so many for each one of the lead."""

    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="companions")
    item = models.ForeignKey(ChargeItem, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=18, decimal_places=6, default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bundle", "item"], name="catalogue_companion_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="catalogue_companion_some"),
        ]


@shared()
class ServiceLevel(IdModel):
    """A promise about a service, as data: met exactly when measured ≤ target (design law 6).

    `metric` is the measure's code, `calendar` the working-time calendar that its clock runs on.
    Two promises about the same metric never overlap (schema.sql).
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="levels")
    name = models.CharField(max_length=160)
    metric = models.CharField(max_length=60)
    target = models.DecimalField(max_digits=18, decimal_places=6)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    direction = models.CharField(max_length=8, choices=DIRECTIONS, default="at_most")
    calendar = models.CharField(max_length=60)
    starts = models.DateField()
    ends = models.DateField(null=True)
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["service", "metric", "starts"]
        indexes = [
            models.Index(fields=["service", "metric", "starts", "id"], name="catalogue_level_order")
        ]
        constraints = [
            span_check("catalogue_level_span"),
            models.CheckConstraint(
                condition=Q(direction__in=[name for name, _ in DIRECTIONS]),
                name="catalogue_level_direction",
            ),
        ]
