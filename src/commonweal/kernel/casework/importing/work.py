"""One file on its way in: step by step, each its own transaction, going on after a kill."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from ...access.public import Actor, act_as, require
from ...audit.public import action, record
from ...calendar.public import now, today
from ...jobs.public import Job, enqueue_again, report, stepwise
from ...metering.public import keep_file, kept_file
from ...party.public import centre
from ...schema.public import NotFound
from ..domain.errors import CaseError
from ..models import Case, CaseImport, ImportMapping
from ..rules import MANAGE
from .build import Built, Reference, build, time_clocks
from .load import number_all, write
from .mapping import CaseMapping, mapping_of
from .readers import Found, file_problem, read_cases

KIND = "casework.take_cases"
CHUNK = 1_000
SHOWN = 100


@action
def remember_mapping(*, actor: Actor, code: str, mapping: dict[str, Any]) -> ImportMapping:
    """Keep how a file is read under a code, for the next one (CASE-181)."""
    require(actor, MANAGE)
    found = mapping_of(mapping)
    row, _made = ImportMapping.objects.update_or_create(
        code=code.strip()[:40],
        defaults={
            "kind": found.kind, "mapping": found.plain(), "updated_at": now(),
            "updated_by": actor.user_id,
        },
    )  # fmt: skip
    record(actor=actor, verb="casework.mapping_put", target=row, payload={"kind": found.kind})
    return row


@action
def start_import(
    *, actor: Actor, path: Path, source: str, mapping: dict[str, Any], dry_run: bool = False
) -> CaseImport:
    """Begin to take a file in, or find the unfinished import of the same file, to go on with it.

    `source` and a case's id name it for ever. Errors: CASE-181 mapping, 190 no source.
    """
    require(actor, MANAGE)
    found = mapping_of(mapping)
    if not source.strip() or len(source) > 60:
        raise CaseError("CASE-190", "Name the source in at most 60 characters.", field="source")
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    same = CaseImport.objects.filter(
        source=source.strip(), sha256=digest, dry_run=dry_run, state="running",
        mapping=found.plain(),
    )  # fmt: skip
    row = same.order_by("-id").first() or CaseImport.objects.create(
        agency_id=centre().agency_id, source=source.strip(), kind=found.kind,
        mapping=found.plain(), sha256=digest, dry_run=dry_run, started_by=actor.user_id,
    )  # fmt: skip
    record(
        actor=actor,
        verb="casework.import_started",
        target=row,
        payload={"sha256": digest, "dry_run": dry_run},
    )
    return row


def key_of(import_id: UUID) -> str:
    """The key of an import's background work."""
    return f"cases:{import_id}"


def import_state(row: CaseImport, job: Job | None) -> str:
    """How an import stands: done, waiting, running, failed, cancelled, or interrupted (a command
    took it in, and did not come to its end)."""
    if row.state == "done":
        return "done"
    names = {"queued": "waiting", "running": "running", "dead": "failed", "discarded": "failed"}
    return names.get(job.state, "cancelled") if job else "interrupted"


def resume_import(*, actor: Actor, import_id: UUID) -> CaseImport:
    """Go on with an import that stopped (CASE-410, 191 the file is gone, JOBS-409 at work)."""
    row = _kept(actor, import_id)
    return _again(actor, row, dry_run=row.dry_run)


def take_tried(*, actor: Actor, import_id: UUID) -> CaseImport:
    """Take in the file of a dry run, as it was read then (CASE-410, 191 the file is gone)."""
    return _again(actor, _kept(actor, import_id), dry_run=False)


def _again(actor: Actor, row: CaseImport, *, dry_run: bool) -> CaseImport:
    return import_later(
        actor=actor, path=kept_file(row.pk), source=row.source, mapping=row.mapping,
        dry_run=dry_run,
    )  # fmt: skip


def _kept(actor: Actor, import_id: UUID) -> CaseImport:
    require(actor, MANAGE)
    row = CaseImport.objects.filter(pk=import_id).first()
    if row is None:
        raise NotFound("CASE-410", "There is no such import. Go back to the list of imports.")
    if not kept_file(row.pk).is_file():
        raise file_problem("CASE-191", "The file is not kept any more. Upload it again.")
    return row


def import_later(
    *, actor: Actor, path: Path, source: str, mapping: dict[str, Any], dry_run: bool = False
) -> CaseImport:
    """Have a file taken in by a worker, as this actor (JOBS-409 while it is at work)."""
    row = start_import(actor=actor, path=path, source=source, mapping=mapping, dry_run=dry_run)
    keep_file(row.pk, path)
    enqueue_again(actor=actor, kind=KIND, key=key_of(row.pk), payload={"import": str(row.pk)})
    return row


def run_import(
    who: Actor, row: CaseImport, path: Path, tell: Callable[[int], None] = lambda _done: None
) -> CaseImport:
    """Take in what is left of a file, a thousand cases a transaction."""
    mapping = mapping_of(row.mapping)
    try:
        cases = islice(read_cases(path, mapping), row.done, None)
        while some := list(islice(cases, CHUNK)):
            with act_as(who):
                row = take_cases(actor=who, import_id=row.pk, found=some, mapping=mapping)
            tell(row.done)
    except CaseError as error:
        with act_as(who):
            note_import(actor=who, import_id=row.pk, problem=f"{error.message} ({error.code})")
        raise
    with act_as(who):
        return note_import(actor=who, import_id=row.pk)


@action
def take_cases(
    *, actor: Actor, import_id: UUID, found: list[Found], mapping: CaseMapping
) -> CaseImport:
    """Check and write one step of a file; a dry run writes only what it would have done."""
    require(actor, MANAGE)
    row = CaseImport.objects.select_for_update().get(pk=import_id)
    reference, problems, built = Reference(), [], []
    known = _known(found, reference, row.source)
    for each in found:
        try:
            made = build(each, reference, mapping, row.source, now())
            key = (made.case.agency_id, made.case.source_id)
            if key in known:
                row.known += 1
                continue
            known.add(key)
            time_clocks(made, reference, now())
            built.append(made)
        except CaseError as error:
            problems.append({"row": each.row, "code": error.code, "sentence": error.message[:300]})
    if not row.dry_run:
        _write(built)
    row.done += len(found)
    row.cases += len(built)
    row.events += sum(len(each.events) for each in built)
    row.refused += len(problems)
    row.problems = [*row.problems, *problems][:SHOWN]
    row.problem = ""
    row.save()
    record(
        actor=actor,
        verb="casework.cases_imported",
        target=row,
        payload={"cases": len(built), "refused": len(problems), "done": row.done},
    )
    return row


def _write(built: list[Built]) -> None:
    number_all([each.case for each in built], today(centre().zone).year)
    write(built)


def _known(found: list[Found], reference: Reference, source: str) -> set[tuple[UUID, str]]:
    """Which cases of a step are there already, as (agency, id)."""
    ids = [each.values.get("id", "") for each in found]
    rows = Case.objects.filter(source=source, source_id__in=ids, agency__isnull=False)
    rows = rows.filter(agency_id__in=[each.pk for each in reference.agencies.values()])
    return set(rows.values_list("agency_id", "source_id"))


@action
def note_import(*, actor: Actor, import_id: UUID, problem: str = "") -> CaseImport:
    """A file is taken in whole, or what is wrong with it as a whole."""
    row = CaseImport.objects.select_for_update().get(pk=import_id)
    row.problem = problem[:600]
    if not problem:
        row.state, row.finished_at = "done", now()
    row.save()
    record(
        actor=actor,
        verb="casework.import_stopped" if problem else "casework.import_finished",
        target=row,
        payload={"cases": row.cases, "known": row.known, "refused": row.refused},
    )
    return row


@stepwise
def take_file(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Take an import's kept file in, as the person who asked; resumable at every step."""
    with act_as(actor):
        row = CaseImport.objects.filter(pk=UUID(str(payload["import"]))).first()
    if row is None:
        raise NotFound("CASE-410", "There is no such import. Go back to the list of imports.")
    path = kept_file(row.pk)
    if not path.is_file():
        raise file_problem("CASE-191", "The file is not kept any more. Upload it again.")
    run_import(actor, row, path, lambda done: report(job_id, done))
    if not row.dry_run:
        path.unlink(missing_ok=True)
