"""Everything that an agency has here, as one archive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from pydantic import Field

from commonweal.kernel.documents import public as documents
from commonweal.kernel.jobs.public import Job
from commonweal.kernel.party import public as party

from ..kit import paging
from ..kit.doors import Asked, Door, File, attachment, needs
from ..kit.types import AgencyKey, Out, Page

TAKE = needs(documents.TAKE_OUT)
ZIP = "application/zip"
door = Door("take-outs", "Everything that an agency has here, as one zip of open files.")
DOORS = [door]


class TakeOutOut(Out):
    """An archive that was asked for. `finished_at` null: it is being made, or `state` says why not.

    `state` is that of the background work; `files_so_far` says how far it is.
    """

    id: UUID
    agency_id: UUID
    asked_at: datetime
    finished_at: datetime | None
    removed_at: datetime | None
    kept_until: datetime
    filename: str
    files: int
    size: int
    sha256: str
    state: str = Field(examples=["running"])
    files_so_far: int


def _outs(request: Asked, rows: Sequence[documents.TakeOut]) -> list[dict[str, Any]]:
    works = documents.works(request.actor, rows)
    return [_out(row, works.get(row.pk)) for row in rows]


def _out(row: documents.TakeOut, work: Job | None) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in (
            "id", "agency_id", "asked_at", "finished_at", "removed_at", "filename", "files", "size",
            "sha256",
        )},
        "kept_until": documents.kept_until(row),
        "state": work.state if work else "done",
        "files_so_far": work.progress_done if work else row.files,
    }  # fmt: skip


@door.post("/agencies/{agency}/take-outs", access=TAKE, returns=TakeOutOut, status=201)
def ask_take_out(request: Asked, agency: AgencyKey) -> dict[str, Any]:
    """Ask for an archive of everything that the agency has here; a worker makes it."""
    agency_id = party.agency(request.actor, agency).pk
    [made] = _outs(request, [documents.ask_take_out(actor=request.actor, agency_id=agency_id)])
    return made


@door.get("/agencies/{agency}/take-outs", access=TAKE, returns=Page[TakeOutOut])
def list_take_outs(
    request: Asked,
    agency: AgencyKey,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The archives that were asked for, newest first."""
    agency_id = party.agency(request.actor, agency).pk
    found = documents.take_outs(request.actor, agency_id, paging.place(after, limit))
    return {**paging.answer(found), "items": _outs(request, found)}


@door.get("/take-outs/{take_out_id}", access=TAKE, returns=TakeOutOut)
def read_take_out(request: Asked, take_out_id: UUID) -> dict[str, Any]:
    """One archive, and how far it is."""
    [found] = _outs(request, [documents.take_out(request.actor, take_out_id)])
    return found


@door.get("/take-outs/{take_out_id}/file", access=TAKE, returns=File(ZIP))
def download_take_out(request: Asked, take_out_id: UUID) -> HttpResponseBase:
    """The archive itself, once it is made and before it is removed."""
    found, path = documents.open_take_out(request.actor, take_out_id)
    documents.note_download(actor=request.actor, take_out_id=found.pk)
    return attachment(found.filename, ZIP, path.open("rb"))
