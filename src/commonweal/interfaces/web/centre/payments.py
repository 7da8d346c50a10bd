"""Payments: statements in, what each entry paid, and the payments that nobody recognises."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.authority.public import decisions
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound, Place
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place, report
from ..look.page import Link
from ..requests import Asked
from .base import (
    FormError,
    address,
    agency_choices,
    as_id,
    attempt,
    done,
    local_day,
    problems,
    required_id,
    show,
    text,
)
from .holding import held, hold, release

VIEW = "charging.view_payments"
IMPORT = "charging.import_payments"
SETTLE = "charging.settle"
APPROVE = "charging.approve_refunds"


def payment_tabs(here: str) -> list[Link]:
    """The pages of the payment room."""
    tabs = (
        ("owed", _("Who has not paid")),
        ("waiting", _("Payments nobody recognises")),
        ("statements", _("Bank statements")),
    )
    return [Link(label, address(name), name == here) for name, label in tabs]


@centre_only(VIEW)
@lists("charging.BankStatement")
def statements(request: Asked) -> HttpResponse:
    """Imported statements, newest first, each with whether it adds up."""
    rows = charging.statements(request.actor, place(request))
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "currency": centre().currency,
        "tabs": payment_tabs("statements"),
        "may_import": request.actor.may(IMPORT),
    }
    return show(request, "centre/statements.jinja", context)


@centre_only(VIEW)
@lists("charging.BankEntry")
def statement(request: Asked, statement_id: UUID) -> HttpResponse:
    """One statement: its balances, and what each entry was matched to."""
    found = charging.statement(request.actor, statement_id)
    rows = charging.entries(request.actor, statement_id, place(request))
    context = {
        "found": found,
        "rows": rows,
        "pages": pages(request, rows),
        "states": state_words(),
    }
    return show(request, "centre/statement.jinja", context)


def state_words() -> dict[str, tuple[str, str]]:
    """The states of an entry: the tag's kind and its words."""
    return {
        "unknown": ("watch", _("Nobody recognises it")),
        "proposed": ("watch", _("Waits for your yes")),
        "assigned": ("good", _("Assigned")),
        "returned": ("neutral", _("Sent back")),
        "out": ("neutral", _("Money out")),
        "aside": ("neutral", _("Not about bills")),
    }


@centre_only(VIEW)
@lists("charging.BankEntry")
def waiting(request: Asked) -> HttpResponse:
    """The payments that wait for a person, oldest first, each with its age and what is proposed."""
    rows = charging.waiting_payments(request.actor, place(request))
    day = local_day()
    context = {
        "rows": [
            {
                "day": row.booked_on,
                "age": (day - row.booked_on).days,
                "payer": row.payer or "–",
                "text": row.text,
                "amount": row.amount_minor,
                "proposal": proposal_words(row),
                "href": address("payment", row.pk),
            }
            for row in rows
        ],
        "sum": charging.waiting_summary(request.actor),
        "pages": pages(request, rows),
        "currency": centre().currency,
        "tabs": payment_tabs("waiting"),
    }
    return show(request, "centre/waiting.jinja", context)


def proposal_words(row: charging.BankEntry) -> str:
    """What is proposed for a payment, in a few words."""
    numbers = ", ".join(share["number"] for share in row.proposal.get("shares", ()))
    if numbers:
        return numbers
    return _("An advance") if row.proposal else _("Nothing fits")


@centre_only(VIEW)
@report("one payment: the open bills of one agency, and what was done with it")
def payment(request: Asked, entry_id: UUID) -> HttpResponse:
    """One payment: what the bank says, what it paid, and deciding whose it is."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        said: list[str] = []
        errors = attempt(lambda: said.append(change(request, entry_id)))
        if not errors:
            return done(request, said[0], "payment", entry_id)
    entry = charging.entry(request.actor, entry_id)
    chosen = as_id(request.GET.get("agency", "") or text(request, "agency") or
        entry.proposal.get("agency", ""))  # fmt: skip
    bills = charging.account(request.actor, chosen) if chosen else None
    found = decisions(request.actor, subject=(charging.RETURN, entry.pk), place=Place(limit=1))
    decision = next((each for each in found if each.state == "proposed"), None)
    asked = {
        share["bill"]: charging.money_text(share["minor"], entry.currency)
        for share in entry.proposal.get("shares", ())
    }
    context = {
        "entry": entry,
        "state": state_words()[entry.state],
        "age": (local_day() - entry.booked_on).days,
        "history": charging.entry_history(request.actor, entry_id),
        "waits": entry.state in ("unknown", "proposed"),
        "agencies": agency_choices(request, _("Choose an agency")),
        "chosen": str(chosen or ""),
        "bills": bills,
        "given": asked,
        "asked": request.POST,
        "decision": decision,
        "may_settle": request.actor.may(SETTLE),
        "may_approve": request.actor.may(APPROVE),
        "kinds": kind_words(),
    }
    return show(request, "centre/payment.jinja", context, errors)


def kind_words() -> dict[str, str]:
    """What each act is called."""
    return {
        "receipt": _("Payment received"),
        "apply": _("Advance used"),
        "credit": _("Credit turned into an advance"),
        "refund": _("Paid back"),
        "reversal": _("Undone"),
    }


def change(request: Asked, entry_id: UUID) -> str:
    """Do what a button says; the words for the next page."""
    what, actor = text(request, "do"), request.actor
    if what == "assign":
        charging.assign_payment(
            actor=actor,
            entry_id=entry_id,
            agency_id=required_id(request, "agency", _("Choose whose payment it is.")),
            shares=shares_of(request),
            advance_service=text(request, "advance_service"),
            remember=text(request, "remember") == "1",
        )
        return _("The payment was assigned.")
    if what == "aside":
        charging.set_payment_aside(actor=actor, entry_id=entry_id, reason=text(request, "reason"))
        return _("It is set aside: not about bills.")
    if what == "return":
        charging.propose_return(actor=actor, entry_id=entry_id, reason=text(request, "reason"))
        return _("The return is proposed. A second person approves it here.")
    if what == "undo":
        charging.undo_settlement(
            actor=actor,
            settlement_id=required_id(request, "settlement", _("Choose what to undo.")),
            reason=text(request, "undo_reason"),
        )
        return _("It was undone. The payment waits again.")
    return decide(request)


def decide(request: Asked) -> str:
    """Approve or reject a refund or a return as the second person."""
    what = text(request, "do")
    decision = required_id(request, "decision", _("Choose what to decide."))
    if what == "approve":
        charging.approve_refund(actor=request.actor, decision_id=decision)
        return _("Approved. It is in the books now.")
    if what == "reject":
        charging.reject_refund(
            actor=request.actor, decision_id=decision, reason=text(request, "decide_reason")
        )
        return _("Rejected. Nothing was posted.")
    raise FormError("FORM-101", _("Choose what to do with it."), field="do")


def shares_of(request: Asked) -> list[tuple[UUID, int, str]]:
    """The amounts beside bills (`pay-<bill>`), those that are filled in."""
    from commonweal.kernel.money.public import Money

    found = []
    for name, given in request.POST.items():
        bill = as_id(name.removeprefix("pay-")) if name.startswith("pay-") else None
        if bill is None or not str(given).strip():
            continue
        try:
            minor = Money.exactly(str(given).replace(",", "").strip(), centre().currency).minor
        except CommonwealError as wrong:
            raise FormError("FORM-103", wrong.message, field=name) from wrong
        if minor:
            found.append((bill, minor, ""))
    return found


@centre_only(IMPORT)
def new_statement(request: Asked) -> HttpResponse:
    """Import a statement: upload, see what each entry would pay, import."""
    try:
        return take(request) if request.method == "POST" else form_page(request)
    except (NotFound, Forbidden):
        raise
    except CommonwealError as error:
        return form_page(request, errors=problems(error))


def take(request: Asked) -> HttpResponse:
    """The first upload shows; the confirmation imports."""
    token = as_id(text(request, "token"))
    name = text(request, "filename")
    if token is None:
        token = hold(request.actor, request.FILES.get("file"))
        name = getattr(request.FILES.get("file"), "name", "") or "statement"
    asked = request_of(request, token, name)
    try:
        report = charging.look_at_payments(request.actor, asked)
        if text(request, "do") != "import" or report.reading.ask or report.reading.problems:
            return form_page(request, token, name, report)
        made = charging.import_payments(actor=request.actor, request=asked)
    except (NotFound, Forbidden):
        raise
    except CommonwealError as error:
        return form_page(request, token, name, errors=problems(error))
    release(request.actor, token)
    words = ngettext(
        "%(count)s new entry was imported.", "%(count)s new entries were imported.", made.fresh
    ) % {"count": made.fresh}
    return done(request, words, "statement", made.statements[0].pk)


def request_of(request: Asked, token: UUID, name: str) -> charging.PaymentRequest:
    """What the form says about a held file."""
    columns = {
        field: text(request, f"column-{field}")
        for field in charging.PAYMENT_FIELDS
        if text(request, f"column-{field}")
    }
    return charging.PaymentRequest(
        filename=name,
        data=held(request.actor, token).read_bytes(),
        account=text(request, "account"),
        reference=text(request, "reference"),
        opening=text(request, "opening"),
        closing=text(request, "closing"),
        given=charging.PaymentLayout(
            columns, text(request, "date_format"), text(request, "decimal")
        ),
        accept_as=text(request, "accept_as"),
    )


def form_page(
    request: Asked,
    token: UUID | None = None,
    name: str = "",
    report: charging.PaymentReport | None = None,
    errors: tuple[Any, ...] = (),
) -> HttpResponse:
    """The form, with what a file would do."""
    table = report.reading.table if report else None
    labels = charging.column_labels(table.header) if table else []
    layout = report.reading.layout if report else None
    context = {
        "token": token,
        "name": name,
        "report": report,
        "rows": planned(report),
        "currency": centre().currency,
        "asked": request.POST,
        "fields": field_words(),
        "layout": layout,
        "choices": [("", _("No column")), *((label, label) for label in labels)],
        "date_formats": [
            ("", _("Find it")),
            *((each, each) for each in charging.COST_DATE_FORMATS),
        ],
        "first_rows": table.sample[:5] if table else [],
        "header": table.header if table else (),
    }
    return show(request, "centre/new_statement.jinja", context, errors)


def planned(report: charging.PaymentReport | None) -> list[dict[str, Any]]:
    """The entries of a file with what each would pay."""
    return [
        {
            "row": each.entry.row,
            "day": each.entry.booked_on,
            "payer": each.entry.payer or "–",
            "amount": each.entry.minor,
            "what": planned_words(each),
        }
        for each in (report.entries[:200] if report else ())
    ]


def planned_words(each: charging.Planned) -> str:
    """What becomes of an entry, in a few words."""
    if each.known:
        return _("Known already, nothing happens")
    if each.entry.minor < 0:
        return _("Money out, nothing is posted")
    numbers = ", ".join(share.number for share in each.match.shares)
    if each.match.sure:
        return _("Pays %(bills)s") % {"bills": numbers} if numbers else _("Becomes an advance")
    if each.match.agency_id:
        return _("Waits for your yes: %(bills)s") % {"bills": numbers or _("an advance")}
    return _("Nobody recognises it yet")


def field_words() -> dict[str, str]:
    """What each field of a bank's table is called."""
    return {
        "date": _("Day of the entry"),
        "amount": _("Amount, in positive and out negative"),
        "credit": _("Amount that came in"),
        "debit": _("Amount that went out"),
        "currency": _("Currency"),
        "reference": _("The bank's own number of the entry"),
        "payer": _("Who paid or was paid"),
        "payer_account": _("Their account"),
        "text": _("What they wrote"),
        "balance": _("Balance after the entry"),
    }
