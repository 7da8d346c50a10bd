"""Large files: kept beside their upload and taken in by a worker, for all concerned to watch.

A worker that is killed loses the chunk it was at; the next one goes on with the first row that was
not committed. Cancelling ends it between two chunks: what was taken in stays, the rest can follow.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow.parquet as parquet
from django.db import transaction

from ..access.public import SYSTEM, Actor, act_as, require_somewhere
from ..errors import Forbidden, NotFound
from ..jobs.public import Job, by_keys, enqueue_again, report, stepwise
from ..jobs.public import cancel as cancel_job
from .actions.uploads import note_problem, start_upload
from .domain import UsageError
from .domain.problems import file_error
from .intake.options import FileOptions
from .models import Upload
from .storage.files import file_sha256
from .storage.kept import keep_file, kept_file
from .uploads import begin, submit_file

INLINE_BYTES = 4 * 1024 * 1024
"""Files up to this size may be taken in while somebody waits: a second or two."""
KIND = "metering.take_file"


def is_large(path: Path) -> bool:
    """Whether a file is for a worker."""
    return path.stat().st_size > INLINE_BYTES


def job_key(upload_id: UUID) -> str:
    """The key of the one job of an upload."""
    return f"upload:{upload_id}"


def submit_later(
    *,
    actor: Actor,
    source: str,
    path: Path,
    kind: str,
    options: FileOptions | None = None,
    dry_run: bool = False,
    resume: UUID | None = None,
) -> Upload:
    """Have a file taken in by a worker, as this actor; what is wrong with it as a whole is raised.

    The same file with the same options (`resume`: or of that upload) goes on where it stopped.
    JOBS-409 while it is at work.
    """
    options = options or FileOptions()
    begin(actor, path, kind, options)
    with transaction.atomic():
        upload = start_upload(
            actor=actor,
            source=source,
            kind=kind,
            sha256=file_sha256(path),
            options=options,
            resume=resume,
            dry_run=dry_run,
            expected=count_rows(path, kind),
        )
        keep_file(upload.id, path)
        _queue(actor, upload)
    return upload


def resume_upload(*, actor: Actor, upload_id: UUID) -> Upload:
    """Go on with an upload that was cancelled or failed (USAGE-216 if its file is gone)."""
    upload = own_upload(actor, upload_id)
    if not kept_file(upload.id).is_file():
        raise file_error("USAGE-216")
    _queue(actor, upload)
    return upload


def cancel_upload(*, actor: Actor, upload_id: UUID) -> Upload:
    """Stop taking a file in. What was taken in stays (JOBS-104 if nothing is at work)."""
    with act_as(SYSTEM):
        upload = _named(upload_id)
    job = upload_jobs(actor, [upload]).get(upload.id)
    if job is None:
        raise _unknown()
    cancel_job(actor=actor, job_id=job.pk)
    return upload


def own_upload(actor: Actor, upload_id: UUID) -> Upload:
    """An upload of the same person's (USAGE-404, USAGE-403)."""
    require_somewhere(actor, "metering.submit")
    with act_as(SYSTEM):
        upload = _named(upload_id)
    if upload.started_by != actor.user_id:
        if actor.centre or upload.agency_id in actor.agencies:
            raise Forbidden(
                "USAGE-403", "Only whoever uploaded a file can go on with it. Ask them to."
            )
        raise _unknown()
    return upload


def _named(upload_id: UUID) -> Upload:
    found = Upload.objects.select_related("source").filter(pk=upload_id).first()
    if found is None:
        raise _unknown()
    return found


def _unknown() -> NotFound:
    return NotFound("USAGE-404", "There is no such upload. Go back to the list of uploads.")


def upload_jobs(actor: Actor, uploads: Iterable[Upload]) -> dict[UUID, Job]:
    """The background work of some uploads, ended or not, by upload; one query."""
    keys = {job_key(upload.id): upload.id for upload in uploads}
    return {keys[key]: job for key, job in by_keys(actor, keys).items()}


def upload_state(upload: Upload, job: Job | None) -> str:
    """How an upload stands: done, waiting, running, failed, cancelled, or interrupted (a file that
    was taken in while somebody waited, and did not come to its end)."""
    if upload.state == "done":
        return "done"
    names = {"queued": "waiting", "running": "running", "dead": "failed", "discarded": "failed"}
    return names.get(job.state, "cancelled") if job else "interrupted"


def _queue(actor: Actor, upload: Upload) -> None:
    enqueue_again(
        actor=actor,
        kind=KIND,
        key=job_key(upload.id),
        payload={"upload": str(upload.id)},
        agency_id=upload.agency_id,
    )


def count_rows(path: Path, kind: str) -> int:
    """About how many rows a file has: exact for Parquet, its lines for CSV."""
    if kind == "parquet":
        return int(parquet.read_metadata(path).num_rows)
    lines, last = 0, b"\n"
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            lines += block.count(b"\n")
            last = block[-1:]
    return max(lines + (last != b"\n") - 1, 0)


@stepwise
def take_file(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Take an upload's kept file in, as the person who uploaded it; resumable at every chunk."""
    upload = own_upload(actor, UUID(payload["upload"]))
    path = kept_file(upload.id)

    def progress(rows: int, refused: int) -> None:
        known = upload.rows_expected is not None and rows <= upload.rows_expected
        report(job_id, rows, upload.rows_expected if known else None)

    try:
        if not path.is_file():
            raise file_error("USAGE-216")
        submit_file(
            actor=actor,
            source=upload.source.code,
            path=path,
            kind=upload.format,
            options=FileOptions.of(upload.options),
            dry_run=upload.dry_run,
            resume=upload.id,
            progress=progress,
        )
    except UsageError as error:
        note_problem(actor=actor, upload=upload, error=error)
        raise
    if not upload.dry_run:
        path.unlink(missing_ok=True)
