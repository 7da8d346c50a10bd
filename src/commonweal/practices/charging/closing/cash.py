"""The journals of cash: receipts, advances, refunds, and payments nobody recognises yet.

Centre:  debit cash (1110), credit receivable (1310) for what pays a bill, advances (2310) for the
rest, per fund and service. Agency: debit payable (2110) and advances paid (1410), credit cash.
Money out turns the sides round. An advance that pays a bill moves no cash. A payment of nobody
known lies in the centre's books alone (2390) until somebody says whose it is. Of an asset's
proceeds, what belongs to contributors is cash that is owed: to agencies (2320; there 1320 against
4920) and, held, to grants (2330).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    DUE,
    HELD,
    OWED,
    PAID_AHEAD,
    PAYABLE,
    PROCEEDS,
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


def post_proceeds(
    *,
    centre_id: UUID,
    agency_id: UUID,
    amounts: Mapping[tuple[str, str], int],
    currency: str,
    day: date,
    key: str,
    reference: str,
) -> None:
    """An agency's part of an asset's proceeds, by (fund, service code), in both books: cash here,
    owed to the agency; due from the centre there, revenue. The same key posts once."""
    ours: list[Line] = []
    theirs: list[Line] = []
    for (fund, service), minor in sorted(amounts.items()):
        if minor:
            place: dict[str, Any] = {"fund": fund, "service_code": service, "reference": reference}
            ours += [Line(CASH, minor, **place),
                     Line(OWED, -minor, trading_partner=agency_id, **place)]  # fmt: skip
            theirs += [Line(DUE, minor, trading_partner=centre_id, **place),
                       Line(PROCEEDS, -minor, **place)]  # fmt: skip
    with act_as(SYSTEM):
        period = open_month((centre_id, agency_id), day)
        funds = {fund for fund, _service in amounts}
        prepare_books(SYSTEM, centre_id, period, CENTRE_ACCOUNTS, funds)
        prepare_books(SYSTEM, agency_id, period, AGENCY_ACCOUNTS, funds)

        def draft(books: UUID, lines: Sequence[Line]) -> Draft:
            return Draft(
                agency_id=books, period=period, lines=lines, source=SOURCE, key=key,
                description="Proceeds of a shared asset", effective_date=day, currency=currency,
            )  # fmt: skip

        post_pair(actor=SYSTEM, left=draft(centre_id, ours), right=draft(agency_id, theirs))


def post_grant(
    *, centre_id: UUID, minor: int, currency: str, day: date, key: str, reference: str
) -> JournalRef:
    """A grant's part of an asset's proceeds: cash in the centre's books, held for the grant."""
    lines = ((CASH, minor), (HELD, -minor))
    return _post_own(centre_id, lines, "Proceeds of a shared asset, held for a grant",
                     currency=currency, day=day, key=key, reference=reference)  # fmt: skip


def post_unknown(
    *, centre_id: UUID, minor: int, currency: str, day: date, key: str, reference: str
) -> JournalRef:
    """Cash of nobody known into the centre's books; a negative amount takes it out again."""
    lines = ((CASH, minor), (UNKNOWN, -minor))
    said = "Payment of nobody known" if minor > 0 else "Payment assigned or returned"
    return _post_own(centre_id, lines, said, currency=currency, day=day, key=key,
                     reference=reference)  # fmt: skip


def _post_own(
    centre_id: UUID,
    lines: Sequence[tuple[str, int]],
    description: str,
    *,
    currency: str,
    day: date,
    key: str,
    reference: str,
) -> JournalRef:
    """Post in the centre's books alone, in its general fund."""
    with act_as(SYSTEM):
        period = open_month((centre_id,), day)
        prepare_books(SYSTEM, centre_id, period, CENTRE_ACCOUNTS, {GENERAL})
        return post(
            actor=SYSTEM,
            agency_id=centre_id,
            period=period,
            lines=[
                Line(account, minor, fund=GENERAL, reference=reference) for account, minor in lines
            ],
            description=description,
            source=SOURCE,
            key=key,
            effective_date=day,
            currency=currency,
        )
