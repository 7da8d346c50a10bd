"""The journals of an issued bill: paired, so that centre and agency never differ.

Centre:  debit receivable (1310), credit revenue (4100) per service, in the service's own fund.
Agency:  debit expense (6100) per service and funding source, credit payable (2110), same funds.
A credit line of a year-end adjustment or of an asset's proceeds settles what the books owe for it
instead: 2320 here, 1320 there. A line with a negative amount (a correction in the agency's favour)
turns the sides round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from uuid import UUID

from django.db.models import Sum

from commonweal.kernel.access.public import Actor
from commonweal.kernel.ledger.public import (
    Draft,
    Line,
    close_period,
    open_period,
    post_pair,
    put_chart,
)

from ..domain.credits import RETURNED
from ..models import Bill, BillLine

RECEIVABLE, REVENUE, PAYABLE, EXPENSE = "1310", "4100", "2110", "6100"
CASH, ADVANCES, PAID_AHEAD, UNKNOWN = "1110", "2310", "1410", "2390"
OWED, DUE = "2320", "1320"
HELD, PROCEEDS = "2330", "4920"
INTEREST_PAID, INTEREST_EARNED = "6910", "4910"
Chart = dict[str, tuple[str, str]]
CENTRE_ACCOUNTS: Chart = {
    RECEIVABLE: ("Due from agencies", "asset"),
    REVENUE: ("Charges to agencies", "revenue"),
    OWED: ("Due to agencies for over-recovery and assets", "liability"),
    HELD: ("Proceeds of assets held for grants", "liability"),
    CASH: ("Cash", "asset"),
    ADVANCES: ("Advances from agencies", "liability"),
    UNKNOWN: ("Payments nobody recognises", "liability"),
}
AGENCY_ACCOUNTS: Chart = {
    PAYABLE: ("Due to the shared services centre", "liability"),
    EXPENSE: ("Shared services", "expense"),
    DUE: ("Due from the centre", "asset"),
    PROCEEDS: ("Proceeds of shared assets", "revenue"),
    CASH: ("Cash", "asset"),
    PAID_AHEAD: ("Advances to the shared services centre", "asset"),
}


def service_totals(bill: Bill) -> dict[tuple[str, str], int]:
    """Cents per (fund, service code) of a bill; one query."""
    rows = (
        BillLine.objects.filter(bill_id=bill.id)
        .values_list("service__fund_code", "service__code")
        .annotate(total=Sum("amount_minor"))
        .order_by("service__fund_code", "service__code")
    )
    return {(fund, service): int(total) for fund, service, total in rows if total}


def returned_totals(bill: Bill) -> dict[tuple[str, str], int]:
    """Cents per (fund, service code) of the lines that settle what the books owe; one query.

    They are no revenue of the month: a year-end adjustment took it off then, and an asset's
    proceeds came from its buyer.
    """
    rows = (
        BillLine.objects.filter(bill_id=bill.id, credit__credit__kind__in=RETURNED)
        .values_list("service__fund_code", "service__code")
        .annotate(total=Sum("amount_minor"))
        .order_by("service__fund_code", "service__code")
    )
    return {(fund, service): int(total) for fund, service, total in rows if total}


def bill_drafts(
    bill: Bill,
    totals: dict[tuple[str, str], int],
    centre_id: UUID,
    day: date,
    returned: dict[tuple[str, str], int] | None = None,
) -> tuple[Draft, Draft]:
    """The two journals of one bill: the centre's and the agency's. `returned`: the part of the
    totals that settles what is owed already, by the same keys."""
    ours: list[Line] = []
    theirs: list[Line] = []
    settled = returned or {}
    for fund, service in sorted({*totals, *settled}):
        back = settled.get((fund, service), 0)
        charged = totals.get((fund, service), 0) - back
        for lines, debit, credit, amount in (
            (ours, RECEIVABLE, REVENUE, charged),
            (theirs, EXPENSE, PAYABLE, charged),
            (ours, RECEIVABLE, OWED, back),
            (theirs, DUE, PAYABLE, back),
        ):
            if amount:
                lines += [
                    Line(account, minor, fund=fund, service_code=service, reference=str(bill.id))
                    for account, minor in ((debit, amount), (credit, -amount))
                ]

    def draft(agency_id: UUID, lines: Sequence[Line]) -> Draft:
        return Draft(
            agency_id=agency_id,
            period=bill.period,
            lines=lines,
            description=f"Bill {bill.number}",
            source="charging",
            key=f"bill:{bill.id}",
            effective_date=day,
            currency=bill.currency,
        )

    return draft(centre_id, ours), draft(bill.agency_id, theirs)


def prepare_books(
    actor: Actor, agency_id: UUID, period: str, chart: Chart, funds: set[str]
) -> None:
    """Make sure that a set of books has its accounts, its funds and an open month."""
    accounts = [(code, name, kind) for code, (name, kind) in chart.items()]
    put_chart(
        actor=actor,
        agency_id=agency_id,
        accounts=accounts,
        funds=[(fund, f"Fund {fund}") for fund in sorted(funds)],
    )
    open_period(actor=actor, agency_id=agency_id, period=period)


def post_bills(
    actor: Actor,
    bills: Sequence[Bill],
    centre_id: UUID,
    day: date,
    tell: Callable[[int, int | None], None],
) -> int:
    """Post both journals of every bill that has any amount; return how many bills were posted.

    Idempotent: the bill's id is the journals' key. The month's books close after it.
    """
    if not bills:
        return 0
    period = bills[0].period
    totals = {bill.id: service_totals(bill) for bill in bills}
    funds = {fund for found in totals.values() for fund, _ in found}
    prepare_books(actor, centre_id, period, CENTRE_ACCOUNTS, funds)
    posted = 0
    for number, bill in enumerate(bills):
        tell(number, len(bills))
        prepare_books(actor, bill.agency_id, period, AGENCY_ACCOUNTS, funds)
        ours, theirs = bill_drafts(bill, totals[bill.id], centre_id, day, returned_totals(bill))
        if ours.lines:
            post_pair(actor=actor, left=ours, right=theirs)
            posted += 1
        close_period(actor=actor, agency_id=bill.agency_id, period=period)
    close_period(actor=actor, agency_id=centre_id, period=period)
    return posted
