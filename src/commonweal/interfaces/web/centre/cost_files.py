"""One large ledger file: how far its import is, cancelled and gone on with, why it was refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.jobs.public import Job, cancel, remedy
from commonweal.kernel.metering.public import kept_file
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..requests import Asked
from .base import FormError, address, again_asked, done, problems, show, silence, text, watched

VIEW = "charging.view_costs"
IMPORT = "charging.import_costs"


@dataclass(frozen=True)
class FileRow:
    """A large file in the list, with the kind and words of its state's tag."""

    file: charging.CostFile
    tag: tuple[str, str]


def file_rows(actor: Actor) -> list[FileRow]:
    """The newest large files that were not imported yet; two queries."""
    files = charging.waiting_files(actor)
    jobs = charging.file_jobs(actor, files)
    return [FileRow(file, state_tags()[standing(file, jobs.get(file.id))]) for file in files]


def standing(file: charging.CostFile, job: Job | None) -> str:
    """How its import stands."""
    return charging.file_state(file.cost_import_id is not None, job.state if job else "")


def state_tags() -> dict[str, tuple[str, str]]:
    """How each state looks: the tag's kind and its words."""
    return {
        "done": ("good", _("Done")),
        "waiting": ("neutral", _("Waiting")),
        "running": ("watch", _("Being imported")),
        "failed": ("bad", _("Not imported")),
        "cancelled": ("neutral", _("Cancelled")),
    }


@centre_only(VIEW)
def cost_file(request: Asked, file_id: UUID) -> HttpResponse:
    """A large file on its way in; when it is imported, its import."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        try:
            return change(request, file_id)
        except (NotFound, Forbidden):
            raise
        except CommonwealError as error:
            errors = problems(error)
    file = charging.cost_file(request.actor, file_id)
    job = charging.file_jobs(request.actor, [file]).get(file.id)
    state = standing(file, job)
    live = state in ("waiting", "running")
    if state == "done" and not request.headers.get("HX-Request"):
        return HttpResponseRedirect(address("import", file.cost_import_id))
    own = file.asked_by == request.actor.user_id
    may = request.actor.may(IMPORT)
    context = {
        "file": file,
        "state": state,
        "job": job,
        "silence": silence() if job and job.silent else "",
        "problem": problem_of(file, job) if state == "failed" else None,
        "live": live,
        "again": live and again_asked(request),
        "may_cancel": live and (own or request.actor.may("jobs.manage")),
        "may_resume": may and state in ("failed", "cancelled") and kept_file(file.id).is_file(),
    }
    return watched(request, show(request, "centre/cost_file.jinja", context, errors), live)


def problem_of(file: charging.CostFile, job: Job | None) -> dict[str, Any]:
    """Why a file was not imported: what was found, or the code of its work with its remedy."""
    code = job.last_error if job else ""
    if file.problem.get("code") == code:
        return dict(file.problem)
    return {"code": code, "message": _(remedy(code)), "rows": []}


def change(request: Asked, file_id: UUID) -> HttpResponse:
    """Do what a button says: cancel, or import once more."""
    what, actor = text(request, "do"), request.actor
    if what == "resume":
        charging.resume_import(actor=actor, file_id=file_id)
        return HttpResponseRedirect(address("cost_file", file_id))
    if what != "cancel":
        raise FormError("FORM-101", _("Choose what to do with it."), field="do")
    file = charging.cost_file(actor, file_id)
    job = charging.file_jobs(actor, [file])[file.id]
    cancel(actor=actor, job_id=job.pk)
    return done(request, _("It is being cancelled. Nothing of it is kept."), "cost_file", file_id)
