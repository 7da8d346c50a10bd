"""What an agency's pages show beside its bills: use by month, account strings, the printed head."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Sum

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.audit.public import events
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import ChargeItem, Service
from commonweal.kernel.schema.public import Listing, Place

from ..domain.bills import Change
from ..models import Bill, BillLine, CloseRun
from ..papers.tables import agency_journal_csv, write_csv
from . import bills
from .bill_document import bill_lines

MONTHS = 13
VIEW = "charging.view_bills"


def printed_head(actor: Actor, bill: Bill) -> str:
    """The audit chain's head as printed on an issued bill (`sequence:hash`), or nothing yet.

    It is the link that sealed the bill's issue (design law 8).
    """
    found = events(
        actor, target=("charging.Bill", str(bill.pk)), verb="bill.issued", place=Place(limit=1)
    )
    link = getattr(found[0], "link", None) if found else None
    return f"{link.sequence}:{link.hash}" if link else ""


def agency_journal(actor: Actor, bill_id: UUID | str) -> tuple[str, bytes]:
    """A file name and the bill as a journal by the agency's own account strings, as CSV."""
    found = bills.bill(actor, bill_id)
    maps, lines = bills.account_maps(actor, found.agency_id), bill_lines(found)
    return f"{found.number or found.period}-journal.csv", agency_journal_csv(found, lines, maps)


def bill_line_page(
    actor: Actor, bill_id: UUID | str, place: Place
) -> tuple[Bill, Listing[BillLine]]:
    """A bill, and a page of its lines with all they name."""
    found = bills.bill(actor, bill_id)
    return found, bill_lines(found, place)


@dataclass(frozen=True)
class ItemUse:
    """One charge item's months, oldest first: (period, quantity, minor units).

    Corrections count in the month that they correct, so the months say what is known today.
    """

    item: ChargeItem
    months: Sequence[tuple[str, Decimal, int]]

    @property
    def last(self) -> tuple[str, Decimal, int]:
        """The newest month."""
        return self.months[-1]

    @property
    def change(self) -> Decimal | None:
        """Units more in the newest month than in the one before."""
        return self.last[1] - self.months[-2][1] if len(self.months) > 1 else None

    @property
    def year_ago(self) -> tuple[str, Decimal, int] | None:
        """The same month of the year before, if it is in the span."""
        return self.months[-13] if len(self.months) >= 13 else None


@dataclass(frozen=True)
class UseByMonth:
    """What an agency used: its billed months, and every item by service and code."""

    periods: Sequence[str]
    items: Sequence[ItemUse]
    currency: str

    def item(self, code: str) -> ItemUse | None:
        """One item's months."""
        return next((use for use in self.items if use.item.code == code), None)


def usage_by_month(actor: Actor, agency_id: UUID) -> UseByMonth:
    """The last thirteen billed months of each item; three queries."""
    found = bills.history(actor, agency_id, MONTHS)
    if not found:
        return UseByMonth((), (), "")
    periods = _months(found[0].period, found[-1].period)
    rows = (
        BillLine.objects.filter(bill__in=[bill.pk for bill in found], charge_period__in=periods)
        .values_list("charge_item_id", "charge_period")
        .annotate(quantity=Sum("quantity"), amount=Sum("amount_minor"))
        .order_by()
    )
    sums: dict[UUID, dict[str, tuple[Decimal, int]]] = defaultdict(dict)
    for item_id, period, quantity, amount in rows:
        sums[item_id][period] = (quantity, int(amount))
    items = ChargeItem.objects.filter(pk__in=sums).select_related("service", "unit")
    none = (Decimal(0), 0)
    return UseByMonth(
        periods,
        [
            ItemUse(item, [(period, *sums[item.pk].get(period, none)) for period in periods])
            for item in items.order_by("service__name", "name")
        ],
        found[-1].currency,
    )


def _months(first: str, last: str) -> list[str]:
    period, found = FiscalPeriod.parse(first), []
    while period.code <= last:
        found.append(period.code)
        period = period.shift(1)
    return found


def usage_by_month_csv(actor: Actor, agency_id: UUID) -> bytes:
    """The same as CSV, one row per item and month."""
    use = usage_by_month(actor, agency_id)
    header = ("service", "charge_item", "description", "period", "quantity", "unit", "amount_minor",
              "currency")  # fmt: skip
    rows = [
        (
            each.item.service.code, each.item.code, each.item.name, period,
            format(quantity, "f"), each.item.unit_id, amount, use.currency,
        )
        for each in use.items
        for period, quantity, amount in each.months
    ]  # fmt: skip
    return write_csv(header, rows)


@dataclass(frozen=True)
class AccountChoice:
    """Something that an account string can be given for.

    `account`: its own string; `inherited`: what holds without one, from the service or the default.
    """

    service: Service | None
    item: ChargeItem | None
    account: str
    inherited: str

    @property
    def key(self) -> str:
        """How a form names it: `item:<id>`, `service:<id>` or `default`."""
        if self.item is not None:
            return f"item:{self.item.pk}"
        return f"service:{self.service.pk}" if self.service is not None else "default"


def account_choices(actor: Actor, agency_id: UUID) -> list[AccountChoice]:
    """The default, then each service with those of its items that the agency was billed for."""
    maps = {
        (row.service_id, row.charge_item_id): row.account_string
        for row in bills.account_maps(actor, agency_id)
    }
    billed = (
        BillLine.objects.filter(bill__in=bills.visible_bills(actor).values("pk"))
        .filter(agency_id=agency_id)
        .values_list("charge_item_id", flat=True)
        .distinct()
    )
    items = ChargeItem.objects.filter(pk__in=list(billed)).select_related("service")
    by_service: dict[UUID, list[ChargeItem]] = defaultdict(list)
    for item in items.order_by("service__name", "name"):
        by_service[item.service_id].append(item)
    default = maps.get((None, None), "")
    found = [AccountChoice(None, None, default, "")]
    for group in by_service.values():
        found += _service_choices(group, maps, default)
    return found


def _service_choices(
    items: Sequence[ChargeItem],
    maps: Mapping[tuple[Any, Any], str],
    default: str,
) -> list[AccountChoice]:
    service = items[0].service
    own = maps.get((service.pk, None), "")
    found = [AccountChoice(service, None, own, default)]
    for item in items:
        account = maps.get((None, item.pk), "") or maps.get((service.pk, item.pk), "")
        found.append(AccountChoice(service, item, account, own or default))
    return found


def preview_ends(actor: Actor, bill: Bill) -> date | None:
    """The day from which a bill in preview may be issued; None for others.

    The close is the centre's own record; only this day of it is the agency's to see.
    """
    if bill.state != "preview":
        return None
    visible = bills.bill(actor, bill.pk)
    with act_as(SYSTEM):
        return (
            CloseRun.objects.filter(pk=visible.run_id)
            .values_list("preview_ends", flat=True)
            .first()
        )


def line_of_change(view: bills.BillView, change: Change) -> BillLine | None:
    """The line of the bill that a change is about: a correction's, else the item's largest."""
    lines = (line for _service, found, _total in view.services for line in found)
    return bills.largest_of_change(lines, change)
