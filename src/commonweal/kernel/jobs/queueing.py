"""Putting work into the queue, inside the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from ..access.public import Actor
from ..audit.public import plain, record
from ..calendar.public import now
from ..errors import Conflict, Forbidden
from ..schema.public import uuid7
from .domain import LIVE, JobError, next_run
from .manifests import handlers
from .models import Job, Schedule


def insert(job: Job) -> bool:
    """Insert a job; False if its key is taken (also by a row that this scope does not see)."""
    job.payload = plain(job.payload)
    fields = Job._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    values = [field.get_db_prep_save(getattr(job, field.attname), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO jobs_job ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING", values
        )
        return bool(cursor.rowcount == 1)


def enqueue(
    *,
    actor: Actor,
    kind: str,
    payload: dict[str, Any] | None = None,
    key: str | None = None,
    run_at: datetime | None = None,
    agency_id: UUID | None = None,
    priority: int = 0,
    max_attempts: int = 8,
) -> Job:
    """Queue work that starts after the caller's transaction commits, and never if it rolls back.

    The work acts as `actor`, with the rights that the account has when it runs. `payload`: ids and
    figures only. `key`: the same key of the same agency is queued once, ever; the earlier job is
    returned. `agency_id`: the scope that the work runs in; None is the centre's, which only the
    centre may ask for. JOBS-102 if nothing can do this kind of work.
    """
    job = _new(actor, kind, payload, key, run_at, agency_id, priority, max_attempts)
    with transaction.atomic():
        if insert(job):
            _record(actor, "jobs.queued", job)
            return job
        return Job.objects.get(agency_id=agency_id, idempotency_key=key)


def enqueue_again(
    *,
    actor: Actor,
    kind: str,
    key: str,
    payload: dict[str, Any] | None = None,
    agency_id: UUID | None = None,
    priority: int = 0,
    max_attempts: int = 8,
) -> Job:
    """Queue the one job of a key, also when it ended before; it then acts as whoever asks now.

    JOBS-409 while it waits or runs: work of one key never runs twice at once.
    """
    job = _new(actor, kind, payload, key, None, agency_id, priority, max_attempts)
    with transaction.atomic():
        if not insert(job):
            known = Job.objects.select_for_update().get(agency_id=agency_id, idempotency_key=key)
            if known.state in LIVE:
                raise Conflict(
                    "JOBS-409", "This work waits or runs already. Watch it, or cancel it first."
                )
            job.id, job.created_at = known.id, known.created_at
            job.payload = plain(job.payload)
            job.save(force_update=True)
        _record(actor, "jobs.queued", job)
    return job


def withdraw(*, actor: Actor, key: str, agency_id: UUID | None = None) -> bool:
    """Take back the job of a key: at once while it waits, at its next report while it runs.

    For the module that owns the work and has checked who may. False if nothing waits or runs.
    """
    with transaction.atomic():
        job = (
            Job.objects.select_for_update()
            .filter(agency_id=agency_id, idempotency_key=key, state__in=LIVE)
            .first()
        )
        if job is None:
            return False
        stop(job)
        _record(actor, "jobs.cancelled", job)
    return True


def stop(job: Job) -> None:
    """End a locked job that waits; ask one that runs to stop at its next report."""
    if job.state == "queued":
        job.state, job.finished_at = "cancelled", now()
    job.cancel_requested = True
    job.save(update_fields=["state", "finished_at", "cancel_requested"])


def _new(
    actor: Actor,
    kind: str,
    payload: dict[str, Any] | None,
    key: str | None,
    run_at: datetime | None,
    agency_id: UUID | None,
    priority: int,
    max_attempts: int,
) -> Job:
    if kind not in handlers():
        raise JobError("JOBS-102", f"There is no work of the kind “{kind}”. Check the name.")
    if not actor.centre and agency_id not in actor.agencies:
        raise Forbidden("JOBS-403", "You can queue work only for your own agency.")
    return Job(
        id=uuid7(),
        agency_id=agency_id,
        kind=kind,
        payload=payload or {},
        idempotency_key=key,
        run_at=run_at or now(),
        priority=priority,
        max_attempts=max_attempts,
        asked_by=actor.user_id,
        scopes=None if actor.scopes is None else sorted(actor.scopes),
    )


def _record(actor: Actor, verb: str, job: Job) -> None:
    record(
        actor=actor,
        verb=verb,
        target=job,
        agency_id=job.agency_id,
        payload={"kind": job.kind},
    )


def queue_due_schedules() -> int:
    """Queue the work of every schedule that is due, once each; returns how many.

    Missed runs are not made up for one by one: work that comes again runs once, then as planned.
    """
    moment = now()
    due = list(
        Schedule.objects.select_for_update(skip_locked=True).filter(
            enabled=True, next_run__lte=moment
        )
    )
    for schedule in due:
        key = f"schedule:{schedule.name}:{schedule.next_run.isoformat()}"
        insert(Job(id=uuid7(), kind=schedule.kind, idempotency_key=key, run_at=moment))
        schedule.next_run = next_run(schedule.rule, schedule.zone, moment)
        schedule.save(update_fields=["next_run"])
    return len(due)
