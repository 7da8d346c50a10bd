"""Putting work into the queue, inside the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from ..access.public import Actor
from ..audit.public import plain, record
from ..calendar.public import now
from ..errors import Forbidden
from ..schema.public import uuid7
from .domain import JobError, next_run
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

    `payload`: ids and figures only. `key`: the same key of the same agency is queued once, ever;
    the earlier job is returned. `agency_id`: the scope that the work runs in; None is the centre's,
    which only the centre may ask for. JOBS-102 if nothing can do this kind of work.
    """
    if kind not in handlers():
        raise JobError("JOBS-102", f"There is no work of the kind “{kind}”. Check the name.")
    if not actor.centre and agency_id not in actor.agencies:
        raise Forbidden("JOBS-403", "You can queue work only for your own agency.")
    job = Job(
        id=uuid7(),
        agency_id=agency_id,
        kind=kind,
        payload=payload or {},
        idempotency_key=key,
        run_at=run_at or now(),
        priority=priority,
        max_attempts=max_attempts,
    )
    with transaction.atomic():
        if insert(job):
            record(
                actor=actor,
                verb="jobs.queued",
                target=job,
                agency_id=agency_id,
                payload={"kind": kind},
            )
            return job
        return Job.objects.get(agency_id=agency_id, idempotency_key=key)


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
