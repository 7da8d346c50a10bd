"""Costs: imports of ledger files, pools with their rules and drivers, allocation runs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import Asked, Door, centre
from ..kit.types import Day, Exact, In, Money, Out, Page, Period, Text

SEE, IMPORT = centre("charging.view_costs"), centre("charging.import_costs")
door = Door("costs", "The centre's ledger costs, cost pools, and their allocation to services.")
BASIS = Literal["actual", "budget"]
PoolCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,39}$")]


class ImportOut(Out):
    """An imported file and its reconciliation: used + rejected = the source's own sum."""

    id: UUID
    filename: str
    sha256: str
    mapping: str
    currency: str
    basis: str
    rows_total: int
    rows_used: int
    rows_rejected: int
    used: Money
    rejected: Money
    control: Money
    late_reason: str
    recorded_at: datetime

    @staticmethod
    def resolve_mapping(row: Any) -> str:
        """Its name."""
        return str(row.mapping.name)

    @staticmethod
    def resolve_used(row: Any) -> str:
        """In major units."""
        return charging.money_text(row.used_minor, row.currency)

    @staticmethod
    def resolve_rejected(row: Any) -> str:
        """In major units."""
        return charging.money_text(row.rejected_minor, row.currency)

    @staticmethod
    def resolve_control(row: Any) -> str:
        """In major units."""
        return charging.money_text(row.control_minor, row.currency)


class RejectOut(Out):
    """A row that could not be used, why, and what to do."""

    row: int
    code: str
    message: str
    amount_text: str


class MappingOut(Out):
    """How a layout is read."""

    name: str
    columns: dict[str, str]
    options: dict[str, Any]


class PoolOut(Out):
    """A cost pool, and what it held in the months asked for."""

    code: str
    name: str
    service: str | None
    driver: str | None
    step: int | None
    lines: int
    amount: Money


class LedgerLineOut(Out):
    """A ledger line; the supplier's number is masked."""

    id: UUID
    row: int
    filename: str
    period: str
    posted_on: Day | None
    unit: str
    category: str
    account: str
    reference: str
    supplier: str
    kind: str
    amount: Money
    currency: str
    pool: str


class DriverOut(Out):
    """A driver with the measurement that counts for a month."""

    code: str
    name: str
    unit: str
    measured_for: str
    values: dict[str, Exact]


class RunOut(Out):
    """An allocation; the same inputs give the same run."""

    id: UUID
    basis: str
    label: str
    first_period: str
    last_period: str
    method: str
    input_hash: str
    engine_version: str
    total: Money
    unallocated: Money
    currency: str
    recorded_at: datetime

    @staticmethod
    def resolve_total(row: Any) -> str:
        """In major units."""
        return charging.money_text(row.total_minor, row.currency)

    @staticmethod
    def resolve_unallocated(row: Any) -> str:
        """In major units."""
        return charging.money_text(row.unallocated_minor, row.currency)


class RunDocument(RunOut):
    """An allocation with the engine's document and result: enough to run it again."""

    document: dict[str, Any]
    result: dict[str, Any]


class EdgeOut(Out):
    """One resolved share, pool to target, as an exact fraction."""

    source: str
    target: str
    driver: str
    numerator: str
    denominator: str
    amount_minor: int

    @staticmethod
    def resolve_numerator(row: Any) -> str:
        """A whole number."""
        return format(row.numerator, "f")

    @staticmethod
    def resolve_denominator(row: Any) -> str:
        """A whole number."""
        return format(row.denominator, "f")


class ReconciliationOut(Out):
    """Ledger cost = allocated + unallocated; `late` came after the run."""

    agrees: bool
    ledger: Money
    allocated: Money
    unallocated: Money
    late: Money
    currency: str


Method = Literal["direct", "step_down", "double_step_down", "reciprocal"]


class AllocateIn(In):
    """Which costs to allocate; without a method by the one decided for the first month."""

    basis: BASIS = "actual"
    first_period: Period
    last_period: Period
    label: Annotated[Text, Field(min_length=1, max_length=80)]
    method: Method | Literal[""] = ""


class ModelIn(In):
    """Pools, rules and drivers as one document; its rules replace those there were."""

    drivers: list[dict[str, Any]] = Field(default_factory=list, max_length=500)
    pools: list[dict[str, Any]] = Field(default_factory=list, max_length=500)
    rules: list[dict[str, Any]] = Field(default_factory=list, max_length=5000)


class Counts(Out):
    """How many of each were put."""

    counts: dict[str, int]


@door.get("/cost-imports", access=SEE, returns=Page[ImportOut])
def list_imports(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Imported files, newest first."""
    return paging.answer(charging.cost_imports(request.actor, paging.place(after, limit)))


@door.get("/cost-imports/{import_id}", access=SEE, returns=ImportOut)
def read_import(request: Asked, import_id: UUID) -> charging.CostImport:
    """One imported file."""
    return charging.cost_import(request.actor, import_id)


@door.get("/cost-imports/{import_id}/rejects", access=SEE, returns=Page[RejectOut])
def list_rejects(
    request: Asked,
    import_id: UUID,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The rows that could not be used, by row."""
    charging.cost_import(request.actor, import_id)
    place = paging.place(after, limit)
    return paging.answer(charging.cost_rejects(request.actor, import_id, place))


@door.get("/cost-mappings", access=SEE, returns=Page[MappingOut])
def list_mappings(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Saved mappings, by name."""
    return paging.answer(charging.mappings(request.actor, paging.place(after, limit)))


@door.get("/cost-pools", access=SEE, returns=Page[PoolOut])
def list_pools(
    request: Asked,
    first: Period,
    last: Period,
    basis: BASIS = Query("actual"),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Every pool with what it held from the first to the last month, and what no rule takes."""
    from commonweal.kernel.party.public import centre as profile

    currency = profile().currency
    rows = [
        {
            "code": found.code,
            "name": found.name,
            "service": found.pool.service.code if found.pool and found.pool.service else None,
            "driver": found.pool.driver.code if found.pool and found.pool.driver else None,
            "step": found.pool.step if found.pool else None,
            "lines": found.lines,
            "amount": charging.money_text(found.amount_minor, currency),
        }
        for found in charging.cost_by_pool(request.actor, first, last, basis)
    ]
    return paging.part_of(rows, after, limit, lambda row: row["code"])


@door.get("/cost-pools/{code}/lines", access=SEE, returns=Page[LedgerLineOut])
def list_pool_lines(
    request: Asked,
    code: PoolCode,
    first: Period,
    last: Period,
    basis: BASIS = Query("actual"),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """A pool's ledger lines, oldest first; `unassigned` for those that no rule takes."""
    place = paging.place(after, limit)
    found = charging.cost_pool_lines(request.actor, code, first, last, basis=basis, place=place)
    rows = [
        {**vars(line), "amount": charging.money_text(line.amount_minor, line.currency)}
        for line in found
    ]
    return {**paging.answer(found), "items": rows}


@door.put("/cost-model", access=IMPORT, returns=Counts)
def put_cost_model(request: Asked, data: ModelIn) -> dict[str, Any]:
    """Put pools, rules and drivers from one document."""
    return {"counts": charging.put_cost_model(actor=request.actor, document=data.model_dump())}


@door.get("/cost-drivers", access=SEE, returns=Page[DriverOut])
def list_drivers(
    request: Asked,
    period: Period,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Every driver with the values that count for a month."""
    rows = [
        {
            "code": found.driver.code,
            "name": found.driver.name,
            "unit": found.driver.unit,
            "measured_for": found.period,
            "values": dict(found.values),
        }
        for found in charging.cost_drivers(request.actor, period)
    ]
    return paging.part_of(rows, after, limit, lambda row: row["code"])


@door.get("/allocation-runs", access=SEE, returns=Page[RunOut])
def list_runs(
    request: Asked,
    basis: Literal["", "actual", "budget"] = Query(""),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Allocations, newest first."""
    place = paging.place(after, limit)
    return paging.answer(charging.allocation_runs(request.actor, basis, place))


@door.post("/allocation-runs", access=IMPORT, returns=RunOut, status=201)
def allocate(request: Asked, data: AllocateIn) -> charging.AllocationRun:
    """Allocate the costs of some months to services; the same inputs give the run there is."""
    return charging.allocate(actor=request.actor, **data.model_dump())


@door.get("/allocation-runs/{run_id}", access=SEE, returns=RunDocument)
def read_run(request: Asked, run_id: UUID) -> charging.AllocationRun:
    """One allocation with the engine's document and result."""
    return charging.allocation_run(request.actor, run_id)


@door.get("/allocation-runs/{run_id}/edges", access=SEE, returns=Page[EdgeOut])
def list_edges(
    request: Asked,
    run_id: UUID,
    target: Annotated[str, Field(max_length=60)] = Query("", description="A service's code."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """A run's resolved shares, largest amount first."""
    charging.allocation_run(request.actor, run_id)
    place = paging.place(after, limit)
    return paging.answer(charging.allocation_edges(request.actor, run_id, target, place))


@door.get("/allocation-runs/{run_id}/reconciliation", access=SEE, returns=ReconciliationOut)
def reconcile_run(request: Asked, run_id: UUID) -> dict[str, Any]:
    """Whether an allocation still says what the ledger says."""
    found = charging.cost_reconciliation(request.actor, run_id)
    currency = found.run.currency

    def text(minor: int) -> str:
        return charging.money_text(minor, currency)

    return {
        "agrees": found.agrees,
        "ledger": text(found.ledger),
        "allocated": text(found.allocated),
        "unallocated": text(found.unallocated),
        "late": text(found.late),
        "currency": currency,
    }
