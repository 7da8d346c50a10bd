"""A small centre: two agencies, their people, a service with three items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.catalogue.manifest import MANIFEST
from commonweal.kernel.party.models import Agency, Bureau, CentreProfile
from commonweal.kernel.party.selectors import forget_centre
from commonweal.kernel.schema.public import uuid7

NEW_YEAR, YEAR_END = date(2026, 1, 1), date(2027, 1, 1)
FULL = (catalogue.NewFunding("General fund", "1000-100"),)


def person(role: str, *agencies: UUID) -> Actor:
    """Somebody with one role, in these agencies or (none) at the centre."""
    permissions = MANIFEST.roles[role]
    reach: list[UUID | None] = [*agencies] or [None]
    return Actor(
        kind="person",
        user_id=uuid7(),
        person_id=uuid7(),
        centre=not agencies,
        agencies=frozenset(agencies),
        grants=frozenset((name, place) for name in permissions for place in reach),
        roles=frozenset({role}),
    )


@dataclass
class House:
    """Who and what the tests stand on."""

    parks: Agency
    water: Agency
    bureau: Bureau
    officer: Actor
    director: Actor
    owner: Actor
    liaison: Actor
    approver: Actor
    other: Actor
    numbers: dict[str, int] = field(default_factory=dict)

    def line(self, item: str = "payroll.payslip", **changes: object) -> catalogue.NewLine:
        """An order line for 100 payslips at 410.00."""
        given: dict[str, object] = {
            "estimated_quantity": Decimal(100),
            "estimated_amount_minor": 41_000,
            **changes,
        }
        return catalogue.NewLine(item=item, **given)  # type: ignore[arg-type]

    def agreement(self, **changes: object) -> catalogue.Agreement:
        """Binding general terms for 2026 with Parks."""
        given: dict[str, object] = {
            "agency_id": self.parks.pk,
            "title": "Shared services 2026",
            "terms": "The centre provides, the agency pays.",
            "starts": NEW_YEAR,
            "ends": YEAR_END,
            **changes,
        }
        made = catalogue.create_agreement(actor=self.officer, **given)  # type: ignore[arg-type]
        catalogue.sign_agreement(actor=self.director, agreement_id=made.pk, side="centre")
        return catalogue.sign_agreement(actor=self.approver, agreement_id=made.pk, side="agency")

    def proposed(self, agreement: catalogue.Agreement, **changes: object) -> catalogue.Order:
        """A proposed order of one line for the whole year."""
        given: dict[str, object] = {
            "agreement_id": agreement.pk,
            "starts": NEW_YEAR,
            "lines": [self.line()],
            "funding": FULL,
            **changes,
        }
        return catalogue.create_order(actor=self.officer, **given)  # type: ignore[arg-type]

    def signed(self, order: catalogue.Order) -> catalogue.Order:
        """The same order with both signatures."""
        catalogue.sign_order(actor=self.director, order_id=order.pk, side="centre")
        return catalogue.sign_order(actor=self.approver, order_id=order.pk, side="agency")


@pytest.fixture
def house(db: None) -> Iterator[House]:
    """The centre, built as the system in one rolled-back transaction, in January 2026."""
    forget_centre()
    with at(datetime(2026, 1, 15, 12, tzinfo=UTC)), act_as(SYSTEM):
        centre = Agency.objects.create(code="CTR", name="Centre", kind="centre")
        CentreProfile.objects.create(agency=centre, name="Meridian", short_name="MSS")
        parks = Agency.objects.create(code="PARKS", name="Parks")
        water = Agency.objects.create(code="WATER", name="Water")
        made = House(
            parks=parks,
            water=water,
            bureau=Bureau.objects.create(agency=parks, code="N", name="North"),
            officer=person("finance_officer"),
            director=person("director"),
            owner=person("service_owner"),
            liaison=person("agency_liaison", parks.pk),
            approver=person("agency_approver", parks.pk),
            other=person("agency_finance", water.pk),
        )
        catalogue.put_service(
            actor=made.owner,
            code="payroll",
            name="Payroll",
            description="Pays your people.",
            fund_code="600",
            starts=date(2020, 1, 1),
        )
        for code, name in (
            ("payroll.payslip", "Payslip"),
            ("payroll.desk", "Payroll desk"),
            ("payroll.archive", "Payslip archive"),
        ):
            catalogue.put_charge_item(
                actor=made.owner,
                code=code,
                service="payroll",
                name=name,
                description=f"One {name.lower()}.",
                unit="C62",
                measure_singular=name.lower(),
                measure_plural=f"{name.lower()}s",
                starts=date(2020, 1, 1),
            )
        yield made
    forget_centre()
