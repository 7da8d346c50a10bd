"""A small centre for metering's tests: two agencies, three items, order lines for a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.catalogue.models import (
    Agreement,
    ChargeItem,
    Order,
    OrderLine,
    Service,
    Unit,
)
from commonweal.kernel.metering.public import put_source
from commonweal.kernel.party.models import Agency, Bureau, CentreProfile
from commonweal.kernel.schema.public import uuid7

MOMENT = datetime(2026, 10, 20, 12, tzinfo=UTC)
ZONE = "America/Chicago"


@dataclass(frozen=True)
class World:
    """What the tests name."""

    parks: UUID
    roads: UUID
    payslip: UUID
    hour: UUID
    bureau: UUID
    lines: dict[tuple[str, str], UUID]

    def agency_actor(self, agency_id: UUID, *permissions: str) -> Actor:
        """An agency's own actor."""
        names = permissions or ("metering.submit", "metering.view")
        return Actor(
            kind="token",
            user_id=uuid7(),
            agencies=frozenset({agency_id}),
            grants=frozenset((name, agency_id) for name in names),
        )


def _agency(code: str, kind: str = "agency") -> UUID:
    return Agency.objects.create(code=code, name=code.title(), kind=kind).id


def _order(agency_id: UUID) -> Order:
    people = {"signed_by_agency": uuid7(), "signed_by_centre": uuid7(), "proposed_by": uuid7(),
              "proposed_side": "centre"}
    agreement = Agreement.objects.create(
        agency_id=agency_id, number="A-0001", sequence=1, title="Terms", state="active",
        starts=date(2026, 1, 1), **people,
    )
    return Order.objects.create(
        agency_id=agency_id, agreement=agreement, number="A-0001-01", sequence=1, state="active",
        starts=date(2026, 1, 1), ends=date(2027, 1, 1), currency="USD", total_minor=0, **people,
    )


def build_world() -> World:
    """Make the small centre in the present transaction."""
    with at(MOMENT), act_as(SYSTEM):
        centre = _agency("centre", "centre")
        CentreProfile.objects.create(agency_id=centre, name="Centre", short_name="C", zone=ZONE)
        parks, roads = _agency("parks"), _agency("roads")
        bureau = Bureau.objects.create(agency_id=parks, code="north", name="North").id
        service = Service.objects.create(
            code="payroll", name="Payroll", description="Pay", fund_code="F1",
            starts=date(2025, 1, 1),
        )
        for code in ("EA", "HUR"):
            Unit.objects.get_or_create(
                code=code, defaults={"name": code, "singular": code, "plural": code}
            )
        items = {
            code: ChargeItem.objects.create(
                code=code, service=service, name=code, description=code, unit_id=unit,
                measure_singular=code, measure_plural=code, starts=date(2025, 1, 1), ends=ends,
            ).id
            for code, unit, ends in (
                ("payslip", "EA", None), ("hour", "HUR", None), ("old", "EA", date(2026, 6, 1)),
            )
        }
        lines = {}
        for name, agency_id in (("parks", parks), ("roads", roads)):
            order = _order(agency_id)
            for number, (code, item) in enumerate(items.items(), start=1):
                lines[name, code] = OrderLine.objects.create(
                    agency_id=agency_id, order=order, number=number, charge_item_id=item,
                    estimated_quantity=0, estimated_amount_minor=0, active=True,
                    starts=date(2026, 1, 1), ends=date(2027, 1, 1),
                ).id
        put_source(actor=SYSTEM, code="payrun", name="Payroll run", expected=True)
        put_source(actor=SYSTEM, code="desk", name="Desk")
    return World(parks, roads, items["payslip"], items["hour"], bureau, lines)


def event(external_id: str, **changes: Any) -> dict[str, Any]:
    """A good event; keyword arguments change its data (or `source`, `id`, `type`)."""
    data: dict[str, Any] = {
        "agency": "parks",
        "charge_item": "payslip",
        "quantity": "10",
        "unit": "EA",
        "from": "2026-10-02T10:00:00Z",
        "to": "2026-10-02T11:00:00Z",
    }
    made = {"specversion": "1.0", "type": "commonweal.usage.v1", "source": "payrun",
            "id": external_id}
    for name, value in changes.items():
        if name in ("source", "type", "specversion"):
            made[name] = value
        else:
            data[name.rstrip("_")] = value
    return {**made, "data": {name: value for name, value in data.items() if value is not None}}
