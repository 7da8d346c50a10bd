"""Reads of bills: lists, one bill with its comparisons, one line with its causes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place, listing

from ..domain.bills import AFTERWARDS, Change, ItemTotal, changes, main_cause, totals_by_item
from ..domain.credits import UNEARNED
from ..models import AccountMap, Bill, BillLine, LineQuery
from .bill_document import bill_lines


@dataclass(frozen=True)
class BillChange:
    """A bill beside the one of the month before: what moved, and what explains it.

    `items`: at least the item of the cause, by id.
    """

    bill: Bill
    previous: Bill | None
    moved: list[Change]
    cause: Change | None
    items: dict[UUID, Any]

    @property
    def change_minor(self) -> int | None:
        """Cents more than last month, or None if there is no earlier bill."""
        return self.bill.total_minor - self.previous.total_minor if self.previous else None


@dataclass(frozen=True)
class BillView(BillChange):
    """A bill with its lines by service, its comparisons and its open questions."""

    services: list[tuple[Any, list[BillLine], int]]
    year_ago: Bill | None
    queries: Sequence[LineQuery]
    year_to_date_minor: int


def visible_bills(actor: Actor) -> QuerySet[Bill]:
    """The bills that an actor may see: all in the centre, else the own agencies' after draft."""
    found = Bill.objects.select_related("agency")
    if actor.centre:
        return found if actor.may("charging.view_all_bills") else found.none()
    return found.filter(agency_id__in=actor.agencies_with("charging.view_bills")).exclude(
        state="draft"
    )


def bills(
    actor: Actor,
    *,
    agency_id: UUID | None = None,
    period: str = "",
    state: str = "",
    place: Place = FIRST,
) -> Listing[Bill]:
    """A page of bills, newest period first, by agency within one."""
    found = visible_bills(actor)
    if agency_id:
        found = found.filter(agency_id=agency_id)
    if period:
        found = found.filter(period=period)
    if state:
        found = found.filter(state=state)
    return listing(found, ["-period", "agency__code"], place)


def bill(actor: Actor, bill_id: UUID | str) -> Bill:
    """One bill by id or number (BILL-406 if there is none that the actor may see)."""
    key = Q(number=str(bill_id))
    with suppress(ValueError):
        key |= Q(pk=UUID(str(bill_id)))
    found = visible_bills(actor).filter(key).first()
    if found is None:
        raise NotFound("BILL-406", "There is no such bill among those you may see.")
    return found


def earlier(of: Bill, months: int) -> Bill | None:
    """The same agency's bill `months` earlier."""
    period = FiscalPeriod.parse(of.period).shift(-months).code
    return Bill.objects.filter(agency_id=of.agency_id, period=period).first()


def item_totals(bill_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, ItemTotal]]:
    """Per bill, the totals of each charge item; one query."""
    rows = (
        BillLine.objects.filter(bill_id__in=bill_ids)
        .values_list("bill_id", "charge_item_id", "kind")
        .annotate(quantity=Sum("quantity"), amount=Sum("amount_minor"))
    )
    grouped: dict[UUID, list[tuple[UUID, str, Decimal, int]]] = defaultdict(list)
    for bill_id, item_id, kind, quantity, amount in rows:
        grouped[bill_id].append((item_id, kind, quantity, amount))
    return {bill_id: totals_by_item(found) for bill_id, found in grouped.items()}


def bill_view(
    actor: Actor,
    bill_id: UUID | str,
    fiscal_start: int = 1,
    lines: Sequence[BillLine] | None = None,
) -> BillView:
    """Everything that the bill's page shows. `lines`: the bill's, where they were read before."""
    the_bill = bill(actor, bill_id)
    lines = bill_lines(the_bill) if lines is None else lines
    groups: dict[UUID, list[BillLine]] = defaultdict(list)
    for line in lines:
        groups[line.service_id].append(line)
    services = [
        (found[0].service, found, sum(line.amount_minor for line in found))
        for found in groups.values()
    ]
    previous, year_ago = earlier(the_bill, 1), earlier(the_bill, 12)
    moved = _moved(the_bill, previous)
    items = {line.charge_item_id: line.charge_item for line in lines}
    missing = [change.item_id for change in moved if change.item_id not in items]
    if missing and previous is not None:
        gone = BillLine.objects.filter(bill=previous, charge_item_id__in=missing)
        for line in gone.select_related("charge_item", "charge_item__unit"):
            items[line.charge_item_id] = line.charge_item
    return BillView(
        bill=the_bill,
        services=sorted(services, key=lambda entry: -entry[2]),
        previous=previous,
        year_ago=year_ago,
        moved=moved,
        cause=main_cause(moved),
        items=items,
        queries=queries(actor, bill_id=the_bill.id),
        year_to_date_minor=year_to_date(the_bill, fiscal_start),
    )


def _moved(the_bill: Bill, previous: Bill | None) -> list[Change]:
    totals = item_totals([b.id for b in (the_bill, previous) if b is not None])
    return changes(totals.get(previous.id, {}), totals.get(the_bill.id, {})) if previous else []


def bill_before(actor: Actor, of: Bill) -> Bill | None:
    """The same agency's bill of the month before."""
    period = FiscalPeriod.parse(of.period).shift(-1).code
    return visible_bills(actor).filter(agency_id=of.agency_id, period=period).first()


def bill_change(
    actor: Actor, the_bill: Bill, previous: Bill | None
) -> tuple[BillChange, BillLine | None]:
    """A bill that was read already beside the month before, and the line of the cause."""
    moved = _moved(the_bill, previous)
    cause = main_cause(moved)
    if cause is None:
        return BillChange(the_bill, previous, moved, None, {}), None
    found = BillLine.objects.filter(
        bill__in=visible_bills(actor).filter(
            pk__in=[b.pk for b in (the_bill, previous) if b is not None]
        ),
        charge_item_id=cause.item_id,
    )
    lines = list(found.select_related("charge_item__unit").order_by("number"))
    items = {cause.item_id: lines[0].charge_item}
    own = [line for line in lines if line.bill_id == the_bill.pk]
    return BillChange(the_bill, previous, moved, cause, items), largest_of_change(own, cause)


def largest_of_change(lines: Iterable[BillLine], change: Change) -> BillLine | None:
    """The line that a change is about: a correction's, else the item's largest."""
    corrected = abs(change.correction_change) > abs(change.amount_now - change.amount_before)
    own = [
        line
        for line in lines
        if line.charge_item_id == change.item_id and (line.kind in AFTERWARDS) is corrected
    ]
    return max(own, key=lambda line: abs(line.amount_minor), default=None)


def year_to_date(of: Bill, fiscal_start: int) -> int:
    """Cents billed to the agency from the start of the fiscal year up to this bill."""
    period = FiscalPeriod.parse(of.period)
    first = period.year_periods(fiscal_start)[0].code
    found = Bill.objects.filter(
        agency_id=of.agency_id, period__gte=first, period__lte=of.period
    ).aggregate(total=Sum("total_minor"))
    return int(found["total"] or 0)


def line(actor: Actor, line_id: UUID) -> BillLine:
    """One line with all that it names (BILL-404)."""
    found = (
        BillLine.objects.filter(pk=line_id, bill__in=visible_bills(actor).values("pk"))
        .select_related(
            "bill",
            "bill__agency",
            "service",
            "charge_item",
            "charge_item__unit",
            "rate_version",
            "order_line",
            "order_line__order",
            "order_line__order__agreement",
            "corrects",
            "corrects__bill",
            "credit__credit",
            "exchange",
            "credit__credit",
        )
        .prefetch_related("funding__source")
        .first()
    )
    if found is None:
        raise NotFound("BILL-404", "There is no such bill line among those you may see.")
    return found


def same_line_before(of: BillLine) -> BillLine | None:
    """The line of last month's bill for the same item and order line, if any."""
    period = FiscalPeriod.parse(of.bill.period).shift(-1).code
    return (
        BillLine.objects.filter(
            agency_id=of.agency_id,
            charge_item_id=of.charge_item_id,
            charge_period=period,
            bill__period=period,
            order_line_id=of.order_line_id,
        )
        .exclude(kind__in=(*AFTERWARDS, "discount"))
        .first()
    )


def queries(
    actor: Actor,
    *,
    bill_id: UUID | None = None,
    line_id: UUID | None = None,
    state: str = "",
    place: Place = FIRST,
) -> Listing[LineQuery]:
    """A page of questions and disputes, oldest first."""
    found = LineQuery.objects.select_related("line", "line__bill", "line__charge_item", "agency")
    if not actor.centre:
        found = found.filter(agency_id__in=actor.agencies_with("charging.view_bills"))
    if bill_id:
        found = found.filter(line__bill_id=bill_id)
    if line_id:
        found = found.filter(line_id=line_id)
    if state:
        found = found.filter(state=state)
    return listing(found, ["raised_at", "id"], place)


def account_maps(actor: Actor, agency_id: UUID, place: Place | None = None) -> Listing[AccountMap]:
    """The agency's own account strings: at most one for each service and charge item."""
    found = AccountMap.objects.filter(agency_id=agency_id).select_related("service", "charge_item")
    if not actor.centre:
        found = found.filter(agency_id__in=actor.agencies)
    return listing(found, ["id"], place)


def history(actor: Actor, agency_id: UUID, months: int = 13) -> list[Bill]:
    """The agency's last bills, oldest first, for a chart."""
    found = visible_bills(actor).filter(agency_id=agency_id).order_by("-period")[:months]
    return list(found)[::-1]


def month_summary(actor: Actor, period: str) -> dict[str, Any]:
    """The centre's month: bills, total, states, open questions and disputes; two queries."""
    found = visible_bills(actor).filter(period=period)
    counts = found.aggregate(
        bills=Count("id"),
        total=Sum("total_minor"),
        issued=Count("id", filter=Q(state="issued")),
        preview=Count("id", filter=Q(state="preview")),
        draft=Count("id", filter=Q(state="draft")),
    )
    asked = LineQuery.objects.filter(state="open").aggregate(
        questions=Count("id", filter=Q(kind="question")),
        disputes=Count("id", filter=Q(kind="dispute")),
    )
    return {**counts, "total": int(counts["total"] or 0), **asked}


def revenue_by_service(actor: Actor, periods: Sequence[str]) -> dict[UUID, int]:
    """Cents billed per service in the periods (issued bills only), without lines that are no
    revenue of the service's account."""
    rows = (
        BillLine.objects.filter(bill__in=visible_bills(actor).values("pk"))
        .filter(bill__period__in=periods, bill__state="issued")
        .exclude(credit__credit__kind__in=UNEARNED)
        .values_list("service_id")
        .annotate(total=Sum("amount_minor"))
    )
    return {service: int(total) for service, total in rows}
