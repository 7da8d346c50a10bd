"""Charges that an order alone causes, and the proof that no usage charges them again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import ChargeItem, LineInForce
from commonweal.kernel.metering.public import totals

from ..domain.rates import ORDERED
from ..engine.charges import charge
from ..engine.errors import EngineError
from ..engine.price import PriceModel
from ..engine.shared_models import FixedShare, LumpSum, Prorated
from .drafting import CauseError, RatedGroup
from .rates import RateIndex

ONCE = (LumpSum, FixedShare)
"""Prices that name an agency's amount, whatever it ordered how often."""


def fixed_charges(
    lines: Iterable[LineInForce],
    period: str,
    zone: str,
    rates: RateIndex,
    codes: Mapping[UUID, str],
    used: Collection[tuple[UUID, UUID]],
) -> list[RatedGroup]:
    """What orders charge without usage, at the rate in force on the month's first day, or on the
    line's own first day if it starts within the month.

    A fixed item: a flat price for each line; a lump sum or a fixed share once an agency, however
    many lines it has; a prorated price by the days of the month that the line covers. A metered
    item with a minimum commitment: that minimum, once an agency, where nothing was used (`used`:
    agencies and items with usage). `codes`: the agencies' codes, by which prices name them. A line
    without a rate goes to `rates.missing`. (A metered item's flat price is charged by the kernel,
    with the month's first usage record.)
    """
    month = FiscalPeriod.parse(period)
    found, once = [], set()
    for line in lines:
        day = max(line.starts, month.first_day)
        version = rates.at(
            line.charge_item_id, datetime.combine(day, datetime.min.time(), ZoneInfo(zone))
        )
        model = None if version is None else rates.models[version]
        if line.kind != "fixed":
            unused = (line.agency_id, line.charge_item_id) not in used
            if model is None or model.kind != "minimum" or not unused:
                continue
        if version is None or model is None or (line.kind == "fixed" and model.kind not in ORDERED):
            rates.missing.append(_missing(line, version is None))
            continue
        key = (line.agency_id, version)
        if (isinstance(model, ONCE) or line.kind != "fixed") and key in once:
            continue
        once.add(key)
        group = _charged(line, period, version, model, codes, rates)
        found += [group] if group is not None else []
    return found


def _charged(
    line: LineInForce,
    period: str,
    version: UUID,
    model: PriceModel,
    codes: Mapping[UUID, str],
    rates: RateIndex,
) -> RatedGroup | None:
    days, covered = covered_days(line, period)
    try:
        amount = charge(model, agency=codes.get(line.agency_id, ""), covered=covered, days=days)
    except EngineError as error:
        rates.missing.append({**_missing(line, False), "problem": error.message})
        return None
    quantity = Decimal(1)
    if isinstance(model, Prorated):
        quantity = Decimal(covered)
    return RatedGroup(
        agency_id=line.agency_id,
        kind="fixed",
        charge_period=period,
        charge_item_id=line.charge_item_id,
        rate_version_id=version,
        order_line_id=line.id,
        quantity=quantity if line.kind == "fixed" else Decimal(0),
        facts=0,
        amount=amount,
    )


def covered_days(line: LineInForce, period: str) -> tuple[int, int]:
    """The days of a month, and how many of them an order line covers (its end is not covered)."""
    month = FiscalPeriod.parse(period)
    first = max(line.starts, month.first_day)
    end = month.end_day if line.ends is None else min(line.ends, month.end_day)
    return (month.end_day - month.first_day).days, max((end - first).days, 0)


def _missing(line: LineInForce, no_rate: bool) -> dict[str, Any]:
    return {
        "agency": str(line.agency_id),
        "item": str(line.charge_item_id),
        "problem": "no rate was in force"
        if no_rate
        else "its rate is for usage, not for what an order causes",
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
