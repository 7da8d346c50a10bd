"""Costs: imports of ledger files, pools with their rules and drivers, allocation runs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import File as Part
from ninja import Form, Query
from ninja.files import UploadedFile
from pydantic import Field

from commonweal.kernel.access.public import Actor
from commonweal.kernel.jobs.public import cancel
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import ApiError, Asked, Door, centre
from ..kit.types import Day, Exact, In, Money, Out, Page, Period, Text

SEE, IMPORT = centre("charging.view_costs"), centre("charging.import_costs")
door = Door("costs", "The centre's ledger costs, cost pools, and their allocation to services.")
BASIS = Literal["actual", "budget"]
PoolCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,39}$")]
MAX_FILE = 64 * 1024 * 1024


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


class CostFileOut(Out):
    """A large ledger file. `state`: done, waiting, running, failed or cancelled.

    `import_id` is what came of it; `problem` says why it was refused.
    """

    id: UUID
    filename: str
    state: str
    rows_done: int
    rows: int | None
    import_id: UUID | None
    last_error: str
    problem: str
    recorded_at: datetime


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


class AllocateIn(In):
    """Which costs to allocate."""

    basis: BASIS = "actual"
    first_period: Period
    last_period: Period
    label: Annotated[Text, Field(min_length=1, max_length=80)]
    method: Literal["direct", "step_down"] = "step_down"


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


ACCEPTED = {
    "responses": {
        202: {
            "description": "The file is kept; a worker imports it",
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/CostFileOut"}}
            },
        }
    }
}


@door.post(
    "/cost-imports", access=IMPORT, returns=ImportOut, status=201, errors=(413,), extra=ACCEPTED
)
def import_file(
    request: Asked,
    file: UploadedFile = Part(..., description="A CSV or XLSX extract of the ledger."),
    mapping: Annotated[str, Field(max_length=80)] = Form("", description="A saved mapping."),
    accept_as: Annotated[str, Field(max_length=80)] = Form(
        "", description="Confirm the columns found, and save them under this name."
    ),
    period: Annotated[str, Field(pattern=r"^(\d{4}-(0[1-9]|1[0-2]))?$")] = Form(
        "", description="The month of the whole file; wins over its dates."
    ),
    basis: BASIS = Form("actual"),
    columns: list[Annotated[str, Field(max_length=200)]] = Form(
        [], max_length=20, description="`field=Column`, or `field=column 3` where names repeat."
    ),
    date_format: Annotated[str, Field(max_length=20)] = Form("", examples=["DD/MM/YYYY"]),
    decimal: Literal["", ".", ","] = Form(""),
    encoding: Annotated[str, Field(max_length=20)] = Form(""),
    delimiter: Annotated[str, Field(max_length=1)] = Form(""),
    sheet: Annotated[str, Field(max_length=80)] = Form(""),
    header_row: int = Form(1, ge=1, le=1000, description="The row that holds the column names."),
    keep_repeats: bool = Form(False, description="Lines that stand in the file twice are right."),
    late_reason: Annotated[str, Field(max_length=500)] = Form(
        "", description="Why costs of closed months come only now; lets them in."
    ),
) -> Any:
    """Import a ledger file. Every row becomes a line or a named reject, and the sums agree.

    A file of more than 4 MB (a workbook: 1 MB) is kept and imported by a worker, as a whole or not
    at all (202): follow `/cost-files/{file_id}`.

    A layout that is not known yet is refused with what was found (COSTS-105); send it again with
    `accept_as` to confirm, and with what it asks for: `field` in a refusal names the part to set. A
    line that stands in the file twice is named (COSTS-133) unless `keep_repeats` says that it is
    right. A file that was imported before is refused (COSTS-109).
    """
    if (file.size or 0) > MAX_FILE:
        raise ApiError("API-413", "Send at most 64 MB at once. Split the file by month.")
    wanted = charging.CostRequest(
        filename=file.name or "ledger.csv",
        data=file.read(),
        mapping=mapping,
        given=charging.ColumnMapping(charging.parse_columns(columns), date_format, decimal),
        accept_as=accept_as,
        period=period,
        basis=basis,
        late_reason=late_reason,
        keep_repeats=keep_repeats,
        options=charging.CostFileOptions(encoding, delimiter, sheet, header_row),
    )
    if charging.is_large_ledger(wanted.data):
        kept = charging.import_costs_later(actor=request.actor, request=wanted)
        found = CostFileOut.model_validate(described(request.actor, kept))
        return HttpResponse(found.model_dump_json(), status=202, content_type="application/json")
    return charging.import_costs(actor=request.actor, request=wanted).cost_import


def described(actor: Actor, file: charging.CostFile) -> dict[str, Any]:
    """A large file with how its import stands."""
    job = charging.file_jobs(actor, [file]).get(file.id)
    return {
        "id": file.id,
        "filename": file.filename,
        "state": charging.file_state(file.cost_import_id is not None, job.state if job else ""),
        "rows_done": job.progress_done if job else 0,
        "rows": job.progress_total if job else None,
        "import_id": file.cost_import_id,
        "last_error": job.last_error if job else "",
        "problem": file.problem.get("message", ""),
        "recorded_at": file.recorded_at,
    }


@door.get("/cost-files/{file_id}", access=SEE, returns=CostFileOut)
def read_cost_file(request: Asked, file_id: UUID) -> dict[str, Any]:
    """A large ledger file: how far its import is, what came of it, why it was refused."""
    return described(request.actor, charging.cost_file(request.actor, file_id))


@door.post("/cost-files/{file_id}/cancel", access=IMPORT, returns=CostFileOut)
def cancel_cost_file(request: Asked, file_id: UUID) -> dict[str, Any]:
    """Cancel its import: nothing of it is stored."""
    file = charging.cost_file(request.actor, file_id)
    cancel(actor=request.actor, job_id=charging.file_jobs(request.actor, [file])[file.id].pk)
    return described(request.actor, file)


@door.post("/cost-files/{file_id}/resume", access=IMPORT, returns=CostFileOut)
def resume_cost_file(request: Asked, file_id: UUID) -> dict[str, Any]:
    """Import it once more after a cancel or a remedy; it is kept for two weeks (COSTS-114)."""
    file = charging.resume_import(actor=request.actor, file_id=file_id)
    return described(request.actor, file)


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
