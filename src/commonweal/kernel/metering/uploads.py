"""Taking in a whole file: chunk after chunk, each committed by itself, going on after a kill.

While PostgreSQL stores one chunk, a thread reads and checks the next; it touches no database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from uuid import UUID

from django.db import transaction

from ..access.public import SYSTEM, Actor, act_as, require_somewhere
from .actions.uploads import begin_again, finish_upload, note_tried, start_upload, take_chunk
from .domain import Problem, UsageError
from .domain.problems import FILE_TEXTS, file_error
from .intake.files import UNCLOSED, Chunk, Opened, open_usage
from .intake.options import FileOptions
from .intake.problems import ProblemFile
from .intake.reference import reference_for
from .intake.take import Tally
from .intake.vector import Checker, Prepared
from .models import Upload
from .storage.files import file_sha256
from .storage.tried import Tried

Progress = Callable[[int, int], None]
SHOWN = 100
_KEYS = ("id", "replaces")


@dataclass(frozen=True)
class UploadResult:
    """What became of a file. `problems`: the first hundred; all are in the file `problems_path`
    (relative to the data folder). A dry run stores nothing and has no upload to go on with."""

    upload_id: UUID
    rows: int
    accepted: int
    duplicates: int
    conflicts: int
    rejected: int
    problems: tuple[Problem, ...]
    problems_path: str
    dry_run: bool


def _malformed(opened: Opened, done: int, upto: int | None) -> tuple[list[Problem], int]:
    """Rows that were no rows up to a row number, after the first `done` of them."""
    found = []
    for row, actual, expected in opened.malformed[done:]:
        if upto is not None and row > upto:
            break
        done += 1
        if actual:
            code = "USAGE-220" if actual == UNCLOSED else "USAGE-206"
            sentence = FILE_TEXTS[code].format(actual=actual, expected=expected)
            found.append(Problem(row, "", code, f"Row {row}: {sentence}"))
    return found, done


class _Run:
    """One file on its way in."""

    def __init__(
        self, actor: Actor, upload: Upload, opened: Opened, checker: Checker, kept: bool
    ) -> None:
        self.actor = actor
        self.upload = upload
        self.opened = opened
        self.checker = checker
        self.dry_run = upload.dry_run
        self.fleeting = upload.dry_run and not kept
        self.problems = ProblemFile(upload.id, upload.problems_bytes)
        self.tried = Tried(upload.source_id) if upload.dry_run else None
        self.shown: list[Problem] = []
        self._reported = 0

    def take(self, prepared: Prepared) -> None:
        """Store one chunk; in a dry run, store it beside the earlier ones and take it back."""
        malformed, self._reported = _malformed(self.opened, self._reported, prepared.last_row)
        tally = self._store(prepared, malformed)
        room = SHOWN - len(self.shown)
        self.shown += sorted([*tally.conflicts, *tally.rejected], key=_row)[: max(room, 0)]

    def _store(self, prepared: Prepared, malformed: list[Problem]) -> Tally:
        if self.tried is None:
            return self._take(prepared, malformed)
        constants = self.checker.options.constants
        names = prepared.names() | {constants[key] for key in _KEYS if key in constants}
        with transaction.atomic():
            if self.fleeting:
                _insert(self.upload)
            with act_as(SYSTEM):
                self.tried.show(names)
            tally = self._take(prepared, malformed)
            with act_as(SYSTEM):
                records = self.tried.read(names, tally.batch_id)
            transaction.set_rollback(True)
        self.tried.keep(records)
        if not self.fleeting:
            note_tried(actor=self.actor, upload=self.upload)
        return tally

    def _take(self, prepared: Prepared, malformed: list[Problem]) -> Tally:
        return take_chunk(
            actor=self.actor,
            upload=self.upload,
            prepared=prepared,
            checker=self.checker,
            problems=self.problems,
            malformed=malformed,
        )

    def close(self) -> None:
        """Let what was kept for the run go."""
        self.checker.close()
        if self.tried is not None:
            self.tried.forget()

    def uncommitted(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """The chunks that are not committed yet; a chunk half done is cut."""
        seen, done = 0, self.upload.rows_done
        for chunk in chunks:
            size = chunk.table.num_rows
            cut = min(max(done - seen, 0), size)
            if cut:  # malformed rows up to here were reported before the interruption
                _, self._reported = _malformed(self.opened, 0, int(chunk.numbers[cut - 1]))
            if cut < size:
                yield Chunk(chunk.table.slice(cut), chunk.numbers[cut:])
            seen += size

    def rest(self) -> list[Problem]:
        """Malformed rows after the last good one."""
        found, self._reported = _malformed(self.opened, self._reported, None)
        self.shown += found[: max(SHOWN - len(self.shown), 0)]
        return found


def _insert(upload: Upload) -> None:
    """A fleeting dry run's upload lives only inside each transaction that is taken back."""
    with act_as(SYSTEM):
        upload.save(force_insert=True)


def _row(problem: Problem) -> int:
    return problem.row


def submit_file(
    *,
    actor: Actor,
    source: str,
    path: Path,
    kind: str,
    options: FileOptions | None = None,
    dry_run: bool = False,
    resume: UUID | None = None,
    progress: Progress | None = None,
) -> UploadResult:
    """Take in a usage file of kind `csv` or `parquet`, row by row accepted or refused.

    Call it outside any transaction: every chunk commits by itself, and the same call after an
    interruption goes on with the first uncommitted row (`resume`: the id of that upload).
    `progress(rows done, rows refused)` is called after each chunk. `dry_run` says what would
    happen, and stores nothing; one that was interrupted begins again, because what it found out
    about earlier rows is gone.
    """
    options = options or FileOptions()
    opened, first = begin(actor, path, kind, options)
    sha256 = file_sha256(path)
    with transaction.atomic():
        upload = start_upload(
            actor=actor,
            source=source,
            kind=kind,
            sha256=sha256,
            options=options,
            resume=resume,
            dry_run=dry_run,
        )
        if dry_run and resume is None:
            transaction.set_rollback(True)
    if upload.state == "done":
        return _result(upload, ())
    names = first.table.column_names if first else []
    with act_as(SYSTEM):
        reference = reference_for(actor, None, None).of_source(upload.source.items)
    checker = Checker(source, reference, options, names)
    if dry_run and upload.rows_done:
        begin_again(actor=actor, upload=upload)
    run = _Run(actor, upload, opened, checker, kept=resume is not None)
    try:
        chunks = chain([first] if first else [], opened.chunks)
        _take_all(run, chunks, progress)
    finally:
        run.close()
    return _finish(run)


def begin(actor: Actor, path: Path, kind: str, options: FileOptions) -> tuple[Opened, Chunk | None]:
    """Open a file and read its first rows: what is wrong with it as a whole is raised here."""
    require_somewhere(actor, "metering.submit")
    if kind not in ("csv", "parquet"):
        raise UsageError("USAGE-202", f"“{kind[:20]}” is no format. Choose csv or parquet.")
    options.time_format()
    opened = open_usage(path, kind, options)
    first = next(opened.chunks, None)
    if first is None and not opened.malformed:
        raise file_error("USAGE-209")
    return opened, first


def _take_all(run: _Run, chunks: Iterator[Chunk], progress: Progress | None) -> None:
    waiting = run.uncommitted(chunks)

    def prepare_next() -> Prepared | None:
        chunk = next(waiting, None)
        return run.checker.prepare(chunk) if chunk is not None else None

    with ThreadPoolExecutor(1, "usage-file") as helper:
        coming: Future[Prepared | None] = helper.submit(copy_context().run, prepare_next)
        while (prepared := coming.result()) is not None:
            coming = helper.submit(copy_context().run, prepare_next)
            run.take(prepared)
            if progress:
                progress(run.upload.rows_done, run.upload.rejected + run.upload.conflicts)


def _finish(run: _Run) -> UploadResult:
    with transaction.atomic():
        if run.fleeting:
            _insert(run.upload)
        finish_upload(
            actor=run.actor, upload=run.upload, problems=run.problems, malformed=run.rest()
        )
        if run.fleeting:
            transaction.set_rollback(True)
    return _result(run.upload, tuple(run.shown))


def _result(upload: Upload, problems: tuple[Problem, ...]) -> UploadResult:
    return UploadResult(
        upload.id,
        upload.rows_done,
        upload.accepted,
        upload.duplicates,
        upload.conflicts,
        upload.rejected,
        problems,
        upload.problems_path,
        upload.dry_run,
    )
