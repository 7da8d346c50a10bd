"""Files of ledger costs: sending one, and how the import of a large one stands."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import File as Part
from ninja import Form
from ninja.files import UploadedFile
from pydantic import Field

from commonweal.kernel.access.public import Actor
from commonweal.kernel.jobs.public import cancel
from commonweal.practices.charging import public as charging

from ..kit.doors import ApiError, Asked
from ..kit.types import Out
from .costs import BASIS, IMPORT, SEE, ImportOut, door

__all__ = ["door"]
MAX_FILE = 64 * 1024 * 1024


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
