"""Progress and leases of the work that this process is running.

A job's own transaction hides what it writes, so progress and lease renewals go through a thread
with a connection of its own.
"""

from __future__ import annotations

import contextvars
import threading
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from uuid import UUID

from django.db import DatabaseError, connections

from ..access.public import SYSTEM, act_as
from ..calendar.public import now
from .domain import Cancelled
from .models import Job

FLUSH_SECONDS = 0.5


class LeaseLost(RuntimeError):
    """Another worker took the job over; this one's effects must not be kept."""


@dataclass(frozen=True)
class Progress:
    """How far a job is: `done` of `total` (None: unknown), and a short note without names."""

    done: int
    total: int | None
    note: str

    @property
    def values(self) -> dict[str, object]:
        """As the job's row keeps it."""
        return {
            "progress_done": self.done,
            "progress_total": self.total,
            "progress_note": self.note[:200],
        }


_running: dict[UUID, Heartbeat] = {}


class Heartbeat:
    """Renews the lease of one running job, writes its progress, and learns of its cancelling."""

    def __init__(self, job_id: UUID, lease_id: UUID, length: timedelta) -> None:
        self.job_id = job_id
        self.lease_id = lease_id
        self.length = length
        self.cancelled = False
        self.lost = False
        self._latest: Progress | None = None
        self._stop = threading.Event()
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._beat,), name=f"lease-{job_id}", daemon=True
        )

    def __enter__(self) -> Heartbeat:
        _running[self.job_id] = self
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _running.pop(self.job_id, None)
        self._stop.set()
        self._thread.join()

    def put(self, progress: Progress) -> None:
        """Keep the latest progress for the next flush."""
        self._latest = progress

    def unwritten(self) -> dict[str, object]:
        """The latest progress, if it was not flushed yet, for whoever ends the job."""
        latest, self._latest = self._latest, None
        return latest.values if latest is not None else {}

    def _beat(self) -> None:
        """Flush progress twice a second, renew the lease three times in its length."""
        third = max(self.length.total_seconds() / 3, 0.01)
        waited = 0.0
        step = min(FLUSH_SECONDS, third)
        try:
            while not self._stop.wait(step):
                waited += step
                latest, self._latest = self._latest, None
                if latest is not None or waited >= third:
                    self._write(latest)
                    waited = 0.0
        finally:
            connections.close_all()

    def _write(self, latest: Progress | None) -> None:
        values: dict[str, object] = {"locked_until": now() + self.length}
        if latest is not None:
            values |= latest.values
        mine = Job.objects.filter(pk=self.job_id, lease=self.lease_id, state="running")
        try:
            with act_as(SYSTEM):
                mine.update(**values)
                seen = Job.objects.filter(pk=self.job_id)
                row = seen.values_list("lease", "state", "cancel_requested").first()
        except DatabaseError:
            # The database is away for a moment: the next beat tries again, and the final write of
            # the job checks the lease in any case.
            connections.close_all()
            return
        if row is None:  # claimed within a transaction that is not committed: nobody else sees it
            return
        lease, state, cancelled = row
        self.lost = (lease, state) != (self.lease_id, "running")
        self.cancelled = cancelled and not self.lost


def report(job_id: UUID, done: int, total: int | None = None, note: str = "") -> None:
    """Tell how far a running job is; others see it within a second, before the job commits.

    Raises `Cancelled` (JOBS-201) if somebody asked the job to stop. Outside a worker it does
    nothing, so that the same code also runs from the command line.
    """
    beat = _running.get(job_id)
    if beat is None:
        return
    if beat.lost:
        raise LeaseLost(str(job_id))
    if beat.cancelled:
        raise Cancelled("JOBS-201", "This work was cancelled. Nothing of it was kept.")
    beat.put(Progress(done, total, note))
