"""The agency's portal: my bills, a bill, why, questions, my accounts."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.documents.public import documents_of, open_document
from commonweal.kernel.party.public import agencies, centre
from commonweal.kernel.schema.public import CommonwealError, NotFound
from commonweal.practices.charging import public as charging

from ..access import agency_only, anyone_with
from ..requests import Asked

VIEW = "charging.view_bills"


def own_agency(request: Asked) -> UUID:
    """The agency that the person acts for: the one asked for among their own, else the first."""
    own = [agency.id for agency in agencies(request.actor)]
    asked = request.GET.get("agency", "")
    return next((agency for agency in own if str(agency) == asked), own[0])


@agency_only(VIEW)
def bills(request: Asked) -> HttpResponse:
    """The newest bill in one sentence, the last thirteen months as a picture and a table."""
    agency_id = own_agency(request)
    history = charging.history(request.actor, agency_id)
    view = charging.bill_view(request.actor, history[-1].id, fiscal_start()) if history else None
    words = charging.Words(history[-1].currency) if history else None
    return render(
        request,
        "agency/bills.jinja",
        {"history": history, "view": view, "words": words, "mine": list(agencies(request.actor))},
    )


def fiscal_start() -> int:
    """The month in which the centre's fiscal year starts."""
    profile = centre()
    return profile.fiscal_year_start_month if profile else 1


@anyone_with(VIEW)
def bill(request: Asked, number: str) -> HttpResponse:
    """One bill: summary in plain words, what changed, lines by service, downloads."""
    view = charging.bill_view(request.actor, number, fiscal_start())
    papers = {paper.kind: paper for paper in documents_of(request.actor, bill_owner(view.bill))}
    return render(
        request,
        "agency/bill.jinja",
        {
            "view": view,
            "words": charging.Words(view.bill.currency),
            "papers": papers,
            "head": charging.printed_head(request.actor, view.bill),
        },
    )


def bill_owner(found: charging.Bill) -> tuple[str, str]:
    """How documents name the bill that they belong to."""
    return "charging.Bill", str(found.id)


@anyone_with(VIEW)
def line(request: Asked, line_id: UUID) -> HttpResponse:
    """Why a line is what it is: the sentence, its records, its rate and who decided it, its order."""
    view = charging.line_view(request.actor, line_id)
    return render(
        request,
        "agency/line.jinja",
        {"view": view, "words": charging.Words(view.line.bill.currency), "asked": "", "error": None},
    )


@anyone_with(VIEW)
def line_usage(request: Asked, line_id: UUID) -> HttpResponse:
    """The usage records behind a line, paged; `?bureau=` and `?day=` filter."""
    page = charging.line_facts(
        request.actor,
        line_id,
        after=request.GET.get("after", ""),
        bureau=request.GET.get("bureau", ""),
        day=request.GET.get("day", ""),
    )
    return render(request, "agency/line_usage.jinja", {"page_of": page, "asked": request.GET})


@anyone_with(VIEW)
def line_usage_csv(request: Asked, line_id: UUID) -> HttpResponse:
    """All usage records behind a line, as CSV."""
    name, data = charging.line_facts_csv(request.actor, line_id)
    return attachment(name, "text/csv", data)


@anyone_with("charging.query_lines")
def query(request: Asked, line_id: UUID) -> HttpResponse:
    """Ask about a line or dispute it."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("agency:line", args=[line_id]))
    text, kind = request.POST.get("text", ""), request.POST.get("kind", "")
    try:
        charging.raise_query(actor=request.actor, line_id=line_id, kind=kind, text=text)
    except NotFound:
        raise
    except CommonwealError as error:
        view = charging.line_view(request.actor, line_id)
        words = charging.Words(view.line.bill.currency)
        context = {"view": view, "words": words, "asked": text, "error": error, "kind": kind}
        return render(request, "agency/line.jinja", context, status=422)
    messages.success(request, _("Your question was sent. The centre's answer will appear here."))
    return HttpResponseRedirect(reverse("agency:line", args=[line_id]))


@anyone_with(VIEW)
def paper(request: Asked, number: str, kind: str) -> HttpResponse | FileResponse:
    """A bill's stored PDF, CSV or proof pack, exactly as issued."""
    found = charging.bill(request.actor, number)
    for document in documents_of(request.actor, bill_owner(found)):
        if document.kind == kind:
            data = open_document(request.actor, document.id)
            return attachment(document.filename, document.media_type, data)
    raise NotFound("BILL-407", "This bill has no such file yet. Files are made when it is issued.")


@anyone_with(VIEW)
def journal(request: Asked, number: str) -> HttpResponse:
    """The bill as a journal for the agency's own ERP, by its own account strings."""
    name, data = charging.agency_journal(request.actor, number)
    return attachment(name, "text/csv", data)


@anyone_with(VIEW)
def verifier(request: Asked) -> HttpResponse:
    """The stand-alone program that checks a bill."""
    return attachment("check_bill.py", "text/x-python", charging.verifier_source())


def attachment(name: str, media_type: str, data: bytes) -> HttpResponse:
    """A download."""
    response = HttpResponse(data, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@agency_only(VIEW)
def usage(request: Asked) -> HttpResponse:
    """What the agency used, month by month: a picture and a table for each charge item."""
    agency_id = own_agency(request)
    months = charging.usage_by_month(request.actor, agency_id)
    return render(request, "agency/usage.jinja", {"months": months})


@agency_only("charging.view_bills")
def accounts(request: Asked) -> HttpResponse:
    """The agency's own account strings; saving one asks for the permission to map."""
    agency_id = own_agency(request)
    if request.method == "POST":
        charging.map_account(
            actor=request.actor,
            agency_id=agency_id,
            account_string=request.POST.get("account", ""),
            service_id=as_id(request.POST.get("service", "")),
            charge_item_id=as_id(request.POST.get("item", "")),
        )
        messages.success(request, _("The account was saved. Journals use it from now on."))
        return HttpResponseRedirect(reverse("agency:accounts"))
    context = {"accounts": charging.account_choices(request.actor, agency_id)}
    return render(request, "agency/accounts.jinja", context)


def as_id(text: str) -> UUID | None:
    """An id from a form's hidden field; empty means none."""
    return UUID(text) if text else None
