"""Bills to cash: acceptance, bank statements, payments that wait, what each agency owes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http.response import HttpResponseBase
from pydantic import Field

from commonweal.kernel.calendar.public import now
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import centre
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import Asked, Door, File, attachment, needs
from ..kit.types import AgencyKey, Day, In, Money, Out, Page, Text
from .bills import BillKey

door = Door("payments", "What agencies owe and paid, bank statements, advances and refunds.")
SEE = needs("charging.view_payments")
SETTLE = needs("charging.settle")
OWN = needs("charging.view_bills", "charging.view_payments")
ACCEPT = needs("charging.accept_bills")
PAY_AHEAD = needs("charging.settle", "charging.accept_bills")
Reason = Annotated[Text, Field(min_length=10, max_length=500)]
Minor = Annotated[int, Field(gt=0, le=9 * 10**15, description="Minor units of the currency.")]


def text(minor: int) -> str:
    """Minor units of the centre's currency as a decimal."""
    return charging.money_text(minor, centre().currency)


class StandingOut(Out):
    """How a bill stands. `state`: draft, preview, issued, accepted, part_settled or settled.

    `days`: from issue to settlement. `overdue`: empty, or for how many days.
    """

    number: str
    agency: str
    period: str
    state: str
    total: Money
    open: Money
    paid: Money
    held: Money
    payable: Money
    issued_on: Day | None
    due_on: Day | None
    accepted_on: Day | None
    accepted_how: str
    settled_on: Day | None
    days: int | None
    overdue: str


class PaymentsOwedOut(Out):
    """What one agency owes. `overdue`: not disputed and past due, by days."""

    agency: str
    name: str
    contact: str
    open: Money
    not_yet_due: Money
    overdue: dict[str, Money]
    disputed: Money
    owed_to_agency: Money
    advance: Money
    bills: int
    oldest_due: Day | None
    reminded_on: Day | None


class PartOut(Out):
    """What an act moved for one service: of a bill, or (null) of the advance."""

    bill: str | None
    fund: str
    service: str
    amount: Money


class SettlementOut(Out):
    """One act. `kind`: receipt, apply, credit, refund or reversal."""

    id: UUID
    kind: str
    day: Day
    period: str
    amount: Money
    reference: str
    reason: str
    reverses_id: UUID | None
    journal_id: UUID | None
    recorded_at: datetime

    @staticmethod
    def resolve_amount(row: Any) -> str:
        """Cash in; below zero: out."""
        return text(row.amount_minor)


class AgencyAccountOut(Out):
    """An agency's account: what it owes, bills that are open or not accepted, advances."""

    owed: PaymentsOwedOut
    bills: list[StandingOut]
    advances: list[PartOut]


class PaymentReasonIn(In):
    """Why; at least ten characters."""

    reason: Reason


class RefundIn(In):
    """Why, and how much of which service's advance; without amounts all of it."""

    reason: Reason
    amounts: dict[Annotated[str, Field(max_length=40)], Minor] | None = None


class AmountIn(In):
    """At most so much of the advance; without it whatever fits."""

    amount_minor: Minor | None = None


class RefundDecisionOut(Out):
    """A proposal or what became of it."""

    id: UUID
    state: str
    statement: str


class CountOut(Out):
    """How many."""

    count: int


class AcceptedOut(Out):
    """When and how a bill was accepted: by a person, its payment, or its order's terms."""

    accepted_on: Day
    how: str


class RemindedOut(Out):
    """When an agency was reminded, and of how much."""

    sent_on: Day
    overdue: Money

    @staticmethod
    def resolve_overdue(row: Any) -> str:
        """What is past due and not disputed."""
        return text(row.overdue_minor)


def standing_row(found: charging.Standing) -> dict[str, Any]:
    """A standing as it leaves."""
    bill = found.bill
    return {
        "number": bill.number,
        "agency": bill.agency.code,
        "period": bill.period,
        "state": found.code,
        "total": text(bill.total_minor),
        "open": text(found.open_minor),
        "paid": text(found.paid_minor),
        "held": text(found.held_minor),
        "payable": text(found.payable_minor),
        "issued_on": bill.issued_on,
        "due_on": bill.due_on,
        "accepted_on": found.accepted_on,
        "accepted_how": found.accepted_how,
        "settled_on": found.settled_on,
        "days": found.days,
        "overdue": found.bucket if found.late else "",
    }


def owed_row(row: charging.Owed) -> dict[str, Any]:
    """What an agency owes as it leaves."""
    return {
        "agency": row.agency.code,
        "name": row.agency.name,
        "contact": row.agency.contact_email,
        "open": text(row.open_minor),
        "not_yet_due": text(row.not_due_minor),
        "overdue": {name: text(minor) for name, minor in row.buckets.items()},
        "disputed": text(row.held_minor),
        "owed_to_agency": text(row.owed_back_minor),
        "advance": text(row.advance_minor),
        "bills": row.bills,
        "oldest_due": row.oldest_due,
        "reminded_on": row.reminded_on,
    }


@door.get("/bills/{number}/standing", access=OWN, returns=StandingOut)
def read_standing(request: Asked, number: BillKey) -> dict[str, Any]:
    """How a bill stands: accepted, paid, open, held by disputes, and its days to settlement."""
    return standing_row(charging.standing(request.actor, number))


@door.post("/bills/{number}/accept", access=ACCEPT, returns=AcceptedOut)
def accept_bill(request: Asked, number: BillKey) -> Any:
    """Accept a bill for its agency, as a person. What is disputed of it stays held."""
    found = charging.bill(request.actor, number)
    return charging.accept_bill(actor=request.actor, bill_id=found.pk)


@door.post("/bills/{number}/apply-advance", access=PAY_AHEAD, returns=SettlementOut)
def apply_advance(request: Asked, number: BillKey, data: AmountIn) -> Any:
    """Pay a bill from the agency's advance, each service from its own."""
    found = charging.bill(request.actor, number)
    return charging.apply_advance(
        actor=request.actor, bill_id=found.pk, amount_minor=data.amount_minor
    )


@door.post("/bills/{number}/credit-to-advance", access=SETTLE, returns=SettlementOut)
def credit_to_advance(request: Asked, number: BillKey) -> Any:
    """Turn a bill below zero into an advance of the same services."""
    found = charging.bill(request.actor, number)
    return charging.credit_to_advance(actor=request.actor, bill_id=found.pk)


@door.post("/bills/accept-due", access=SETTLE, returns=CountOut)
def accept_due_bills(request: Asked) -> dict[str, int]:
    """Accept by their orders' terms the bills whose days to pay have passed without a word."""
    return {"count": charging.accept_due_bills(actor=request.actor)}


@door.get("/owed", access=SEE, returns=Page[PaymentsOwedOut])
def list_owed(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Who has not paid: one row for each agency, the longest overdue first."""
    rows = [owed_row(row) for row in charging.owed(request.actor)]
    return paging.part_of(rows, after, limit, lambda row: row["agency"])


@door.get("/owed.csv", access=SEE, returns=File("text/csv"))
def download_owed(request: Asked) -> HttpResponseBase:
    """The same as CSV."""
    return attachment(f"owed-{now():%Y-%m-%d}.csv", "text/csv", charging.owed_csv(request.actor))


@door.get("/agencies/{agency}/account", access=OWN, returns=AgencyAccountOut)
def read_account(request: Asked, agency: AgencyKey) -> dict[str, Any]:
    """An agency's account: what it owes and why, and its advances by service."""
    found = charging.account(request.actor, find_agency(request.actor, agency).pk)
    return {
        "owed": owed_row(found.owed),
        "bills": [standing_row(each) for each in found.open],
        "advances": [
            {"bill": None, "fund": fund, "service": service, "amount": text(minor)}
            for (fund, service), minor in sorted(found.advances.items())
        ],
    }


@door.get("/agencies/{agency}/settlements", access=OWN, returns=Page[SettlementOut])
def list_settlements(
    request: Asked,
    agency: AgencyKey,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """What an agency paid, applied, got back and had undone, newest first."""
    agency_id = find_agency(request.actor, agency).pk
    return paging.answer(charging.settlements(request.actor, agency_id, paging.place(after, limit)))


@door.post("/agencies/{agency}/reminders", access=SETTLE, returns=RemindedOut, status=201)
def remind_agency(request: Asked, agency: AgencyKey) -> Any:
    """Remind an agency politely of what is past due and not disputed; once a day at most."""
    agency_id = find_agency(request.actor, agency).pk
    return charging.remind_agency(actor=request.actor, agency_id=agency_id)


@door.post("/agencies/{agency}/refunds", access=SETTLE, returns=RefundDecisionOut, status=201)
def propose_refund(request: Asked, agency: AgencyKey, data: RefundIn) -> Any:
    """Propose to pay an advance back; a second person approves it."""
    agency_id = find_agency(request.actor, agency).pk
    return charging.propose_refund(
        actor=request.actor, agency_id=agency_id, reason=data.reason, amounts=data.amounts
    )


@door.post(
    "/refunds/{decision_id}/approve",
    access=needs("charging.approve_refunds"),
    returns=RefundDecisionOut,
)
def approve_refund(request: Asked, decision_id: UUID) -> Any:
    """Approve a refund or a return as the second person; it is posted at once."""
    return charging.approve_refund(actor=request.actor, decision_id=decision_id)


@door.post(
    "/refunds/{decision_id}/reject",
    access=needs("charging.approve_refunds"),
    returns=RefundDecisionOut,
)
def reject_refund(request: Asked, decision_id: UUID, data: PaymentReasonIn) -> Any:
    """Reject a refund or a return, with a reason; nothing is posted."""
    return charging.reject_refund(actor=request.actor, decision_id=decision_id, reason=data.reason)


@door.post("/settlements/{settlement_id}/undo", access=SETTLE, returns=SettlementOut)
def undo_settlement(request: Asked, settlement_id: UUID, data: PaymentReasonIn) -> Any:
    """Undo an act by its reversal in the open month; a payment waits for a person again."""
    return charging.undo_settlement(
        actor=request.actor, settlement_id=settlement_id, reason=data.reason
    )


class BookProblemOut(Out):
    """Books and bills that differ."""

    agency: str
    what: str
    books: Money
    bills: Money


class BooksOut(Out):
    """Whether the books say what bills and payments say."""

    agree: bool
    problems: list[BookProblemOut]


@door.get("/payments-check", access=SEE, returns=BooksOut)
def check_books(request: Asked) -> dict[str, Any]:
    """Compare receivables, payables and advances in the books with bills and payments."""
    rows = [
        {"agency": each.agency, "what": each.what, "books": text(each.books_minor),
         "bills": text(each.bills_minor)}
        for each in charging.cash_problems(request.actor)
    ]  # fmt: skip
    return {"agree": not rows, "problems": rows}
