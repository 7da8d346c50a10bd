"""Usage files: sent with a column mapping, taken in at once or by a worker, followed, resumed."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from ninja import File as Part
from ninja import Form
from ninja.files import UploadedFile
from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter, ValidationError

from commonweal.kernel.access.public import Actor, act_as
from commonweal.kernel.metering import public as metering
from commonweal.kernel.schema.public import NotFound

from ..kit import paging
from ..kit.doors import Asked, Door, File, attachment, needs
from ..kit.types import Out, Page

VIEW, SUBMIT = needs("metering.view"), needs("metering.submit")
door = Door("usage-files", "Files of usage records: sent, followed, cancelled, gone on with.")
SourceCode = Annotated[str, Field(min_length=1, max_length=40, examples=["payroll-engine"])]
Word = Annotated[str, StringConstraints(max_length=200)]
_PAIRS: TypeAdapter[dict[str, str]] = TypeAdapter(dict[Word, Word])


def _pairs(text: str) -> str:
    try:
        _PAIRS.validate_json(text or "{}")
    except ValidationError:
        raise ValueError(
            'Write a JSON object of short texts, such as {"Dept": "agency"}.'
        ) from None
    return text


Words = Annotated[str, AfterValidator(_pairs), Field(max_length=8000)]


class RowProblem(Out):
    """A row that was not taken, why, and what to do. The header is row 1."""

    row: int
    pointer: str
    code: str
    message: str
    external_id: str


class FileResult(Out):
    """What became of a file; `state` is `waiting` where a worker takes it in (202)."""

    upload_id: UUID
    state: Literal["done", "waiting"]
    rows: int
    accepted: int
    duplicates: int
    conflicts: int
    rejected: int
    dry_run: bool
    problems: list[RowProblem] = Field(
        description="The first hundred; `/usage/uploads/{upload_id}/problems` has all."
    )


class UploadOut(Out):
    """A file on its way in. `state`: done, waiting, running, failed, cancelled or interrupted.

    `rows` are committed, of about `rows_expected`; `problem` is what is wrong with the file as a
    whole, `last_error` the code with which its work ended.
    """

    id: UUID
    source: str
    format: str
    state: str
    dry_run: bool
    rows: int
    rows_expected: int | None
    accepted: int
    duplicates: int
    conflicts: int
    rejected: int
    problem: str
    last_error: str
    started_at: datetime
    finished_at: datetime | None


ACCEPTED = {
    "responses": {
        202: {
            "description": "The file is kept; a worker takes it in",
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/FileResult"}}
            },
        }
    }
}
FILE = "A CSV or Parquet file with a header."
COLUMNS = (
    'A JSON object: which column holds which field, such as `{"Dept": "agency"}`. Fields: id '
    "agency charge_item quantity unit from to (needed), bureau order_line origin replaces "
    "dimensions.NAME. Left out: the columns are named as the fields."
)
CONSTANTS = 'A JSON object: one value for the whole file, such as `{"unit": "C62"}`.'
FORMATS = "How moments are written, such as `%d/%m/%Y %H:%M`; tried in order."
RESUME = "The id of the upload to go on with: send the same file and options again."


@door.post("/usage/files", access=SUBMIT, returns=FileResult, own_transactions=True, extra=ACCEPTED)
def send_file(
    request: Asked,
    file: UploadedFile = Part(..., description=FILE),
    source: SourceCode = Form(...),
    format: Literal["csv", "parquet"] = Form("csv"),
    columns: Words = Form("", description=COLUMNS, examples=['{"Dept": "agency"}']),
    constants: Words = Form("", description=CONSTANTS, examples=['{"unit": "C62"}']),
    date_formats: list[Word] = Form([], description=FORMATS, max_length=10),
    zone: Annotated[str, Field(max_length=64)] = Form(""),
    encoding: Annotated[str, Field(max_length=20)] = Form(""),
    delimiter: Annotated[str, Field(max_length=1)] = Form(""),
    decimal_comma: bool = Form(False),
    dry_run: bool = Form(False),
    resume: UUID | None = Form(None, description=RESUME),
) -> Any:
    """Send a usage file; each row is taken or refused alone, chunk after chunk committed.

    A file of more than 4 MB is kept and taken in by a worker (202): follow
    `/usage/uploads/{upload_id}`. The same file again, or `resume`, goes on where an interruption
    left it. `dry_run` says what would happen and stores nothing.
    """
    options = metering.FileOptions(
        mapping=_PAIRS.validate_json(columns or "{}"),
        constants=_PAIRS.validate_json(constants or "{}"),
        date_formats=tuple(date_formats),
        encoding=encoding,
        delimiter=delimiter,
        decimal_comma=decimal_comma,
        zone=zone,
    )
    with tempfile.NamedTemporaryFile(prefix="usage-") as kept:
        for piece in file.chunks():
            kept.write(piece)
        kept.flush()
        path = Path(kept.name)
        if metering.is_large(path):
            return _later(request.actor, source, path, format, options, dry_run, resume)
        result = metering.submit_file(
            actor=request.actor,
            source=source,
            path=path,
            kind=format,
            options=options,
            dry_run=dry_run,
            resume=resume,
        )
    return {"state": "done", **vars(result)}


def _later(
    actor: Actor,
    source: str,
    path: Path,
    kind: str,
    options: metering.FileOptions,
    dry_run: bool,
    resume: UUID | None,
) -> HttpResponse:
    """A worker takes it in: 202, with the upload to follow."""
    with act_as(actor):
        upload = metering.submit_later(
            actor=actor,
            source=source,
            path=path,
            kind=kind,
            options=options,
            dry_run=dry_run,
            resume=resume,
        )
    found = FileResult(
        upload_id=upload.id,
        state="waiting",
        rows=upload.rows_done,
        accepted=upload.accepted,
        duplicates=upload.duplicates,
        conflicts=upload.conflicts,
        rejected=upload.rejected,
        dry_run=dry_run,
        problems=[],
    )
    return HttpResponse(found.model_dump_json(), status=202, content_type="application/json")


OWN = ("source", "state", "rows", "last_error")
"""Fields of an upload's answer that are not its row's."""


def described(actor: Actor, rows: list[metering.Upload]) -> list[dict[str, Any]]:
    """Uploads with how they stand; one query more."""
    jobs = metering.upload_jobs(actor, rows)
    found = []
    for row in rows:
        job = jobs.get(row.id)
        found.append(
            {
                **{
                    name: getattr(row, name)
                    for name in UploadOut.model_fields
                    if hasattr(row, name)
                },
                "source": row.source.code,
                "state": metering.upload_state(row, job),
                "rows": row.rows_done,
                "last_error": job.last_error if job else "",
            }
        )
    return found


@door.get("/usage/uploads", access=VIEW, returns=Page[UploadOut])
def list_uploads(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Files, newest first."""
    rows = metering.uploads(request.actor, paging.place(after, limit))
    return {**paging.answer(rows), "items": described(request.actor, list(rows))}


@door.get("/usage/uploads/{upload_id}", access=VIEW, returns=UploadOut)
def read_upload(request: Asked, upload_id: UUID) -> dict[str, Any]:
    """One file: how far it is, and what came of it."""
    return described(request.actor, [metering.upload(request.actor, upload_id)])[0]


@door.get("/usage/uploads/{upload_id}/problems", access=VIEW, returns=File("text/csv"))
def upload_problems(request: Asked, upload_id: UUID) -> HttpResponseBase:
    """Every row that was not taken, and why, as CSV."""
    found = metering.upload(request.actor, upload_id)
    path = Path(settings.DATA_DIR) / found.problems_path
    if not found.problems_path or not path.is_file():
        raise NotFound("USAGE-405", "No row of this file was refused. There is nothing to read.")
    return attachment("refused-rows.csv", "text/csv", path.read_bytes())


@door.post("/usage/uploads/{upload_id}/cancel", access=SUBMIT, returns=UploadOut)
def cancel_upload(request: Asked, upload_id: UUID) -> dict[str, Any]:
    """Stop taking a file in, between two chunks. What was taken in stays."""
    found = metering.cancel_upload(actor=request.actor, upload_id=upload_id)
    return described(request.actor, [found])[0]


@door.post("/usage/uploads/{upload_id}/resume", access=SUBMIT, returns=UploadOut)
def resume_upload(request: Asked, upload_id: UUID) -> dict[str, Any]:
    """Go on with a file that was cancelled or failed, with its first row that was not committed.

    The file is kept for two weeks; after that send it again (USAGE-216).
    """
    found = metering.resume_upload(actor=request.actor, upload_id=upload_id)
    return described(request.actor, [found])[0]
