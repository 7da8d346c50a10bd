"""Fees of cases, the tills at which they are paid, and money that is given back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
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
WAIVE = centre("casework.waive_fees")
FeeCode = Annotated[Code, Field(max_length=40)]
Why = Annotated[Text, Field(min_length=10, max_length=300)]


def as_text(minor: int, currency: str) -> str:
    return Exactly(minor, currency).text


def as_minor(value: Decimal) -> int:
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
        return as_text(row.amount_minor, row.currency)


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
    minor = as_minor(data.amount)
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
        return as_text(row.amount_minor, row.currency)

    @staticmethod
    def resolve_paid(row: Any) -> str:
        """What stays of what came."""
        return as_text(row.paid_minor, row.currency)

    @staticmethod
    def resolve_to_return(row: Any) -> str:
        """What is to be given back."""
        return as_text(row.refund_due_minor, row.currency)


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
def pay_fee(request: Asked, fee_id: UUID, anyway: bool = False) -> dict[str, Any]:
    """Begin to pay a fee online; the provider tells us what became of it. While a bank has still to
    answer about another payment, only `anyway` (CASE-232): both may be taken."""
    row = casework.fee(request.actor, fee_id)
    back = reverse("cases:pay", args=[row.case.number, row.pk])
    return {"url": begin(request.actor, row.pk, back, anyway=anyway)}
