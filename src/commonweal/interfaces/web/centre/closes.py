"""Reading a close for its page: which month is next, its steps in words, what stopped it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import charge_items, order_lines_in_force
from commonweal.kernel.jobs.public import Job
from commonweal.kernel.party.public import agencies, centre
from commonweal.kernel.schema.public import CommonwealError, NotFound, Place
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
                found_words(rule.code, detail) if row and row.state == "done" else "",
                detail,
            )
        )
    return CloseView(code, run, steps)


def found_words(code: str, detail: Mapping[str, Any]) -> str:
    """What a finished step came to, in a few words."""
    currency = charging_currency()
    if code == "freeze":
        said = _("%(count)s usage records") % {"count": words.quantity(detail.get("records", 0))}
        if detail.get("waived"):
            said += ". " + _("Without %(sources)s: %(reason)s") % {
                "sources": words.listing(detail["waived"]),
                "reason": detail.get("waive_reason", ""),
            }
        return said
    if code == "allocate" and detail.get("no_costs_reason"):
        return _("No ledger costs: %(reason)s") % {"reason": detail["no_costs_reason"]}
    if code == "allocate":
        return _("%(total)s of cost, %(rest)s of it unallocated") % {
            "total": words.money(detail.get("total_minor"), currency),
            "rest": words.money(detail.get("unallocated_minor"), currency),
        }
    if code == "rate":
        return _("%(count)s records priced") % {"count": words.quantity(detail.get("records", 0))}
    if code == "prove":
        return _("%(count)s totals agree to the last decimal") % {
            "count": words.quantity(detail.get("groups", 0))
        }
    if code == "preview":
        return _("%(count)s bills shown until %(day)s") % {
            "count": detail.get("bills", 0),
            "day": iso_day(detail.get("ends", "")),
        }
    if code in {"draft", "issue"}:
        said = _("%(count)s bills, %(total)s") % {
            "count": detail.get("bills", 0),
            "total": words.money(detail.get("total_minor"), currency),
        }
        due = iso_day(detail.get("due", ""))
        return said + (", " + _("due %(day)s") % {"day": due} if due else "")
    if code == "post":
        return _("%(count)s pairs of journals") % {"count": detail.get("pairs", 0)}
    return _("%(count)s notices") % {"count": detail.get("notices", 0)}


def charging_currency() -> str:
    """The centre's currency."""
    return centre().currency


def iso_day(value: str) -> str:
    """A stored ISO day in words, or nothing."""
    try:
        return words.day(date.fromisoformat(value))
    except ValueError:
        return ""


LABELS = {
    "agency": gettext_noop("Agency"),
    "item": gettext_noop("Charge item"),
    "order_line": gettext_noop("Order line"),
    "problem": gettext_noop("Problem"),
    "records": gettext_noop("Records"),
    "example": gettext_noop("For example"),
    "code": gettext_noop("Source"),
    "row": gettext_noop("Row"),
    "month": gettext_noop("Month"),
    "lines": gettext_noop("Ledger lines"),
    "message": gettext_noop("What is wrong"),
}


@dataclass(frozen=True)
class FoundRows:
    """The rows that stopped a step, as a table: column keys with labels, and rows of words."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[Mapping[str, str]]


def found_rows(actor: Actor, period: str, step: StepView) -> FoundRows | None:
    """The rows that a stopped step kept, with names in place of ids; two queries at most."""
    rows = step.detail.get("rows") or step.detail.get("sources") or []
    if not rows:
        return None
    names = names_of(actor, period, rows)
    keys = [key for key in LABELS if any(key in row for row in rows)]
    keys += sorted({key for row in rows for key in row} - set(keys))
    return FoundRows(
        [(key, _(LABELS.get(key, key.replace("_", " ").capitalize()))) for key in keys],
        [
            {key: names.get(str(row.get(key)), words.told(str(row.get(key, "")))) for key in keys}
            for row in rows
        ],
    )


def names_of(actor: Actor, period: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Names for the ids of agencies, charge items and order lines in some rows."""
    found: dict[str, str] = {}
    if any("agency" in row for row in rows):
        found |= {str(row.id): row.name for row in agencies(actor)}
    if any("item" in row for row in rows):
        found |= {str(row.id): row.name for row in charge_items(actor)}
    if any("order_line" in row for row in rows):
        span = FiscalPeriod.parse(period)
        found |= {
            str(line.id): _("Order %(order)s, line %(line)s, %(item)s")
            % {"order": line.order_number, "line": line.number, "item": line.item_code}
            for line in order_lines_in_force(actor, None, span)
        }
    return found


def stop_problem(step: StepView) -> CommonwealError:
    """What stopped a step, as the error it was."""
    return CommonwealError(str(step.detail.get("code", "")), str(step.detail.get("message", "")))
