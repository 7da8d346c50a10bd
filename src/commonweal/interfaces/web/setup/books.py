"""The books: their months opened, closed and reopened, and journals reversed with a reason."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.ledger.public import (
    Journal,
    LedgerPeriod,
    close_period,
    journal_lines,
    journals_page,
    open_period,
    period_of,
    periods_page,
    reopen_period,
    reverse,
)
from commonweal.kernel.ledger.public import journal as find_journal
from commonweal.kernel.party.public import Agency, agencies
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import centre as find_centre
from commonweal.kernel.words.public import day as day_words
from commonweal.kernel.words.public import moment
from commonweal.kernel.words.public import period as month_words

from ..access import centre_only
from ..centre.base import day_field, last_month, local_day, text
from ..lists import lists, pages, place
from ..look.page import Item, Link, col
from ..requests import Asked
from .kit import Field, Form, Row, Section, Sheet, ask, sheet, to
from .rooms import BOOKS, rooms

CLOSE = "ledger.close_period"
REOPEN = "ledger.reopen_period"
POST = "ledger.post"
CENTRE_BOOKS = "CENTRE"


@centre_only(BOOKS)
@lists("party.Agency")
def books(request: Asked) -> HttpResponse:
    """Whose books there are: the centre's, then each agency's."""
    found = agencies(request.actor, place=place(request))
    own = Row({"name": find_centre().name, "code": CENTRE_BOOKS}, to("periods", CENTRE_BOOKS))
    rows = [Row({"name": row.name, "code": row.code}, to("periods", row.code)) for row in found]
    section = Section(
        _("Books"),
        [col("name", _("Whose books")), col("code", _("Code"))],
        [own, *rows],
        "",
        pages=pages(request, found),
        hidden=True,
    )
    return sheet(request, Sheet(_("Books"), [section], tabs=rooms(request.actor, "books")))


def state_words(row: LedgerPeriod) -> str:
    """Open or closed."""
    return _("Open") if row.state == "open" else _("Closed")


def posted_by(source: str) -> str:
    """Which part of the program posted a journal; a plug-in's is shown by its code."""
    return _("The close") if source == "charging" else source


@centre_only(BOOKS)
@lists("ledger.LedgerPeriod")
def periods(request: Asked, code: str) -> HttpResponse:
    """The months of one agency's books, newest first."""
    owner = find_agency(request.actor, code)
    found = periods_page(request.actor, owner.pk, place(request))
    rows = [
        Row(
            {"period": month_words(row.code), "state": state_words(row)},
            to("period", owner.code, row.code),
        )
        for row in found
    ]
    section = Section(
        _("Months"),
        [col("period", _("Month")), col("state", _("State"))],
        rows,
        _("No month is open yet. The close opens each month that it posts into."),
        Link(_("Open a month"), to("open_period", owner.code))
        if request.actor.may(CLOSE)
        else None,
        pages(request, found),
        hidden=True,
    )
    title = _("Books of %(name)s") % {"name": owner.name}
    return sheet(request, Sheet(title, [section], back=Link(_("Books"), to("books"))))


@centre_only(BOOKS)
@lists("ledger.Journal")
def period(request: Asked, code: str, month: str) -> HttpResponse:
    """One month of the books: its state and its journals."""
    owner = find_agency(request.actor, code)
    found = period_of(request.actor, owner.pk, month)
    rows = journals_page(request.actor, owner.pk, found, place(request))
    zone = find_centre().zone
    facts = [Item(_("State"), state_words(found))]
    if found.closed_at:
        facts.append(Item(_("Closed at"), moment(found.closed_at, zone)))
    if found.reopen_reason:
        facts.append(Item(_("Reopened because"), found.reopen_reason.partition(" ")[2]))
    section = Section(
        _("Journals"),
        [
            col("what", _("What")),
            col("number", _("Journal"), numeric=True),
            col("day", _("Effective"), "day"),
            col("source", _("Posted by")),
            col("reversed", _("Reversed by"), numeric=True),
        ],
        [
            Row(
                {
                    "number": str(row.number),
                    "what": row.description,
                    "day": row.effective_date,
                    "source": posted_by(row.source),
                    "reversed": str(back.number) if (back := reversal(row)) else "",
                },
                to("journal", row.pk),
            )
            for row in rows
        ],
        _("Nothing was posted in this month."),
        pages=pages(request, rows),
    )
    page = Sheet(
        _("%(month)s in the books of %(name)s")
        % {"month": month_words(found.code), "name": owner.name},
        [section],
        back=Link(owner.name, to("periods", owner.code)),
        facts=facts,
        acts=acts(request, owner, found),
        act_kind="secondary",
    )
    return sheet(request, page)


def reversal(row: Journal) -> Journal | None:
    """The journal that reverses one, or None."""
    found: Journal | None = getattr(row, "reversed_by", None)
    return found


def acts(request: Asked, owner: Agency, found: LedgerPeriod) -> list[Link]:
    """What the reader may do with a month."""
    if found.state == "open":
        wanted = Link(_("Close the month"), to("close_period", owner.code, found.code))
        return [wanted] if request.actor.may(CLOSE) else []
    wanted = Link(_("Reopen the month"), to("reopen_period", owner.code, found.code))
    return [wanted] if request.actor.may(REOPEN) else []


@centre_only(CLOSE)
def open_month(request: Asked, code: str) -> HttpResponse:
    """Open a month of the books."""
    owner = find_agency(request.actor, code)
    field = Field("period", _("Month"), width="10", hint=_("Written like 2026-11."),
                  codes=("CALENDAR-102", "LEDGER-411"))  # fmt: skip
    form = Form(
        _("Open a month"),
        _("Open the month"),
        [field],
        Link(owner.name, to("periods", owner.code)),
        {"period": last_month()},
    )
    return ask(
        request,
        form,
        lambda: open_period(
            actor=request.actor, agency_id=owner.pk, period=text(request, "period")
        ),
        _("The month is open."),
        lambda made: to("period", owner.code, made.code),
    )


@centre_only(CLOSE)
def close_month(request: Asked, code: str, month: str) -> HttpResponse:
    """Close a month of the books."""
    owner = find_agency(request.actor, code)
    back = to("period", owner.code, month)
    form = Form(
        _("Close %(month)s in the books of %(name)s")
        % {"month": month_words(month), "name": owner.name},
        _("Close the month"),
        [],
        Link(month_words(month), back),
        warning=_("Nothing is posted into a closed month. Only the director reopens it."),
    )
    return ask(
        request,
        form,
        lambda: close_period(actor=request.actor, agency_id=owner.pk, period=month),
        _("The month is closed."),
        back,
    )


@centre_only(REOPEN)
def reopen_month(request: Asked, code: str, month: str) -> HttpResponse:
    """Reopen a closed month, with a reason."""
    owner = find_agency(request.actor, code)
    back = to("period", owner.code, month)
    reason = Field(
        "reason",
        _("Why it must be reopened"),
        "area",
        hint=_("At least ten characters, and no person’s name: it is kept for ever."),
        codes=("LEDGER-203",),
    )
    form = Form(
        _("Reopen %(month)s in the books of %(name)s")
        % {"month": month_words(month), "name": owner.name},
        _("Reopen the month"),
        [reason],
        Link(month_words(month), back),
    )
    return ask(
        request,
        form,
        lambda: reopen_period(
            actor=request.actor, agency_id=owner.pk, period=month, reason=text(request, "reason")
        ),
        _("The month is open again."),
        back,
    )


@centre_only(BOOKS)
@lists("ledger.Posting")
def journal(request: Asked, journal_id: UUID) -> HttpResponse:
    """One journal with its lines; a correction is its reversal."""
    found = find_journal(request.actor, journal_id, lines=False)
    lines = journal_lines(request.actor, found, place(request))
    owner = find_agency(request.actor, found.agency_id)
    back = reversal(found)
    facts = [
        Item(_("What"), found.description),
        Item(_("Effective"), day_words(found.effective_date)),
        Item(_("Recorded"), moment(found.recorded_at, find_centre().zone)),
        Item(_("Posted by"), posted_by(found.source)),
    ]
    if found.reverses:
        facts.append(Item(_("Reverses"), str(found.reverses.number)))
    if back is not None:
        facts.append(Item(_("Reversed by"), str(back.number)))
    section = Section(
        _("Lines"),
        [
            col("account", _("Account")),
            col("fund", _("Fund")),
            col("debit", _("Debit (%(currency)s)") % {"currency": found.currency}, "amount",
                currency=found.currency),
            col("credit", _("Credit (%(currency)s)") % {"currency": found.currency}, "amount",
                currency=found.currency),
        ],
        [
            Row(
                {
                    "account": f"{line.account.code} {line.account.name}",
                    "fund": line.fund.code,
                    "debit": line.amount if line.amount > 0 else "",
                    "credit": -line.amount if line.amount < 0 else "",
                }
            )
            for line in lines
        ],
        "",
        pages=pages(request, lines),
    )  # fmt: skip
    may = request.actor.may(POST) and back is None and not found.reverses_id
    page = Sheet(
        _("Journal %(number)s of %(name)s") % {"number": found.number, "name": owner.name},
        [section],
        back=Link(month_words(found.period.code), to("period", owner.code, found.period.code)),
        facts=facts,
        acts=[Link(_("Reverse the journal"), to("reverse", found.pk))] if may else [],
        act_kind="secondary",
    )
    return sheet(request, page)


@centre_only(POST)
def reverse_journal(request: Asked, journal_id: UUID) -> HttpResponse:
    """Reverse a journal into an open month; of a pair, both sides together."""
    found = find_journal(request.actor, journal_id)
    fields = [
        Field("period", _("Into which month"), width="10",
              hint=_("An open month, written like 2026-11."), codes=("LEDGER-410", "LEDGER-404")),
        Field("effective", _("Effective"), "day"),
        Field("reason", _("Why it is reversed"), "area", codes=("LEDGER-219",),
              hint=_("At least ten characters, and no person’s name: it stands in the books.")),
    ]  # fmt: skip
    form = Form(
        _("Reverse journal %(number)s") % {"number": found.number},
        _("Reverse the journal"),
        fields,
        Link(_("Journal %(number)s") % {"number": found.number}, to("journal", found.pk)),
        {"period": found.period.code, "effective": local_day()},
        warning=_(
            "A journal of a bill is reversed in both books at once; the bill stays as issued."
        ),
    )
    return ask(
        request,
        form,
        lambda: reverse(
            actor=request.actor,
            journal_id=found.pk,
            period=text(request, "period"),
            key=f"reversal-{found.pk}",
            effective_date=day_field(request, "effective", _("Effective")),
            reason=text(request, "reason"),
        ),
        _("The journal is reversed."),
        to("journal", found.pk),
    )
