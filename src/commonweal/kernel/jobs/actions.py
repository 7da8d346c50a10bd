"""Writes by people: run again, cancel, and the schedule."""

from __future__ import annotations

from uuid import UUID

from ..access.public import SYSTEM, Actor, require
from ..audit.public import action, record
from ..calendar.public import now
from ..schema.public import NotFound
from .domain import LIVE, JobError, next_run
from .manifests import all_manifests, handlers
from .models import Job, Schedule
from .queueing import stop


def _locked(actor: Actor, job_id: UUID, asker_may: bool = False) -> Job:
    job = Job.objects.select_for_update().filter(pk=job_id).first()
    if job is None or not (actor.centre or job.agency_id in actor.agencies):
        raise NotFound("JOBS-404", "There is no such background work, or you may not see it.")
    own = asker_may and actor.user_id is not None and job.asked_by == actor.user_id
    if not own:
        require(actor, "jobs.manage", job.agency_id)
    return job


def _record(actor: Actor, verb: str, job: Job) -> None:
    record(
        actor=actor,
        verb=verb,
        target=job,
        agency_id=job.agency_id,
        payload={"kind": job.kind, "state": job.state},
    )


@action
def requeue(*, actor: Actor, job_id: UUID) -> Job:
    """Run dead or cancelled work again from its first attempt (JOBS-103 in any other state).

    It acts as whoever asked for it first, with that account's rights of now.
    """
    job = _locked(actor, job_id)
    if job.state not in ("dead", "cancelled"):
        raise JobError("JOBS-103", f"This work is {job.state}. Only failed work can run again.")
    job.state, job.attempts, job.cancel_requested = "queued", 0, False
    job.run_at, job.finished_at, job.last_error = now(), None, ""
    job.save()
    _record(actor, "jobs.requeued", job)
    return job


@action
def cancel(*, actor: Actor, job_id: UUID) -> Job:
    """Cancel waiting work at once; ask running work to stop at its next report (JOBS-104).

    Whoever asked for it may, and whoever manages background work.
    """
    job = _locked(actor, job_id, asker_may=True)
    if job.state not in LIVE:
        raise JobError("JOBS-104", f"This work is {job.state} already. There is nothing to cancel.")
    stop(job)
    _record(actor, "jobs.cancelled", job)
    return job


@action
def discard(*, actor: Actor, job_id: UUID) -> Job:
    """Take failed work off the list of what needs somebody; it never runs again (JOBS-105)."""
    job = _locked(actor, job_id)
    if job.state != "dead":
        raise JobError("JOBS-105", f"This work is {job.state}. Only failed work can be discarded.")
    job.state, job.finished_at = "discarded", now()
    job.save(update_fields=["state", "finished_at"])
    _record(actor, "jobs.discarded", job)
    return job


@action
def put_schedule(
    *,
    actor: Actor,
    name: str,
    kind: str,
    rule: str,
    zone: str = "UTC",
    enabled: bool = True,
) -> Schedule:
    """Create or change work that comes again: `every 5m`, `hourly 10`, `daily 02:00` in a zone."""
    require(actor, "jobs.manage")
    if kind not in handlers():
        raise JobError("JOBS-102", f"There is no work of the kind “{kind}”. Check the name.")
    schedule, _ = Schedule.objects.update_or_create(
        name=name,
        defaults={
            "kind": kind,
            "rule": rule,
            "zone": zone,
            "enabled": enabled,
            "next_run": next_run(rule, zone, now()),
        },
    )
    record(
        actor=actor,
        verb="jobs.schedule_put",
        target=("jobs.Schedule", name),
        payload={"kind": kind, "rule": rule, "zone": zone, "enabled": enabled},
    )
    return schedule


@action
def sync_schedules(*, actor: Actor = SYSTEM, zone: str = "UTC") -> list[str]:
    """Create the schedules that manifests announce and that do not exist yet; returns their names.

    A schedule that somebody changed or switched off stays as it is.
    """
    present = set(Schedule.objects.values_list("name", flat=True))
    created = []
    for manifest in all_manifests():
        for kind, rule in manifest.schedules.items():
            if kind not in present:
                put_schedule(actor=actor, name=kind, kind=kind, rule=rule, zone=zone)
                created.append(kind)
    record(
        actor=actor,
        verb="jobs.schedules_synced",
        target=("jobs.Schedule", "*"),
        payload={"created": created},
    )
    return created
