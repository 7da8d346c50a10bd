"""Why an agency's bill changed between any two of its months."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.money.public import exponent
from commonweal.kernel.schema.public import CommonwealError, NotFound

from ..domain.waterfall import Charged, ItemChange, Waterfall, waterfall, working_days
from ..engine import from_document
from ..engine.price import price, r9
from ..models import Bill, BillLine, RateVersion
from .bills import visible_bills


@dataclass(frozen=True)
class BillMove:
    """Two bills of an agency, the later one's change since the earlier, and the items named."""

    before: Bill
    after: Bill
    found: Waterfall
    items: Mapping[UUID, Any]
    days: tuple[int, int]

    @property
    def rises(self) -> list[tuple[ItemChange, Any]]:
        """The ten items that rose most, each with its charge item."""
        return [(each, self.items[each.item]) for each in self.found.rises()]

    @property
    def falls(self) -> list[tuple[ItemChange, Any]]:
        """The ten items that fell most, each with its charge item."""
        return [(each, self.items[each.item]) for each in self.found.falls()]


def bill_months(actor: Actor, agency_id: UUID) -> list[str]:
    """The months of which the agency has a bill that the actor may see, newest first."""
    found = visible_bills(actor).filter(agency_id=agency_id).order_by("-period")
    return list(found.values_list("period", flat=True)[:120])


def bill_move(actor: Actor, agency_id: UUID, before: str, after: str) -> BillMove:
    """The change between the bills of two months, in either order (BILL-421 without a bill)."""
    months = [FiscalPeriod.parse(month).code for month in (before, after)]
    bills = {
        bill.period: bill
        for bill in visible_bills(actor).filter(agency_id=agency_id, period__in=months)
    }
    missing = [month for month in months if month not in bills]
    if missing:
        raise NotFound(
            "BILL-421", f"There is no bill of {missing[0]} to compare. Choose another month."
        )
    first, last = (bills[month] for month in months)
    lines = (
        BillLine.objects.filter(bill__in=[first, last])
        .select_related("charge_item", "charge_item__unit", "rate_version")
        .order_by("number")
    )
    charged: dict[UUID, list[Charged]] = {first.pk: [], last.pk: []}
    items, versions = {}, {}
    for line in lines:
        items[line.charge_item_id] = line.charge_item
        versions[line.rate_version_id] = line.rate_version
        charged[line.bill_id].append(_charged(line))
    days = working_days(first.period), working_days(last.period)
    found = waterfall(
        charged[first.pk],
        charged[last.pk],
        days=days,
        prices=Prices(versions),
        scale=10 ** exponent(last.currency),
    )
    return BillMove(first, last, found, items, days)


def _charged(line: BillLine) -> Charged:
    return Charged(
        line.charge_item_id,
        line.kind,
        line.rate_version_id,
        line.quantity,
        line.amount_exact,
        line.amount_minor,
    )


class Prices:
    """The price of a month's quantity under the rate versions of some lines."""

    def __init__(self, versions: Mapping[UUID, RateVersion]) -> None:
        self.versions = versions

    def __call__(self, version: UUID, quantity: Decimal) -> Decimal | None:
        """To nine decimals; None for a price that the quantity alone does not give."""
        try:
            return r9(price(from_document(self.versions[version].model), quantity))
        except (CommonwealError, TypeError, ValueError):
            return None
