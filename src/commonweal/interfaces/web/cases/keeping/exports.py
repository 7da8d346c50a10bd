"""All cases of an agency or a queue as a file: a table, JSON lines, or an event log."""

from __future__ import annotations

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from commonweal.kernel.casework import public as casework

from ...access import centre_only
from ...centre.base import agency_choices, as_id, show
from ...requests import Asked
from .base import MANAGE, tabs_of

MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson", "xes": "text/xml"}


@centre_only(MANAGE)
def export(request: Asked) -> HttpResponse:
    """Choose whose cases, and the form of the file."""
    context = {
        "agencies": agency_choices(request, _("Every agency")),
        "queues": [("", _("Every queue")),
                   *((row.code, row.name) for row in casework.queues(request.actor))],
        "forms": [
            ("csv", _("Table (CSV)"), _("One row a case. Opens in a spreadsheet.")),
            ("jsonl", _("JSON lines"), _("One line a case, with events, messages and clocks.")),
            ("xes", _("Event log (XES)"), _("What happened, for process mining.")),
        ],
        "tabs_of": tabs_of("export"),
    }  # fmt: skip
    return show(request, "cases/keeping/export.jinja", context)


@centre_only(MANAGE)
def export_file(request: Asked) -> HttpResponseBase:
    """The file. It is written whole before it leaves, while the scope of the request holds."""
    form = request.GET.get("form", "csv")
    pieces = casework.export_cases(
        request.actor, form, as_id(request.GET.get("agency", "")), request.GET.get("queue", "")
    )
    return FileResponse(
        casework.spooled(pieces),
        as_attachment=True,
        filename=f"cases.{form}",
        content_type=MEDIA[form],
    )
