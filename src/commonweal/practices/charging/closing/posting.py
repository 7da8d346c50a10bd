"""The journals of an issued bill: paired, so that centre and agency never differ.

Centre:  debit receivable (1310), credit revenue (4100) per service, in the service's own fund.
Agency:  debit expense (6100) per service and funding source, credit payable (2110), same funds.
A line with a negative amount (a correction in the agency's favour) turns the sides round.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from commonweal.kernel.access.public import Actor
from commonweal.kernel.ledger.public import (
    Draft,
    Line,
    close_period,
    open_period,
    post_pair,
    put_chart,
)

from ..models import Bill
from ..selectors.bill_document import bill_lines

RECEIVABLE, REVENUE, PAYABLE, EXPENSE = "1310", "4100", "2110", "6100"
Chart = dict[str, tuple[str, str]]
CENTRE_ACCOUNTS: Chart = {
    RECEIVABLE: ("Due from agencies", "asset"),
    REVENUE: ("Charges to agencies", "revenue"),
}
AGENCY_ACCOUNTS: Chart = {
    PAYABLE: ("Due to the shared services centre", "liability"),
    EXPENSE: ("Shared services", "expense"),
}


def service_totals(bill: Bill) -> dict[tuple[str, str], int]:
    """Cents per (fund, service code) of a bill."""
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for line in bill_lines(bill):
        totals[(line.service.fund_code, line.service.code)] += line.amount_minor
    return {key: amount for key, amount in sorted(totals.items()) if amount}


def bill_drafts(bill: Bill, centre_id: UUID, day: date) -> tuple[Draft, Draft]:
    """The two journals of one bill: the centre's and the agency's."""
    ours: list[Line] = []
    theirs: list[Line] = []
    for (fund, service), amount in service_totals(bill).items():
        common = {"fund": fund, "service_code": service, "reference": str(bill.id)}
        ours += [Line(RECEIVABLE, amount, **common), Line(REVENUE, -amount, **common)]
        theirs += [Line(EXPENSE, amount, **common), Line(PAYABLE, -amount, **common)]

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


def _prepare(actor: Actor, agency_id: UUID, period: str, chart: Chart, funds: set[str]) -> None:
    accounts = [(code, name, kind) for code, (name, kind) in chart.items()]
    put_chart(
        actor=actor,
        agency_id=agency_id,
        accounts=accounts,
        funds=[(fund, f"Fund {fund}") for fund in sorted(funds)],
    )
    open_period(actor=actor, agency_id=agency_id, period=period)


def post_bills(actor: Actor, bills: Sequence[Bill], centre_id: UUID, day: date) -> int:
    """Post both journals of every bill that has any amount; return how many bills were posted.

    Idempotent: the bill's id is the journals' key. The month's books close after it.
    """
    if not bills:
        return 0
    period = bills[0].period
    funds = {fund for bill in bills for fund, _ in service_totals(bill)}
    _prepare(actor, centre_id, period, CENTRE_ACCOUNTS, funds)
    posted = 0
    for bill in bills:
        _prepare(actor, bill.agency_id, period, AGENCY_ACCOUNTS, funds)
        ours, theirs = bill_drafts(bill, centre_id, day)
        if ours.lines:
            post_pair(actor=actor, left=ours, right=theirs)
            posted += 1
        close_period(actor=actor, agency_id=bill.agency_id, period=period)
    close_period(actor=actor, agency_id=centre_id, period=period)
    return posted
