"""What the cost model says besides pools: dated driver sets, capacity, marks, vocabulary.

Every row belongs to the centre's own party row, as in `costs.py`.
"""

from __future__ import annotations

from django.db import models

from commonweal.kernel.schema.public import TenantModel, tenant

from .costs import AllocationRun, CostPool, Driver


@tenant(delete=True)
class DriverSet(TenantModel):
    """Several weighted drivers of one pool from a first of a month until before another.

    Where none is in force, the pool's own driver counts. Sets of a pool never overlap (schema.sql).
    """

    pool = models.ForeignKey(CostPool, on_delete=models.PROTECT, related_name="driver_sets")
    starts = models.DateField()
    ends = models.DateField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["pool", "starts"], name="driver_set_pool")]


@tenant(delete=True)
class DriverPart(TenantModel):
    """One driver of a set and its weight; the weights of a set add up to one."""

    driver_set = models.ForeignKey(DriverSet, on_delete=models.CASCADE, related_name="parts")
    driver = models.ForeignKey(Driver, on_delete=models.PROTECT, related_name="+")
    weight = models.DecimalField(max_digits=9, decimal_places=6)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["driver_set", "driver"], name="driver_part_once"),
        ]


@tenant()
class Capacity(TenantModel):
    """How much a shared pool or a charge item's service can practically deliver in a month.

    From a day until before another; `evidence` says how it is known. `owner`: the office that
    answers for what lies idle. Spans of one pool or item never overlap (schema.sql).
    """

    pool = models.ForeignKey(CostPool, null=True, on_delete=models.PROTECT, related_name="+")
    charge_item = models.ForeignKey(
        "catalogue.ChargeItem", null=True, on_delete=models.PROTECT, related_name="+"
    )
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    unit = models.CharField(max_length=40)
    owner = models.CharField(max_length=120)
    evidence = models.CharField(max_length=300)
    starts = models.DateField()
    ends = models.DateField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["agency", "starts", "id"], name="capacity_newest")]


@tenant()
class CapacityUse(TenantModel):
    """How much of a pool's capacity a month used, as measured."""

    capacity = models.ForeignKey(Capacity, on_delete=models.PROTECT, related_name="uses")
    period = models.CharField(max_length=7)
    used = models.DecimalField(max_digits=18, decimal_places=6)
    evidence = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["capacity", "period"], name="capacity_use_once"),
        ]


@tenant()
class Reservation(TenantModel):
    """How much of a capacity an agency reserved: the row is the centre's, `customer` the agency."""

    capacity = models.ForeignKey(Capacity, on_delete=models.PROTECT, related_name="reservations")
    customer = models.ForeignKey("party.Agency", on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=18, decimal_places=6)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["capacity", "customer"], name="reservation_once"),
        ]


@tenant()
class IdlePolicy(TenantModel):
    """Who bears what a capacity leaves idle; binding only once a second person approved it."""

    capacity = models.ForeignKey(Capacity, on_delete=models.PROTECT, related_name="policies")
    policy = models.CharField(max_length=8)  # absorbed reserved spread
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=10, default="proposed")  # approved rejected replaced
    decision_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["capacity"],
                condition=models.Q(state="approved"),
                name="idle_policy_once",
            ),
        ]


@tenant()
class AllocationMethod(TenantModel):
    """How pools give to pools from a first of a month on; binding once a second person approved.

    Before the first of them, and where none is decided, the step-down counts.
    """

    method = models.CharField(max_length=16)  # direct step_down double_step_down reciprocal
    starts = models.DateField()
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=10, default="proposed")  # approved rejected replaced
    decision_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "starts"],
                condition=models.Q(state="approved"),
                name="allocation_method_once",
            ),
        ]
        indexes = [models.Index(fields=["agency", "starts", "id"], name="allocation_method_newest")]


@tenant(append_only=True)
class IdleCost(TenantModel):
    """The idle line of one allocation: what a capacity cost, used and left idle, and who bears it.

    `recovered_minor`: what the item's own charges brought in (0 for a pool, which has none).
    `shares`: for the policy “reserved”, the minor units of each agency by its id, and `reserved`
    what each had reserved then.
    """

    run = models.ForeignKey(AllocationRun, on_delete=models.PROTECT, related_name="idle")
    capacity = models.ForeignKey(Capacity, on_delete=models.PROTECT, related_name="+")
    cost_minor = models.BigIntegerField()
    practical = models.DecimalField(max_digits=18, decimal_places=6)
    used = models.DecimalField(max_digits=18, decimal_places=6)
    idle_minor = models.BigIntegerField()
    recovered_minor = models.BigIntegerField(default=0)
    policy = models.CharField(max_length=8)
    decision_id = models.UUIDField(null=True)
    shares = models.JSONField(default=dict)
    reserved = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "capacity"], name="idle_cost_once")]


@tenant(append_only=True)
class IdleCharge(TenantModel):
    """What an agency is charged of an idle cost, as it may see it; its row, not the centre's.

    `credit`: the charge on the next bill. `reserved` of `reserved_all` is the agency's part of
    `idle_minor`, which is the idle part of `cost_minor`: 1 − `used` ÷ `practical`; of a charge item
    no more than its cost less `recovered_minor`, for what its prices bring in is paid. `pool`: the
    code of the shared pool whose capacity it is; empty for a charge item's.
    """

    idle = models.ForeignKey(IdleCost, on_delete=models.PROTECT, related_name="charges")
    credit = models.OneToOneField(
        "charging.Credit", on_delete=models.PROTECT, related_name="idle_charge"
    )
    run = models.ForeignKey(AllocationRun, on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=7)
    pool = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=40)
    practical = models.DecimalField(max_digits=18, decimal_places=6)
    used = models.DecimalField(max_digits=18, decimal_places=6)
    cost_minor = models.BigIntegerField()
    idle_minor = models.BigIntegerField()
    recovered_minor = models.BigIntegerField(default=0)
    reserved = models.DecimalField(max_digits=18, decimal_places=6)
    reserved_all = models.DecimalField(max_digits=18, decimal_places=6)
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "idle"], name="idle_charge_once"),
        ]


@tenant(delete=True)
class LineMark(TenantModel):
    """A rule that marks ledger lines: `unallowable` for grants, or `personal`, each with a reason.

    A line bears a mark if every field that is set matches; `rule` names the law or the policy.
    """

    mark = models.CharField(max_length=12)  # unallowable personal
    unit = models.CharField(max_length=120, blank=True)
    category = models.CharField(max_length=120, blank=True)
    account_prefix = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=200)
    rule = models.CharField(max_length=80, blank=True)


@tenant(delete=True)
class CostTerm(TenantModel):
    """One word of the centre's own vocabulary of cost pools and towers, in place of the default."""

    kind = models.CharField(max_length=5)  # pool tower
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    place = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "kind", "code"], name="cost_term_once"),
        ]


@tenant()
class CostTag(TenantModel):
    """The words of the vocabulary that a pool or a service bears: cost pool (what is bought) and
    tower (what it is for)."""

    pool = models.ForeignKey(CostPool, null=True, on_delete=models.PROTECT, related_name="tags")
    service = models.ForeignKey(
        "catalogue.Service", null=True, on_delete=models.PROTECT, related_name="+"
    )
    cost_pool = models.CharField(max_length=40, blank=True)
    tower = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "pool", "service"], name="cost_tag_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(pool__isnull=True) ^ models.Q(service__isnull=True),
                name="cost_tag_of_one",
            ),
        ]
