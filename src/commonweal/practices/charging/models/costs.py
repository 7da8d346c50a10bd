"""Cost ledger lines, pools, drivers and allocation runs.

Every row belongs to the centre's own party row (`agency` = the centre), so that row-level security
keeps the centre's ledger from agencies. Agencies see costs only through published derivations.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from commonweal.kernel.schema.public import TenantModel, tenant


class WholeNumber(models.DecimalField):  # type: ignore[type-arg]
    """A whole number of any length: the exact parts of a reciprocal share grow with its pools."""

    def db_type(self, connection: Any) -> str:
        """PostgreSQL's `numeric` without a precision holds 131,072 digits."""
        return "numeric"


@tenant()
class CostMapping(TenantModel):
    """A saved reading of one file layout: which column holds what, and how values are written."""

    name = models.CharField(max_length=80)
    header_hash = models.CharField(max_length=64)
    columns = models.JSONField()
    options = models.JSONField(default=dict)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "name"], name="cost_mapping_name"),
        ]


@tenant()
class CostImport(TenantModel):
    """One imported file, with its reconciliation to an independent sum of the source.

    `late_reason`: why costs of closed months came late; each such month has an allocation of its
    own that names this import. What was billed stays as it was.
    """

    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    mapping = models.ForeignKey(CostMapping, on_delete=models.PROTECT)
    currency = models.CharField(max_length=3)
    basis = models.CharField(max_length=8, default="actual")  # actual | budget
    rows_total = models.IntegerField()
    rows_used = models.IntegerField()
    rows_rejected = models.IntegerField()
    used_minor = models.BigIntegerField()
    rejected_minor = models.BigIntegerField()
    control_minor = models.BigIntegerField()
    late_reason = models.CharField(max_length=500, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "sha256"], name="cost_file_once"),
        ]
        indexes = [models.Index(fields=["agency", "recorded_at", "id"], name="cost_file_newest")]


@tenant()
class CostFile(TenantModel):
    """A large ledger file that a worker imports. `asked`: what the person said about it.

    `cost_import`: what came of it. `problem`: why it was refused (`code`, `message`, `rows`).
    """

    filename = models.CharField(max_length=200)
    asked = models.JSONField()
    asked_by = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()
    cost_import = models.ForeignKey(CostImport, on_delete=models.PROTECT, null=True)
    problem = models.JSONField(default=dict)


@tenant(append_only=True)
class CostLine(TenantModel):
    """One ledger line of cost, with a supplier's opaque reference, never a name (design law 12)."""

    cost_import = models.ForeignKey(CostImport, on_delete=models.PROTECT, related_name="lines")
    row = models.IntegerField()
    period = models.CharField(max_length=7)
    posted_on = models.DateField(null=True)
    unit = models.CharField(max_length=120, blank=True)
    category = models.CharField(max_length=120, blank=True)
    account = models.CharField(max_length=60, blank=True)
    reference = models.CharField(max_length=80, blank=True)
    supplier_ref = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    basis = models.CharField(max_length=8, default="actual")  # actual | budget

    class Meta:
        indexes = [models.Index(fields=["agency", "basis", "period", "id"])]


@tenant(append_only=True)
class RejectedCostRow(TenantModel):
    """A row that could not be used, why, and what to do."""

    cost_import = models.ForeignKey(CostImport, on_delete=models.PROTECT, related_name="rejects")
    row = models.IntegerField()
    code = models.CharField(max_length=20)
    message = models.CharField(max_length=500)
    amount_text = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [models.Index(fields=["cost_import", "row"], name="cost_reject_row")]


@tenant()
class CostPool(TenantModel):
    """Cost collected for one purpose. With `service` it is that service's own direct cost;
    without, it is shared and allocated by its driver. `step`: its place in the step-down order."""

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    service = models.ForeignKey(
        "catalogue.Service", null=True, on_delete=models.PROTECT, related_name="+"
    )
    driver = models.ForeignKey("charging.Driver", null=True, on_delete=models.PROTECT)
    step = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "code"], name="cost_pool_code")]


@tenant(delete=True)
class PoolRule(TenantModel):
    """Which ledger lines go to which pool: the first rule in order whose every set field matches.

    `kind` keeps capital spending out of rates that recover running costs."""

    pool = models.ForeignKey(CostPool, on_delete=models.PROTECT, related_name="rules")
    order = models.IntegerField()
    unit = models.CharField(max_length=120, blank=True)
    category = models.CharField(max_length=120, blank=True)
    account_prefix = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=40, blank=True)


@tenant()
class Driver(TenantModel):
    """What causes a shared pool's cost: headcount, devices, tickets …"""

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "code"], name="driver_code")]


@tenant()
class DriverValue(TenantModel):
    """A driver's measured value for one target (a pool's or a service's code) from a period on."""

    driver = models.ForeignKey(Driver, on_delete=models.PROTECT, related_name="values")
    period = models.CharField(max_length=7)
    target = models.CharField(max_length=60)
    value = models.DecimalField(max_digits=18, decimal_places=6)
    evidence = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["driver", "period", "target"], name="driver_value_once"
            ),
        ]


@tenant(append_only=True)
class AllocationRun(TenantModel):
    """One allocation: the engine's document in, its result out, both complete and replayable.

    `ledger` says which lines it counted, whatever is imported or ruled later: the imports they came
    with, and the rules in their order (pool, unit, category, account prefix, kind). `cost_import`:
    the late import that it was made for.
    """

    basis = models.CharField(max_length=8)  # actual | budget
    label = models.CharField(max_length=80)
    first_period = models.CharField(max_length=7)
    last_period = models.CharField(max_length=7)
    method = models.CharField(max_length=16)
    input_hash = models.CharField(max_length=64)
    engine_version = models.CharField(max_length=40)
    document = models.JSONField()
    result = models.JSONField()
    ledger = models.JSONField()
    cost_import = models.ForeignKey(
        CostImport, null=True, on_delete=models.PROTECT, related_name="allocations"
    )
    total_minor = models.BigIntegerField()
    unallocated_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "basis", "label", "input_hash"], name="allocation_once"
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "recorded_at", "id"], name="allocation_newest"),
            models.Index(fields=["agency", "basis", "recorded_at", "id"], name="allocation_basis"),
        ]


@tenant(append_only=True)
class AllocationEdge(TenantModel):
    """One resolved share: pool → target, as numerator over denominator, and the cents it moved.

    The numbers are products of driver sums along the way, or determinants, hence their width; each
    single step with its driver's values is in the run's result."""

    run = models.ForeignKey(AllocationRun, on_delete=models.PROTECT, related_name="edges")
    source = models.CharField(max_length=60)
    target = models.CharField(max_length=60)
    driver = models.CharField(max_length=60, blank=True)
    numerator = WholeNumber(max_digits=4000, decimal_places=0)
    denominator = WholeNumber(max_digits=4000, decimal_places=0)
    amount_minor = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["run", "amount_minor", "id"], name="allocation_edge_largest"),
            models.Index(
                fields=["run", "target", "amount_minor", "id"], name="allocation_edge_target"
            ),
        ]
