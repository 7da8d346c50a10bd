"""Who has not paid, on one page; one agency's account, reminders, advances and refunds."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.authority.public import decisions
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import Place
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place, report
from ..look.page import Stat
from ..requests import Asked
from .base import attachment, attempt, done, local_day, required_id, show, text
from .payments import APPROVE, SETTLE, VIEW, decide, kind_words, payment_tabs


@centre_only(VIEW)
@report("one row for each agency that owes, is owed or paid ahead")
def owed(request: Asked) -> HttpResponse:
    """Who has not paid: by how long, disputes apart, with whom to call."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        said: list[str] = []
        errors = attempt(lambda: said.append(_accept_due(request)))
        if not errors:
            return done(request, said[0], "owed")
    rows = charging.owed(request.actor)
    currency = centre().currency
    late = [row for row in rows if row.overdue_minor]
    context = {
        "rows": [
            {
                "agency": row.agency,
                "open": row.open_minor,
                "not_due": row.not_due_minor,
                **{f"b{place}": row.buckets[name]
                   for place, name in enumerate(charging.BUCKETS)},
                "held": row.held_minor,
                "advance": row.advance_minor,
                "reminded": row.reminded_on,
            }
            for row in rows
        ],
        "headline": headline(late, currency),
        "stats": stats(rows, currency, charging.waiting_summary(request.actor)),
        "currency": currency,
        "tabs": payment_tabs("owed"),
        "totals": totals(rows),
        "books": charging.cash_problems(request.actor),
        "may_settle": request.actor.may(SETTLE),
    }  # fmt: skip
    return show(request, "centre/owed.jinja", context, errors)


def _accept_due(request: Asked) -> str:
    count = charging.accept_due_bills(actor=request.actor)
    shape = ngettext(
        "%(count)s bill was accepted by its order's terms.",
        "%(count)s bills were accepted by their orders' terms.",
        count,
    )
    return shape % {"count": count}


def headline(late: list[charging.Owed], currency: str) -> str:
    """`2 agencies are past due with $1,204.50 together.`"""
    if not late:
        return _("Nothing is past due.")
    total = sum(row.overdue_minor for row in late)
    shape = ngettext(
        "%(count)s agency is past due with %(total)s.",
        "%(count)s agencies are past due with %(total)s together.",
        len(late),
    )
    return shape % {"count": len(late), "total": words.money(total, currency)}


def totals(rows: list[charging.Owed]) -> dict[str, int]:
    """The sums under the table."""
    found = {
        f"b{place}": sum(row.buckets[name] for row in rows)
        for place, name in enumerate(charging.BUCKETS)
    }
    return found | {
        "open": sum(row.open_minor for row in rows),
        "not_due": sum(row.not_due_minor for row in rows),
        "held": sum(row.held_minor for row in rows),
        "advance": sum(row.advance_minor for row in rows),
    }


def stats(rows: list[charging.Owed], currency: str, waits: charging.Waiting) -> list[Stat]:
    """What is owed, past due, disputed, and not recognised."""
    from .base import address

    late = sum(row.overdue_minor for row in rows)
    age = ngettext("%(count)s day old at most", "%(count)s days old at most", waits.days)
    return [
        Stat(_("Owed to us"), words.money(sum(row.open_minor for row in rows), currency)),
        Stat(_("Past due"), words.money(late, currency),
            _("Nobody disputes it"), status="bad" if late else "good"),
        Stat(_("Held by disputes"), words.money(sum(row.held_minor for row in rows), currency)),
        Stat(_("Nobody recognises"), words.money(waits.total_minor, currency),
            age % {"count": waits.days} if waits.count else _("Every payment is assigned"),
            address("waiting"), "watch" if waits.count else "good"),
    ]  # fmt: skip


@centre_only(VIEW)
def owed_csv(request: Asked) -> HttpResponse:
    """Who has not paid, as CSV."""
    data = charging.owed_csv(request.actor)
    return attachment(f"owed-{local_day()}.csv", "text/csv; charset=utf-8", data)


@centre_only(VIEW)
@lists("charging.Settlement")
def agency_payments(request: Asked, agency_id: UUID) -> HttpResponse:
    """Everything that one agency paid, applied, got back and had undone, newest first."""
    agency = find_agency(request.actor, agency_id)
    rows = charging.settlements(request.actor, agency_id, place(request))
    context = {
        "agency": agency,
        "rows": rows,
        "parts": charging.parts_of(request.actor, rows),
        "kinds": kind_words(),
        "services": charging.service_names(request.actor),
        "pages": pages(request, rows),
        "currency": centre().currency,
    }
    return show(request, "centre/agency_payments.jinja", context)


@centre_only(VIEW)
@report("one agency's account: every bill that is open, and its newest payments")
def agency_account(request: Asked, agency_id: UUID) -> HttpResponse:
    """One agency's account: bills, advances, payments; reminding, applying, paying back."""
    agency = find_agency(request.actor, agency_id)
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        said: list[str] = []
        errors = attempt(lambda: said.append(change(request, agency_id)))
        if not errors:
            return done(request, said[0], "agency_account", agency_id)
    found = charging.account(request.actor, agency_id)
    asked = decisions(request.actor, subject=(charging.REFUND, agency_id), place=Place(limit=1))
    context = {
        "agency": agency,
        "found": found,
        "standings": standing_words(),
        "kinds": kind_words(),
        "services": charging.service_names(request.actor),
        "accounts": charging.payer_accounts(request.actor, agency_id),
        "decision": next((each for each in asked if each.state == "proposed"), None),
        "may_settle": request.actor.may(SETTLE),
        "may_approve": request.actor.may(APPROVE),
        "asked": request.POST,
    }
    return show(request, "centre/agency_account.jinja", context, errors)


def standing_words() -> dict[str, tuple[str, str]]:
    """How a bill stands: the tag's kind and its words."""
    return {
        "draft": ("neutral", _("Draft")),
        "preview": ("watch", _("Preview")),
        "issued": ("watch", _("Issued, not accepted yet")),
        "accepted": ("neutral", _("Accepted")),
        "part_settled": ("watch", _("Partly paid")),
        "settled": ("good", _("Paid")),
    }


def change(request: Asked, agency_id: UUID) -> str:
    """Do what a button says; the words for the next page."""
    what, actor = text(request, "do"), request.actor
    if what == "remind":
        charging.remind_agency(actor=actor, agency_id=agency_id)
        return _("The reminder was sent.")
    if what == "refund":
        charging.propose_refund(actor=actor, agency_id=agency_id, reason=text(request, "reason"))
        return _("The refund is proposed. A second person approves it here.")
    if what in ("apply", "credit"):
        bill = required_id(request, "bill", _("Choose a bill."))
        write = charging.apply_advance if what == "apply" else charging.credit_to_advance
        write(actor=actor, bill_id=bill)
        return _("It was posted.")
    if what == "undo":
        charging.undo_settlement(
            actor=actor,
            settlement_id=required_id(request, "settlement", _("Choose what to undo.")),
            reason=text(request, "undo_reason"),
        )
        return _("It was undone.")
    return decide(request)
