"""Running a close: step after step, each its own transaction, stopped and resumed at will."""

from __future__ import annotations

import time
from collections.abc import Callable

from commonweal.kernel.access.public import Actor, act_as, require
from commonweal.kernel.jobs.public import Cancelled
from commonweal.kernel.schema.public import CommonwealError, Conflict, Forbidden

from .actions.close import APPROVAL, RUN, begin_step, heed_stop, mark_stopped, run_step, start_here
from .domain.close import CODES, Options, next_step
from .models import CloseRun, CloseStep
from .selectors.closes import existing

LOOK_NANOSECONDS = 500_000_000
Progress = Callable[[str, CloseStep], None]
Figures = Callable[[str, int, int | None], None]


def advance(
    actor: Actor,
    period: str,
    options: Options | None = None,
    until: str = CODES[-1],
    progress: Progress | None = None,
) -> CloseRun:
    """Run steps up to and including `until` in this process. Resumable.

    Raises CloseError (or what the step raised) where the close stopped; what was done stays done.
    Returns before the step “approve” until a second person has approved the bills.
    A close that was asked to stop returns as far as it came. CLOSE-409 if it runs elsewhere.
    """
    with act_as(actor):
        start_here(actor=actor, period=period, options=options or Options())
    try:
        return go_on(actor, period, until, progress)
    except Cancelled:
        with act_as(actor):
            return existing(period)


def go_on(
    actor: Actor,
    period: str,
    until: str = CODES[-1],
    progress: Progress | None = None,
    figures: Figures | None = None,
) -> CloseRun:
    """Go on with a close that was started, with the options that were decided.

    `progress(code, step)` is called after each step, `figures(code, done, total)` within it; either
    may raise Cancelled, as this does (JOBS-201) when the close was asked to stop.
    """
    require(actor, RUN)
    while True:
        with act_as(actor):
            run = existing(period)
            code = next_step(dict(run.steps.values_list("code", "state")))
        if code is None or code == APPROVAL or CODES.index(code) > CODES.index(until):
            return run
        watch = _Watch(run, code, figures)
        try:
            if run.cancel_requested:
                raise stopped(period)
            if figures:
                figures(code, 0, None)
            with act_as(actor):
                begin_step(actor=actor, period=period, code=code)
            with act_as(actor):
                step = run_step(
                    actor=actor,
                    period=period,
                    code=code,
                    options=Options.of(run.options),
                    tell=watch,
                )
        except (Conflict, Forbidden):
            raise
        except Cancelled:
            with act_as(actor):
                heed_stop(actor=actor, period=period)
            raise
        except CommonwealError as error:
            with act_as(actor):
                mark_stopped(actor=actor, period=period, code=code, error=error)
            raise
        if progress:
            progress(code, step)


def stopped(period: str) -> Cancelled:
    """What ends a close that was asked to stop."""
    return Cancelled(
        "JOBS-201", f"The close of {period} was stopped. What was done before stays done."
    )


class _Watch:
    """Passes on how far a step is, and takes the step back when the close is asked to stop.

    It is called inside the step's transaction, which sees what others committed meanwhile.
    """

    def __init__(self, run: CloseRun, code: str, figures: Figures | None) -> None:
        self.run, self.code, self.figures = run, code, figures
        self.looked = time.monotonic_ns()

    def __call__(self, done: int, total: int | None) -> None:
        if self.figures:
            self.figures(self.code, done, total)
        if time.monotonic_ns() - self.looked < LOOK_NANOSECONDS:
            return
        self.looked = time.monotonic_ns()
        if CloseRun.objects.filter(pk=self.run.pk, cancel_requested=True).exists():
            raise stopped(self.run.period)
