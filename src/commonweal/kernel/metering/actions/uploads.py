"""Writes: the steps of a file's intake, each its own transaction; `metering.uploads` runs them."""

from __future__ import annotations

from uuid import UUID

from ...access.public import SYSTEM, Actor, act_as, require_somewhere
from ...audit.public import action, record
from ...calendar.public import now
from ...schema.public import uuid7
from ..domain import Problem, UsageError
from ..domain.problems import Refused, file_error
from ..intake.options import FileOptions
from ..intake.problems import ProblemFile, place_in_file
from ..intake.take import (
    Tally,
    Work,
    closed_periods,
    find_source,
    finish_batch,
    sender_agency,
    settle_sealed,
)
from ..intake.vector import Checker, Prepared
from ..models import Source, Upload, UsageBatch
from ..storage import locks
from ..storage.keys import sealed_index
from ..storage.load import store
from .intake import record_batch


@action
def start_upload(
    *,
    actor: Actor,
    source: str,
    kind: str,
    sha256: str,
    options: FileOptions,
    resume: UUID | None = None,
    dry_run: bool = False,
    expected: int | None = None,
) -> Upload:
    """Begin the intake of a file, or find the unfinished one of the same file and options."""
    require_somewhere(actor, "metering.submit")
    with act_as(SYSTEM):
        try:
            found_source = find_source(source)
        except Refused as refused:
            sentence = refused.message[0].upper() + refused.message[1:]
            raise UsageError(refused.code, sentence) from None
        same = Upload.objects.filter(
            source=found_source,
            sha256=sha256,
            format=kind,
            started_by=actor.user_id,
            dry_run=dry_run,
        )
        if resume is not None:
            same = same.filter(pk=resume)
        else:
            same = same.filter(state="running", options=options.plain())
        upload = same.order_by("-id").first()
        if upload is None and resume is not None:
            raise file_error("USAGE-207")
        if upload is None:
            upload = Upload.objects.create(
                id=uuid7(),
                agency_id=sender_agency(actor),
                source=found_source,
                format=kind,
                sha256=sha256,
                options=options.plain(),
                dry_run=dry_run,
                rows_expected=expected,
                started_by=actor.user_id,
                started_at=now(),
            )
        record(
            actor=actor,
            verb="usage.upload_started",
            target=upload,
            agency_id=upload.agency_id,
            payload={"sha256": sha256, "rows": upload.rows_done, "dry_run": dry_run},
        )
    return upload


@action
def take_chunk(
    *,
    actor: Actor,
    upload: Upload,
    prepared: Prepared,
    checker: Checker,
    problems: ProblemFile,
    malformed: list[Problem],
) -> Tally:
    """Store one checked chunk and note how far the file has come, in one transaction."""
    require_somewhere(actor, "metering.submit")
    tally = Tally(rejected=list(malformed))
    batch = UsageBatch(
        id=uuid7(),
        agency_id=upload.agency_id,
        kind=upload.format,
        upload_id=upload.id,
        submitted_by=actor.user_id,
        received_at=now(),
    )
    tally.batch_id = batch.id
    with act_as(SYSTEM):
        locks.wait_for_disk()
        locks.share_periods()
        locks.own_sources([upload.source_id])
        row = Upload.objects.select_for_update().get(pk=upload.id)
        if row.rows_done != upload.rows_done:
            raise file_error("USAGE-215")
        work = Work(
            batch, checker.reference, closed_periods(), sealed_index(), tally, place_in_file
        )
        _store_good(work, upload.source, prepared, checker)
        work.take_checked(upload.source, prepared.singles)
        finish_batch(batch, tally)
        upload.rows_done += prepared.count
        _add(upload, tally)
        upload.problems_bytes = problems.append([*tally.conflicts, *tally.rejected])
        upload.problems_path = problems.relative if upload.problems_bytes else ""
        upload.save()
        record_batch(actor, batch)
    return tally


def _add(upload: Upload, tally: Tally) -> None:
    upload.accepted += tally.accepted
    upload.duplicates += tally.duplicates
    upload.conflicts += len(tally.conflicts)
    upload.rejected += len(tally.rejected)


def _store_good(work: Work, source: Source, prepared: Prepared, checker: Checker) -> None:
    """The records that passed as a block: sealed ones aside, then COPY."""
    if not len(prepared.rows):
        return
    sealed, skip = settle_sealed(work.index, prepared.keys)
    stored = store(prepared.lines, len(prepared.rows), work.setting(source), skip)
    for each in (sealed, stored):
        work.count(each)
        conflicts = [
            (checker.record(prepared, position), known) for position, known in each.conflicts
        ]
        work.quarantine(source, conflicts)


@action
def finish_upload(
    *, actor: Actor, upload: Upload, problems: ProblemFile, malformed: list[Problem]
) -> Upload:
    """The whole file is taken in."""
    with act_as(SYSTEM):
        upload.problems_bytes = problems.append(malformed)
        upload.problems_path = problems.relative if upload.problems_bytes else ""
        upload.rejected += len(malformed)
        upload.state, upload.finished_at, upload.problem = "done", now(), ""
        upload.save()
        record(
            actor=actor,
            verb="usage.upload_finished",
            target=upload,
            agency_id=upload.agency_id,
            payload={
                "accepted": upload.accepted,
                "duplicates": upload.duplicates,
                "conflicts": upload.conflicts,
                "rejected": upload.rejected,
            },
        )
    return upload


@action
def note_tried(*, actor: Actor, upload: Upload) -> None:
    """Keep how far a dry run has come; the chunk itself was taken back."""
    require_somewhere(actor, "metering.submit")
    with act_as(SYSTEM):
        upload.save()
        record(
            actor=actor,
            verb="usage.upload_tried",
            target=upload,
            agency_id=upload.agency_id,
            payload={"rows": upload.rows_done},
        )


@action
def begin_again(*, actor: Actor, upload: Upload) -> None:
    """Forget how far an interrupted dry run came: it tries the file from its first row."""
    require_somewhere(actor, "metering.submit")
    upload.rows_done = upload.accepted = upload.duplicates = 0
    upload.conflicts = upload.rejected = upload.problems_bytes = 0
    note_tried(actor=actor, upload=upload)


@action
def note_problem(*, actor: Actor, upload: Upload, error: UsageError) -> None:
    """Keep what is wrong with a file as a whole, for the page of its upload."""
    with act_as(SYSTEM):
        message = f"{error.message} ({error.code})"
        Upload.objects.filter(pk=upload.pk).update(problem=message[:600])
        record(
            actor=actor,
            verb="usage.upload_stopped",
            target=upload,
            agency_id=upload.agency_id,
            payload={"code": error.code},
        )
