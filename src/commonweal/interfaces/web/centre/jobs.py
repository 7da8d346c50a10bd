"""Background work: what waits, runs and failed; running it again or cancelling it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.jobs.public import (
    MOST,
    Job,
    cancel,
    discard,
    plain_rule,
    remedy,
    requeue,
    schedules,
    unfinished,
    work_words,
)
from commonweal.kernel.jobs.public import jobs as all_jobs
from commonweal.kernel.party.public import centre
from commonweal.kernel.words import public as words

from ..access import centre_only
from ..lists import lists, pages, place
from ..look.page import Link
from ..requests import Asked
from .audit import audit_tabs
from .base import FormError, address, attempt, done, required_id, show, text

VIEW = "jobs.view"
MANAGE = "jobs.manage"
STATES = ("dead", "queued", "running", "done", "cancelled", "discarded")
WRITES: dict[str, Callable[..., Job]] = {
    "again": requeue,
    "cancel": cancel,
    "discard": discard,
}


@centre_only(VIEW)
@lists("jobs.Job")
def jobs(request: Asked) -> HttpResponse:
    """The queue, newest first; failed work (“dead letters”) runs again or is discarded, other work
    is cancelled. Codes and figures only: nothing here names a person."""
    errors: tuple[Any, ...] = ()
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    if request.method == "POST":
        what = text(request, "do")
        errors = attempt(lambda: change(request, what))
        if not errors:
            return done(request, done_words()[what], "jobs", state=state)
    rows = all_jobs(request.actor, state=state, place=place(request))
    context = {
        "rows": [row_of(row) for row in rows],
        "pages": pages(request, rows),
        "counts": unfinished(request.actor),
        "most": MOST,
        "states": [
            Link(label, address("jobs", state=code), code == state) for code, label in state_words()
        ],
        "state": state,
        "schedules": [
            {
                "name": work_name(row.kind),
                "rule": rule_words(row.rule),
                "next_run": row.next_run,
                "enabled": row.enabled,
            }
            for row in schedules(request.actor)
        ],
        "may_manage": request.actor.may(MANAGE),
        "tabs": audit_tabs("jobs"),
        "zone": centre().zone,
    }
    return show(request, "centre/jobs.jinja", context, errors)


def work_name(kind: str) -> str:
    """A kind of work in plain words."""
    return _(work_words().get(kind, kind))


def rule_words(rule: str) -> str:
    """When work comes again, in words: “Each day at 03:40”, “Every 5 minutes”."""
    kind, _space, given = plain_rule(rule).partition(" ")
    if kind == "daily":
        return _("Each day at %(time)s") % {"time": given}
    if kind == "hourly":
        return _("Each hour, at minute %(minute)s") % {"minute": given}
    count = int(given[:-1]) if kind == "every" else 0
    shapes = {
        "s": ngettext("Every second", "Every %(count)s seconds", count),
        "m": ngettext("Every minute", "Every %(count)s minutes", count),
        "h": ngettext("Every hour", "Every %(count)s hours", count),
    }
    return shapes[given[-1]] % {"count": count} if count else rule


@dataclass(frozen=True)
class JobRow:
    """A job as the page shows it: its kind in words, what it is about, what to do about it."""

    job: Job
    name: str
    about: Link | None
    remedy: str


def row_of(job: Job) -> JobRow:
    """A job with its words."""
    advice = _(remedy(job.last_error)) if job.state == "dead" else ""
    return JobRow(job, work_name(job.kind), about(job), advice)


def about(job: Job) -> Link | None:
    """The page that the work is for."""
    if job.kind == "charging.close":
        period = str(job.payload.get("period", ""))
        return Link(words.period(period), address("close_month", period))
    if job.kind == "metering.take_file":
        return Link(_("The file"), address("one_upload", str(job.payload.get("upload", ""))))
    if job.kind == "charging.import_costs":
        return Link(_("The file"), address("cost_file", str(job.payload.get("file", ""))))
    return None


def done_words() -> dict[str, str]:
    """What was done, by the button that was pressed."""
    return {
        "again": _("It runs again."),
        "cancel": _("It is being cancelled."),
        "discard": _("It is discarded and does not run again."),
    }


def change(request: Asked, what: str) -> Job:
    """Do what a button says with the job that it names."""
    if what not in WRITES:
        raise FormError("FORM-101", _("Choose what to do with it."), field="do")
    job_id = required_id(request, "job", _("Choose some work."))
    return WRITES[what](actor=request.actor, job_id=job_id)


def state_words() -> list[tuple[str, str]]:
    """The states of background work in words."""
    return [
        ("", _("All")),
        ("dead", _("Failed")),
        ("queued", _("Waiting")),
        ("running", _("Running")),
        ("done", _("Done")),
        ("cancelled", _("Cancelled")),
        ("discarded", _("Discarded")),
    ]
