"""Fees of a case on pages: the block beside a case, paying online, receipts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.interfaces.payments.fees import begin
from commonweal.interfaces.payments.port import online
from commonweal.kernel.access.public import Actor
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import Agency

from ..access import agency_only, anyone_with
from ..centre.base import attempt, required_id, show, text
from ..look.page import Problem
from ..requests import Asked

ASK, WORK, TAKE = "casework.ask", "casework.work", "casework.take_money"


@dataclass(frozen=True)
class ShownFee:
    """A fee as it reads beside its case."""

    fee: casework.CaseFee
    kind: str
    words: str
    pay_href: str
    receipts: list[tuple[str, str]]
    attempts: list[casework.PaymentAttempt]


def standing(fee: casework.CaseFee) -> tuple[str, str]:
    """The kind of tag and the words for how a fee stands."""
    if fee.refund_due_minor:
        return "watch", _("More came than is owed")
    if fee.waived and not fee.paid_minor:
        return "neutral", _("Waived")
    if fee.waits:
        return "watch", _("Not paid yet: the bank has still to answer")
    return {
        "due": ("watch", _("To pay")),
        "started": ("watch", _("Payment begun, not finished")),
        "failed": ("bad", _("The payment failed")),
        "cancelled": ("watch", _("To pay: the last payment was stopped")),
        "paid": ("good", _("Paid")),
        "refunded": ("neutral", _("Given back")),
    }[fee.state]


def shown_fees(
    actor: Actor, case: casework.Case, pay: Callable[[casework.CaseFee], str],
    receipt: Callable[[str], str],
) -> list[ShownFee]:  # fmt: skip
    """The fees of a case in words; `pay` and `receipt` give the addresses of their pages."""
    return [
        ShownFee(
            fee,
            *standing(fee),
            pay(fee) if online() and fee.owed else "",
            [(row.text, receipt(row.text)) for row in fee.receipts.all()],
            list(fee.attempts.all()),
        )
        for fee in casework.fees_of(actor, case)
    ]


def portal_fees(request: Asked, case: casework.Case) -> list[ShownFee]:
    """The fees of a case as an agency's people see them."""
    return shown_fees(
        request.actor,
        case,
        lambda fee: reverse("cases:pay", args=[case.number, fee.pk]),
        lambda number: reverse("cases:receipt", args=[number]),
    )


def door_fees(request: Asked, agency: Agency, case: casework.Case) -> list[ShownFee]:
    """The fees of a case as the citizen who asked sees them."""
    lead = (agency.code.lower(), case.number)
    return shown_fees(
        request.actor,
        case,
        lambda fee: reverse("door:pay", args=[*lead, fee.pk]),
        lambda number: reverse("door:receipt", args=[*lead, number]),
    )


def desk_fees(request: Asked, case: casework.Case) -> list[ShownFee]:
    """The fees of a case as those who work on it see them; agents do not pay."""
    return shown_fees(
        request.actor, case, lambda _fee: "", lambda number: reverse("desk:receipt", args=[number])
    )


def paying(request: Asked, fee_id: UUID, here: str, **frame: Any) -> HttpResponse:
    """The page on which a fee is paid, and to which the provider sends people back. `frame`: its
    layout and the address of the case."""
    fee = casework.fee(request.actor, fee_id)
    errors: tuple[Problem, ...] = ()
    made: list[str] = []
    if request.method == "POST":
        again = text(request, "again") == "1"
        errors = attempt(lambda: made.append(begin(request.actor, fee.pk, here, anyway=again)))
        if not errors and made[0].startswith("/"):
            return HttpResponseRedirect(made[0])
        fee = casework.fee(request.actor, fee_id)
    kind, words = standing(fee)
    paid = [each for each in fee.attempts.order_by("position") if each.state == "paid"]
    context = {
        "paid": paid[0] if paid else None,
        "fee": fee,
        "case": fee.case,
        "kind": kind,
        "words": words,
        "online": online(),
        # Our forms lead only to us (CSP): a page elsewhere is reached by a link.
        "go_href": made[0] if made else "",
        "here": here,
        **frame,
    }
    return show(request, "cases/pay.jinja", context, errors)


@agency_only(ASK)
def pay(request: Asked, number: str, fee_id: UUID) -> HttpResponse:
    """Pay a fee of one's own case."""
    case = casework.case_by_number(request.actor, number)
    return paying(
        request,
        fee_id,
        reverse("cases:pay", args=[case.number, fee_id]),
        layout="layouts/agency.jinja",
        case_href=reverse("cases:case", args=[case.number]),
    )


def receipt_page(request: Asked, number: str, layout: str, back: str) -> HttpResponse:
    """A receipt, to be read and printed."""
    found = casework.fee_receipt(request.actor, number)
    context = {
        "receipt": found,
        "agency": found.fee.case.agency,
        "undone": found.undone,
        "layout": layout,
        "back": back or _till_or_case(request, found),
        "methods": methods(),
    }
    return show(request, "cases/receipt.jinja", context)


def _till_or_case(request: Asked, found: Any) -> str:
    """Back to the till, for whoever may open it; else to the case."""
    if any(map(request.actor.may, ("casework.take_money", "casework.pay_back", "casework.manage"))):
        return reverse("desk:till", args=[found.till.code])
    return reverse("desk:case", args=[found.case_number])


@agency_only(ASK)
def receipt(request: Asked, number: str) -> HttpResponse:
    """A receipt of a fee of one's own case."""
    found = casework.fee_receipt(request.actor, number)
    back = reverse("cases:case", args=[found.case_number])
    return receipt_page(request, number, "layouts/agency.jinja", back)


@anyone_with(WORK, TAKE)
def desk_receipt(request: Asked, number: str) -> HttpResponse:
    """A receipt as whoever took the money prints it, or an agent reads it."""
    return receipt_page(request, number, "layouts/workspace.jinja", "")


def methods() -> dict[str, str]:
    """Ways to pay at a counter."""
    return {"cash": _("Cash"), "card": _("Card"), "cheque": _("Cheque")}


def charge(request: Asked, case: casework.Case) -> str:
    """Charge a fee that the kind of case has."""
    row = casework.charge_fee(actor=request.actor, case_id=case.pk, rule=text(request, "rule"))
    return _("“%(name)s” is charged.") % {"name": row.name}


def waive(request: Asked, case: casework.Case) -> str:
    """Ask for a fee no more."""
    row = casework.waive_fee(
        actor=request.actor,
        fee_id=required_id(request, "fee", _("Choose a fee.")),
        reason=text(request, "waive_reason"),
    )
    return _("“%(name)s” is waived.") % {"name": row.name}
