"""Jobs of documents."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ..access.public import Actor
from ..jobs.public import report
from .removing import sweep_removed
from .take_outs import make_take_out, remove_old


def make(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Make an archive that was asked for; payload: `take_out`."""

    def tell(done: int, name: str) -> None:
        report(job_id, done, note=name.partition("/")[0])

    make_take_out(actor=actor, take_out_id=UUID(payload["take_out"]), tell=tell)


def tidy(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Remove the archives that were kept long enough, and bytes that a kill left after their
    removal."""
    remove_old(actor=actor)
    sweep_removed()
