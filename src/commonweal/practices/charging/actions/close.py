"""The close of a month: nine steps, each one transaction, so that it can be stopped and resumed.

`advance` runs the next step. A step that finds something wrong stops the close, keeps the rows that
show it, and changes nothing else; after the remedy the same call goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, transaction

from commonweal.kernel.access.public import Actor, act_as, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import FiscalPeriod, now, today
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError, Conflict

from ..closing import steps
from ..domain.close import CODES, STEPS, next_step
from ..engine import ENGINE_VERSION
from ..models import CloseRun, CloseStep


class CloseError(CommonwealError):
    """The close cannot go on; the message says what to do."""


@dataclass(frozen=True)
class Options:
    """What a person decides about a close.

    `waived`: sources that may be missing, with the reason. `preview_days`: working days that
    agencies have; None: the usual five. `end_preview`: issue now although the window is open.
    """

    waived: tuple[str, ...] = ()
    waive_reason: str = ""
    preview_days: int | None = None
    end_preview: bool = False
    payment_days: int = 30


@action
def start_close(*, actor: Actor, period: str) -> CloseRun:
    """Start a month's close, or return the one there is."""
    require(actor, "charging.run_close")
    fiscal = FiscalPeriod.parse(period)
    profile = centre()
    if fiscal.end_day > today(profile.zone):
        raise CloseError(
            "CLOSE-101", f"{period} has not ended. Close it on or after {fiscal.end_day}."
        )
    earlier = (
        CloseRun.objects.filter(period__lt=period).exclude(state="done").order_by("period").first()
    )
    if earlier:
        raise CloseError("CLOSE-102", f"Finish the close of {earlier.period} first.")
    run, created = CloseRun.objects.get_or_create(
        agency_id=profile.agency_id,
        period=period,
        defaults={"engine_version": ENGINE_VERSION, "started_at": now()},
    )
    if created:
        CloseStep.objects.bulk_create(
            CloseStep(agency_id=run.agency_id, run=run, order=order, code=step.code)
            for order, step in enumerate(STEPS)
        )
    record(actor=actor, verb="close.started", target=run, payload={"period": period})
    return run


@action
def request_stop(*, actor: Actor, period: str) -> None:
    """Ask a running close to stop after its present step."""
    require(actor, "charging.run_close")
    run = CloseRun.objects.get(period=period)
    run.cancel_requested = True
    run.save(update_fields=["cancel_requested"])
    record(actor=actor, verb="close.stop_requested", target=run, payload={"period": period})


@action
def heed_stop(*, actor: Actor, period: str) -> None:
    """A running close has seen that it should stop; the next call goes on."""
    require(actor, "charging.run_close")
    run = _lock(period)
    run.cancel_requested = False
    run.save(update_fields=["cancel_requested"])
    record(actor=actor, verb="close.stop_heeded", target=run, payload={"period": period})


def _lock(period: str) -> CloseRun:
    try:
        return CloseRun.objects.select_for_update(nowait=True).get(period=period)
    except DatabaseError as busy:
        raise Conflict(
            "CLOSE-409",
            f"The close of {period} is running already. Watch it on the close page.",
        ) from busy


def _require_next(run: CloseRun, code: str) -> None:
    """Steps go in order, each once: another worker may have run this one a moment ago."""
    states = dict(CloseStep.objects.filter(run=run).values_list("code", "state"))
    if next_step(states) != code:
        raise Conflict(
            "CLOSE-410",
            f"The step “{code}” of {run.period} is done already, or not yet due. "
            "Look at the close page and resume from there.",
        )


@action
def run_step(*, actor: Actor, period: str, code: str, options: Options) -> CloseStep:
    """Run one step in one transaction. A finding raises CloseError and leaves the step stopped."""
    require(actor, "charging.run_close")
    run = _lock(period)
    _require_next(run, code)
    step = CloseStep.objects.get(run=run, code=code)
    step.started_at = now()
    handler: Callable[..., dict[str, Any]] = steps.HANDLERS[code]
    step.detail = handler(actor=actor, run=run, options=options)
    step.state, step.finished_at = "done", now()
    step.save()
    run.state = "open"
    if code == CODES[-1]:
        run.state, run.finished_at = "done", now()
    run.save()
    record(
        actor=actor,
        verb=f"close.{code}_done",
        target=run,
        payload={"period": period, "input_hash": run.input_hash},
    )
    return step


@action
def mark_stopped(*, actor: Actor, period: str, code: str, error: CommonwealError) -> None:
    """Keep what stopped a step: code, message and the rows that show it."""
    run = _lock(period)
    CloseStep.objects.filter(run=run, code=code).update(
        state="stopped",
        started_at=now(),
        finished_at=None,
        detail={"code": error.code, "message": error.message, **error.details},
    )
    CloseRun.objects.filter(pk=run.pk).update(state="stopped")
    record(
        actor=actor, verb="close.stopped", target=run, payload={"step": code, "code": error.code}
    )


def advance(
    actor: Actor,
    period: str,
    options: Options | None = None,
    until: str = CODES[-1],
    progress: Callable[[str, CloseStep], None] | None = None,
) -> CloseRun:
    """Run steps up to and including `until`; each in its own transaction and scope. Resumable.

    Raises CloseError (or what the step raised) where the close stopped; what was done stays done.
    """
    options = options or Options()
    with act_as(actor):
        run = start_close(actor=actor, period=period)
    while True:
        with act_as(actor):
            states = dict(CloseStep.objects.filter(run=run).values_list("code", "state"))
            run.refresh_from_db()
        code = next_step(states)
        if code is None or CODES.index(code) > CODES.index(until):
            return run
        if run.cancel_requested:
            with act_as(actor):
                heed_stop(actor=actor, period=period)
            return run
        try:
            with act_as(actor):
                step = run_step(actor=actor, period=period, code=code, options=options)
        except Conflict:
            raise
        except CommonwealError as error:
            with transaction.atomic(), act_as(actor):
                mark_stopped(actor=actor, period=period, code=code, error=error)
            raise
        if progress:
            progress(code, step)
