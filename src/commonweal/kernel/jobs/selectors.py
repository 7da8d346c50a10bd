"""Reads of the queue, for the page of background work and its dead letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from ..access.public import Actor, require
from ..schema.public import FIRST, Listing, NotFound, Place, listing
from .models import Job, Schedule

MOST = 1000


def jobs(
    actor: Actor,
    *,
    state: str = "",
    kind: str = "",
    place: Place = FIRST,
) -> Listing[Job]:
    """A page of the queue, newest first."""
    require(actor, "jobs.view")
    found = Job.objects.all()
    if not actor.centre:
        found = found.filter(agency_id__in=actor.agencies)
    if state:
        found = found.filter(state=state)
    if kind:
        found = found.filter(kind=kind)
    return listing(found, ["-id"], place)


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
    """How many jobs wait, run and are dead; states without any are left out.

    Counted up to `MOST` of each, so that a long queue costs no more than a short one.
    """
    require(actor, "jobs.view")
    found = Job.objects.order_by().values_list("state", flat=True)
    if not actor.centre:
        found = found.filter(agency_id__in=actor.agencies)
    queued, running, dead = (
        found.filter(state=state)[:MOST] for state in ("queued", "running", "dead")
    )
    return dict(Counter(queued.union(running, dead, all=True)))


def schedules(actor: Actor) -> list[Schedule]:
    """Work that comes again, by name."""
    require(actor, "jobs.view")
    return list(Schedule.objects.order_by("name"))
