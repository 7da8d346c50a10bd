"""A small centre that closed two months for real: two agencies, their people, three items.

September: Parks has 1,204 cases, October 1,516 (312 more), nearly all in its field offices.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from commonweal.interfaces.web.cases.tests.world import build_desk
from commonweal.interfaces.web.counter.tests.world import build_counter
from commonweal.kernel.access.public import SYSTEM, Actor, User, act_as, create_user
from commonweal.kernel.calendar.public import FiscalPeriod, at
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.metering.public import Usage, emit, put_source, report_source
from commonweal.kernel.party import public as party
from commonweal.practices.charging import public as charging

PASSWORD = "correct horse battery"
START, YEAR = date(2026, 5, 1), date(2026, 7, 1)
SEPTEMBER, OCTOBER = FiscalPeriod(2026, 9), FiscalPeriod(2026, 10)
LONG = "Department of Parks, Forests, Wildlife and Outdoor Recreation"
CASES = {
    ("PARKS", "2026-09"): {"HQ": 400, "FIELD": 804},
    ("PARKS", "2026-10"): {"HQ": 410, "FIELD": 1106},
    ("WATER", "2026-09"): {"": 300},
    ("WATER", "2026-10"): {"": 310},
}
ITEMS = (
    ("helpdesk.case", "Help-desk cases", "help-desk case", "help-desk cases", "metered"),
    ("helpdesk.storage", "Mailbox storage", "gigabyte", "gigabytes", "metered"),
    ("helpdesk.base", "Base charge", "month", "months", "fixed"),
)
MAPPING = charging.ColumnMapping(
    {
        "period": "Period",
        "unit": "Cost centre",
        "category": "Category",
        "account": "Account",
        "reference": "Reference",
        "amount": "Amount",
    }
)


@dataclass
class World:
    """Who is who: users and actors by short names, agency and item ids by code."""

    users: dict[str, User] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    agencies: dict[str, UUID] = field(default_factory=dict)
    items: dict[str, UUID] = field(default_factory=dict)
    open_order: UUID | None = None
    open_ending: UUID | None = None

    def bill(self, agency: str = "PARKS", period: FiscalPeriod = OCTOBER) -> charging.Bill:
        """A bill."""
        with act_as(SYSTEM):
            return charging.Bill.objects.get(agency=self.agencies[agency], period=period.code)

    def line(
        self, item: str = "helpdesk.case", agency: str = "PARKS", period: FiscalPeriod = OCTOBER
    ) -> charging.BillLine:
        """A bill's line for an item."""
        with act_as(SYSTEM):
            found = charging.BillLine.objects.select_related("order_line__order", "rate_version")
            return found.get(bill=self.bill(agency, period), charge_item=self.items[item])


def moment(day: date, hour: int = 15) -> datetime:
    """A moment of a day."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def build_world(months: tuple[FiscalPeriod, ...] = (SEPTEMBER, OCTOBER)) -> World:
    """Make everything; the months are closed up to their journals."""
    world = World()
    with at(moment(START)):
        _parties(world)
        _catalogue(world)
        _cost_model(world)
    with at(moment(START + timedelta(days=20))):
        _orders(world)
        _rates(world)
    for period in months:
        _month(world, period)
    with at(moment(date(2026, 11, 19))):
        build_desk(world)
    with at(moment(date(2026, 11, 20), 14)):
        build_counter(world)
    return world


def _person(world: World, key: str, name: str, role: str, agency: str = "") -> None:
    home = world.agencies.get(agency)
    email = f"{key}@example.test"
    user = create_user(actor=SYSTEM, email=email, password=PASSWORD)
    found = party.create_person(
        actor=SYSTEM, name=name, email=email, user_id=user.pk, home_agency_id=home
    )
    party.add_membership(actor=SYSTEM, person_id=found.pk, role=role, agency_id=home, starts=START)
    world.users[key] = user
    world.actors[key] = party.actor_for(user)


def _parties(world: World) -> None:
    with act_as(SYSTEM):
        party.set_centre(
            actor=SYSTEM, name="State of Meridian Shared Services", short_name="MSS",
            currency="USD", zone="America/Chicago", fiscal_year_start_month=7,
            contact_name="Billing desk", contact_email="billing@meridian.example",
            contact_phone="555-0100", locale="en-us", is_demo=True,
        )  # fmt: skip
        party.sync_roles()
        for code, name in (("PARKS", LONG), ("WATER", "Water Board")):
            made = party.create_agency(actor=SYSTEM, code=code, name=name, size=100)
            world.agencies[code] = made.pk
        for code, name in (("HQ", "Headquarters"), ("FIELD", "Field offices")):
            party.create_bureau(
                actor=SYSTEM, agency_id=world.agencies["PARKS"], code=code, name=name
            )
        for key, name, role, agency in (
            ("director", "Dana Director", "director", ""),
            ("officer", "Femi Officer", "finance_officer", ""),
            ("owner", "Olga Owner", "service_owner", ""),
            ("admin", "Ada Administrator", "administrator", ""),
            ("agent", "Amy Agent", "agent", ""),
            ("parks", "Pia Parks", "agency_finance", "PARKS"),
            ("parks-approver", "Paul Approver", "agency_approver", "PARKS"),
            ("parks-employee", "Petra Employee", "agency_employee", "PARKS"),
            ("water", "Walt Water", "agency_finance", "WATER"),
            ("water-approver", "Wanda Approver", "agency_approver", "WATER"),
        ):
            _person(world, key, name, role, agency)


def _catalogue(world: World) -> None:
    owner = world.actors["owner"]
    with act_as(owner):
        catalogue.put_service(
            actor=owner, code="helpdesk", name="IT help desk", description="Solves problems.",
            fund_code="HELPDESK", starts=START, public_contact="helpdesk@meridian.example",
        )  # fmt: skip
        for code, name, one, many, kind in ITEMS:
            made = catalogue.put_charge_item(
                actor=owner, code=code, service="helpdesk", name=name,
                description=f"{name}, counted each.", unit="C62", kind=kind,
                measure_singular=one, measure_plural=many, starts=START,
                late_policy="Booked as a correction on the next bill.",
            )  # fmt: skip
            world.items[code] = made.pk
    with act_as(SYSTEM):
        put_source(
            actor=SYSTEM, code="desk", name="Help desk", expected=True,
            items=["helpdesk.case", "helpdesk.storage"],
        )  # fmt: skip


def _ledger(period: FiscalPeriod) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(MAPPING.columns.values())
    rows = (("helpdesk", "Salaries", "40000.00"), ("helpdesk", "Licences", "9000.00"),
            ("security", "Salaries", "1000.00"))  # fmt: skip
    for number, (unit, category, amount) in enumerate(rows, start=1):
        writer.writerow([period.code, unit, category, "6000", f"{period}-{number}", amount])
    return out.getvalue().encode()


def _cost_model(world: World) -> None:
    officer = world.actors["officer"]
    document: dict[str, Any] = {
        "drivers": [
            {"code": "people", "name": "People", "unit": "posts", "period": "2026-05",
             "values": {"helpdesk": 20}, "evidence": "Register of posts"},
        ],
        "pools": [
            {"code": "helpdesk-direct", "name": "IT help desk, own cost", "service": "helpdesk"},
            {"code": "security", "name": "Security", "driver": "people", "step": 1},
        ],
        "rules": [
            {"pool": "helpdesk-direct", "unit": "helpdesk"},
            {"pool": "security", "unit": "security"},
        ],
    }  # fmt: skip
    with act_as(officer):
        charging.put_cost_model(actor=officer, document=document)
        _cost_terms(officer)
    _import(world, OCTOBER.shift(-3), "budget")


def _cost_terms(officer: Actor) -> None:
    """A capacity, an asset, dated drivers and a mark: what their pages show."""
    charging.put_capacity(
        actor=officer, pool="security", quantity=100, unit="checks", owner="Security office",
        evidence="Plan of shifts", starts=date(2026, 1, 1),
    )  # fmt: skip
    charging.put_asset(
        actor=officer, code="san", name="Storage array", pool="security", cost_minor=6_000_000,
        in_service=date(2026, 12, 1), life_months=60, contributors={"grant:SLFRF-7": 1_000_000},
    )  # fmt: skip
    charging.put_driver_set(
        actor=officer, pool="security", starts=date(2027, 7, 1), parts={"people": "1"}
    )
    charging.put_line_mark(
        actor=officer, mark="personal", category="One person's pay", reason="Names nobody"
    )


def _import(world: World, period: FiscalPeriod, basis: str) -> None:
    officer = world.actors["officer"]
    with act_as(officer):
        charging.import_costs(
            actor=officer,
            request=charging.CostRequest(
                filename=f"ledger-{basis}-{period}.csv", data=_ledger(period), given=MAPPING,
                accept_as="Ledger", basis=basis, currency="USD",
            ),
        )  # fmt: skip


def _orders(world: World) -> None:
    owner, director = world.actors["owner"], world.actors["director"]
    for code, agency_id in world.agencies.items():
        approver = world.actors[f"{code.lower()}-approver"]
        with act_as(owner):
            terms = catalogue.create_agreement(
                actor=owner, agency_id=agency_id, title=f"Shared services for {code}",
                terms="The centre provides, the agency pays.", starts=START,
                ends=date(2028, 7, 1),
            )  # fmt: skip
        for actor, side in ((approver, "agency"), (director, "centre")):
            with act_as(actor):
                catalogue.sign_agreement(actor=actor, agreement_id=terms.pk, side=side)
        order = _order(world, terms, START, [code for code, *_ in ITEMS])
        for actor, side in ((approver, "agency"), (director, "centre")):
            with act_as(actor):
                catalogue.sign_order(actor=actor, order_id=order.pk, side=side)
        if code == "PARKS":
            world.open_order = _order(world, terms, date(2027, 7, 1), ["helpdesk.case"]).pk
        else:
            with act_as(owner):
                world.open_ending = catalogue.propose_ending(
                    actor=owner, order_id=order.pk, ends=date(2027, 3, 1),
                    reason="The board takes its help desk back.",
                ).pk  # fmt: skip


def _order(
    world: World, terms: catalogue.Agreement, starts: date, items: list[str]
) -> catalogue.Order:
    owner = world.actors["owner"]
    ends = date(2027, 7, 1) if starts < date(2027, 7, 1) else date(2028, 7, 1)
    with act_as(owner):
        return catalogue.create_order(
            actor=owner, agreement_id=terms.pk, starts=starts, ends=ends,
            lines=[catalogue.NewLine(item, Decimal(1000), 4_000_000) for item in items],
            funding=[
                catalogue.NewFunding("General fund", "01-4510", 70, 100),
                catalogue.NewFunding("Federal grant", "20-4510", 30, 100, True, "G-26"),
            ],
        )  # fmt: skip


def _rates(world: World) -> None:
    officer, owner, director = (world.actors[name] for name in ("officer", "owner", "director"))
    month = OCTOBER.shift(-3).code
    with act_as(officer):
        run = charging.allocate(
            actor=officer, basis="budget", first_period=month, last_period=month, label="Budget"
        )
    models: dict[str, dict[str, Any]] = {
        "helpdesk.storage": {
            "kind": "graduated",
            "tiers": [{"from": "0", "to": "100", "rate": "0.50"}, {"from": "100", "rate": "0.40"}],
        },
        "helpdesk.base": {"kind": "flat", "amount": "120.00"},
    }
    for code, item_id in world.items.items():
        with act_as(owner):
            derivation = charging.derive_rate(
                owner, charge_item_id=item_id, run_id=run.pk, share="1/2", places=2,
                share_reason="Cases and storage take half of the desk each",
                volume=charging.Volume(Decimal(1500), "last year's count"),
            )  # fmt: skip
            model = models.get(code, {"kind": "per_unit", "rate": derivation["rate"]})
            version = charging.propose_rate(
                actor=owner, charge_item_id=item_id, model=model, starts=YEAR,
                derivation=derivation, reason="Decided with the budget.",
            )  # fmt: skip
        with act_as(director):
            charging.approve_rate(actor=director, rate_version_id=version.pk)


def _usage(period: FiscalPeriod) -> list[Usage]:
    found = []
    for (agency, month), bureaus in CASES.items():
        if month != period.code:
            continue
        for bureau, quantity in bureaus.items():
            found += _records(agency, bureau, quantity, period)
    return found


def _records(agency: str, bureau: str, quantity: int, period: FiscalPeriod) -> list[Usage]:
    """Two records a day of the first thirty days, and what is left in the first record."""
    share, rest = divmod(quantity, 60)
    found = []
    for number in range(60):
        start = moment(period.first_day + timedelta(days=number // 2), 15 + number % 2)
        found.append(
            Usage(
                external_id=f"{agency}-{bureau or 'all'}-{period}-{number:02d}", agency=agency,
                charge_item="helpdesk.case", quantity=Decimal(share + (rest if not number else 0)),
                unit="C62", starts=start, ends=start + timedelta(hours=1), bureau=bureau,
                origin=f"case-batch-{number}", dimensions={"channel": "phone"},
            )
        )  # fmt: skip
    start = moment(period.first_day, 20)
    found.append(
        Usage(
            external_id=f"{agency}-{bureau or 'all'}-{period}-gb", agency=agency,
            charge_item="helpdesk.storage", quantity=Decimal("150.5"), unit="C62", starts=start,
            ends=start + timedelta(hours=1), bureau=bureau,
        )
    )  # fmt: skip
    return found


def _month(world: World, period: FiscalPeriod) -> None:
    officer = world.actors["officer"]
    facts = _usage(period)
    with at(moment(period.end_day)):
        _import(world, period, "actual")
        with act_as(officer):
            emit(actor=officer, source="desk", facts=facts)
            report_source(
                actor=officer, source="desk", period=period.code, control_count=len(facts),
                control_total=sum((fact.quantity for fact in facts), Decimal(0)),
            )  # fmt: skip
    with at(moment(period.end_day + timedelta(days=1))):
        charging.advance_close(
            officer, period.code,
            charging.CloseOptions(preview_days=3, preview_reason="The tests do not wait"),
            until="preview",
        )  # fmt: skip
    with at(moment(period.end_day + timedelta(days=10))):
        director = world.actors["director"]
        with act_as(director):
            charging.approve_bills(actor=director, period=period.code)
        charging.advance_close(officer, period.code)
