"""Background work: what waits, runs and failed; running it again or cancelling it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.jobs.public import cancel, requeue, schedules, unfinished
from commonweal.kernel.jobs.public import jobs as all_jobs
from commonweal.kernel.party.public import centre

from ..access import centre_only
from ..look.page import Link
from ..requests import Asked
from .audit import audit_tabs
from .base import PAGE, address, as_id, attempt, done, required_id, show, text

VIEW = "jobs.view"
MANAGE = "jobs.manage"
STATES = ("dead", "queued", "running", "done", "cancelled")


@centre_only(VIEW)
def jobs(request: Asked) -> HttpResponse:
    """The queue, newest first; failed work (“dead letters”) can run again, waiting work stop."""
    errors: tuple[Any, ...] = ()
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    if request.method == "POST":
        again = text(request, "do") == "again"
        write = requeue if again else cancel
        key = required_job(request)
        errors = attempt(lambda: write(actor=request.actor, job_id=key))
        if not errors:
            words = _("It runs again.") if again else _("It is being cancelled.")
            return done(request, words, "jobs", state=state)
    before = as_id(request.GET.get("before", ""))
    rows = all_jobs(request.actor, state=state, before=before, limit=PAGE + 1)
    more = len(rows) > PAGE
    context = {
        "rows": rows[:PAGE],
        "counts": unfinished(request.actor),
        "states": [
            Link(words, address("jobs", state=code), code == state) for code, words in state_words()
        ],
        "state": state,
        "schedules": schedules(request.actor),
        "may_manage": request.actor.may(MANAGE),
        "next": address("jobs", state=state, before=str(rows[PAGE - 1].pk)) if more else "",
        "first": address("jobs", state=state) if before else "",
        "tabs": audit_tabs("jobs"),
        "zone": centre().zone,
    }
    return show(request, "centre/jobs.jinja", context, errors)


def required_job(request: Asked) -> UUID:
    """The job that a form names."""
    return required_id(request, "job", _("Choose some work."))


def state_words() -> list[tuple[str, str]]:
    """The states of background work in words."""
    return [
        ("", _("All")),
        ("dead", _("Failed")),
        ("queued", _("Waiting")),
        ("running", _("Running")),
        ("done", _("Done")),
        ("cancelled", _("Cancelled")),
    ]
