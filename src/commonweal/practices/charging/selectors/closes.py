"""Reads of the monthly closes: every month, one with its steps, and who runs it now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.jobs.public import LIVE, Job, by_keys
from commonweal.kernel.metering.public import unsealed_usage
from commonweal.kernel.party.public import centre, people_of_accounts
from commonweal.kernel.schema.public import FIRST, Conflict, Listing, NotFound, Place, listing
from commonweal.kernel.words import public as words

from ..closing.held import is_held
from ..domain.close import STEPS, job_key
from ..models import CloseRun, CloseStep, CostLine

VIEW = "charging.view_all_bills"
HIDDEN = "A colleague"


def _visible(actor: Actor) -> QuerySet[CloseRun]:
    require(actor, VIEW)
    return CloseRun.objects.filter(agency_id=centre().agency_id).prefetch_related("steps")


def closes(actor: Actor, place: Place = FIRST) -> Listing[CloseRun]:
    """A page of closes with their steps, newest month first."""
    return listing(_visible(actor), ["-period"], place)


def close_periods(actor: Actor, limit: int = 24) -> list[str]:
    """The newest months whose close was started."""
    require(actor, VIEW)
    found = CloseRun.objects.filter(agency_id=centre().agency_id).order_by("-period")
    return list(found.values_list("period", flat=True)[:limit])


def close_run(actor: Actor, period: str) -> CloseRun:
    """One month's close with its steps (CLOSE-404 before it is started)."""
    return _named(_visible(actor), period)


def existing(period: str) -> CloseRun:
    """One month's close, for the close itself (CLOSE-404 before it is started)."""
    return _named(CloseRun.objects.all(), period)


def _named(found: QuerySet[CloseRun], period: str) -> CloseRun:
    run = found.filter(period=FiscalPeriod.parse(period).code).first()
    if run is None:
        raise NotFound("CLOSE-404", f"The close of {period} was not started yet. Start it first.")
    return run


def unclosed_months(actor: Actor, period: str) -> list[dict[str, Any]]:
    """Months before one that no close took in, oldest first: with usage or ledger costs, and every
    one since the last close, for something fixed may have run on.

    Months that an earlier close left open with a reason are not named again.
    """
    usage = unsealed_usage(actor, period)
    lines = CostLine.objects.filter(
        agency_id=centre().agency_id, basis="actual", period__lt=period
    ).values_list("period")
    costs = dict(lines.annotate(count=Count("pk")).order_by("period"))
    known: set[str] = set()
    for month, skipped in CloseRun.objects.values_list("period", "skipped"):
        known |= {month, *skipped.get("months", ())}
    between = set()
    last = max((month for month in known if month < period), default=None)
    if last is not None:
        following = FiscalPeriod.parse(last).shift(1)
        while following.code < period:
            between.add(following.code)
            following = following.shift(1)
    return [
        {"month": month, "records": usage.get(month, 0), "lines": costs.get(month, 0)}
        for month in sorted((usage.keys() | costs.keys() | between) - known)
    ]


@dataclass(frozen=True)
class Running:
    """Who runs a close at this moment, since when, and in which step.

    `job`: the background work that does it, if it is one, which may be waiting for a worker. `by`:
    the account that asked; None: the operator, at the command line.
    """

    job: Job | None
    by: str
    since: datetime | None
    step: str


def close_jobs(actor: Actor, periods: Iterable[str]) -> dict[str, Job]:
    """The background work of some months' closes, ended or not, by month; one query."""
    require(actor, VIEW)
    keys = {job_key(period): period for period in periods}
    return {keys[key]: job for key, job in by_keys(actor, keys).items()}


def live_job(actor: Actor, period: str) -> Job | None:
    """The background work of a month's close, if it waits or runs."""
    job = by_keys(actor, [job_key(period)]).get(job_key(period))
    return job if job and job.state in LIVE else None


def running(
    actor: Actor, run: CloseRun, steps: Iterable[CloseStep], job: Job | None
) -> Running | None:
    """Whether a close runs, with what was read of it already; at most two queries.

    A step that says it runs is believed only if somebody holds the close: whoever began it may
    have been killed.
    """
    begun = next((step for step in steps if step.state == "running"), None)
    live = job if job and job.state in LIVE else None
    if live is None and (begun is None or not is_held(run.period)):
        return None
    user = live.asked_by if live else run.run_by
    seen = people_of_accounts(actor, [user]).get(user) if user else None
    name = seen.name if seen else HIDDEN if user else ""
    if live:
        since: datetime | None = live.started_at or live.run_at
    else:
        since = begun.started_at if begun else None
    return Running(live, name, since, begun.code if begun else "")


def refuse_if_busy(actor: Actor, run: CloseRun) -> None:
    """Refuse to run a close that runs already (CLOSE-409)."""
    if live_job(actor, run.period) or is_held(run.period):
        raise busy(actor, run)


def busy(actor: Actor, run: CloseRun) -> Conflict:
    """The refusal, with who runs the close, since when, and what it is doing."""
    found = running(actor, run, run.steps.all(), live_job(actor, run.period))
    said = f"The close of {run.period} is running already"
    if found:
        labels = {rule.code: rule.label for rule in STEPS}
        said += f": {found.by or 'the operator'} runs it" if found.by or not found.job else ""
        said += f" since {words.moment(found.since, centre().zone)}" if found.since else ""
        said += f", at the step “{labels[found.step]}”" if found.step else ""
    return Conflict("CLOSE-409", f"{said}. Watch it on the close page, or stop it there.")
