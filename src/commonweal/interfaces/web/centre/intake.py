"""Usage intake: sources by month, deliveries and files."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import charge_items
from commonweal.kernel.metering.public import (
    batches,
    period_state,
    quarantine,
    report_source,
    source_checks,
    upload_jobs,
    upload_state,
    uploads,
)
from commonweal.kernel.party.public import agencies

from ..access import centre_only
from ..lists import lists, pages, place, report
from ..look.page import Link
from ..requests import Asked
from .base import (
    address,
    attempt,
    decimal_field,
    done,
    last_month,
    local_day,
    month_asked,
    months_back,
    show,
    text,
    whole_field,
)
from .uploads import state_tags

VIEW = "metering.view"
SUBMIT = "metering.submit"
MANAGE = "metering.manage_sources"
FILES = 10


def intake_tabs(here: str) -> list[Link]:
    """The pages of usage intake."""
    pages = (
        ("intake", _("Sources")),
        ("deliveries", _("Deliveries and files")),
        ("quarantine", _("Quarantine")),
        ("late", _("Late usage")),
        ("late_policies", _("Rules about late usage")),
    )
    return [Link(label, address(name), name == here) for name, label in pages]


@centre_only(VIEW)
@report("one row for each source that an administrator registered")
def intake(request: Asked) -> HttpResponse:
    """Every source in a month: what counts, what it reported, what is missing."""
    errors: tuple[Any, ...] = ()
    period = month_asked(request, last_month())
    if request.method == "POST":
        errors = attempt(lambda: report_month(request))
        if not errors:
            return done(request, _("Saved."), "intake", period=period)
    checks = source_checks(request.actor, period)
    late = [check for check in checks if check.problem and check.source.expected]
    this_month = FiscalPeriod.of_date(local_day()).code
    context = {
        "period": period,
        "checks": checks,
        "late": late,
        "waits": any(check.source.expected for check in checks),
        "state": period_state(period),
        "months": months_back(this_month, 18),
        "waiting": quarantine(request.actor),
        "items": {row.code: row.name for row in charge_items(request.actor)},
        "tabs": intake_tabs("intake"),
        "may_submit": request.actor.may(SUBMIT),
        "may_manage": request.actor.may(MANAGE),
        "asked": request.POST,
    }
    return show(request, "centre/intake.jinja", context, errors)


def report_month(request: Asked) -> None:
    """Report a source complete for a month."""
    report_source(
        actor=request.actor,
        source=text(request, "source"),
        period=text(request, "period"),
        control_count=whole_field(request, "count", _("Number of records")),
        control_total=decimal_field(request, "total", _("Total quantity")),
    )


@centre_only(VIEW)
@lists("metering.UsageBatch", "metering.Upload")
def deliveries(request: Asked) -> HttpResponse:
    """Deliveries and files, newest first; files with their refused rows."""
    rows = batches(request.actor, place(request))
    files = uploads(request.actor, place(request, "files", FILES))
    jobs = upload_jobs(request.actor, files)
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "names": {row.pk: row.name for row in agencies(request.actor)},
        "uploads": files,
        "states": {row.id: upload_state(row, jobs.get(row.id)) for row in files},
        "tags": state_tags(),
        "file_pages": pages(request, files, "files"),
        "tabs": intake_tabs("deliveries"),
        "may_submit": request.actor.may(SUBMIT),
    }
    return show(request, "centre/deliveries.jinja", context)
