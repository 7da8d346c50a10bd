"""Nightly jobs that keep cases: erasure, the proof of clocks, frozen months, usage."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ..access.public import Actor, act_as
from ..calendar.public import now
from ..jobs.public import report, stepwise
from .actions.billing import BATCH, send_usage
from .actions.held_mail import remove_old_mail
from .actions.privacy import erase_due
from .actions.proving import audit_clocks, freeze_ended
from .actions.together import WINDOW

STEP = 50


@stepwise
def erase_old(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Erase what was kept long enough, some cases, then some mails in no case, at a time; a kill
    loses the last step only."""
    done = 0
    for step in (erase_due, remove_old_mail):
        count = STEP
        while count == STEP:
            with act_as(actor):
                count = step(actor=actor, limit=STEP)
            done += count
            report(job_id, done)


@stepwise
def audit_all(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Prove the clocks, some cases a transaction; after a kill it goes on where it stood."""
    ended = None
    while ended is None:
        with act_as(actor):
            row = audit_clocks(actor=actor, run=job_id, step=True)
        ended = row.ended_at
        report(job_id, row.cases)


def freeze_months(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Freeze the months that ended."""
    freeze_ended(actor=actor)


@stepwise
def send_waiting_usage(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Send the usage of closed cases, a thousand at a time, once closing cannot be undone."""
    done = 0
    while True:
        with act_as(actor):
            found = send_usage(actor=actor, before=now() - WINDOW)
        done += found["sent"] + found["refused"]
        report(job_id, done)
        if found["sent"] + found["refused"] < BATCH:
            return
