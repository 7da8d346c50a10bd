"""My data: an archive of everything that an agency has here, asked for and fetched."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from commonweal.kernel.documents import public as documents
from commonweal.kernel.jobs.public import LIVE, Job
from commonweal.kernel.schema.public import CommonwealError

from ..access import agency_only
from ..lists import lists, pages, place
from ..requests import Asked
from .frame import choices, own_agency, problem_of


@agency_only(documents.TAKE_OUT)
@lists("documents.TakeOut")
def take_out(request: Asked) -> HttpResponse:
    """What was asked for, how far it is, and asking for a new one."""
    agency = own_agency(request, documents.TAKE_OUT)
    problems = []
    if request.method == "POST":
        try:
            documents.ask_take_out(actor=request.actor, agency_id=agency.pk)
        except CommonwealError as error:
            problems = [problem_of(error)]
        else:
            messages.success(request, _("The archive is being made."))
            return HttpResponseRedirect(reverse("agency:take_out") + f"?agency={agency.code}")
    found = documents.take_outs(request.actor, agency.pk, place(request))
    works = documents.works(request.actor, found)
    context = {
        "rows": [row_of(row, works.get(row.pk)) for row in found],
        "pages": pages(request, found),
        "days": documents.DAYS,
        "errors": problems,
        **choices(request, documents.TAKE_OUT),
    }
    return render(request, "agency/take_out.jinja", context, status=409 if problems else 200)


def row_of(row: documents.TakeOut, work: Job | None) -> dict[str, object]:
    """An archive as a row: its state, and how far the work is."""
    state = "ready"
    if row.removed_at is not None:
        state = "removed"
    elif row.finished_at is None:
        state = "working" if work is not None and work.state in LIVE else "failed"
    return {"row": row, "state": state, "work": work, "until": documents.kept_until(row)}


@agency_only(documents.TAKE_OUT)
@require_GET
def archive(request: Asked, take_out_id: UUID) -> HttpResponseBase:
    """The archive itself."""
    found, path = documents.open_take_out(request.actor, take_out_id)
    documents.note_download(actor=request.actor, take_out_id=found.pk)
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=found.filename,
        content_type="application/zip",
    )  # fmt: skip
