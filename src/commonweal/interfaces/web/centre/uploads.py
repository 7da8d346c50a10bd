"""One uploaded file: how far it is, cancelled and gone on with, and what came of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from commonweal.kernel.jobs.public import Job, remedy
from commonweal.kernel.metering.public import (
    FileOptions,
    Upload,
    cancel_upload,
    kept_file,
    resume_upload,
    submit_later,
    upload,
    upload_jobs,
    upload_state,
)
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound
from commonweal.kernel.words import public as words

from ..access import centre_only
from ..requests import Asked
from .base import FormError, address, again_asked, done, problems, show, silence, text, watched

VIEW = "metering.view"
SUBMIT = "metering.submit"
LIVE = ("waiting", "running")


@centre_only(VIEW)
def one_upload(request: Asked, upload_id: UUID) -> HttpResponse:
    """A file on its way in, or what came of it."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        try:
            return change(request, upload_id)
        except (NotFound, Forbidden):
            raise
        except CommonwealError as error:
            errors = problems(error)
    found = upload(request.actor, upload_id)
    job = upload_jobs(request.actor, [found]).get(found.id)
    state = upload_state(found, job)
    live = state in LIVE
    own = found.started_by == request.actor.user_id and request.actor.may(SUBMIT)
    kept = kept_file(found.id).is_file()
    context = {
        "upload": found,
        "state": state,
        "title": title(found, state),
        "failure": failure(found, job) if state == "failed" else None,
        "live": live,
        "again": live and again_asked(request),
        "silence": silence() if job and job.silent else "",
        "stopping": bool(job and job.cancel_requested),
        "may_cancel": live and (own or request.actor.may("jobs.manage")),
        "may_resume": own and kept and state in ("failed", "cancelled"),
        "may_take": own and kept and state == "done" and found.dry_run,
    }
    return watched(request, show(request, "centre/one_upload.jinja", context, errors), live)


def change(request: Asked, upload_id: UUID) -> HttpResponse:
    """Do what a button says: cancel, go on, or take in what was tried."""
    what, actor = text(request, "do"), request.actor
    if what == "cancel":
        cancel_upload(actor=actor, upload_id=upload_id)
        said = _("It is being cancelled. What was taken in stays.")
        return done(request, said, "one_upload", upload_id)
    if what == "resume":
        resume_upload(actor=actor, upload_id=upload_id)
        return HttpResponseRedirect(address("one_upload", upload_id))
    if what != "take":
        raise FormError("FORM-101", _("Choose what to do with it."), field="do")
    trial = upload(actor, upload_id)
    made = submit_later(
        actor=actor,
        source=trial.source.code,
        path=kept_file(trial.id),
        kind=trial.format,
        options=FileOptions.of(trial.options),
    )
    return HttpResponseRedirect(address("one_upload", made.id))


def title(found: Upload, state: str) -> str:
    """Where the file stands, in one line."""
    rows = {"rows": words.quantity(found.rows_done), "accepted": words.quantity(found.accepted)}
    if state == "done" and found.dry_run:
        return _("%(accepted)s of %(rows)s rows would be taken in") % rows
    if state == "done":
        return _("%(accepted)s of %(rows)s rows were taken in") % rows
    if state == "waiting":
        return _("The file waits for a worker")
    if state == "running" and found.dry_run:
        return _("Trying the file: %(rows)s rows done") % rows
    if state == "running":
        return _("Taking the file in: %(rows)s rows done") % rows
    if state == "cancelled":
        return _("Cancelled after %(rows)s rows") % rows
    return _("Stopped after %(rows)s rows") % rows


def failure(found: Upload, job: Job | None) -> tuple[str, str]:
    """The code with which the work ended, and what to do."""
    code = job.last_error if job else ""
    return code, found.problem or _(remedy(code))


def state_tags() -> dict[str, tuple[str, str]]:
    """How each state looks: the tag's kind and its words."""
    return {
        "done": ("good", _("Done")),
        "waiting": ("neutral", _("Waiting")),
        "running": ("watch", _("Being taken in")),
        "failed": ("bad", _("Failed")),
        "cancelled": ("neutral", _("Cancelled")),
        "interrupted": ("watch", _("Not finished: upload the same file again")),
    }
