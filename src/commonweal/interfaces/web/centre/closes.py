"""Reading a close for its page: which month is next, its steps in words, what stopped it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.jobs.public import Job
from commonweal.kernel.schema.public import NotFound, Place
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from .base import last_month


@dataclass(frozen=True)
class StepView:
    """One step as people read it. `state`: done, running, waiting, stopped; `found`: what it came
    to. One that says it runs while nobody is at the close was interrupted."""

    code: str
    label: str
    explanation: str
    state: str
    started: datetime | None
    finished: datetime | None
    found: str
    detail: Mapping[str, Any]

    @property
    def took(self) -> str:
        """How long it took, or nothing."""
        if self.started is None or self.finished is None:
            return ""
        return words.span(self.finished - self.started)


@dataclass(frozen=True)
class CloseView:
    """A month's close; `run` None: not started. `job`: its newest background work, which may have
    ended; `running`: who is at it at this moment, if anybody is."""

    period: str
    run: charging.CloseRun | None
    steps: Sequence[StepView]
    job: Job | None = None
    running: charging.Running | None = None

    @property
    def next(self) -> StepView | None:
        """The first step that is not done."""
        return next((step for step in self.steps if step.state != "done"), None)

    @property
    def stopped(self) -> StepView | None:
        """The step that found something, if one did."""
        return next((step for step in self.steps if step.state == "stopped"), None)

    @property
    def done(self) -> bool:
        """Every step is done."""
        return self.next is None

    @property
    def failed(self) -> Job | None:
        """The background work, where it ended by an error and nobody went on since."""
        job = self.job
        if job is None or job.state != "dead" or self.running or self.stopped or self.done:
            return None
        begun = [step.started for step in self.steps if step.started]
        return job if job.finished_at and all(job.finished_at >= each for each in begun) else None


def closes(actor: Actor, limit: int = 24) -> list[charging.CloseRun]:
    """The closes there are, newest month first."""
    return list(charging.closes(actor, Place(limit=limit)))


def month_to_close(runs: Sequence[charging.CloseRun]) -> str:
    """The month that people look for: the oldest unfinished close, else the next month to close.

    Where the newest full month is closed already, that one. `runs`: what `closes` gave.
    """
    unfinished = [run.period for run in runs if run.state != "done"]
    if unfinished:
        return min(unfinished)
    if not runs:
        return last_month()
    return min(FiscalPeriod.parse(runs[0].period).shift(1).code, max(last_month(), runs[0].period))


def close_view(actor: Actor, period: str) -> CloseView:
    """A month's close with its steps in order and who is at it; five queries at most."""
    try:
        run = charging.close_run(actor, period)
    except NotFound:
        return view_of(period, None)
    job = charging.close_jobs(actor, [run.period]).get(run.period)
    now = charging.running(actor, run, run.steps.all(), job)
    return replace(view_of(period, run), job=job, running=now)


def view_of(period: str, run: charging.CloseRun | None) -> CloseView:
    """A close that was read already, as people read it."""
    code = FiscalPeriod.parse(period).code
    rows = {step.code: step for step in run.steps.all()} if run else {}
    steps = []
    for rule in charging.CLOSE_STEPS:
        row = rows.get(rule.code)
        detail = row.detail if row else {}
        steps.append(
            StepView(
                rule.code,
                _(rule.label),
                _(rule.explanation),
                row.state if row else "waiting",
                row.started_at if row else None,
                row.finished_at if row else None,
                charging.step_words(rule.code, detail) if row and row.state == "done" else "",
                detail,
            )
        )
    return CloseView(code, run, steps)
