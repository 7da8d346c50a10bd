"""From rated lines to draft bills: rounding once per line, funding splits, law 5 checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import lcm
from typing import Any
from uuid import UUID

from commonweal.kernel.catalogue.public import ChargeItem, FundingSource, OrderLine
from commonweal.kernel.money.public import Money
from commonweal.kernel.schema.public import CommonwealError

from ..domain.bills import DraftLine, FundingShare

ROUNDING = "half_up"
Funding = dict[UUID, tuple[FundingShare, ...]]


class CauseError(CommonwealError):
    """A charge without cause (design law 5): the close stops and shows the rows."""


@dataclass(frozen=True)
class RatedGroup:
    """The sum of rated facts that make one bill line. `amount` has 9 decimals.

    `cell`: of a price by dimensions, else empty.
    """

    agency_id: UUID
    kind: str
    charge_period: str
    charge_item_id: UUID
    rate_version_id: UUID
    order_line_id: UUID
    quantity: Decimal
    facts: int
    amount: Decimal
    corrects_id: UUID | None = None
    cell: str = ""
    exact_before: Decimal = Decimal(0)
    priced: Decimal | None = None
    priced_before: Decimal = Decimal(0)
    exchange_id: UUID | None = None


def funding_shares(order_line_ids: Iterable[UUID]) -> Funding:
    """Per order line, its funding sources with integer weights over a common denominator."""
    found: dict[UUID, list[FundingSource]] = defaultdict(list)
    for source in FundingSource.objects.filter(order_line_id__in=set(order_line_ids)).order_by(
        "id"
    ):
        found[source.order_line_id].append(source)
    shares = {}
    for line_id, sources in found.items():
        common = lcm(*(source.share_denominator for source in sources))
        shares[line_id] = tuple(
            FundingShare(s.id, s.share_numerator * common // s.share_denominator) for s in sources
        )
    return shares


def draft_lines(
    groups: Sequence[RatedGroup], shares: Funding, currency: str
) -> dict[UUID, list[DraftLine]]:
    """Draft lines per agency, in the order of the bill: service, item, kind, rate version."""
    items = {
        item.id: item
        for item in ChargeItem.objects.filter(
            id__in={group.charge_item_id for group in groups}
        ).select_related("service")
    }
    _require_funding(groups, shares)
    lines: dict[UUID, list[tuple[Any, DraftLine]]] = defaultdict(list)
    for group in groups:
        item = items[group.charge_item_id]
        before = Money.from_decimal(group.exact_before, currency, ROUNDING).minor
        money = Money.from_decimal(group.exact_before + group.amount, currency, ROUNDING)
        line = DraftLine(
            kind=group.kind,
            service_id=item.service_id,
            charge_item_id=item.id,
            rate_version_id=group.rate_version_id,
            order_line_id=group.order_line_id,
            charge_period=group.charge_period,
            quantity=group.quantity,
            facts=group.facts,
            amount_exact=group.amount,
            amount_minor=money.minor - before,
            rounding=ROUNDING,
            funding=shares[group.order_line_id],
            corrects_id=group.corrects_id,
            exact_before=group.exact_before,
            priced=group.priced,
            priced_before=group.priced_before,
            exchange_id=group.exchange_id,
            cell=group.cell,
        )
        place = (item.service.code, item.code, group.kind != "usage", *line.key)
        lines[group.agency_id].append((place, line))
    return {
        agency: [line for _, line in sorted(found, key=lambda entry: entry[0])]
        for agency, found in lines.items()
    }


def _require_funding(groups: Sequence[RatedGroup], shares: Funding) -> None:
    bare = sorted(
        {str(group.order_line_id) for group in groups if group.order_line_id not in shares}
    )
    if bare:
        raise CauseError(
            "CLOSE-301",
            f"{len(bare)} order lines have no funding source. Add funding to their orders.",
            rows=[{"order_line": line_id} for line_id in bare[:100]],
        )


def order_lines_by_id(ids: Iterable[UUID]) -> dict[UUID, OrderLine]:
    """The order lines of some ids, with their orders."""
    found = OrderLine.objects.filter(id__in=set(ids)).select_related("order")
    return {line.id: line for line in found}
