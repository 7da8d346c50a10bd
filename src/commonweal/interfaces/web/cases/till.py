"""The till: fees taken at a counter, receipts, money given back, the day's end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from commonweal.kernel.access.public import Actor
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import people_of_accounts
from commonweal.kernel.schema.public import NotFound, Place

from ..access import centre_only
from ..centre.base import FormError, attempt, money_field, problems, required_id, show, text
from ..lists import lists, pages, place, report
from ..look.page import Problem
from ..requests import Asked
from .fees import methods, standing

TAKE, PAY_BACK, MANAGE = "casework.take_money", "casework.pay_back", "casework.manage"
FEW = Place(limit=10)
"""A second list of a page, beside its own."""


def kinds() -> dict[str, str]:
    """What can be done about money that came."""
    return {
        "refund": _("Give money back"),
        "void": _("The receipt was written in error"),
        "returned": _("The cheque came back unpaid"),
    }


def waits() -> dict[str, str]:
    """What a request to give money back waits for, or what became of it."""
    return {
        "asked": _("Waits for another person"),
        "agreed": _("Is being sent"),
        "sent": _("Waits for the provider"),
        "failed": _("The provider did not give it back"),
    }


@centre_only(TAKE, PAY_BACK, MANAGE)
@report("the tills of the centre: a few")
def tills(request: Asked) -> HttpResponse:
    """The tills, with what should be in each; and the fees of a case, by its number."""
    actor = request.actor
    number = request.GET.get("number", "").strip()
    errors: tuple[Problem, ...] = ()
    found = []
    if number:
        try:
            found = casework.counter_fees(actor, number)
        except NotFound as none:
            errors = tuple(Problem(each.text, "number", each.code) for each in problems(none))
    rows = casework.tills(actor)
    context = {
        "rows": [casework.till_figures(actor, row) for row in rows],
        "number": number,
        "found": [(each, *standing(each.fee)) for each in found],
        "first": rows[0].code if rows else "",
        "may_take": actor.may(TAKE),
        "may_set_up": actor.may(MANAGE),
        "may_return": actor.may(TAKE) or actor.may(PAY_BACK),
    }
    return show(request, "cases/tills.jinja", context, errors)


@centre_only(TAKE)
@report("the fees of one case")
def take(request: Asked, code: str, number: str) -> HttpResponse:
    """Take a fee of a case at a till."""
    actor = request.actor
    till = casework.till(actor, code)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        made: list[Any] = []
        errors = attempt(lambda: made.append(_take(request, till)))
        if not errors:
            where = reverse("desk:receipt", args=[made[0].receipt.text])
            messages.success(request, _("The fee is paid. Print the receipt."))
            return HttpResponseRedirect(where)
    rows = casework.counter_fees(actor, number)
    context = {
        "till": till,
        "number": number,
        "agency": rows[0].agency if rows else "",
        "owed": [each.fee for each in rows if each.fee.owed],
        "waits": any(each.fee.waits for each in rows),
        "others": [(each.fee, *standing(each.fee)) for each in rows if not each.fee.owed],
        "paid": [_payment(row) for each in rows for row in each.fee.attempts.all()
                 if row.paid_minor > row.refunded_minor],
        "methods": methods(),
        "kinds": list(kinds().items()),
        "asked": request.POST,
    }  # fmt: skip
    return show(request, "cases/take.jinja", context, errors)


def _payment(row: casework.PaymentAttempt) -> tuple[casework.PaymentAttempt, str]:
    by = _("Receipt %(number)s") if row.provider == "counter" else _("Online, %(number)s")
    return row, by % {"number": row.reference}


def _take(request: Asked, till: casework.Till) -> Any:
    method = text(request, "method")
    if not method:
        raise FormError("CASE-210", _("Choose how it is paid."), field="method")
    return casework.take_at_counter(
        actor=request.actor,
        fee_id=required_id(request, "fee", _("Choose the fee.")),
        till=till.code,
        method=method,
        tendered_minor=money_field(request, "tendered", _("What was given")),
        anyway=text(request, "anyway") == "1",
    )


@centre_only(TAKE)
@require_POST
def ask_back(request: Asked, code: str, number: str) -> HttpResponse:
    """Ask that money is given back, or that a receipt is undone."""
    errors = attempt(
        lambda: casework.ask_payback(
            actor=request.actor,
            attempt_id=required_id(request, "attempt", _("Choose the payment.")),
            kind=text(request, "kind"),
            reason=text(request, "reason"),
            amount_minor=money_field(request, "amount", _("Amount"))
            if text(request, "amount")
            else None,
        )
    )
    for each in errors:
        messages.error(request, each.text)
    if not errors:
        messages.success(request, _("It waits for another person to agree."))
    return HttpResponseRedirect(reverse("desk:take", args=[code, number]))


@dataclass(frozen=True)
class ShownClosing:
    """A closing in words."""

    row: casework.TillClosing
    counted_by: str
    signed_by: str


def _closings(actor: Actor, rows: list[casework.TillClosing]) -> list[ShownClosing]:
    accounts = {each for row in rows for each in (row.counted_by, row.signed_by) if each}
    names = people_of_accounts(actor, accounts) if accounts else {}

    def name(account: UUID | None) -> str:
        return names[account].name if account in names else ""

    return [ShownClosing(row, name(row.counted_by), name(row.signed_by)) for row in rows]


@centre_only(TAKE, PAY_BACK, MANAGE)
@lists("casework.FeeReceipt")
def till(request: Asked, code: str) -> HttpResponse:
    """One till: what should be in it, its receipts, its closings."""
    actor = request.actor
    found = casework.till(actor, code)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        write = {"close": _close, "sign": _sign}.get(text(request, "what"))
        said: list[str] = []
        if write is not None:
            errors = attempt(lambda: said.append(write(request, found)))
        if not errors:
            if said:
                messages.success(request, said[0])
            return HttpResponseRedirect(reverse("desk:till", args=[found.code]))
        found = casework.till(actor, code)
    rows = casework.till_receipts(actor, found, place(request))
    closings = casework.till_closings(actor, found, FEW)
    context = {
        "till": found,
        "figures": casework.till_figures(actor, found),
        "rows": rows,
        "pages": pages(request, rows),
        "closings": _closings(actor, list(closings)),
        "methods": methods(),
        "may_take": actor.may(TAKE),
        "may_sign": actor.may(PAY_BACK),
        "asked": request.POST,
        "me": actor.user_id,
    }
    return show(request, "cases/till.jinja", context, errors)


def _close(request: Asked, till: casework.Till) -> str:
    row = casework.close_till(
        actor=request.actor,
        till=till.code,
        cash_minor=money_field(request, "cash", _("Cash counted")),
        card_minor=_amount(request, "card", _("Cards")),
        cheque_minor=_amount(request, "cheque", _("Cheques")),
        reason=text(request, "reason"),
    )
    if row.difference_minor:
        return _("The till is closed with a difference. Another person signs it.")
    return _("The till is closed and agrees. Another person signs it.")


def _amount(request: Asked, name: str, words: str) -> int:
    return money_field(request, name, words) if text(request, name) else 0


def _sign(request: Asked, till: casework.Till) -> str:
    casework.sign_till(
        actor=request.actor, closing_id=required_id(request, "closing", _("Choose a closing."))
    )
    return _("The closing is signed.")


@centre_only(TAKE, PAY_BACK)
@lists("casework.Payback")
def returns(request: Asked) -> HttpResponse:
    """Money that waits to be given back, and fees for which too much came."""
    actor = request.actor
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        agreed = text(request, "yes") == "yes"
        errors = attempt(
            lambda: casework.decide_payback(
                actor=actor,
                payback_id=required_id(request, "payback", _("Choose what you decide.")),
                agreed=agreed,
            )
        )
        if not errors:
            messages.success(
                request, _("Agreed.") if agreed else _("Refused: the money stays where it is.")
            )
            return HttpResponseRedirect(reverse("desk:returns"))
    rows = casework.waiting_paybacks(actor, place(request))
    too_much = casework.fees_to_return(actor, FEW)
    accounts = {row.asked_by for row in rows}
    names = people_of_accounts(actor, accounts) if accounts else {}
    context = {
        "rows": [
            (row, kinds()[row.kind], waits()[row.state],
             names[row.asked_by].name if row.asked_by in names else "")
            for row in rows
        ],
        "pages": pages(request, rows),
        "too_much": list(too_much),
        "may_decide": actor.may(PAY_BACK),
        "me": actor.user_id,
    }  # fmt: skip
    return show(request, "cases/returns.jinja", context, errors)
