"""Why a line is what it is: sentence, usage records, rate, costs, order, questions."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.metering.public import source_names
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError, NotFound
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import anyone_with
from ..centre.base import money_field
from ..lists import lists, pages, place
from ..look.page import Link, Problem
from ..requests import Asked
from . import says
from .frame import VIEW, VIEW_ALL, problem_of, stream

ASK = "charging.query_lines"
FIELDS = {"BILL-103": "kind", "BILL-104": "text", "BILL-107": "category", "BILL-108": "amount"}


@anyone_with(VIEW, VIEW_ALL)
def line(request: Asked, line_id: UUID) -> HttpResponse:
    """Why a line is what it is: sentence, records, rate and who decided it, order."""
    return render(request, "agency/line.jinja", line_context(request, line_id))


def line_context(request: Asked, line_id: UUID, **more: Any) -> dict[str, Any]:
    """What the page of a line shows; `more` is what a refused form keeps."""
    view = charging.line_view(request.actor, line_id)
    say = charging.Words(view.line.bill.currency)
    return {
        "view": view,
        "line": view.line,
        "bill": view.line.bill,
        "bill_key": says.bill_key(view.line.bill),
        "say": say,
        "change": says.line_change(view, say),
        "may_ask": request.actor.may(ASK, view.line.agency_id) and view.line.bill.state != "draft",
        "basis": charging.basis_sentences(request.actor, view.line),
        "idle": idle_of(request, view.line),
        "asked": "",
        "kind": "question",
        "categories": list(charging.category_words().items()),
        "category": "other",
        "amount": "",
        **more,
    }


def idle_of(request: Asked, line: charging.BillLine) -> charging.IdleView | None:
    """How a line came about that charges reserved capacity which lay idle."""
    if line.credit is None:
        return None
    return charging.idle_view(request.actor, line.credit.credit_id)


@anyone_with(VIEW, VIEW_ALL)
@lists("metering.UsageFact")
def line_usage(request: Asked, line_id: UUID) -> HttpResponse:
    """The usage records behind a line, paged; `?bureau=` and `?day=` filter."""
    given = {name: request.GET.get(name, "").strip() for name in ("bureau", "day")}
    problem: Problem | None = None
    try:
        found = charging.line_facts(request.actor, line_id, place=place(request), **given)
    except NotFound:
        raise
    except CommonwealError as error:
        field = {"BILL-420": "day", "BILL-422": "bureau"}.get(error.code, "")
        problem = problem_of(error, field)
        found = charging.line_facts(request.actor, line_id)
    filters = {name: given[name] for name in ("bureau", "day") if given[name]}
    context = {
        "facts": found,
        "line": found.line,
        "bill_key": says.bill_key(found.line.bill),
        "say": charging.Words(found.line.bill.currency),
        "given": given,
        "errors": [problem] if problem else [],
        "zone": centre().zone,
        "local": ZoneInfo(centre().zone),
        "here": reverse("agency:line_usage", args=[line_id]),
        "pages": pages(request, found.rows),
        "sources": source_names(request.actor, [row.source for row in found.rows]),
        "active": _chips(line_id, filters),
        "csv": reverse("agency:line_usage_csv", args=[line_id]) + _query(filters),
    }
    return render(request, "agency/line_usage.jinja", context, status=422 if problem else 200)


def _query(values: dict[str, str]) -> str:
    return "?" + urlencode(values) if values else ""


def _chips(line_id: UUID, filters: dict[str, str]) -> list[Link]:
    """Each filter in use, with the address that removes it."""
    here = reverse("agency:line_usage", args=[line_id])
    return [
        Link(value, here + _query({key: v for key, v in filters.items() if key != name}))
        for name, value in filters.items()
    ]


@anyone_with(VIEW, VIEW_ALL)
def line_usage_csv(request: Asked, line_id: UUID) -> StreamingHttpResponse:
    """The usage records behind a line as CSV: all, or those that the filters of the page keep."""
    name, pieces = charging.line_facts_csv(
        request.actor,
        line_id,
        bureau=request.GET.get("bureau", ""),
        day=request.GET.get("day", ""),
    )
    return stream(name, "text/csv; charset=utf-8", pieces)


@anyone_with(ASK, VIEW_ALL)
def query(request: Asked, line_id: UUID) -> HttpResponse:
    """Ask about a line or dispute it."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("agency:line", args=[line_id]) + "#ask")
    given = {name: request.POST.get(name, "") for name in ("text", "kind", "category", "amount")}
    text, kind = given["text"], given["kind"]
    charging.line(request.actor, line_id)
    try:
        amount = None
        if kind == "dispute" and given["amount"].strip():
            amount = money_field(request, "amount", _("Amount"))
        charging.raise_query(
            actor=request.actor,
            line_id=line_id,
            kind=kind,
            text=text,
            category=given["category"],
            amount_minor=amount,
        )
    except CommonwealError as error:
        if error.status >= 403:
            raise
        field = str(error.details.get("field", "")) or FIELDS.get(error.code, "text")
        problem = problem_of(error, field)
        kept = {"category": given["category"], "amount": given["amount"]}
        context = line_context(request, line_id, asked=text, kind=kind, errors=[problem], **kept)
        return render(request, "agency/line.jinja", context, status=422)
    sent = {
        "dispute": _("Your objection was sent. The centre's answer will appear here."),
        "question": _("Your question was sent. The centre's answer will appear here."),
    }
    messages.success(request, sent[kind])
    return HttpResponseRedirect(reverse("agency:line", args=[line_id]) + "#asked")


@anyone_with(VIEW, VIEW_ALL)
@lists("charging.CostLine")
def pool(request: Asked, version: str, pool: str) -> HttpResponse:
    """The ledger lines in a cost pool that a rate stands on, paged."""
    found = charging.pool_ledger(request.actor, version, pool, place(request))
    context = {
        "found": found,
        "item": found.version.charge_item,
        "pages": pages(request, found.page),
        "span": span_words(found.first_period, found.last_period),
    }
    return render(request, "agency/pool.jinja", context)


def span_words(first: str, last: str) -> str:
    """A month, or from one to another."""
    if first == last:
        return words.period(first)
    return _("%(first)s to %(last)s") % {
        "first": words.period(first),
        "last": words.period(last),
    }
