"""Writing the books: charts, months, journals, and reversals with a reason."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from commonweal.kernel.ledger import public as ledger
from commonweal.kernel.money.public import Money as Amount
from commonweal.kernel.party.public import centre

from ..kit.doors import Asked, needs
from ..kit.types import Code, Day, Done, Exact, In, Name, Out, Period, Text
from .books import Books, PeriodOut, books_of, door

__all__ = ["door"]

CHART = needs("ledger.manage_chart")
CLOSE = needs("ledger.close_period")
REOPEN = needs("ledger.reopen_period")
POST = needs("ledger.post")
Account = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9-]{0,31}$", examples=["1100"])]
Reason = Annotated[Text, Field(min_length=10, max_length=450)]
Key = Annotated[Text, Field(min_length=1, max_length=100)]


class ChartAccountIn(In):
    """An account of the chart; its type never changes."""

    code: Account
    name: Name
    type: Literal["asset", "liability", "equity", "revenue", "expense"]


class ChartFundIn(In):
    """A fund: journals balance in each by itself."""

    code: Account
    name: Name


class ChartIn(In):
    """Accounts and funds to add, or known ones with a new name."""

    accounts: list[ChartAccountIn] = Field(default=[], max_length=1000)
    funds: list[ChartFundIn] = Field(default=[], max_length=1000)


class AccountActiveIn(In):
    """Whether new journals may use it."""

    active: bool


class MonthIn(In):
    """Open or close a month; reopening a closed one needs a reason."""

    state: Literal["open", "closed"]


class ReopenIn(In):
    """Why a closed month must be reopened; it names no person."""

    reason: Reason


class JournalLineIn(In):
    """One line: a debit is positive, a credit negative, in the centre's currency."""

    account: Account
    fund: Account
    amount: Exact
    reference: Annotated[Text, Field(max_length=64)] = ""


class JournalIn(In):
    """A journal. The same key and content again returns the first posting."""

    period: Period
    effective_date: Day
    description: Annotated[Text, Field(min_length=1, max_length=200)]
    key: Key
    lines: list[JournalLineIn] = Field(
        min_length=2,
        max_length=5000,
        examples=[
            [
                {"account": "1100", "fund": "GENERAL", "amount": "12.34"},
                {"account": "4100", "fund": "GENERAL", "amount": "-12.34"},
            ]
        ],
    )


class ReverseIn(In):
    """Into which open month, and why; the reason stands in the books and names no person."""

    period: Period
    effective_date: Day
    reason: Reason


class PostedOut(Out):
    """A posted journal. `replayed`: it was posted before under this key."""

    id: UUID
    number: int
    replayed: bool


@door.put("/ledger/{books}/chart", access=CHART, returns=Done)
def put_chart(request: Asked, books: Books, data: ChartIn) -> dict[str, bool]:
    """Add accounts and funds to the books, or give known ones a new name."""
    ledger.put_chart(
        actor=request.actor,
        agency_id=books_of(request, books),
        accounts=[(each.code, each.name, each.type) for each in data.accounts],
        funds=[(each.code, each.name) for each in data.funds],
    )
    return {}


@door.patch("/ledger/{books}/accounts/{account}", access=CHART, returns=Done)
def set_account_active(
    request: Asked,
    books: Books,
    account: Annotated[Code, Field(max_length=40)],
    data: AccountActiveIn,
) -> dict[str, bool]:
    """Take an account out of use for new journals, or back into use."""
    ledger.set_account_active(
        actor=request.actor,
        agency_id=books_of(request, books),
        code=account,
        active=data.active,
    )
    return {}


@door.put("/ledger/{books}/periods/{period}", access=CLOSE, returns=PeriodOut)
def put_period(request: Asked, books: Books, period: Period, data: MonthIn) -> ledger.LedgerPeriod:
    """Open a month of the books, or close it; a closed one is reopened with a reason only."""
    write = ledger.open_period if data.state == "open" else ledger.close_period
    return write(actor=request.actor, agency_id=books_of(request, books), period=period)


@door.post("/ledger/{books}/periods/{period}/reopen", access=REOPEN, returns=PeriodOut)
def reopen_period(
    request: Asked, books: Books, period: Period, data: ReopenIn
) -> ledger.LedgerPeriod:
    """Reopen a closed month, with a reason."""
    return ledger.reopen_period(
        actor=request.actor,
        agency_id=books_of(request, books),
        period=period,
        reason=data.reason,
    )


@door.post("/ledger/{books}/journals", access=POST, returns=PostedOut, status=201)
def post_journal(request: Asked, books: Books, data: JournalIn) -> ledger.JournalRef:
    """Post one journal into one agency's books; it never changes afterwards."""
    currency = centre().currency
    lines = [
        ledger.Line(
            each.account,
            Amount.exactly(format(each.amount, "f"), currency).minor,
            each.fund,
            reference=each.reference,
        )
        for each in data.lines
    ]
    return ledger.post(
        actor=request.actor,
        agency_id=books_of(request, books),
        period=data.period,
        lines=lines,
        description=data.description,
        source="api",
        key=data.key,
        effective_date=data.effective_date,
        currency=currency,
    )


@door.post("/journals/{journal_id}/reverse", access=POST, returns=PostedOut, status=201)
def reverse_journal(request: Asked, journal_id: UUID, data: ReverseIn) -> ledger.JournalRef:
    """Reverse a journal into an open month; of a pair, both sides together."""
    return ledger.reverse(
        actor=request.actor,
        journal_id=journal_id,
        key=f"reversal-{journal_id}",
        **data.model_dump(),
    )
