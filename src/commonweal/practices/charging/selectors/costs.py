"""Reads of imports, ledger lines, allocation runs and their reconciliation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.jobs.public import Job, by_keys
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place, listing

from ..domain.cost_model import UNALLOCATED, steps_to
from ..domain.cost_terms import IDLE
from ..domain.costs import file_key
from ..models import (
    AllocationEdge,
    AllocationRun,
    CloseStep,
    CostFile,
    CostImport,
    CostMapping,
    RejectedCostRow,
)
from .cost_model import UNASSIGNED, VIEW, amounts_by_pool, is_pool, lines_with_pool


@dataclass(frozen=True)
class LedgerLine:
    """A ledger line as it may be shown: the supplier's number is masked to its last digits."""

    id: UUID
    row: int
    filename: str
    period: str
    posted_on: Any
    unit: str
    category: str
    account: str
    reference: str
    supplier: str
    kind: str
    amount_minor: int
    currency: str
    pool: str


def reached(run_id: UUID, pool: str) -> set[str]:
    """The codes of the services that a pool's cost reached in an allocation. For callers that
    checked the actor."""
    edges = AllocationEdge.objects.filter(run_id=run_id, source=pool).exclude(amount_minor=0)
    found = set(edges.values_list("target", flat=True))
    return {code for code in found if code != UNALLOCATED and not code.startswith(IDLE)}


@dataclass(frozen=True)
class Reconciliation:
    """Whether an allocation still says what the ledger says. All in minor units.

    `ledger`: the lines of the run's periods now; `allocated` + `unallocated` = `total`. `late`:
    ledger cost that came after the run.
    """

    run: AllocationRun
    ledger: int
    total: int
    allocated: int
    unallocated: int
    pools: Sequence[tuple[str, int, int]]

    @property
    def late(self) -> int:
        """Ledger cost that the run does not know."""
        return self.ledger - self.total

    @property
    def agrees(self) -> bool:
        """Ledger cost = allocated + unallocated, and each pool's parts add up to the pool."""
        return (
            self.late == 0
            and self.total == self.allocated + self.unallocated
            and all(held == given for _, held, given in self.pools)
        )


def mask(reference: str) -> str:
    """A supplier's number with all but its last four characters covered."""
    return "•••" + reference[-4:] if len(reference) > 4 else "•••" if reference else ""


def imports(actor: Actor, place: Place = FIRST) -> Listing[CostImport]:
    """A page of the imported files, newest first."""
    require(actor, VIEW)
    found = CostImport.objects.filter(agency_id=centre().agency_id).select_related("mapping")
    return listing(found, ["-recorded_at", "-id"], place)


def waiting_files(actor: Actor, limit: int = 20) -> list[CostFile]:
    """Large files that were not imported yet, newest first."""
    require(actor, VIEW)
    found = CostFile.objects.filter(agency_id=centre().agency_id, cost_import__isnull=True)
    return list(found.order_by("-id")[:limit])


def cost_file(actor: Actor, file_id: UUID) -> CostFile:
    """A large file that a worker imports or has imported (COSTS-404)."""
    require(actor, VIEW)
    found = CostFile.objects.filter(agency_id=centre().agency_id, pk=file_id).first()
    if found is None:
        raise NotFound("COSTS-404", "There is no such file. Go back to the imported files.")
    return found


def file_jobs(actor: Actor, files: Iterable[CostFile]) -> dict[UUID, Job]:
    """The background work of some files, ended or not, by file; one query."""
    keys = {file_key(file.id): file.id for file in files}
    return {keys[key]: job for key, job in by_keys(actor, keys).items()}


def cost_import(actor: Actor, import_id: UUID) -> CostImport:
    """One import (COSTS-404)."""
    require(actor, VIEW)
    found = CostImport.objects.filter(agency_id=centre().agency_id, pk=import_id)
    row = found.select_related("mapping").first()
    if row is None:
        raise NotFound("COSTS-404", "There is no such import. Choose one from the list.")
    return row


def no_costs_reason(actor: Actor, period: str) -> str | None:
    """Why a month was closed without ledger costs; None: it was not."""
    require(actor, VIEW)
    step = CloseStep.objects.filter(run__period=period, code="allocate", state="done").first()
    return step.detail.get("no_costs_reason") if step else None


def late_allocations(actor: Actor, stored: CostImport) -> list[AllocationRun]:
    """The new allocations of closed months that an import of late costs led to, by month."""
    require(actor, VIEW)
    found = AllocationRun.objects.filter(agency_id=centre().agency_id, cost_import=stored)
    return list(found.defer("document", "result", "ledger").order_by("first_period"))


def rejects(actor: Actor, import_id: UUID, place: Place | None = FIRST) -> Listing[RejectedCostRow]:
    """A page of the rows of an import that could not be used, by row; `place` None: all of them."""
    require(actor, VIEW)
    found = RejectedCostRow.objects.filter(agency_id=centre().agency_id, cost_import_id=import_id)
    return listing(found, ["row", "id"], place)


def mappings(actor: Actor, place: Place | None = None) -> Listing[CostMapping]:
    """Saved mappings by name: one for each layout that the centre imports."""
    require(actor, VIEW)
    return listing(CostMapping.objects.filter(agency_id=centre().agency_id), ["name"], place)


def pool_lines(
    actor: Actor,
    pool: str,
    first: str,
    last: str,
    *,
    basis: str = "actual",
    counted: Mapping[str, Any] | None = None,
    hidden: Q | None = None,
    place: Place = FIRST,
) -> Listing[LedgerLine]:
    """A page of a pool's ledger lines in some periods, by period and in order of import.

    `pool` is a code, or `unassigned` for the lines that no rule takes. `counted`: what a run kept
    of the ledger; then the lines that it counted, whatever came later. `hidden`: lines left out.
    """
    require(actor, VIEW)
    if counted is None and pool != UNASSIGNED and not is_pool(pool):
        raise NotFound("COSTS-405", f"There is no pool “{pool}”. Choose one from the list.")
    found = lines_with_pool(basis, first, last, counted).filter(pool_code=pool)
    if hidden is not None:
        found = found.exclude(hidden)
    rows = listing(found.select_related("cost_import"), ["period", "id"], place)
    return Listing([shown_line(row, row.pool_code) for row in rows], rows.previous, rows.next)


def shown_line(row: Any, pool: str) -> LedgerLine:
    """A stored line as it may be shown."""
    return LedgerLine(
        id=row.id,
        row=row.row,
        filename=row.cost_import.filename,
        period=row.period,
        posted_on=row.posted_on,
        unit=row.unit,
        category=row.category,
        account=row.account,
        reference=row.reference,
        supplier=mask(row.supplier_ref),
        kind=row.kind,
        amount_minor=row.amount_minor,
        currency=row.currency,
        pool=pool,
    )


def allocation_runs(actor: Actor, basis: str = "", place: Place = FIRST) -> Listing[AllocationRun]:
    """A page of allocation runs, newest first, without their documents."""
    require(actor, VIEW)
    found = AllocationRun.objects.filter(agency_id=centre().agency_id)
    if basis:
        found = found.filter(basis=basis)
    return listing(found.defer("document", "result", "ledger"), ["-recorded_at", "-id"], place)


def allocation_run(actor: Actor, run_id: UUID) -> AllocationRun:
    """One run with its document and result (COSTS-406)."""
    require(actor, VIEW)
    found = AllocationRun.objects.filter(agency_id=centre().agency_id, pk=run_id).first()
    if found is None:
        raise NotFound("COSTS-406", "There is no such allocation. Choose one from the list.")
    return found


def latest_run(actor: Actor, basis: str, label: str) -> AllocationRun | None:
    """The newest run of a basis and label, or None."""
    require(actor, VIEW)
    found = AllocationRun.objects.filter(
        agency_id=centre().agency_id, basis=basis, label=label[:80]
    )
    return found.order_by("-recorded_at", "-id").first()


def edges(
    actor: Actor, run_id: UUID, target: str = "", place: Place | None = None
) -> Listing[AllocationEdge]:
    """A run's resolved shares, largest amount first; `target`: only those of a service's code.

    Without a place all of them: a pool has one for each service that it reaches.
    """
    require(actor, VIEW)
    found = AllocationEdge.objects.filter(run_id=run_id, run__agency_id=centre().agency_id)
    if target:
        found = found.filter(target=target)
    return listing(found, ["-amount_minor", "-id"], place)


def steps(actor: Actor, run_id: UUID, target: str) -> list[dict[str, str]]:
    """The single steps of the allocation into a target, with the driver's parts."""
    return steps_to(allocation_run(actor, run_id).result, target)


def reconciliation(actor: Actor, run_id: UUID) -> Reconciliation:
    """Ledger cost = allocated + unallocated, in total and for each pool."""
    run = allocation_run(actor, run_id)
    held = amounts_by_pool(run.result["lines"], run.first_period, run.last_period)
    given = dict(
        AllocationEdge.objects.filter(run=run)
        .values_list("source")
        .annotate(total=Sum("amount_minor"))
    )
    pools = [
        (code, held.get(code, (0, 0))[1], int(given.get(code, 0)))
        for code in sorted({*held, *given})
    ]
    return Reconciliation(
        run=run,
        ledger=sum(amount for _, amount in held.values()),
        total=run.total_minor,
        allocated=run.total_minor - run.unallocated_minor,
        unallocated=run.unallocated_minor,
        pools=pools,
    )
