"""Fees of cases, the tills at which they are paid, and money that is given back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from django.urls import reverse
from pydantic import Field

from commonweal.interfaces.payments.fees import begin
from commonweal.kernel.casework import public as casework
from commonweal.kernel.money.public import Money as Exactly
from commonweal.kernel.party.public import centre as centre_profile

from ..kit import paging
from ..kit.doors import Asked, centre, needs
from ..kit.types import Code, Exact, In, Money, Name, Out, Page, Text
from .reads import door
from .setup import door as setup
from .shapes import SEE, WORK, CaseKey, found

MANAGE = centre("casework.manage")
TAKE = centre("casework.take_money")
AGREE = centre("casework.pay_back")
WAIVE = centre("casework.waive_fees")
COUNTER = needs("casework.take_money", "casework.pay_back", "casework.manage")
READ = needs("casework.work", "casework.ask", "casework.take_money")
FeeCode = Annotated[Code, Field(max_length=40)]
TillCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,12}$", examples=["FRONT"])]
ReceiptKey = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9]{1,12}-\d{4}-\d{6,9}-\d{2}$",
               description="The number of a receipt, with its check digits.")
]  # fmt: skip
Why = Annotated[Text, Field(min_length=10, max_length=300)]


def _text(minor: int, currency: str) -> str:
    return Exactly(minor, currency).text


def _minor(value: Decimal) -> int:
    """An amount in the centre's currency as minor units (MONEY-104)."""
    return Exactly.exactly(value, centre_profile().currency).minor


class FeeRuleOut(Out):
    """What a kind of case costs. `before`: the state that needs it paid; `automatic`: charged as a
    case opens."""

    code: str
    name: str
    case_type: str
    category: str
    amount: Money
    currency: str
    before: str
    automatic: bool
    active: bool

    @staticmethod
    def resolve_case_type(row: Any) -> str:
        """Its code."""
        return str(row.case_type.code)

    @staticmethod
    def resolve_category(row: Any) -> str:
        """Its code; empty: every subject of the kind."""
        return str(row.category.code) if row.category else ""

    @staticmethod
    def resolve_amount(row: Any) -> str:
        """In major units."""
        return _text(row.amount_minor, row.currency)


class FeeRuleIn(In):
    """What a kind of case costs, in the centre's currency."""

    name: Annotated[Name, Field(max_length=120)]
    case_type: FeeCode
    category: Annotated[Text, Field(max_length=60)] = ""
    amount: Exact
    before: Annotated[Text, Field(max_length=40)] = ""
    automatic: bool = True
    active: bool = True


@setup.get("/case-fees", access=MANAGE, returns=Page[FeeRuleOut])
def list_fee_rules(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """What kinds of cases cost."""
    return paging.part_of(casework.fee_rules(request.actor), after, limit, lambda row: row.code)


@setup.put("/case-fees/{fee_code}", access=MANAGE, returns=FeeRuleOut)
def put_fee(request: Asked, fee_code: FeeCode, data: FeeRuleIn) -> casework.FeeRule:
    """Say what a kind of case costs; open cases keep what they were charged."""
    given = data.model_dump(exclude={"amount"})
    minor = _minor(data.amount)
    return casework.put_fee(actor=request.actor, code=fee_code, amount_minor=minor, **given)


class AttemptOut(Out):
    """One try to pay. `provider`: `counter`, or who takes money online."""

    id: UUID
    provider: str
    reference: str
    state: str
    begun_at: datetime


class FeeOut(Out):
    """A fee of a case. `state`: due, started, paid, failed, cancelled or refunded; `owed`: whether
    somebody still has to pay it; `to_return`: what came though it was not owed."""

    id: UUID
    name: str
    amount: Money
    currency: str
    before: str
    state: str
    owed: bool
    paid: Money
    to_return: Money
    waived: bool
    charged_at: datetime

    @staticmethod
    def resolve_amount(row: Any) -> str:
        """In major units."""
        return _text(row.amount_minor, row.currency)

    @staticmethod
    def resolve_paid(row: Any) -> str:
        """What stays of what came."""
        return _text(row.paid_minor, row.currency)

    @staticmethod
    def resolve_to_return(row: Any) -> str:
        """What is to be given back."""
        return _text(row.refund_due_minor, row.currency)


class FeeDetail(FeeOut):
    """A fee with each try to pay it and its receipts."""

    attempts: list[AttemptOut]
    receipts: list[str]

    @staticmethod
    def resolve_attempts(row: Any) -> list[Any]:
        """In order."""
        return sorted(row.attempts.all(), key=lambda each: each.position)

    @staticmethod
    def resolve_receipts(row: Any) -> list[str]:
        """Their numbers."""
        return [each.text for each in row.receipts.all()]


class FeesOut(Out):
    """The fees of a case."""

    fees: list[FeeDetail]


@door.get("/cases/{case}/fees", access=SEE, returns=FeesOut)
def list_fees(request: Asked, case: CaseKey) -> dict[str, Any]:
    """The fees of a case and of those merged into it."""
    return {"fees": casework.fees_of(request.actor, found(request, case))}


class ChargeIn(In):
    """Which of the fees that the kind of case has."""

    fee: FeeCode


@door.post("/cases/{case}/fees", access=WORK, returns=FeeOut, status=201)
def charge_fee(request: Asked, case: CaseKey, data: ChargeIn) -> casework.CaseFee:
    """Charge a case one of the fees of its kind."""
    row = found(request, case)
    return casework.charge_fee(actor=request.actor, case_id=row.pk, rule=data.fee)


class FeeReasonIn(In):
    """Why, naming nobody."""

    reason: Why


@door.post("/case-fees/{fee_id}/waive", access=WAIVE, returns=FeeOut)
def waive_fee(request: Asked, fee_id: UUID, data: FeeReasonIn) -> casework.CaseFee:
    """Ask for a fee no more; one that is paid is given back instead."""
    return casework.waive_fee(actor=request.actor, fee_id=fee_id, reason=data.reason)


class ToPayOut(Out):
    """Where whoever pays goes on, in a browser."""

    url: str


@door.post("/case-fees/{fee_id}/pay", access=needs("casework.ask"), returns=ToPayOut, status=201)
def pay_fee(request: Asked, fee_id: UUID) -> dict[str, Any]:
    """Begin to pay a fee online; the provider tells us what became of it."""
    row = casework.fee(request.actor, fee_id)
    back = reverse("cases:pay", args=[row.case.number, row.pk])
    return {"url": begin(request.actor, row.pk, back)}


class TillOut(Out):
    """A place where money is taken. `session` counts its closings, from 1."""

    code: str
    name: str
    currency: str
    session: int
    active: bool


class TillIn(In):
    """A till's name."""

    name: Annotated[Name, Field(max_length=120)]
    active: bool = True


@setup.get("/tills", access=COUNTER, returns=Page[TillOut])
def list_tills(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """The tills in use."""
    return paging.part_of(casework.tills(request.actor), after, limit, lambda row: row.code)


@setup.put("/tills/{till}", access=MANAGE, returns=TillOut)
def put_till(request: Asked, till: TillCode, data: TillIn) -> casework.TillRow:
    """Make a till of the centre's currency, or change it."""
    return casework.put_till(actor=request.actor, code=till, name=data.name, active=data.active)


class TillFiguresOut(Out):
    """What should be in a till since it was closed last."""

    receipts: int
    first: str
    last: str
    cash: Money
    card: Money
    cheque: Money
    paid_out: Money


@door.get("/tills/{till}/figures", access=COUNTER, returns=TillFiguresOut)
def till_figures(request: Asked, till: TillCode) -> dict[str, Any]:
    """What should be in a till, by way of paying."""
    place = casework.till(request.actor, till)
    row = casework.till_figures(request.actor, place)
    return {
        "receipts": row.receipts,
        "first": row.first,
        "last": row.last,
        "paid_out": _text(row.paid_out, place.currency),
        **{method: _text(minor, place.currency) for method, minor in row.expected.items()},
    }


class ReceiptOut(Out):
    """A receipt: issued once, never changed."""

    text: str
    till: str
    case: str = Field(alias="case_number")
    name: str
    amount: Money
    currency: str
    method: Literal["cash", "card", "cheque"]
    tendered: Money
    change: Money
    issued_at: datetime
    undone: str

    @staticmethod
    def resolve_till(row: Any) -> str:
        """Its code."""
        return str(row.till.code)

    @staticmethod
    def resolve_amount(row: Any) -> str:
        """In major units."""
        return _text(row.amount_minor, row.currency)

    @staticmethod
    def resolve_tendered(row: Any) -> str:
        """What was given."""
        return _text(row.tendered_minor, row.currency)

    @staticmethod
    def resolve_change(row: Any) -> str:
        """What was handed back."""
        return _text(row.change_minor, row.currency)

    @staticmethod
    def resolve_undone(row: Any) -> str:
        """`refund`, `void` or `returned` where it no longer stands; else empty."""
        done = [each.kind for each in row.paybacks.all() if each.state == "done"]
        return done[-1] if done else ""


@door.get("/case-receipts/{receipt}", access=READ, returns=ReceiptOut)
def one_receipt(request: Asked, receipt: ReceiptKey) -> casework.FeeReceipt:
    """A receipt by its number."""
    return casework.fee_receipt(request.actor, receipt)


@door.get("/tills/{till}/receipts", access=COUNTER, returns=Page[ReceiptOut])
def list_receipts(
    request: Asked,
    till: TillCode,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The receipts of a till, the newest first."""
    place = casework.till(request.actor, till)
    rows = casework.till_receipts(request.actor, place, paging.place(after, limit))
    return paging.answer(rows)


class TakenIn(In):
    """A fee taken at a counter. `tendered`: what was given; only cash may be more than the fee."""

    fee_id: UUID
    method: Literal["cash", "card", "cheque"]
    tendered: Exact


@door.post("/tills/{till}/payments", access=TAKE, returns=ReceiptOut, status=201)
def take_payment(request: Asked, till: TillCode, data: TakenIn) -> casework.FeeReceipt:
    """Take a fee at a counter and issue its receipt."""
    taken = casework.take_at_counter(
        actor=request.actor,
        fee_id=data.fee_id,
        till=till,
        method=data.method,
        tendered_minor=_minor(data.tendered),
    )
    return taken.receipt


class CountIn(In):
    """What was counted, without the float; a difference needs its reason."""

    cash: Exact
    card: Exact = Decimal(0)
    cheque: Exact = Decimal(0)
    reason: Annotated[Text, Field(max_length=300)] = ""


class ClosingOut(Out):
    """A till's closing. `difference`: counted less expected."""

    id: UUID
    session: int
    receipts: int
    first: str
    last: str
    expected: Money
    counted: Money
    difference: Money
    reason: str
    counted_at: datetime
    counted_by: UUID
    signed_at: datetime | None
    signed_by: UUID | None

    @staticmethod
    def resolve_expected(row: Any) -> str:
        """Over all ways to pay."""
        minor = row.cash_expected + row.card_expected + row.cheque_expected
        return _text(minor, row.till.currency)

    @staticmethod
    def resolve_counted(row: Any) -> str:
        """Over all ways to pay."""
        minor = row.cash_counted + row.card_counted + row.cheque_counted
        return _text(minor, row.till.currency)

    @staticmethod
    def resolve_difference(row: Any) -> str:
        """Counted less expected."""
        return _text(row.difference_minor, row.till.currency)


@door.post("/tills/{till}/close", access=TAKE, returns=ClosingOut, status=201)
def close_till(request: Asked, till: TillCode, data: CountIn) -> casework.TillClosing:
    """Count a till and begin its next session; another person signs it."""
    return casework.close_till(
        actor=request.actor,
        till=till,
        cash_minor=_minor(data.cash),
        card_minor=_minor(data.card),
        cheque_minor=_minor(data.cheque),
        reason=data.reason,
    )


@door.get("/tills/{till}/closings", access=COUNTER, returns=Page[ClosingOut])
def list_closings(
    request: Asked,
    till: TillCode,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The closings of a till, the newest first."""
    place = casework.till(request.actor, till)
    rows = casework.till_closings(request.actor, place, paging.place(after, limit))
    return paging.answer(rows)


@door.post("/till-closings/{closing_id}/sign", access=AGREE, returns=ClosingOut)
def sign_till(request: Asked, closing_id: UUID) -> casework.TillClosing:
    """Sign what another person counted."""
    return casework.sign_till(actor=request.actor, closing_id=closing_id)


class PaybackIn(In):
    """What happened to a payment. `amount`: of a refund; empty: all that stays of it."""

    kind: Literal["refund", "void", "returned"]
    amount: Exact | None = None
    reason: Why


class PaybackOut(Out):
    """Money to be given back, or a receipt to be undone. `state`: asked (waits for another person),
    agreed, sent (to the provider), done or refused."""

    id: UUID
    fee_id: UUID
    attempt_id: UUID
    kind: str
    amount: Money
    reason: str
    state: str
    asked_at: datetime
    asked_by: UUID
    decided_at: datetime | None
    decided_by: UUID | None

    @staticmethod
    def resolve_amount(row: Any) -> str:
        """In major units."""
        return _text(row.amount_minor, row.fee.currency)


@door.post(
    "/payment-attempts/{attempt_id}/paybacks", access=TAKE, returns=PaybackOut, status=201
)  # fmt: skip
def ask_payback(request: Asked, attempt_id: UUID, data: PaybackIn) -> casework.Payback:
    """Ask that money is given back or a receipt undone; nothing happens before another agrees."""
    return casework.ask_payback(
        actor=request.actor,
        attempt_id=attempt_id,
        kind=data.kind,
        reason=data.reason,
        amount_minor=None if data.amount is None else _minor(data.amount),
    )


@door.get("/paybacks", access=COUNTER, returns=Page[PaybackOut])
def list_paybacks(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Money that waits to be given back, the newest first."""
    return paging.answer(casework.waiting_paybacks(request.actor, paging.place(after, limit)))


class AgreeIn(In):
    """Whether you agree."""

    agreed: bool


@door.post("/paybacks/{payback_id}/decide", access=AGREE, returns=PaybackOut)
def decide_payback(request: Asked, payback_id: UUID, data: AgreeIn) -> casework.Payback:
    """Agree with what another person asked, or refuse it."""
    return casework.decide_payback(actor=request.actor, payback_id=payback_id, agreed=data.agreed)


@door.get("/fees-to-return", access=COUNTER, returns=Page[FeeOut])
def list_fees_to_return(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Fees for which more came than is owed, the newest first."""
    return paging.answer(casework.fees_to_return(request.actor, paging.place(after, limit)))
