"""What the kernel knows: covered months, charges by the agency's own books, volumes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from uuid import UUID

from django.db.models import Sum

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import OrderLine
from commonweal.kernel.ledger.public import LedgerPeriod, Posting
from commonweal.kernel.metering.public import history
from commonweal.kernel.party.public import centre

EXPENSE = "6100"
"""The account of an agency's books that the centre's bills are posted to, by service."""
Key = tuple[UUID, UUID]
"""An agency's id and a service's."""


def year_months(fiscal_year: int) -> list[str]:
    """The twelve months of a fiscal year, named by the calendar year in which it ends."""
    start = centre().fiscal_year_start_month
    first = FiscalPeriod(fiscal_year if start == 1 else fiscal_year - 1, start)
    return [first.shift(step).code for step in range(12)]


@dataclass
class Cover:
    """From which day a service is ordered by an agency, and the months of a year that it is."""

    joined: date
    months: set[str] = field(default_factory=set)


def covers(
    months: Sequence[str], agency_id: UUID | None = None, service_id: UUID | None = None
) -> dict[Key, Cover]:
    """By agency and service: the first day of any order line, and which months lines cover."""
    lines = OrderLine.objects.filter(active=True)
    if agency_id is not None:
        lines = lines.filter(agency_id=agency_id)
    if service_id is not None:
        lines = lines.filter(charge_item__service_id=service_id)
    found: dict[Key, Cover] = {}
    columns = ("agency_id", "charge_item__service_id", "starts", "ends")
    for agency, service, starts, ends in lines.values_list(*columns).distinct():
        cover = found.setdefault((agency, service), Cover(starts))
        cover.joined = min(cover.joined, starts)
        for code in months:
            month = FiscalPeriod.parse(code)
            if starts < month.end_day and (ends is None or ends > month.first_day):
                cover.months.add(code)
    return found


def first_ordered(agency_id: UUID, service_id: UUID) -> date | None:
    """The first day on which an order line of the service was in force; None: never."""
    found = covers((), agency_id, service_id).get((agency_id, service_id))
    return found.joined if found else None


def closed_months(months: Iterable[str], agency_id: UUID | None = None) -> dict[UUID, set[str]]:
    """The months whose books are closed, by agency."""
    rows = LedgerPeriod.objects.filter(state="closed", code__in=list(months))
    if agency_id is not None:
        rows = rows.filter(agency_id=agency_id)
    found: dict[UUID, set[str]] = defaultdict(set)
    for agency, code in rows.values_list("agency_id", "code"):
        found[agency].add(code)
    return found


def charges(
    months: Iterable[str], agency_id: UUID | None = None, service_code: str = ""
) -> dict[tuple[UUID, str], dict[str, int]]:
    """What the centre charged by the agency's books: by (agency, service code), a month's cents.

    The sum of account 6100's postings with the centre as trading partner; reversals count.
    """
    rows = Posting.objects.filter(
        account__code=EXPENSE,
        trading_partner_id=centre().agency_id,
        period__code__in=list(months),
    )
    if agency_id is not None:
        rows = rows.filter(agency_id=agency_id)
    if service_code:
        rows = rows.filter(service_code=service_code)
    found: dict[tuple[UUID, str], dict[str, int]] = defaultdict(dict)
    sums = rows.values_list("agency_id", "service_code", "period__code").annotate(Sum("amount"))
    for agency, service, period, amount in sums.order_by():
        found[agency, service][period] = int(amount)
    return found


def volumes(
    months: Sequence[str], agency_id: UUID | None = None
) -> dict[tuple[UUID, UUID, str], Fraction]:
    """What was used by (agency, charge item, month), late records in the month that booked them.

    Read by the house's own right: whoever may see a figure sees it whole. Row-level security still
    bounds what is read.
    """
    found: dict[tuple[UUID, UUID, str], Fraction] = defaultdict(Fraction)
    for late in (False, True):
        for period, totals in history(SYSTEM, months, agency_id=agency_id, late=late).items():
            for row in totals:
                found[row.agency_id, row.charge_item_id, period] += Fraction(row.quantity)
    return found
