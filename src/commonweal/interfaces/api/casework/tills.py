"""The tills at which fees are paid, their receipts, and money that is given back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from commonweal.kernel.casework import public as casework

from ..kit import paging
from ..kit.doors import Asked, centre, needs
from ..kit.types import Exact, In, Money, Name, Out, Page, Text
from .fees import MANAGE, TAKE, FeeOut, Why, as_minor, as_text
from .reads import door
from .setup import door as setup

AGREE = centre("casework.pay_back")
COUNTER = needs("casework.take_money", "casework.pay_back", "casework.manage")
READ = needs("casework.work", "casework.ask", "casework.take_money")
TillCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,12}$", examples=["FRONT"])]
ReceiptKey = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9]{1,12}-\d{4}-\d{6,9}-\d{2}$",
               description="The number of a receipt, with its check digits.")
]  # fmt: skip


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
def put_till(request: Asked, till: TillCode, data: TillIn) -> casework.Till:
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
        "paid_out": as_text(row.paid_out, place.currency),
        **{method: as_text(minor, place.currency) for method, minor in row.expected.items()},
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
        return as_text(row.amount_minor, row.currency)

    @staticmethod
    def resolve_tendered(row: Any) -> str:
        """What was given."""
        return as_text(row.tendered_minor, row.currency)

    @staticmethod
    def resolve_change(row: Any) -> str:
        """What was handed back."""
        return as_text(row.change_minor, row.currency)

    @staticmethod
    def resolve_undone(row: Any) -> str:
        """`refund`, `void` or `returned` where it no longer stands; else empty."""
        done = [each.kind for each in row.paybacks.all() if each.state == "done"]
        return done[-1] if done else ""


@door.get("/case-receipts/{receipt}", access=READ, returns=ReceiptOut)
def one_receipt(request: Asked, receipt: ReceiptKey) -> Any:
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
    """A fee taken at a counter. `tendered`: what was given; only cash may be more than the fee.
    `anyway`: also while a bank has still to answer about a payment."""

    fee_id: UUID
    method: Literal["cash", "card", "cheque"]
    tendered: Exact
    anyway: bool = False


@door.post("/tills/{till}/payments", access=TAKE, returns=ReceiptOut, status=201)
def take_payment(request: Asked, till: TillCode, data: TakenIn) -> Any:
    """Take a fee at a counter and issue its receipt."""
    taken = casework.take_at_counter(
        actor=request.actor,
        fee_id=data.fee_id,
        till=till,
        method=data.method,
        tendered_minor=as_minor(data.tendered),
        anyway=data.anyway,
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
        return as_text(minor, row.till.currency)

    @staticmethod
    def resolve_counted(row: Any) -> str:
        """Over all ways to pay."""
        minor = row.cash_counted + row.card_counted + row.cheque_counted
        return as_text(minor, row.till.currency)

    @staticmethod
    def resolve_difference(row: Any) -> str:
        """Counted less expected."""
        return as_text(row.difference_minor, row.till.currency)


@door.post("/tills/{till}/close", access=TAKE, returns=ClosingOut, status=201)
def close_till(request: Asked, till: TillCode, data: CountIn) -> casework.TillClosing:
    """Count a till and begin its next session; another person signs it."""
    return casework.close_till(
        actor=request.actor,
        till=till,
        cash_minor=as_minor(data.cash),
        card_minor=as_minor(data.card),
        cheque_minor=as_minor(data.cheque),
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
        return as_text(row.amount_minor, row.fee.currency)


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
        amount_minor=None if data.amount is None else as_minor(data.amount),
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
