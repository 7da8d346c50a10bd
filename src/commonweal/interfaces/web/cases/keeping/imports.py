"""Files of cases on their way in: which there were, how far one is, and what was wrong in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.casework import public as casework
from commonweal.kernel.jobs.public import Job, cancel, remedy
from commonweal.kernel.metering.public import kept_file
from commonweal.kernel.words import public as words

from ...access import centre_only
from ...centre.base import (
    FormError,
    again_asked,
    attempt,
    said_on,
    show,
    silence,
    text,
    watched,
)
from ...lists import lists, pages, place
from ...look.page import Problem
from ...requests import Asked
from .base import MANAGE, tabs_of

LIVE = ("waiting", "running")


@dataclass(frozen=True)
class Row:
    """An import in the list, with the kind and words of its state's tag."""

    row: casework.CaseImport
    tag: tuple[str, str]


@centre_only(MANAGE)
@lists("casework.CaseImport")
def imports(request: Asked) -> HttpResponse:
    """The files that were taken in or tried, the newest first."""
    found = casework.case_imports(request.actor, place(request))
    jobs = casework.import_jobs(request.actor, found)
    tags = state_tags()
    context = {
        "rows": [Row(row, tags[casework.import_state(row, jobs.get(row.pk))]) for row in found],
        "kinds": kinds(),
        "pages": pages(request, found),
        "tabs_of": tabs_of("imports"),
    }
    return show(request, "cases/keeping/imports.jinja", context)


def kinds() -> dict[str, str]:
    """What a row of a file is."""
    return {
        "cases": _("A row a case"),
        "events": _("A row an event"),
        "xes": _("Event log (XES)"),
    }


def state_tags() -> dict[str, tuple[str, str]]:
    """How each state looks: the tag's kind and its words."""
    return {
        "done": ("good", _("Done")),
        "waiting": ("neutral", _("Waiting")),
        "running": ("watch", _("Being read")),
        "failed": ("bad", _("Stopped")),
        "cancelled": ("neutral", _("Cancelled")),
        "interrupted": ("watch", _("Not finished")),
    }


@centre_only(MANAGE)
def one_import(request: Asked, case_import_id: UUID) -> HttpResponse:
    """One file on its way in, or what came of it; cancelled, gone on with, or taken in."""
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        made: list[HttpResponseRedirect] = []
        errors = attempt(lambda: made.append(_change(request, case_import_id)))
        if not errors:
            return made[0]
    row = casework.case_import(request.actor, case_import_id)
    job = casework.import_jobs(request.actor, [row]).get(row.pk)
    state = casework.import_state(row, job)
    live = state in LIVE
    kept = kept_file(row.pk).is_file()
    own = row.started_by == request.actor.user_id
    context = {
        "row": row,
        "state": state,
        "title": title(row, state),
        "kinds": kinds(),
        "failure": _failure(row, job) if state == "failed" else None,
        "live": live,
        "again": live and again_asked(request),
        "silence": silence() if job and job.silent else "",
        "stopping": bool(job and job.cancel_requested),
        "may_cancel": live and (own or request.actor.may("jobs.manage")),
        "may_resume": kept and state in ("failed", "cancelled", "interrupted"),
        "may_take": kept and state == "done" and row.dry_run and row.cases > 0,
        "tabs_of": tabs_of("imports"),
    }
    return watched(request, show(request, "cases/keeping/import.jinja", context, errors), live)


def title(row: casework.CaseImport, state: str) -> str:
    """Where the file stands, in one line."""
    said = {"cases": words.quantity(row.cases), "done": words.quantity(row.done)}
    if state == "done" and row.dry_run:
        return _("%(cases)s of %(done)s cases would be taken in") % said
    if state == "done":
        return _("%(cases)s of %(done)s cases were taken in") % said
    if state == "waiting":
        return _("The file waits for a worker")
    if state == "running" and row.dry_run:
        return _("Trying the file: %(done)s cases read") % said
    if state == "running":
        return _("Taking the file in: %(done)s cases read") % said
    return _("Stopped after %(done)s cases") % said


def _failure(row: casework.CaseImport, job: Job | None) -> tuple[str, str]:
    """The code with which the work ended, and what to do."""
    code = job.last_error if job else ""
    return code, row.problem or _(remedy(code))


def _change(request: Asked, case_import_id: UUID) -> HttpResponseRedirect:
    what, actor = text(request, "what"), request.actor
    writes: dict[str, Any] = {"resume": casework.resume_import, "take": casework.take_tried}
    if what in writes:
        row = writes[what](actor=actor, import_id=case_import_id)
        return HttpResponseRedirect(reverse("keeping:import", args=[row.pk]))
    row = casework.case_import(actor, case_import_id)
    job = casework.import_jobs(actor, [row]).get(row.pk)
    if what != "cancel" or job is None:
        raise FormError("FORM-101", _("Choose what to do with it."), field="what")
    cancel(actor=actor, job_id=job.pk)
    said = _("It is being cancelled. What was taken in stays.")
    return said_on(request, "keeping:import", said, row.pk)
