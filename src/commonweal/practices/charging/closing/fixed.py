"""Charges that an order alone causes, and the proof that no usage charges them again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import ChargeItem, LineInForce
from commonweal.kernel.metering.public import totals

from ..engine.price import price, r9
from .drafting import CauseError, RatedGroup
from .rates import RateIndex


def fixed_charges(
    lines: Iterable[LineInForce], period: str, zone: str, rates: RateIndex
) -> list[RatedGroup]:
    """A fixed item's flat price is charged once for each order line in force on the month's first
    day, or on its own first day if it starts within the month, at the rate in force on that day.
    A line without one goes to `rates.missing`. (A metered item's flat price is charged by the
    kernel, with the month's first usage record.)"""
    month = FiscalPeriod.parse(period)
    found = []
    for line in lines:
        if line.kind != "fixed":
            continue
        day = max(line.starts, month.first_day)
        version = rates.at(
            line.charge_item_id, datetime.combine(day, datetime.min.time(), ZoneInfo(zone))
        )
        if version is None or rates.models[version].kind != "flat":
            rates.missing.append(_missing(line, version is None))
            continue
        found.append(
            RatedGroup(
                agency_id=line.agency_id,
                kind="fixed",
                charge_period=period,
                charge_item_id=line.charge_item_id,
                rate_version_id=version,
                order_line_id=line.id,
                quantity=Decimal(1),
                facts=0,
                amount=r9(price(rates.models[version], Decimal(1))),
            )
        )
    return found


def _missing(line: LineInForce, no_rate: bool) -> dict[str, Any]:
    return {
        "agency": str(line.agency_id),
        "item": str(line.charge_item_id),
        "problem": "no rate was in force" if no_rate else "its rate is not one fixed amount",
        "records": 1,
        "example": f"{line.order_number}/{line.number}",
    }


def fixed_items() -> set[UUID]:
    """The items that orders alone charge."""
    return set(ChargeItem.objects.filter(kind="fixed").values_list("id", flat=True))


def refuse_fixed_usage(actor: Actor, period: str) -> None:
    """The second path's own look, at what PostgreSQL counted: no usage of items charged by order,
    not even late (CLOSE-305)."""
    fixed = fixed_items()
    counted = (*totals(actor, period), *totals(actor, period, late=True))
    wrong = [row for row in counted if row.charge_item_id in fixed]
    if wrong:
        raise CauseError(
            "CLOSE-305",
            f"{sum(row.count for row in wrong)} usage records are of items that their orders "
            "charge already. Nothing may be billed twice: keep the files and report this.",
            rows=[
                {"agency": str(row.agency_id), "item": str(row.charge_item_id),
                 "records": row.count}
                for row in wrong[:100]
            ],
        )  # fmt: skip
