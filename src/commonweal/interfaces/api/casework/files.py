"""Cases as files: taken in with a mapping after a dry run, followed, gone on with; and written."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import File as Part
from ninja import Form
from ninja.files import UploadedFile
from pydantic import Field

from commonweal.kernel.casework import public as casework
from commonweal.kernel.jobs.public import cancel
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.schema.public import NotFound

from ..kit import paging
from ..kit.doors import ApiError, Asked, File, attachment
from ..kit.types import In, Out, Page, Text
from .keeping import MANAGE, door

MAX_FILE = 512 * 1024 * 1024
Field_ = Annotated[Text, Field(max_length=200)]
Short = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", examples=["old-desk"])]


class ActivityIn(In):
    """What a word of a log means: a phase (with the reason of waiting), or a message in or out."""

    phase: Literal["", "open", "waiting", "resolved", "closed"] = ""
    reason: Annotated[Text, Field(max_length=20)] = ""
    direction: Literal["", "in", "out"] = ""


class CaseMappingIn(In):
    """How a file reads. `columns`: our field, then the file's column; `defaults`: what holds where
    a row says nothing; `activities`: the file's word, then what it means."""

    kind: Literal["cases", "events", "xes"]
    columns: Annotated[dict[Field_, Field_], Field(max_length=60)] = Field(default_factory=dict)
    defaults: Annotated[dict[Field_, Field_], Field(max_length=60)] = Field(default_factory=dict)
    activities: Annotated[dict[Field_, ActivityIn], Field(max_length=500)] = Field(
        default_factory=dict
    )
    zone: Annotated[Text, Field(max_length=60)] = "UTC"
    format: Annotated[Text, Field(max_length=60)] = ""


class CaseMappingOut(Out):
    """A remembered way to read files."""

    code: str
    kind: str
    mapping: dict[str, Any]
    updated_at: datetime


@door.get("/case-mappings", access=MANAGE, returns=Page[CaseMappingOut])
def list_mappings(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """The remembered ways to read files, by code."""
    rows = casework.import_mappings(request.actor)
    return paging.part_of(rows, after, limit, lambda row: row.code)


@door.put("/case-mappings/{case_mapping}", access=MANAGE, returns=CaseMappingOut)
def remember_mapping(
    request: Asked, case_mapping: Short, data: CaseMappingIn
) -> casework.ImportMapping:
    """Remember how a file reads, for the next one."""
    return casework.remember_mapping(
        actor=request.actor, code=case_mapping, mapping=data.model_dump()
    )


class ImportProblemOut(Out):
    """A row that cannot be used, and what to do."""

    row: int
    code: str
    sentence: str


class CaseImportOut(Out):
    """A file on its way in. `state`: done, waiting, running, failed, cancelled or interrupted.

    `done` cases were read: `cases` taken in with their `events` (a dry run: would be), `known`
    were there, `refused` cannot be used; `problems` names the first hundred of these. `problem` is
    what is wrong with the file as a whole.
    """

    id: UUID
    source: str
    kind: str
    state: str
    dry_run: bool
    done: int
    cases: int
    events: int
    known: int
    refused: int
    problems: list[ImportProblemOut]
    problem: str
    started_at: datetime
    finished_at: datetime | None


def described(request: Asked, rows: Any) -> list[dict[str, Any]]:
    """Imports with how their work stands."""
    jobs = casework.import_jobs(request.actor, rows)
    names = set(CaseImportOut.model_fields) - {"state"}
    return [
        {name: getattr(row, name) for name in names}
        | {"state": casework.import_state(row, jobs.get(row.pk))}
        for row in rows
    ]


@door.get("/case-imports", access=MANAGE, returns=Page[CaseImportOut])
def list_imports(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Files of cases that were taken in or tried, the newest first."""
    rows = casework.case_imports(request.actor, paging.place(after, limit))
    return {**paging.answer(rows), "items": described(request, rows)}


@door.get("/case-imports/{case_import_id}", access=MANAGE, returns=CaseImportOut)
def read_import(request: Asked, case_import_id: UUID) -> dict[str, Any]:
    """One file: how far it is, and what was wrong in it."""
    return described(request, [casework.case_import(request.actor, case_import_id)])[0]


@door.post("/case-imports", access=MANAGE, returns=CaseImportOut, status=201, errors=(413,))
def send_import(
    request: Asked,
    file: UploadedFile = Part(..., description="CSV in UTF-8 or XES; it may be packed (gzip)."),
    source: Annotated[str, Field(min_length=1, max_length=60)] = Form(
        ..., description="Names the file's system for ever.", examples=["old-desk"]
    ),
    mapping: Annotated[str, Field(max_length=100_000)] = Form(
        ..., description="The code of a remembered mapping, or a mapping as JSON."
    ),
    dry_run: bool = Form(True, description="Check all of it and store nothing."),
) -> dict[str, Any]:
    """Have a file of cases tried, or taken in, by a worker; follow `/case-imports/{id}`.

    The same file again goes on where it stopped, and brings no case twice.
    """
    if (file.size or 0) > MAX_FILE:
        raise ApiError("API-413", "Send at most 512 MB at once. Split the file by months.")
    read = _mapping(request, mapping)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        with path.open("wb") as stream:
            for chunk in file.chunks():
                stream.write(chunk)
        row = casework.import_later(
            actor=request.actor, path=path, source=source, mapping=read, dry_run=dry_run
        )
    return described(request, [row])[0]


def _mapping(request: Asked, given: str) -> dict[str, Any]:
    """A mapping by its code, or as it is written (CASE-181 if it is neither)."""
    for row in casework.import_mappings(request.actor):
        if row.code == given.strip():
            return dict(row.mapping)
    try:
        found = json.loads(given)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ApiError(
            "CASE-181",
            "There is no remembered mapping of this code, and it is no JSON object either. Read "
            "/case-mappings.",
            field="mapping",
        )
    return found


@door.post("/case-imports/{case_import_id}/take", access=MANAGE, returns=CaseImportOut)
def take_tried(request: Asked, case_import_id: UUID) -> dict[str, Any]:
    """Take in the file of a dry run, as it was read then."""
    row = casework.take_tried(actor=request.actor, import_id=case_import_id)
    return described(request, [row])[0]


@door.post("/case-imports/{case_import_id}/resume", access=MANAGE, returns=CaseImportOut)
def resume_import(request: Asked, case_import_id: UUID) -> dict[str, Any]:
    """Go on with a file that stopped."""
    row = casework.resume_import(actor=request.actor, import_id=case_import_id)
    return described(request, [row])[0]


@door.post("/case-imports/{case_import_id}/cancel", access=MANAGE, returns=CaseImportOut)
def cancel_import(request: Asked, case_import_id: UUID) -> dict[str, Any]:
    """Stop a file; what was taken in stays."""
    row = casework.case_import(request.actor, case_import_id)
    job = casework.import_jobs(request.actor, [row]).get(row.pk)
    if job is None:
        raise NotFound("CASE-410", "There is no such import at work. Read /case-imports.")
    cancel(actor=request.actor, job_id=job.pk)
    return described(request, [row])[0]


MEDIA = {"csv": "text/csv", "jsonl": "application/x-ndjson", "xes": "application/xml"}


@door.get("/case-export", access=MANAGE, returns=File(*MEDIA.values()))
def export_cases(
    request: Asked,
    form: Literal["csv", "jsonl", "xes"] = "csv",
    agency: Annotated[str, Field(max_length=40)] = "",
    queue: Annotated[str, Field(max_length=40)] = "",
) -> HttpResponseBase:
    """All cases, of one agency or queue where one is named: a table, JSON lines, or an event log.

    It holds names and texts: personal data.
    """
    agency_id = find_agency(request.actor, agency).pk if agency else None
    pieces = casework.export_cases(request.actor, form, agency_id, queue)
    return attachment(f"cases.{form}", MEDIA[form], casework.spooled(pieces))
