"""My bills, one bill, its papers, and the program that checks it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.documents.public import documents_of, open_document
from commonweal.kernel.schema.public import NotFound
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import agency_only, anyone_with
from ..centre.owed import standing_words
from ..lists import lists, pages, place, report
from ..look import charts
from ..look.page import Link
from ..requests import Asked
from . import says
from .frame import VIEW, VIEW_ALL, attachment, choices, fiscal_start

SHOWN_CHANGES = 6
MONTHS = 13


@agency_only(VIEW)
@lists("charging.Bill")
def bills(request: Asked) -> HttpResponse:
    """The newest bill in one sentence, the last thirteen months as a picture, all as a table."""
    mine = choices(request)
    found = charging.bills(request.actor, agency_id=mine["chosen"].pk, place=place(request))
    before = [*found[1:], charging.bill_before(request.actor, found[-1]) if found else None]
    context: dict[str, Any] = {
        "rows": [
            {"bill": bill, "change": says.change_between(earlier, bill)}
            for bill, earlier in zip(found, before, strict=False)
        ],
        "pages": pages(request, found),
        "view": None,
        **mine,
    }
    if found and not found.previous:
        view, cause_line = charging.bill_change(request.actor, found[0], month_before(found))
        context |= {
            "view": view,
            "say": charging.Words(found[0].currency),
            "cause_line": cause_line,
            "chart": months_chart(list(found[:MONTHS])[::-1]),
        }
    return render(request, "agency/bills.jinja", context)


def month_before(found: Sequence[charging.Bill]) -> charging.Bill | None:
    """The bill of the month before the newest, among the newest."""
    period = FiscalPeriod.parse(found[0].period).shift(-1).code
    return next((bill for bill in found[1:2] if bill.period == period), None)


def months_chart(history: list[charging.Bill]) -> Any:
    """The bills of thirteen months as bars, the newest set apart."""
    points = [
        charts.Point(
            words.month(found.period),
            found.total_minor,
            words.money(found.total_minor, found.currency),
            words.short_money(found.total_minor, found.currency),
            mark=found is history[-1],
        )
        for found in history
    ]
    return charts.bars(
        says.capital(says.months_title(history)), points, label=_("Month"), unit=_("Bill")
    )


@anyone_with(VIEW, VIEW_ALL)
@report("one bill as a whole, every line of it")
def bill(request: Asked, number: str) -> HttpResponse:
    """One bill: summary in plain words, what changed, lines by service, downloads."""
    view = charging.bill_view(request.actor, number, fiscal_start())
    the_bill = view.bill
    say = charging.Words(the_bill.currency)
    printed, root = (request.GET.get(name, "").strip() for name in ("head", "root"))
    compare = bool(printed or root)
    context = {
        "view": view,
        "printed": printed,
        "printed_root": root,
        "problems": (
            charging.bill_problems(request.actor, the_bill, printed, root) if compare else []
        ),
        "bill": the_bill,
        "say": say,
        "downloads": downloads(request, the_bill),
        "head": charging.printed_head(request.actor, the_bill),
        "preview_ends": charging.preview_ends(request.actor, the_bill),
        "cause_line": charging.line_of_change(view, view.cause) if view.cause else None,
        "changes": changes(view, say),
        "bridge": bridge(view, say),
        "open_queries": open_queries(view, request.actor.centre),
        "held": "" if request.actor.centre else charging.held_items(request.actor, the_bill),
        "stands": charging.standings(request.actor, [the_bill])[the_bill.pk],
        "standings": standing_words(),
    }
    return render(request, "agency/bill.jinja", context)


def open_queries(view: charging.BillView, centre: bool) -> str:
    """How many questions about the bill wait for an answer, for whom reads it; empty for none."""
    count = sum(row.state == "open" for row in view.queries)
    if not count:
        return ""
    shape = (
        ngettext(
            "The agency has one open question about this bill. It waits for an answer at its line.",
            "The agency has %(count)s open questions about this bill. They wait for answers at "
            "their lines.",
            count,
        )
        if centre
        else ngettext(
            "You have one open question about this bill. The answer will appear at its line.",
            "You have %(count)s open questions about this bill. The answers will appear at "
            "their lines.",
            count,
        )
    )
    return shape % {"count": count}


def changes(view: charging.BillView, say: charging.Words) -> list[dict[str, Any]]:
    """What moved the bill, largest first: the words, the cents, and the line behind it."""
    return [
        {
            "what": says.capital(say.movement(moved, view.items[moved.item_id])),
            "item": view.items[moved.item_id],
            "amount": moved.amount,
            "line": charging.line_of_change(view, moved),
        }
        for moved in view.moved
        if moved.amount
    ]


def bridge(view: charging.BillView, say: charging.Words) -> Any:
    """From last month's bill to this one, change by change, as a picture."""
    if view.previous is None or view.change_minor is None:
        return None
    moved = [change for change in view.moved if change.amount]
    shown, rest = moved[:SHOWN_CHANGES], moved[SHOWN_CHANGES:]
    points = [
        charts.Point(
            says.capital(say.movement(change, view.items[change.item_id])),
            change.amount,
            say.money(abs(change.amount)),
        )
        for change in shown
    ]
    if rest:
        other = sum(change.amount for change in rest)
        points.append(charts.Point(_("Everything else"), other, say.money(abs(other))))
    return charts.waterfall(
        says.bridge_title(view, say),
        _point(view.previous, say),
        points,
        _point(view.bill, say),
        label=_("What changed"),
        unit=_("Amount"),
    )


def _point(found: charging.Bill, say: charging.Words) -> charts.Point:
    return charts.Point(words.period(found.period), found.total_minor, say.money(found.total_minor))


def bill_owner(found: charging.Bill) -> tuple[str, str]:
    """How documents name the bill that they belong to."""
    return "charging.Bill", str(found.pk)


def downloads(request: Asked, found: charging.Bill) -> list[Link]:
    """What can be downloaded of a bill: its papers as issued, and its journal."""
    papers = {paper.kind: paper for paper in documents_of(request.actor, bill_owner(found))}
    names = {
        "pdf": _("The bill as PDF"),
        "csv": _("The lines as a table (CSV)"),
        "pack": _("The proof of this bill (ZIP)"),
    }
    links = [
        Link(
            f"{label}, {words.filesize(papers[kind].size)}",
            says.address("agency:paper", found.number, kind),
        )
        for kind, label in names.items()
        if kind in papers
    ]
    if found.state == "issued":
        journal = says.address("agency:journal", found.number)
        links.append(Link(_("A journal for your own books (CSV)"), journal))
        if not charging.invoice_lacks(request.actor, found.agency_id):
            invoice = says.address("agency:invoice", found.number)
            links.append(Link(_("An invoice that programs read (UBL)"), invoice))
        intragov = says.address("agency:intragov", found.number)
        links.append(Link(_("Agreement, order and performance (JSON)"), intragov))
    return links


@anyone_with(VIEW, VIEW_ALL)
def paper(request: Asked, number: str, kind: str) -> HttpResponse:
    """A bill's stored PDF, CSV or proof pack, exactly as issued."""
    found = charging.bill(request.actor, number)
    for document in documents_of(request.actor, bill_owner(found)):
        if document.kind == kind:
            data = open_document(request.actor, document.id)
            return attachment(document.filename, document.media_type, data)
    raise NotFound("BILL-407", "This bill has no such file yet. Files are made when it is issued.")


@anyone_with(VIEW, VIEW_ALL)
def journal(request: Asked, number: str) -> HttpResponse:
    """The bill as a journal for the agency's own books, by its own account strings."""
    name, data = charging.agency_journal(request.actor, number)
    return attachment(name, "text/csv; charset=utf-8", data)


@anyone_with(VIEW, VIEW_ALL)
def invoice(request: Asked, number: str) -> HttpResponse:
    """The bill as an open invoice, UBL 2.1."""
    name, data = charging.invoice_xml(request.actor, number)
    return attachment(name, "application/xml", data)


@anyone_with(VIEW, VIEW_ALL)
def intragov(request: Asked, number: str) -> HttpResponse:
    """The bill as agreement, order and performance; mapped, not certified."""
    name, data = charging.intragov_json(request.actor, number)
    return attachment(name, "application/json", data)


@anyone_with(VIEW, VIEW_ALL)
def verifier(request: Asked) -> HttpResponse:
    """The stand-alone program that checks a bill."""
    return attachment("check_bill.py", "text/x-python; charset=utf-8", charging.verifier_source())
