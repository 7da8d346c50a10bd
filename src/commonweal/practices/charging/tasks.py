"""Jobs of charging."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor
from commonweal.kernel.jobs.public import report, stepwise

from .running import go_on


@stepwise
def close_month(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Run a close's next steps as the person who asked; resumable, shows progress, can be stopped.

    payload: `period`, `until` (a step's code). What the person decided is kept with the close.
    """

    def figures(code: str, done: int, total: int | None) -> None:
        report(job_id, done=done, total=total, note=code)

    go_on(actor, payload["period"], until=payload["until"], figures=figures)
