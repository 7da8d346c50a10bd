"""The books: journals, trial balance, exports."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import Query
from pydantic import Field

from commonweal.kernel.ledger import public as ledger
from commonweal.kernel.money.public import Money as Amount
from commonweal.kernel.party.public import agency, centre

from ..kit import paging
from ..kit.doors import Asked, Door, File, attachment, needs
from ..kit.types import MaybePeriod, Money, Out, Page, Period, Text

VIEW = needs("ledger.view")
door = Door("ledger", "Double-entry books of the centre and of each agency.")
Books = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", examples=["LWD"],
               description="Code or id of an agency, or `centre`.")
]  # fmt: skip


class AccountOut(Out):
    """One account of a chart."""

    code: str
    name: str
    type: str
    active: bool


class FundOut(Out):
    """One fund; journals balance in each by itself."""

    code: str
    name: str


class PeriodOut(Out):
    """One month of the books."""

    code: str
    state: str
    opened_at: datetime
    closed_at: datetime | None


class JournalOut(Out):
    """The header of a posted journal."""

    id: UUID
    agency_id: UUID
    number: int
    period: str
    effective_date: date
    recorded_at: datetime
    description: str
    source: str
    lines: int = Field(alias="n_lines")
    currency: str
    pair_id: UUID | None
    reverses_id: UUID | None

    @staticmethod
    def resolve_period(row: Any) -> str:
        """Its month."""
        return str(row.period.code)


class PostingOut(Out):
    """One line: debit positive, credit negative."""

    line: int
    account: str
    account_name: str
    fund: str
    amount: Money
    currency: str
    service_code: str
    reference: str


class JournalLines(JournalOut):
    """A journal with its lines."""

    postings: list[PostingOut]

    @staticmethod
    def resolve_postings(row: Any) -> list[dict[str, Any]]:
        """Its lines in order."""
        return [
            {
                "line": each.line,
                "account": each.account.code,
                "account_name": each.account.name,
                "fund": each.fund.code,
                "amount": Amount(each.amount, each.currency).text,
                "currency": each.currency,
                "service_code": each.service_code,
                "reference": each.reference,
            }
            for each in row.postings.all()
        ]


class TrialOut(Out):
    """One account and fund; a debit balance is positive."""

    account: str
    name: str
    type: str
    fund: str
    currency: str
    opening: Money
    debit: Money
    credit: Money
    closing: Money


def books_of(request: Asked, key: str) -> UUID:
    return centre().agency_id if key == "centre" else agency(request.actor, key).pk


@door.get("/ledger/{books}/accounts", access=VIEW, returns=Page[AccountOut])
def list_accounts(
    request: Asked,
    books: Books,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The chart of accounts, by code."""
    place = paging.place(after, limit)
    return paging.answer(ledger.accounts(request.actor, books_of(request, books), place))


@door.get("/ledger/{books}/funds", access=VIEW, returns=Page[FundOut])
def list_funds(
    request: Asked,
    books: Books,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The funds, by code."""
    place = paging.place(after, limit)
    return paging.answer(ledger.funds(request.actor, books_of(request, books), place))


@door.get("/ledger/{books}/periods", access=VIEW, returns=Page[PeriodOut])
def list_periods(
    request: Asked,
    books: Books,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The months of the books, newest first."""
    place = paging.place(after, limit)
    return paging.answer(ledger.periods(request.actor, books_of(request, books), place))


@door.get("/ledger/{books}/journals", access=VIEW, returns=Page[JournalOut])
def list_journals(
    request: Asked,
    books: Books,
    period: MaybePeriod = Query(""),
    source: Annotated[Text, Field(max_length=40)] = Query("", examples=["charging"]),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Journals, newest first."""
    rows = ledger.journals(
        request.actor,
        books_of(request, books),
        period=period,
        source=source,
        place=paging.place(after, limit),
    )
    return paging.answer(rows)


@door.get("/journals/{journal_id}", access=VIEW, returns=JournalLines)
def read_journal(request: Asked, journal_id: UUID) -> ledger.Journal:
    """One journal with its lines."""
    return ledger.journal(request.actor, journal_id)


@door.get("/ledger/{books}/trial-balance", access=VIEW, returns=Page[TrialOut])
def trial_balance(
    request: Asked,
    books: Books,
    period: Period,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(200),
) -> dict[str, Any]:
    """Every account and fund that ever moved up to a month: opening, movement, closing."""
    lines = ledger.trial_balance(request.actor, books_of(request, books), period)

    def text(minor: int, currency: str) -> str:
        return Amount(minor, currency).text

    rows = [
        {
            "account": line.account,
            "name": line.name,
            "type": line.type,
            "fund": line.fund,
            "currency": line.currency,
            "opening": text(line.opening, line.currency),
            "debit": text(line.debit, line.currency),
            "credit": text(line.credit, line.currency),
            "closing": text(line.closing, line.currency),
        }
        for line in lines
    ]
    return paging.part_of(
        rows, after, limit, lambda row: f"{row['account']}|{row['fund']}|{row['currency']}"
    )


@door.get("/ledger/{books}/export", access=VIEW, returns=File("text/plain"))
def export_books(
    request: Asked,
    books: Books,
    period: Period,
    format: Literal["hledger", "beancount"] = Query("hledger"),
) -> HttpResponseBase:
    """A month's journals for hledger or beancount, which re-balance them independently."""
    make = ledger.export_hledger if format == "hledger" else ledger.export_beancount
    text = make(request.actor, books_of(request, books), [period])
    return attachment(f"ledger-{books}-{period}.{format}", "text/plain", text.encode())
