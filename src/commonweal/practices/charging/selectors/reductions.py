"""Reads of price reductions, and of what they took off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor
from commonweal.kernel.authority.public import decision_document
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.schema.public import FIRST, Listing, Place, listing

from ..models import Bill, BillLine, PriceReduction
from .cost_model import VIEW


def price_reductions(
    actor: Actor, *, agency_id: UUID | None = None, place: Place = FIRST
) -> Listing[PriceReduction]:
    """A page of reductions, newest first: all for whoever sees costs, else the approved ones of
    one's own agencies."""
    found = PriceReduction.objects.select_related("agency", "charge_item", "charge_item__service")
    if not (actor.centre and actor.may(VIEW)):
        own = actor.agencies_with("charging.view_bills")
        found = found.filter(agency_id__in=own, state="approved")
    if agency_id:
        found = found.filter(agency_id=agency_id)
    return listing(found, ["-id"], place)


def reduction_rows(bill: Bill, lines: Sequence[BillLine]) -> list[dict[str, Any]]:
    """The reductions behind a bill's lines as its pack holds them; empty where there are none."""
    reduced = [line for line in lines if line.kind == "discount"]
    if not reduced:
        return []
    days = {FiscalPeriod.parse(line.charge_period).first_day for line in reduced}
    items = {line.charge_item_id for line in reduced}
    rows = PriceReduction.objects.filter(
        agency_id=bill.agency_id, state="approved", charge_item_id__in=items
    ).select_related("charge_item")
    return [
        {
            "charge_item": row.charge_item.code,
            "percent": format(row.percent, "f"),
            "starts": str(row.starts),
            "ends": str(row.ends),
            "reason": row.reason,
            "decision": decision_document(row.decision_id) if row.decision_id else None,
        }
        for row in rows.order_by("id")
        if _touches(row, days)
    ]


def _touches(row: PriceReduction, days: set[date]) -> bool:
    return any(row.starts <= day < row.ends for day in days)
