"""Importing ledger costs and allocating them to services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, digest, record
from commonweal.kernel.calendar.public import FiscalPeriod, now
from commonweal.kernel.money.public import Money
from commonweal.kernel.party.public import centre

from ..domain.cost_model import edge_rows
from ..domain.costs import ColumnMapping, CostError, ReadLine, header_hash
from ..engine import ENGINE_VERSION
from ..engine.documents import run_allocate
from ..import_costs.reading import (
    TELL_ROWS,
    CostReading,
    CostRequest,
    Tell,
    read_costs,
    refuse_repeat,
    silent,
)
from ..models import (
    AllocationEdge,
    AllocationRun,
    CostImport,
    CostLine,
    CostMapping,
    RejectedCostRow,
)
from ..selectors.allocation_inputs import allowable_part, document_of, inputs, store_idle
from ..selectors.allocation_method import method_on
from ..selectors.cost_model import present_ledger

BASES = ("actual", "budget")


@dataclass(frozen=True)
class ImportReport:
    """What an import did: the stored import and everything that was read."""

    cost_import: CostImport
    reading: CostReading


@action
def save_mapping(
    *, actor: Actor, name: str, header: tuple[str, ...], mapping: ColumnMapping
) -> CostMapping:
    """Keep how a layout is read, under a name. The same name for another layout is refused."""
    require(actor, "charging.import_costs")
    label = name.strip()
    if not label:
        raise CostError("COSTS-106", "The mapping has no name. Give it one.", field="accept_as")
    known = CostMapping.objects.filter(agency_id=centre().agency_id, name=label).first()
    if known is not None and known.header_hash != header_hash(header):
        raise CostError(
            "COSTS-106",
            f"“{label}” is the mapping of another layout. Choose another name.",
        )
    saved, _ = CostMapping.objects.update_or_create(
        agency_id=centre().agency_id,
        name=label[:80],
        defaults={
            "header_hash": header_hash(header),
            "columns": dict(mapping.columns),
            "options": mapping.options,
            "recorded_at": now(),
        },
    )
    record(
        actor=actor,
        verb="costs.mapping_saved",
        target=saved,
        payload={"columns": saved.columns, "options": saved.options},
    )
    return saved


@action
def import_costs(*, actor: Actor, request: CostRequest, tell: Tell = silent) -> ImportReport:
    """Store a file's costs: every row as a line or as a named reject, and the reconciliation.

    With a `late_reason` it may hold costs of closed months: each of them is allocated anew, and
    what was billed stays as it was.

    Refused as a whole, with nothing written, when the file was imported before (COSTS-109), a month
    is closed (COSTS-110), nothing can be used (COSTS-113), or the two sums differ (COSTS-108).
    """
    require(actor, "charging.import_costs")
    reading = read_costs(actor, request, tell)
    mapping = reading.saved
    if mapping is None:
        mapping = save_mapping(
            actor=actor,
            name=request.accept_as,
            header=reading.table.header,
            mapping=reading.mapping,
        )
    stored = _store_import(actor, request, reading, mapping)
    _store_rows(stored, reading, tell)
    for period in reading.late:
        allocate(
            actor=actor,
            basis="actual",
            first_period=period,
            last_period=period,
            label=period,
            late_import=stored,
        )
    record(
        actor=actor,
        verb="costs.imported",
        target=stored,
        payload={
            "sha256": stored.sha256,
            "rows": stored.rows_total,
            "used": stored.rows_used,
            "rejected": stored.rows_rejected,
            "used_minor": stored.used_minor,
            "control_minor": stored.control_minor,
            "currency": stored.currency,
            "basis": stored.basis,
            "late": list(reading.late),
            "repeats_kept": reading.repeats_kept,
            "late_reason": stored.late_reason,
        },
    )
    return ImportReport(stored, reading)


def _store_import(
    actor: Actor, request: CostRequest, reading: CostReading, mapping: CostMapping
) -> CostImport:
    stored = CostImport(
        agency_id=centre().agency_id,
        filename=request.filename[:200],
        sha256=reading.sha256,
        mapping=mapping,
        currency=reading.currency,
        basis=request.basis,
        rows_total=reading.rows_total,
        rows_used=len(reading.lines),
        rows_rejected=len(reading.rejects),
        used_minor=reading.used_minor,
        rejected_minor=reading.rejected_minor,
        control_minor=reading.control.minor,
        late_reason=request.late_reason.strip()[:500] if reading.late else "",
        recorded_at=now(),
        recorded_by=actor.user_id,
    )
    try:
        with transaction.atomic():
            stored.save(force_insert=True)
    except IntegrityError:
        refuse_repeat(reading.sha256)
        raise
    return stored


def _store_rows(stored: CostImport, reading: CostReading, tell: Tell) -> None:
    common = {"agency_id": stored.agency_id, "cost_import": stored}
    lines = reading.lines
    for start in range(0, len(lines), TELL_ROWS):
        tell(start, reading.rows_total)
        _store_lines(common, stored, lines[start : start + TELL_ROWS])
    RejectedCostRow.objects.bulk_create(
        (
            RejectedCostRow(
                **common,
                row=reject.row,
                code=reject.code,
                message=reject.message[:500],
                amount_text=reject.amount_text[:60],
            )
            for reject in reading.rejects
        ),
        batch_size=2000,
    )


def _store_lines(common: dict[str, Any], stored: CostImport, lines: Sequence[ReadLine]) -> None:
    CostLine.objects.bulk_create(
        CostLine(
            **common,
            row=line.row,
            period=line.period,
            posted_on=line.posted_on,
            amount_minor=line.amount_minor,
            currency=stored.currency,
            basis=stored.basis,
            **line.texts,
        )
        for line in lines
    )


@action
def allocate(
    *,
    actor: Actor,
    basis: str,
    first_period: str,
    last_period: str,
    label: str,
    method: str = "",
    late_import: CostImport | None = None,
) -> AllocationRun:
    """Allocate the ledger costs of some periods to services, exactly and proved by a second path.

    `basis` “budget” takes imported budget lines; where these periods have none, their actual costs
    stand in for the budget, and the run's document says so. Drivers count with their latest
    measurement not after `last_period`. `method`: empty for the one decided for the first month.
    The same inputs give the run that there is already.
    Periods without any ledger line are refused (COSTS-224): nothing is no finding. Where marks say
    what grants do not allow, the result holds both bases; idle capacity is kept line by line.
    `late_import`: the import of late costs that the run is made for.
    """
    require(actor, "charging.import_costs")
    first, last = _span(basis, first_period, last_period)
    method = method or method_on(first.first_day)
    given = inputs(basis, first, last)
    document = document_of(given, method)
    if not given.amounts:
        raise CostError(
            "COSTS-224",
            f"{first.code} to {last.code} have no ledger lines. Import their costs first.",
        )
    periods, source = [first.code, last.code], given.source
    identity = {
        "engine": ENGINE_VERSION,
        "document": document,
        "periods": periods,
        "lines": source,
        **given.terms(),
    }
    input_hash = digest(identity)
    found = _same_run(basis, label, input_hash)
    if found is not None:
        record(actor=actor, verb="costs.allocation_repeated", target=found)
        return found
    result = {**run_allocate(document), "lines": source}
    if given.marks:
        result["allowable"] = allowable_part(given, method)
    run = _store_run(
        basis=basis, label=label[:80], first_period=first.code, last_period=last.code,
        method=method, input_hash=input_hash, document=document, result=result,
        ledger=present_ledger(source, first.code, last.code), cost_import=late_import,
    )  # fmt: skip
    _store_edges(run)
    store_idle(run, given)
    record(
        actor=actor,
        verb="costs.allocated",
        target=run,
        payload={
            "basis": basis,
            "periods": periods,
            "method": method,
            "input_hash": input_hash,
            "total_minor": run.total_minor,
            "unallocated_minor": run.unallocated_minor,
        },
    )
    return run


def _store_run(**fields: Any) -> AllocationRun:
    currency, result = centre().currency, fields["result"]
    return AllocationRun.objects.create(
        agency_id=centre().agency_id,
        engine_version=ENGINE_VERSION,
        total_minor=Money.exactly(result["total"], currency).minor,
        unallocated_minor=Money.exactly(result["unallocated"], currency).minor,
        currency=currency,
        recorded_at=now(),
        **fields,
    )


def _same_run(basis: str, label: str, input_hash: str) -> AllocationRun | None:
    return AllocationRun.objects.filter(
        agency_id=centre().agency_id, basis=basis, label=label[:80], input_hash=input_hash
    ).first()


def _span(basis: str, first_period: str, last_period: str) -> tuple[FiscalPeriod, FiscalPeriod]:
    first, last = FiscalPeriod.parse(first_period), FiscalPeriod.parse(last_period)
    if basis not in BASES:
        raise CostError("COSTS-221", f"“{basis}” is not a basis. Use actual or budget.")
    if last < first:
        raise CostError(
            "COSTS-222", f"{last_period} lies before {first_period}. Give the earlier month first."
        )
    return first, last


def _store_edges(run: AllocationRun) -> None:
    AllocationEdge.objects.bulk_create(
        AllocationEdge(
            agency_id=run.agency_id,
            run=run,
            source=edge.source,
            target=edge.target,
            driver=edge.driver[:60],
            numerator=Decimal(edge.numerator),
            denominator=Decimal(edge.denominator),
            amount_minor=Money.exactly(edge.amount, run.currency).minor,
        )
        for edge in edge_rows(run.document, run.result)
    )
