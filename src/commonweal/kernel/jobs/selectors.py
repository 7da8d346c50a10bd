"""Reads of the queue, for the page of background work and its dead letters."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count

from ..access.public import Actor, require
from ..schema.public import NotFound
from .models import Job, Schedule


def jobs(
    actor: Actor,
    *,
    state: str = "",
    kind: str = "",
    before: UUID | None = None,
    limit: int = 50,
) -> list[Job]:
    """A page of the queue, newest first, keyset-paged by id (`before`)."""
    require(actor, "jobs.view")
    found = Job.objects.order_by("-id")
    if not actor.centre:
        found = found.filter(agency_id__in=actor.agencies)
    if state:
        found = found.filter(state=state)
    if kind:
        found = found.filter(kind=kind)
    if before:
        found = found.filter(id__lt=before)
    return list(found[:limit])


def job(actor: Actor, job_id: UUID) -> Job:
    """One job in scope, for its progress (JOBS-404). Whoever queued work may watch it."""
    found = Job.objects.filter(pk=job_id).first()
    if found is None or not (actor.centre or found.agency_id in actor.agencies):
        raise NotFound("JOBS-404", "There is no such background work, or you may not see it.")
    return found


def by_keys(actor: Actor, keys: Iterable[str]) -> dict[str, Job]:
    """The jobs of some keys in scope, for the module that made the keys; one query."""
    found = Job.objects.filter(idempotency_key__in=list(keys))
    if not actor.centre:
        found = found.filter(agency_id__in=actor.agencies)
    return {row.idempotency_key: row for row in found if row.idempotency_key}


def unfinished(actor: Actor) -> dict[str, int]:
    """How many jobs wait, run and are dead; states without any are left out."""
    require(actor, "jobs.view")
    found = Job.objects.filter(state__in=("queued", "running", "dead"))
    if not actor.centre:
        found = found.filter(agency_id__in=actor.agencies)
    return dict(found.values_list("state").annotate(count=Count("id")).order_by("state"))


def schedules(actor: Actor) -> list[Schedule]:
    """Work that comes again, by name."""
    require(actor, "jobs.view")
    return list(Schedule.objects.order_by("name"))
