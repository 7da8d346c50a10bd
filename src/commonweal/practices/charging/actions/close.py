"""The close of a month: ten steps, each one transaction, so that it can be stopped and resumed.

`ask_close` has steps done in the background; `advance` (in `running.py`) does them. A step that
finds something wrong stops the close, keeps the rows that show it, and changes nothing else; after
the remedy the same call goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, plain, record
from commonweal.kernel.calendar.public import FiscalPeriod, now, today
from commonweal.kernel.jobs.public import enqueue_again, withdraw
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError, Conflict

from ..closing import steps
from ..closing.approval import ask, check_options, covers, latest, waits_alike, window_open
from ..closing.held import hold
from ..domain.close import CODES, KIND, STEPS, Options, job_key, next_step
from ..engine import ENGINE_VERSION
from ..models import CloseRun, CloseStep
from ..selectors.closes import busy, existing, live_job, refuse_if_busy, unclosed_months

RUN = "charging.run_close"
APPROVAL = "approve"
Tell = Callable[[int, int | None], None]


class CloseError(CommonwealError):
    """The close cannot go on; the message says what to do."""


def silent(done: int, total: int | None) -> None:
    """For whoever does not want to hear how far a step is."""


@action
def start_close(*, actor: Actor, period: str, skip_reason: str = "") -> CloseRun:
    """Start a month's close, or return the one there is.

    Earlier months with usage or costs that were never closed take a reason (CLOSE-105).
    """
    require(actor, RUN)
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
    skipped = {}
    if not CloseRun.objects.filter(period=period).exists():
        skipped = _skipped(actor, period, skip_reason)
    run, created = CloseRun.objects.get_or_create(
        agency_id=profile.agency_id,
        period=period,
        defaults={"engine_version": ENGINE_VERSION, "started_at": now(), "skipped": skipped},
    )
    if created:
        CloseStep.objects.bulk_create(
            CloseStep(agency_id=run.agency_id, run=run, order=order, code=step.code)
            for order, step in enumerate(STEPS)
        )
    record(
        actor=actor,
        verb="close.started",
        target=run,
        payload={"period": period} | ({"skipped": skipped} if created and skipped else {}),
    )
    return run


def _skipped(actor: Actor, period: str, reason: str) -> dict[str, Any]:
    """The earlier months that this close leaves open, with the reason; empty: there are none."""
    months = unclosed_months(actor, period)
    if not months:
        return {}
    if len(reason.strip()) < 10:
        first = months[0]
        raise CloseError(
            "CLOSE-105",
            f"{first['month']} comes before {period} and was not closed: it has {first['records']} "
            f"usage records and {first['lines']} ledger lines. Close it first, or say in at least "
            "ten characters why it is left open.",
            rows=months,
            field="skip_reason",
        )
    return {"months": [row["month"] for row in months], "reason": reason.strip()}


@action
def start_here(*, actor: Actor, period: str, options: Options) -> CloseRun:
    """Begin to run a month's close in this process, unless it runs elsewhere (CLOSE-409)."""
    run = start_close(actor=actor, period=period, skip_reason=options.skip_reason)
    refuse_if_busy(actor, run)
    _decide(actor, run, options, {})
    record(actor=actor, verb="close.run_here", target=run, payload={"period": period})
    return run


@action
def ask_close(
    *, actor: Actor, period: str, options: Options | None = None, until: str = CODES[-1]
) -> CloseRun:
    """Have the steps up to and including `until` done in the background, as this actor.

    Nothing is queued where they are done already, nor while a second person must approve: the
    approval queues the rest. CLOSE-409 names whoever runs the close now.
    """
    decided = options or Options()
    run = start_close(actor=actor, period=period, skip_reason=decided.skip_reason)
    code = next_step(_states(run))
    if code is None or CODES.index(code) > CODES.index(until):
        return run
    refuse_if_busy(actor, run)
    scopes = None if actor.scopes is None else sorted(actor.scopes)
    background = {"until": until, "asked_by": actor.user_id, "scopes": scopes}
    _decide(actor, run, decided, plain(background))
    record(actor=actor, verb="close.asked", target=run, payload={"period": period, "until": until})
    if next_step(_states(run)) != APPROVAL:
        enqueue_close(actor, run, until)
    return run


def enqueue_close(actor: Actor, run: CloseRun, until: str) -> None:
    """Queue the steps up to `until` as this actor (CLOSE-409 if the close runs already)."""
    try:
        enqueue_again(
            actor=actor,
            kind=KIND,
            key=job_key(run.period),
            payload={"period": run.period, "until": until},
            priority=5,
        )
    except Conflict:
        raise busy(actor, run) from None


def _decide(actor: Actor, run: CloseRun, options: Options, background: dict[str, Any]) -> None:
    """Keep what a person decides about the steps to come; ask for the approval that it needs."""
    check_options(options)
    run.options, run.cancel_requested, run.background = options.plain(), False, background
    run.save(update_fields=["options", "cancel_requested", "background"])
    code, decision = next_step(_states(run)), latest(actor, run)
    early = options.end_preview and window_open(run)
    ready = code == "issue" and covers(run, decision, early=early)
    if code not in (APPROVAL, "issue") or ready or waits_alike(run, decision, early=early):
        return
    CloseStep.objects.filter(run=run, code=APPROVAL).update(
        state="waiting", started_at=None, finished_at=None, run_by=None, detail={}
    )
    CloseRun.objects.filter(pk=run.pk).update(state="open")
    ask(actor, run, options)


def _states(run: CloseRun) -> dict[str, str]:
    return dict(CloseStep.objects.filter(run=run).values_list("code", "state"))


@action
def request_stop(*, actor: Actor, period: str) -> None:
    """Stop a running close: what is done stays, the step that runs is taken back.

    CLOSE-404 before the close is started, CLOSE-411 while it does not run.
    """
    require(actor, RUN)
    run = existing(period)
    if live_job(actor, period) is None and "running" not in _states(run).values():
        raise Conflict(
            "CLOSE-411", f"The close of {period} does not run now. There is nothing to stop."
        )
    CloseRun.objects.filter(pk=run.pk).update(cancel_requested=True)
    withdraw(actor=actor, key=job_key(period))
    record(actor=actor, verb="close.stop_requested", target=run, payload={"period": period})


@action
def heed_stop(*, actor: Actor, period: str) -> None:
    """A close has stopped as it was asked to; the next call goes on with the step it was in."""
    require(actor, RUN)
    run = _lock(actor, period)
    CloseStep.objects.filter(run=run, state="running").update(state="waiting", started_at=None)
    CloseRun.objects.filter(pk=run.pk).update(cancel_requested=False, state="open")
    record(actor=actor, verb="close.stop_heeded", target=run, payload={"period": period})


def _lock(actor: Actor, period: str) -> CloseRun:
    run = existing(period)
    if not hold(period):
        raise busy(actor, run)
    return CloseRun.objects.get(pk=run.pk)


def _require_next(run: CloseRun, code: str) -> None:
    """Steps go in order, each once: another worker may have run this one a moment ago."""
    if next_step(_states(run)) != code:
        raise Conflict(
            "CLOSE-410",
            f"The step “{code}” of {run.period} is done already, or not yet due. "
            "Look at the close page and resume from there.",
        )


@action
def begin_step(*, actor: Actor, period: str, code: str) -> CloseStep:
    """Say that a step is being done, since when and by whom, for all to see before it commits."""
    require(actor, RUN)
    run = _lock(actor, period)
    _require_next(run, code)
    run.state, run.run_by = "open", actor.user_id
    run.save(update_fields=["state", "run_by"])
    step = CloseStep.objects.get(run=run, code=code)
    step.state, step.started_at, step.finished_at, step.detail = "running", now(), None, {}
    step.run_by = actor.user_id
    step.save()
    record(actor=actor, verb=f"close.{code}_begun", target=run, payload={"period": period})
    return step


@action
def run_step(
    *, actor: Actor, period: str, code: str, options: Options, tell: Tell = silent
) -> CloseStep:
    """Run one step in one transaction; it raises what it finds, and then leaves nothing.

    `tell(done, total)` hears how far the step is, and may raise to take the step back.
    """
    require(actor, RUN)
    run = _lock(actor, period)
    _require_next(run, code)
    step = CloseStep.objects.get(run=run, code=code)
    handler: Callable[..., dict[str, Any]] = steps.HANDLERS[code]
    step.detail = handler(actor=actor, run=run, options=options, tell=tell)
    step.state, step.finished_at = "done", now()
    step.save()
    run.state = "open"
    if code == CODES[-1]:
        run.state, run.finished_at = "done", now()
    run.save(update_fields=["state", "finished_at", "engine_version", "input_hash", "preview_ends"])
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
    run = _lock(actor, period)
    CloseStep.objects.filter(run=run, code=code).update(
        state="stopped",
        finished_at=now(),
        detail={"code": error.code, "message": error.message, **error.details},
    )
    CloseRun.objects.filter(pk=run.pk).update(state="stopped")
    record(
        actor=actor, verb="close.stopped", target=run, payload={"step": code, "code": error.code}
    )
