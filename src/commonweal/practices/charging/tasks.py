"""Jobs of charging."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor
from commonweal.kernel.jobs.public import report, stepwise

from .actions.close import Options, advance
from .domain.close import CODES
from .models import CloseStep


@stepwise
def close_month(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Run a close's next steps; resumable, shows progress, can be stopped between steps.

    payload: `period`, `until` (a step's code), `options` (those of the close). Who asked is in the
    event of the job's own making.
    """
    asked = payload.get("options", {})
    options = Options(
        waived=tuple(asked.get("waived", ())),
        waive_reason=asked.get("waive_reason", ""),
        preview_days=asked.get("preview_days"),
        end_preview=bool(asked.get("end_preview", False)),
    )

    def progress(code: str, step: CloseStep) -> None:
        report(job_id, done=CODES.index(code) + 1, total=len(CODES), note=code)

    advance(
        actor,
        payload["period"],
        options,
        until=payload.get("until", CODES[-1]),
        progress=progress,
    )
