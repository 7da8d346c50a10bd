"""A council's own centre with three services, for the tests of costs and rates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.catalogue.public import put_charge_item, put_service
from commonweal.kernel.party.public import create_agency, set_centre
from commonweal.kernel.schema.public import uuid7
from commonweal.practices.charging.domain.costs import ColumnMapping
from commonweal.practices.charging.import_costs.files import FileOptions
from commonweal.practices.charging.import_costs.reading import CostRequest
from commonweal.practices.charging.manifest import MANIFEST

START = date(2017, 1, 1)
MORNING = datetime(2018, 1, 8, 9, tzinfo=UTC)
SMALL = """Unit,What,Code,Date,No,Amount,Type,Supplier
Payroll,Staff,A1,03/10/2017,1,600.00,Revenue,9001
Network,Lines,B1,14/10/2017,2,300.00,Revenue,9002
Premises,Rent,C1,15/11/2017,3,"1,000.00",Revenue,9003
Premises,Building,C2,15/11/2017,4,5000,Capital,9003
Elsewhere,Tea,D1,20/12/2017,5,(7.50),Revenue,9004
"""
COLUMNS = {
    "unit": "Unit", "category": "What", "account": "Code", "date": "Date", "reference": "No",
    "amount": "Amount", "kind": "Type", "supplier_ref": "Supplier",
}  # fmt: skip


def person(role: str, *agencies: UUID) -> Actor:
    """Somebody with one role of charging, in these agencies or (none) at the centre."""
    reach: list[UUID | None] = [*agencies] or [None]
    return Actor(
        kind="person",
        user_id=uuid7(),
        person_id=uuid7(),
        centre=not agencies,
        agencies=frozenset(agencies),
        grants=frozenset((name, place) for name in MANIFEST.roles[role] for place in reach),
        roles=frozenset({role}),
    )


@dataclass(frozen=True)
class Scene:
    """Ids and people."""

    centre: UUID
    parks: UUID
    water: UUID
    payslip: UUID
    port: UUID
    officer: Actor
    director: Actor
    parks_finance: Actor
    water_finance: Actor


def request(
    text: str | bytes = SMALL,
    *,
    filename: str = "ledger.csv",
    accept_as: str = "ledger",
    **more: object,
) -> CostRequest:
    """A file to import with the columns of SMALL."""
    data = text.encode() if isinstance(text, str) else text
    given = ColumnMapping(COLUMNS, "DD/MM/YYYY", ".")
    options = more.pop("options", FileOptions())
    asked: dict[str, object] = {"given": given, "accept_as": accept_as, **more}
    return CostRequest(filename, data, options=options, **asked)  # type: ignore[arg-type]


def _service(code: str, name: str) -> None:
    put_service(
        actor=SYSTEM, code=code, name=name, description=name, fund_code=code.upper(), starts=START
    )


def _item(code: str, service: str, one: str, many: str) -> UUID:
    item = put_charge_item(
        actor=SYSTEM, code=code, service=service, name=many.capitalize(), description=many,
        unit="C62", measure_singular=one, measure_plural=many, starts=START,
    )  # fmt: skip
    return item.pk


def build() -> Scene:
    """The centre (books in pounds, fiscal year from April), two agencies, three services."""
    profile = set_centre(
        actor=SYSTEM, name="Council Shared Services", short_name="CSS", currency="GBP",
        zone="Europe/London", fiscal_year_start_month=4, contact_email="help@example.org",
        locale="en-gb",
    )  # fmt: skip
    parks = create_agency(actor=SYSTEM, code="PARKS", name="Parks").pk
    water = create_agency(actor=SYSTEM, code="WATER", name="Water").pk
    _service("payroll", "Payroll")
    _service("network", "Network")
    return Scene(
        centre=profile.agency_id,
        parks=parks,
        water=water,
        payslip=_item("payroll.payslip", "payroll", "payslip", "payslips"),
        port=_item("network.port", "network", "port", "ports"),
        officer=person("finance_officer"),
        director=person("director"),
        parks_finance=person("agency_finance", parks),
        water_finance=person("agency_finance", water),
    )


@pytest.fixture
def scene(db: None) -> Iterator[Scene]:
    """The scene in the centre's scope, on a Monday morning in January 2018."""
    with at(MORNING), act_as(SYSTEM):
        yield build()
