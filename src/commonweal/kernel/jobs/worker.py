"""The worker: claims due work, does each piece once, and survives being killed.

The effects of a job and the mark that it is done commit in one transaction, under a check of the
lease: a killed worker leaves neither, and a worker that lost its lease keeps neither.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

from django.db import InterfaceError, OperationalError, connection

from ..access.public import SYSTEM, Actor, act_as
from ..calendar.public import now
from ..errors import CommonwealError, Conflict
from .domain import Cancelled, JobError, Later, back_off
from .manifests import handlers as announced
from .manifests import standing
from .models import LEASE, Job
from .progress import Heartbeat, LeaseLost
from .queueing import queue_due_schedules

log = logging.getLogger("commonweal.jobs")
Handler = Callable[..., Any]
HandlerT = TypeVar("HandlerT", bound=Handler)

_EXPIRED = """
UPDATE jobs_job SET lease = NULL, locked_until = NULL, last_error = 'LeaseExpired',
  state = CASE WHEN cancel_requested THEN 'cancelled'
               WHEN attempts >= max_attempts THEN 'dead' ELSE 'queued' END,
  finished_at = CASE WHEN cancel_requested OR attempts >= max_attempts THEN %(now)s::timestamptz END
WHERE id IN (SELECT id FROM jobs_job WHERE state = 'running' AND locked_until < %(now)s
             FOR UPDATE SKIP LOCKED)"""
_CLAIM = """
UPDATE jobs_job SET state = 'running', attempts = attempts + 1, lease = %(lease)s,
  locked_until = %(until)s, started_at = %(now)s
WHERE id = (SELECT id FROM jobs_job WHERE state = 'queued' AND run_at <= %(now)s
             ORDER BY priority DESC, run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id"""


def stepwise(handler: HandlerT) -> HandlerT:
    """Mark a handler that commits step by step: it opens its own `act_as`, and can be resumed."""
    handler.is_stepwise = True  # type: ignore[attr-defined]
    return handler


def actor_of(job: Job) -> Actor:
    """Whom a job acts as: the person who asked, with the rights of now and of no more than the
    token that asked; else the system, seeing one agency or the whole centre."""
    if job.asked_by is not None:
        person = standing(job.asked_by)
        return person if job.scopes is None else person.limited_to(frozenset(job.scopes))
    if job.agency_id is None:
        return SYSTEM
    return Actor(kind="system", agencies=frozenset({job.agency_id}), grants=SYSTEM.grants)


def needs_a_person(error: Exception) -> bool:
    """Trying again cannot help: somebody must first change what the error is about."""
    return isinstance(error, CommonwealError) and not isinstance(error, Conflict)


class Worker:
    """Runs queued work, one piece at a time. Start several processes for more at once.

    A handler is called as `handler(actor=..., job_id=..., payload=...)` inside `act_as(actor)`.
    `lease`: how long a silent worker keeps its job; a living one renews it.
    """

    def __init__(
        self,
        *,
        handlers: dict[str, Handler] | None = None,
        lease: timedelta = LEASE,
        idle_seconds: float = 1.0,
    ) -> None:
        self.handlers = announced() if handlers is None else handlers
        self.lease = lease
        self.idle_seconds = idle_seconds
        self.stopping = threading.Event()

    def run(self, once: bool = False) -> int:
        """Work until `stop()`; `once`: until nothing is due. Returns how many jobs were tried."""
        tried = 0
        while not self.stopping.is_set():
            if self._try_one(once):
                tried += 1
            elif once:
                break
            else:
                self.stopping.wait(self.idle_seconds)
        return tried

    def _try_one(self, once: bool) -> bool:
        """One job. While the database is away the worker waits for it; a lease that could not be
        settled runs out, so the job is done again."""
        try:
            return self.work_one()
        except (OperationalError, InterfaceError) as error:
            if once:
                raise
            log.warning("work waits for the database: %s", type(error).__name__)
            connection.close()
            return False

    def stop(self) -> None:
        """Finish the present job, then return from `run` (safe in a signal handler)."""
        self.stopping.set()

    def work_one(self) -> bool:
        """Claim and do one job; False if nothing is due."""
        job = self._claim()
        if job is None:
            return False
        lease_id = job.lease
        if lease_id is None:
            raise LeaseLost(str(job.pk))
        try:
            with Heartbeat(job.pk, lease_id, self.lease) as beat:
                self._do(job, beat)
        except LeaseLost:
            log.warning("job %s (%s): lease lost, effects dropped", job.pk, job.kind)
        except Cancelled:
            self._settle(job, {"state": "cancelled", "finished_at": now()})
        except Later as error:
            self._retry(job, error.wait, attempts=job.attempts - 1, why=error.code)
        except Exception as error:
            self._failed(job, error)
        return True

    def _claim(self) -> Job | None:
        moment = now()
        values: dict[str, Any] = {"now": moment, "lease": uuid4(), "until": moment + self.lease}
        with act_as(SYSTEM), connection.cursor() as cursor:
            queue_due_schedules()
            cursor.execute(_EXPIRED, values)
            cursor.execute(_CLAIM, values)
            row = cursor.fetchone()
            return Job.objects.get(pk=row[0]) if row else None

    def _do(self, job: Job, beat: Heartbeat) -> None:
        handler = self.handlers.get(job.kind)
        if handler is None:
            raise JobError("JOBS-102", f"There is no work of the kind “{job.kind}”.")
        actor = actor_of(job)
        if getattr(handler, "is_stepwise", False):
            handler(actor=actor, job_id=job.pk, payload=job.payload)
            with act_as(actor):
                self._done(job, beat)
            return
        with act_as(actor):
            handler(actor=actor, job_id=job.pk, payload=job.payload)
            self._done(job, beat)

    @staticmethod
    def _done(job: Job, beat: Heartbeat) -> None:
        mine = Job.objects.filter(pk=job.pk, lease=job.lease, state="running")
        ended = {"state": "done", "finished_at": now(), "last_error": "", **beat.unwritten()}
        if not mine.update(lease=None, locked_until=None, **ended):
            raise LeaseLost(str(job.pk))

    def _failed(self, job: Job, error: Exception) -> None:
        """Keep the code or the class only: a message may hold what a person wrote.

        An error that a person must do something about is not tried again by itself.
        """
        why = error.code if isinstance(error, CommonwealError) else type(error).__name__
        log.warning("job %s (%s): attempt %d failed: %s", job.pk, job.kind, job.attempts, why)
        if job.attempts >= job.max_attempts or needs_a_person(error):
            self._settle(job, {"state": "dead", "finished_at": now(), "last_error": why})
        else:
            self._retry(job, back_off(job.attempts), attempts=job.attempts, why=why)

    def _retry(self, job: Job, wait: timedelta, *, attempts: int, why: str) -> None:
        values = {"state": "queued", "run_at": now() + wait, "attempts": attempts}
        self._settle(job, values | {"last_error": why})

    @staticmethod
    def _settle(job: Job, values: dict[str, Any]) -> None:
        with act_as(SYSTEM):
            mine = Job.objects.filter(pk=job.pk, lease=job.lease, state="running")
            mine.update(lease=None, locked_until=None, **values)
