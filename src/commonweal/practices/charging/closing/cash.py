"""The journals of cash: receipts, advances, refunds, and payments nobody recognises yet.

Centre:  debit cash (1110), credit receivable (1310) for what pays a bill, advances (2310) for the
rest, per fund and service. Agency: debit payable (2110) and advances paid (1410), credit cash.
Money out turns the sides round. An advance that pays a bill moves no cash. A payment of nobody
known lies in the centre's books alone (2390) until somebody says whose it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.ledger.public import (
    Draft,
    JournalRef,
    LedgerPeriod,
    Line,
    post,
    post_pair,
    reverse,
)

from ..domain.settlement import Moved
from .posting import (
    ADVANCES,
    AGENCY_ACCOUNTS,
    CASH,
    CENTRE_ACCOUNTS,
    PAID_AHEAD,
    PAYABLE,
    RECEIVABLE,
    UNKNOWN,
    prepare_books,
)

SOURCE = "charging"
GENERAL = "GEN"


def open_month(books: Sequence[UUID], day: date) -> str:
    """The month in which something of a day is posted: its own, or the first later one that is not
    closed in any of these books."""
    closed = set(
        LedgerPeriod.objects.filter(agency_id__in=books, state="closed").values_list(
            "code", flat=True
        )
    )
    month = FiscalPeriod.of_date(day)
    while month.code in closed:
        month = month.shift(1)
    return month.code


def pair_drafts(
    *,
    centre_id: UUID,
    agency_id: UUID,
    moves: Sequence[Moved],
    out_of: tuple[str, str],
    **head: Any,
) -> tuple[Draft, Draft]:
    """Both journals of an act; `out_of`: the accounts of advances in the centre's and the agency's
    books. Only what one owes the other names the partner: cash is the bank's."""
    ours: list[Line] = []
    theirs: list[Line] = []
    for move in moves:
        fund, service = move.key

        def line(
            account: str,
            minor: int,
            partner: UUID | None = None,
            place: tuple[str, str] = (fund, service),
        ) -> list[Line]:
            made = Line(account, minor, fund=place[0], service_code=place[1],
                        trading_partner=partner, reference=head["reference"])  # fmt: skip
            return [made] if minor else []

        ours += line(CASH, move.cash) + line(RECEIVABLE, -move.bill, agency_id)
        ours += line(out_of[0], -move.advance, agency_id)
        theirs += line(CASH, -move.cash) + line(PAYABLE, move.bill, centre_id)
        theirs += line(out_of[1], move.advance, centre_id)

    def draft(books: UUID, lines: Sequence[Line]) -> Draft:
        return Draft(
            agency_id=books,
            period=head["period"],
            lines=lines,
            description=head["description"],
            source=SOURCE,
            key=head["key"],
            effective_date=head["day"],
            currency=head["currency"],
        )

    return draft(centre_id, ours), draft(agency_id, theirs)


def post_moves(
    *,
    centre_id: UUID,
    agency_id: UUID,
    moves: Sequence[Moved],
    day: date,
    currency: str,
    key: str,
    description: str,
    reference: str,
    out_of: tuple[str, str] = (ADVANCES, PAID_AHEAD),
) -> tuple[str, UUID]:
    """Post an act in both books; the month it is in, and the centre's journal."""
    with act_as(SYSTEM):
        period = open_month((centre_id, agency_id), day)
        funds = {move.key[0] for move in moves}
        prepare_books(SYSTEM, centre_id, period, CENTRE_ACCOUNTS, funds)
        prepare_books(SYSTEM, agency_id, period, AGENCY_ACCOUNTS, funds)
        ours, theirs = pair_drafts(
            centre_id=centre_id,
            agency_id=agency_id,
            moves=moves,
            out_of=out_of,
            period=period,
            day=day,
            currency=currency,
            key=key,
            description=description,
            reference=reference,
        )
        left, _right = post_pair(actor=SYSTEM, left=ours, right=theirs)
    return period, left.id


def reverse_moves(
    *, centre_id: UUID, agency_id: UUID, journal_id: UUID, day: date, key: str, reason: str
) -> tuple[str, UUID]:
    """Reverse an act in both books, in the open month."""
    with act_as(SYSTEM):
        period = open_month((centre_id, agency_id), day)
        for books, chart in ((centre_id, CENTRE_ACCOUNTS), (agency_id, AGENCY_ACCOUNTS)):
            prepare_books(SYSTEM, books, period, chart, set())
        made = reverse(
            actor=SYSTEM, journal_id=journal_id, period=period, key=key, effective_date=day,
            reason=reason,
        )  # fmt: skip
    return period, made.id


def post_unknown(
    *, centre_id: UUID, minor: int, currency: str, day: date, key: str, reference: str
) -> JournalRef:
    """Cash of nobody known into the centre's books; a negative amount takes it out again."""
    with act_as(SYSTEM):
        period = open_month((centre_id,), day)
        prepare_books(SYSTEM, centre_id, period, CENTRE_ACCOUNTS, {GENERAL})
        return post(
            actor=SYSTEM,
            agency_id=centre_id,
            period=period,
            lines=[
                Line(CASH, minor, fund=GENERAL, reference=reference),
                Line(UNKNOWN, -minor, fund=GENERAL, reference=reference),
            ],
            description="Payment of nobody known" if minor > 0 else "Payment assigned or returned",
            source=SOURCE,
            key=key,
            effective_date=day,
            currency=currency,
        )
