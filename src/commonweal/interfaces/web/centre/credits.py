"""Credits to agencies: those given, those proposed, and proposing one over bills to come."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from commonweal.kernel.authority.public import Decision, decisions
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.money.public import Money
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError
from commonweal.kernel.words.public import told
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place, report
from ..requests import Asked
from .base import FormError, address, attempt, done, show, text, whole_field

VIEW = "charging.view_all_bills"
PROPOSE = "charging.propose_credits"
APPROVE = "charging.approve_credits"


@centre_only(VIEW)
@lists("charging.Credit", "authority.Decision")
def credits(request: Asked, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """Proposals that wait, and every credit with what is still to come."""
    rows = charging.credits(request.actor, place=place(request))
    waiting = decisions(
        request.actor, types=["charging.Credit"], state="proposed", place=place(request, "waiting")
    )
    context = {
        "rows": rows,
        "left": charging.credit_left(request.actor, rows),
        "kinds": charging.credit_words(),
        "pages": pages(request, rows),
        "waiting": waiting,
        "waiting_pages": pages(request, waiting, "waiting"),
        "may_propose": request.actor.may(PROPOSE),
        "may_approve": request.actor.may(APPROVE),
        "asked": request.POST,
    }
    return show(request, "centre/credits.jinja", context, errors)


@centre_only(APPROVE)
def credit_decide(request: Asked, decision_id: UUID) -> HttpResponse:
    """Approve or reject a proposed credit as the second person."""
    if request.method != "POST":
        return HttpResponseRedirect(address("credits"))
    approved = text(request, "decision") == "approve"

    def write() -> Decision:
        act = charging.approve_credit if approved else charging.reject_credit
        return act(actor=request.actor, decision_id=decision_id, reason=text(request, "reason"))

    errors = attempt(write)
    if errors:
        return credits(request, errors)
    said = (
        _("Approved. Its instalments appear on the bills to come.")
        if approved
        else _("Rejected. Nothing is credited.")
    )
    return done(request, said, "credits")


@centre_only(PROPOSE)
@report("the lines of the bill that was asked for, fifty at a time")
def propose_credit(request: Asked) -> HttpResponse:
    """Propose a credit: choose a bill, then an amount for each of its lines, and the months."""
    errors: tuple[Any, ...] = ()
    number = request.GET.get("bill", "").strip()
    found, rows, missing = None, None, ""
    if number:
        try:
            found, rows = charging.bill_line_page(request.actor, number, place(request))
        except CommonwealError as error:
            missing = told(error.message)
    if found is not None and request.method == "POST":
        errors = attempt(lambda: _propose(request))
        if not errors:
            said = _("The credit is proposed. A second person decides.")
            return done(request, said, "credits")
    first = charging.first_credit_month(request.actor)
    context = {
        "bill": found,
        "number": number,
        "missing": missing,
        "rows": rows or [],
        "pages": pages(request, rows) if rows is not None else None,
        "months": [FiscalPeriod.parse(first).shift(step).code for step in range(24)],
        "asked": request.POST,
    }
    return show(request, "centre/propose_credit.jinja", context, errors)


def _propose(request: Asked) -> None:
    count = whole_field(request, "bills", _("Number of bills"), default=1)
    if not 1 <= count <= charging.MOST_CREDIT_MONTHS:
        raise FormError(
            "FORM-107",
            _("Spread the credit over 1 to %(most)s bills.")
            % {"most": charging.MOST_CREDIT_MONTHS},
            field="bills",
        )
    charging.propose_credit(
        actor=request.actor,
        reason=text(request, "reason"),
        portions=_portions(request),
        months=charging.months_from(text(request, "first"), count),
    )


def _portions(request: Asked) -> dict[UUID, int]:
    """The amounts that were entered beside lines, as minor units."""
    found = {}
    for name, given in request.POST.items():
        if not name.startswith("line-") or not str(given).strip():
            continue
        try:
            amount = Money.exactly(str(given).replace(",", "").strip(), centre().currency).minor
        except CommonwealError as wrong:
            raise FormError("FORM-103", told(wrong.message), field=name) from wrong
        found[UUID(name.removeprefix("line-"))] = amount
    return found
