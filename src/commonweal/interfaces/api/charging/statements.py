"""Bank statements in, and the payments that wait for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import File as Part
from ninja import Form
from ninja.files import UploadedFile
from pydantic import Field

from commonweal.kernel.calendar.public import today
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import centre
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import ApiError, Asked, needs
from ..kit.types import AgencyKey, Code, Day, In, Money, Out, Page
from .bills import BillKey
from .payments import (
    SEE,
    SETTLE,
    Minor,
    PaymentReasonIn,
    RefundDecisionOut,
    SettlementOut,
    door,
    text,
)

__all__ = ["door"]
IMPORT = needs("charging.import_payments")
MAX_FILE = 32 * 1024 * 1024


class BankEntryOut(Out):
    """One line of a statement. `state`: unknown, proposed, assigned, returned, out or aside."""

    id: UUID
    row: int
    booked_on: Day
    amount: Money
    currency: str
    reference: str
    payer: str
    payer_account: str
    text: str
    state: str
    proposal: dict[str, Any]
    note: str
    age_days: int

    @staticmethod
    def resolve_amount(row: Any) -> str:
        """In positive, out negative."""
        return text(row.amount_minor)

    @staticmethod
    def resolve_age_days(row: Any) -> int:
        """Days since it was booked."""
        return int((today(centre().zone) - row.booked_on).days)


class StatementOut(Out):
    """One imported file. `reconciled`: opening + entries = closing; null where it names no balance.

    `gap`: how far its opening balance is from the closing balance of the statement before.
    """

    id: UUID
    account: str
    reference: str
    format: str
    filename: str
    sha256: str
    currency: str
    first_day: Day | None
    last_day: Day | None
    entries_total: int
    entries_new: int
    money_in: Money
    money_out: Money
    reconciled: bool | None
    gap: Money | None
    recorded_at: datetime

    @staticmethod
    def resolve_money_in(row: Any) -> str:
        """The sum of what came in."""
        return text(row.in_minor)

    @staticmethod
    def resolve_money_out(row: Any) -> str:
        """The sum of what went out."""
        return text(row.out_minor)

    @staticmethod
    def resolve_reconciled(row: Any) -> bool | None:
        """A file that does not add up is refused, so one that is here does."""
        return True if None not in (row.opening_minor, row.closing_minor) else None

    @staticmethod
    def resolve_gap(row: Any) -> str | None:
        """Zero where the statements follow one another."""
        return None if row.gap_minor is None else text(row.gap_minor)


class PlannedOut(Out):
    """What an entry is, or in a dry run would be, matched to."""

    row: int
    booked_on: Day
    amount: Money
    known: bool
    how: str
    sure: bool
    bills: list[str]


class ReadOut(Out):
    """What a file says. `ask`: what must be said before it can be read; `problems`: its rows that
    cannot be. Nothing is stored in a dry run."""

    statements: list[StatementOut]
    entries: list[PlannedOut]
    fresh: int
    columns: dict[str, str]
    ask: list[str]
    problems: list[dict[str, Any]]


class ShareIn(In):
    """A part of a payment for one bill, or for one service of it."""

    bill: BillKey
    amount_minor: Minor
    service: Annotated[Code, Field(max_length=40)] | None = None


class AssignIn(In):
    """Whose a payment is and what it pays; the rest becomes an advance."""

    agency: AgencyKey
    shares: Annotated[list[ShareIn], Field(max_length=100)] = []
    advance_service: Annotated[Code, Field(max_length=40)] | None = None
    remember: bool = False


def read_out(report: charging.PaymentReport) -> dict[str, Any]:
    """What a file says, as it leaves."""
    reading = report.reading
    return {
        "statements": list(report.statements),
        "entries": [
            {
                "row": each.entry.row,
                "booked_on": each.entry.booked_on,
                "amount": text(each.entry.minor),
                "known": each.known,
                "how": each.match.how,
                "sure": each.match.sure,
                "bills": [share.number for share in each.match.shares],
            }
            for each in report.entries
        ],
        "fresh": report.fresh,
        "columns": dict(reading.layout.columns) if reading.layout else {},
        "ask": list(reading.ask),
        "problems": [
            {"row": each.row, "code": each.code, "message": each.message}
            for each in reading.problems
        ],
    }


@door.post("/bank-statements", access=IMPORT, returns=ReadOut, errors=(413,))
def import_payments(
    request: Asked,
    file: UploadedFile = Part(..., description="camt.053, CSV or XLSX."),
    dry_run: bool = Form(False, description="Only say what would happen."),
    account: Annotated[str, Field(max_length=40)] = Form("", description="Where the file is CSV."),
    reference: Annotated[str, Field(max_length=80)] = Form(""),
    opening: Annotated[str, Field(max_length=30)] = Form("", examples=["1000.00"]),
    closing: Annotated[str, Field(max_length=30)] = Form("", examples=["1234.50"]),
    mapping: Annotated[str, Field(max_length=80)] = Form("", description="A saved layout."),
    accept_as: Annotated[str, Field(max_length=80)] = Form(
        "", description="Confirm the columns found, and save them under this name."
    ),
    columns: list[Annotated[str, Field(max_length=200)]] = Form(
        [], max_length=20, description="`field=Column`."
    ),
    date_format: Annotated[str, Field(max_length=20)] = Form("", examples=["DD/MM/YYYY"]),
    decimal: Literal["", ".", ","] = Form(""),
) -> dict[str, Any]:
    """Import a bank statement; each entry counts once, however often it is sent.

    What is sure is posted; what is not waits for a person. A file with a row that cannot be read,
    or one that does not add up, is refused whole (PAY-110, PAY-121).
    """
    if (file.size or 0) > MAX_FILE:
        raise ApiError("API-413", "Send at most 32 MB at once. Split the file by month.")
    wanted = charging.PaymentRequest(
        filename=file.name or "statement",
        data=file.read(),
        account=account,
        reference=reference,
        opening=opening,
        closing=closing,
        mapping=mapping,
        given=charging.PaymentLayout(charging.parse_columns(columns), date_format, decimal),
        accept_as=accept_as,
    )
    if dry_run:
        return read_out(charging.look_at_payments(request.actor, wanted))
    return read_out(charging.import_payments(actor=request.actor, request=wanted))


@door.get("/bank-statements", access=SEE, returns=Page[StatementOut])
def list_statements(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Imported statements, newest first."""
    return paging.answer(charging.statements(request.actor, paging.place(after, limit)))


@door.get("/bank-statements/{statement_id}/entries", access=SEE, returns=Page[BankEntryOut])
def list_entries(
    request: Asked,
    statement_id: UUID,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """A statement's entries, in its order."""
    charging.statement(request.actor, statement_id)
    return paging.answer(charging.entries(request.actor, statement_id, paging.place(after, limit)))


@door.get("/payments/waiting", access=SEE, returns=Page[BankEntryOut])
def list_waiting(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Payments that wait for a person, oldest first: unknown, or with a proposal."""
    return paging.answer(charging.waiting_payments(request.actor, paging.place(after, limit)))


@door.get("/payments/{entry_id}", access=SEE, returns=BankEntryOut)
def read_entry(request: Asked, entry_id: UUID) -> Any:
    """One entry of a statement."""
    return charging.entry(request.actor, entry_id)


@door.post("/payments/{entry_id}/assign", access=SETTLE, returns=SettlementOut)
def assign_payment(request: Asked, entry_id: UUID, data: AssignIn) -> Any:
    """Say whose a waiting payment is and which bills it pays."""
    shares = [
        (charging.bill(request.actor, each.bill).pk, each.amount_minor, each.service or "")
        for each in data.shares
    ]
    return charging.assign_payment(
        actor=request.actor,
        entry_id=entry_id,
        agency_id=find_agency(request.actor, data.agency).pk,
        shares=shares,
        advance_service=data.advance_service or "",
        remember=data.remember,
    )


@door.post("/payments/{entry_id}/aside", access=SETTLE, returns=BankEntryOut)
def set_payment_aside(request: Asked, entry_id: UUID, data: PaymentReasonIn) -> Any:
    """Say that an entry is not about bills, and what it is."""
    return charging.set_payment_aside(actor=request.actor, entry_id=entry_id, reason=data.reason)


@door.post("/payments/{entry_id}/return", access=SETTLE, returns=RefundDecisionOut, status=201)
def propose_return(request: Asked, entry_id: UUID, data: PaymentReasonIn) -> Any:
    """Propose to send a payment that nobody recognises back; a second person approves it."""
    return charging.propose_return(actor=request.actor, entry_id=entry_id, reason=data.reason)
