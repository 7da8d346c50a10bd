"""Background work: the queue, and what failed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from commonweal.kernel.jobs import public as jobs

from ..kit import paging
from ..kit.doors import Asked, Door, needs
from ..kit.types import Out, Page, Text

VIEW, MANAGE = needs("jobs.view"), needs("jobs.manage")
door = Door("jobs", "Background work.")
DOORS = [door]


class JobOut(Out):
    """One piece of work. `last_error` is a code or a class name; `remedy` says what to do about
    it. `asked_by` is the account that it acts as; none: the system."""

    id: UUID
    kind: str
    state: str
    attempts: int
    run_at: datetime
    finished_at: datetime | None
    last_error: str
    progress_done: int
    progress_total: int | None
    progress_note: str
    asked_by: UUID | None
    started_at: datetime | None
    remedy: str

    @staticmethod
    def resolve_remedy(row: Any) -> str:
        """In words, where there was an error."""
        return _(jobs.remedy(row.last_error)) if row.last_error else ""


@door.get("/jobs", access=VIEW, returns=Page[JobOut])
def list_jobs(
    request: Asked,
    state: Literal["", "queued", "running", "done", "dead", "cancelled", "discarded"] = Query(""),
    kind: Annotated[Text, Field(max_length=80)] = Query(""),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The queue, newest first."""
    place = paging.place(after, limit)
    return paging.answer(jobs.jobs(request.actor, state=state, kind=kind, place=place))


@door.get("/jobs/{job_id}", access=VIEW, returns=JobOut)
def read_job(request: Asked, job_id: UUID) -> jobs.Job:
    """One piece of work and its progress."""
    return jobs.job(request.actor, job_id)


@door.post("/jobs/{job_id}/requeue", access=MANAGE, returns=JobOut)
def requeue_job(request: Asked, job_id: UUID) -> jobs.Job:
    """Run dead or cancelled work again from its first attempt."""
    return jobs.requeue(actor=request.actor, job_id=job_id)


@door.post("/jobs/{job_id}/discard", access=MANAGE, returns=JobOut)
def discard_job(request: Asked, job_id: UUID) -> jobs.Job:
    """Take failed work off the list of what needs somebody; it never runs again."""
    return jobs.discard(actor=request.actor, job_id=job_id)


@door.post("/jobs/{job_id}/cancel", access=MANAGE, returns=JobOut)
def cancel_job(request: Asked, job_id: UUID) -> jobs.Job:
    """Cancel waiting work at once; ask running work to stop."""
    return jobs.cancel(actor=request.actor, job_id=job_id)
