"""Large ledger files: kept for a worker, gone on with, and what came of each."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import now
from commonweal.kernel.jobs.public import enqueue_again
from commonweal.kernel.metering.public import INLINE_BYTES, keep_file, kept_file
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError, Conflict, NotFound, uuid7

from ..domain.costs import CostError, file_key
from ..import_costs.files import ZIP
from ..import_costs.reading import CostRequest, look_at_costs
from ..models import CostFile, CostImport

IMPORT = "charging.import_costs"
KIND = "charging.import_costs"
PACKED_BYTES = INLINE_BYTES // 4
"""A workbook is packed: its rows take about a quarter of the room."""


def is_large_ledger(data: bytes) -> bool:
    """Whether a file is for a worker: its reading takes longer than anybody likes to wait."""
    return len(data) > (PACKED_BYTES if data.startswith(ZIP) else INLINE_BYTES)


@action
def import_costs_later(*, actor: Actor, request: CostRequest) -> CostFile:
    """Have a large file imported by a worker, as this actor, as a whole or not at all.

    What can be refused after its first rows is refused here: MappingNeeded, COSTS-104 to 112.
    """
    require(actor, IMPORT)
    look_at_costs(actor, request)
    file = CostFile.objects.create(
        id=uuid7(),
        agency_id=centre().agency_id,
        filename=request.filename[:200],
        asked={
            "mapping": request.mapping,
            "given": {"columns": dict(request.given.columns), **request.given.options},
            "accept_as": request.accept_as,
            "period": request.period,
            "currency": request.currency,
            "basis": request.basis,
            "late_reason": request.late_reason,
            "keep_repeats": request.keep_repeats,
            "options": asdict(request.options),
        },
        asked_by=actor.user_id,
        recorded_at=now(),
    )
    keep_file(file.id, request.data)
    _queue(actor, file)
    record(actor=actor, verb="costs.file_kept", target=file, payload={"bytes": len(request.data)})
    return file


@action
def resume_import(*, actor: Actor, file_id: UUID) -> CostFile:
    """Import a kept file that was cancelled or refused once more, as this actor (COSTS-114)."""
    require(actor, IMPORT)
    file = locked_file(file_id)
    if file.cost_import_id is not None:
        raise Conflict("COSTS-115", "This file is imported already. Look at its import.")
    if not kept_file(file.id).is_file():
        raise CostError("COSTS-114", "The file is not kept any more. Upload it again.")
    file.problem = {}
    file.save(update_fields=["problem"])
    _queue(actor, file)
    record(actor=actor, verb="costs.file_resumed", target=file)
    return file


def _queue(actor: Actor, file: CostFile) -> None:
    enqueue_again(actor=actor, kind=KIND, key=file_key(file.id), payload={"file": str(file.id)})


def locked_file(file_id: UUID) -> CostFile:
    """A kept file, for a change (COSTS-404)."""
    found = CostFile.objects.select_for_update().filter(pk=file_id).first()
    if found is None:
        raise NotFound("COSTS-404", "There is no such file. Go back to the imported files.")
    return found


@action
def note_imported(*, actor: Actor, file_id: UUID, cost_import: CostImport) -> None:
    """A kept file has become an import; in the import's own transaction."""
    require(actor, IMPORT)
    file = locked_file(file_id)
    file.cost_import, file.problem = cost_import, {}
    file.save(update_fields=["cost_import", "problem"])
    record(actor=actor, verb="costs.file_imported", target=file)


@action
def note_refused(*, actor: Actor, file_id: UUID, error: CommonwealError) -> None:
    """Keep why a file was refused, for whoever asked."""
    file = locked_file(file_id)
    rows = error.details.get("rows", [])
    file.problem = {"code": error.code, "message": error.message, "rows": rows}
    file.save(update_fields=["problem"])
    record(actor=actor, verb="costs.file_refused", target=file, payload={"code": error.code})
