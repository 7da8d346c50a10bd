"""The yearly package for auditors: asked for with one click, made in the background, downloaded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.party.public import centre
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place
from ..requests import Asked
from .base import again_asked, attachment, attempt, done, show, watched, whole_field
from .recovery import recovery_tabs

MAKE = "charging.make_package"
RUNNING = ("queued", "running")


@centre_only(MAKE)
@lists("charging.AnnualPackage")
def packages(request: Asked) -> HttpResponse:
    """The packages that were made or are being made; the button that has one made."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        errors = attempt(
            lambda: charging.ask_package(
                actor=request.actor,
                fiscal_year=whole_field(request, "year", _("Fiscal year")),
            )
        )
        if not errors:
            return done(request, _("The package is being made. It appears here."), "packages")
    rows = charging.annual_packages(request.actor, place(request))
    jobs = charging.package_jobs(request.actor, rows)
    live = any(jobs[row.pk].state in RUNNING for row in rows if row.pk in jobs)
    context = {
        "rows": [{"row": row, "job": jobs.get(row.pk), **_state(row, jobs)} for row in rows],
        "pages": pages(request, rows),
        "years": [(str(year), str(year)) for year in charging.recovery_years(request.actor)],
        "files": [_(about) for _name, _method, about in charging.PACKAGE_FILES],
        "live": live,
        "again": again_asked(request),
        "zone": centre().zone,
        "tabs": recovery_tabs(request.actor, "packages"),
    }
    return watched(request, show(request, "centre/packages.jinja", context, errors), live)


def _state(row: charging.AnnualPackage, jobs: dict[UUID, Any]) -> dict[str, Any]:
    """The shape and the word of a package's state, and how far it is."""
    job = jobs.get(row.pk)
    if row.made_at:
        return {"status": ("good", _("Made")), "progress": ""}
    if row.problem:
        return {"status": ("bad", row.problem["message"]), "progress": ""}
    if job is not None and job.state in RUNNING:
        far = _("%(done)s of %(total)s tables") % {
            "done": job.progress_done,
            "total": job.progress_total or len(charging.PACKAGE_FILES),
        }
        return {"status": ("watch", _("Being made")), "progress": far}
    return {"status": ("bad", _("Not made. Ask for it again.")), "progress": ""}


@centre_only(MAKE)
def package_file(request: Asked, package_id: UUID) -> HttpResponse:
    """A package as it was made."""
    name, data = charging.package_file(request.actor, package_id)
    return attachment(name, "application/zip", data)
