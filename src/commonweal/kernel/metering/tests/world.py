"""A small centre for metering's tests: two agencies, three items, order lines for a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.catalogue.manifest import MANIFEST as CATALOGUE
from commonweal.kernel.catalogue.public import ChargeItem, OrderLine
from commonweal.kernel.metering.public import put_source
from commonweal.kernel.party.models import Agency, Bureau, CentreProfile
from commonweal.kernel.schema.public import uuid7

MOMENT = datetime(2026, 10, 20, 12, tzinfo=UTC)
ZONE = "America/Chicago"
ITEMS = (("payslip", "C62", None), ("hour", "HUR", None), ("old", "C62", date(2026, 6, 1)))


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


def person(role: str, *agencies: UUID) -> Actor:
    reach: list[UUID | None] = [*agencies] or [None]
    return Actor(
        kind="person",
        user_id=uuid7(),
        person_id=uuid7(),
        centre=not agencies,
        agencies=frozenset(agencies),
        grants=frozenset((name, at) for name in CATALOGUE.roles[role] for at in reach),
        roles=frozenset({role}),
    )


def _order(agency_id: UUID) -> dict[str, UUID]:
    """An active order of the agency for 2026; its lines by item."""
    officer, director = person("finance_officer"), person("director")
    approver = person("agency_approver", agency_id)
    starts, ends = date(2026, 1, 1), date(2027, 1, 1)
    agreement = catalogue.create_agreement(
        actor=officer, agency_id=agency_id, title="Terms", terms="Terms.", starts=starts, ends=ends
    )
    catalogue.sign_agreement(actor=director, agreement_id=agreement.id, side="centre")
    catalogue.sign_agreement(actor=approver, agreement_id=agreement.id, side="agency")
    order = catalogue.create_order(
        actor=officer,
        agreement_id=agreement.id,
        starts=starts,
        ends=ends,
        funding=[catalogue.NewFunding("Budget")],
        lines=[catalogue.NewLine(code, Decimal(0), 0, ends=last) for code, _, last in ITEMS],
    )
    catalogue.sign_order(actor=director, order_id=order.id, side="centre")
    catalogue.sign_order(actor=approver, order_id=order.id, side="agency")
    lines = OrderLine.objects.filter(order_id=order.id).select_related("charge_item")
    return {line.charge_item.code: line.id for line in lines}


def build_world() -> World:
    """Make the small centre in the present transaction."""
    with at(MOMENT), act_as(SYSTEM):
        centre = _agency("centre", "centre")
        CentreProfile.objects.create(agency_id=centre, name="Centre", short_name="C", zone=ZONE)
        parks, roads = _agency("parks"), _agency("roads")
        bureau = Bureau.objects.create(agency_id=parks, code="north", name="North").id
        first = date(2025, 1, 1)
        owner = person("service_owner")
        catalogue.put_service(
            actor=owner,
            code="payroll",
            name="Payroll",
            description="Pay.",
            fund_code="600",
            starts=first,
        )
        for code, unit, ends in ITEMS:
            catalogue.put_charge_item(
                actor=owner,
                code=code,
                service="payroll",
                name=code.title(),
                description=code,
                unit=unit,
                measure_singular=code,
                measure_plural=f"{code}s",
                starts=first,
                ends=ends,
            )
        items = dict(ChargeItem.objects.values_list("code", "id"))
        lines = {
            (name, code): line
            for name, agency_id in (("parks", parks), ("roads", roads))
            for code, line in _order(agency_id).items()
        }
        put_source(actor=SYSTEM, code="payrun", name="Payroll run", expected=True)
        put_source(actor=SYSTEM, code="desk", name="Desk")
    return World(parks, roads, items["payslip"], items["hour"], bureau, lines)


def event(external_id: str, **changes: Any) -> dict[str, Any]:
    """A good event; keyword arguments change its data (or `source`, `id`, `type`)."""
    data: dict[str, Any] = {
        "agency": "parks",
        "charge_item": "payslip",
        "quantity": "10",
        "unit": "C62",
        "from": "2026-10-02T10:00:00Z",
        "to": "2026-10-02T11:00:00Z",
    }
    made = {
        "specversion": "1.0",
        "type": "commonweal.usage.v1",
        "source": "payrun",
        "id": external_id,
    }
    for name, value in changes.items():
        if name in ("source", "type", "specversion"):
            made[name] = value
        else:
            data[name.rstrip("_")] = value
    return {**made, "data": {name: value for name, value in data.items() if value is not None}}
