"""A small centre made through public actions alone, for the tests of the close and of bills.

Three agencies, two services, four charge items (a base charge, a derived rate per unit, graduated
tiers, fractional hours), orders with two funding sources. July 2026 is closed for real; August's
usage has arrived and no source has reported it yet; the clock stands in September.

`copies.py` keeps it in a database and gives each test a copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, create_user
from commonweal.kernel.calendar.public import FiscalPeriod, at
from commonweal.kernel.catalogue.public import (
    NewFunding,
    NewLine,
    create_agreement,
    create_order,
    put_charge_item,
    put_service,
    sign_agreement,
    sign_order,
)
from commonweal.kernel.documents.public import documents_of, open_document
from commonweal.kernel.metering.public import (
    Usage,
    emit,
    put_source,
    report_source,
    source_checks,
)
from commonweal.kernel.party.public import (
    actor_for,
    add_membership,
    create_agency,
    create_person,
    set_centre,
    sync_roles,
)
from commonweal.practices.charging.models import Bill, CloseRun
from commonweal.practices.charging.public import (
    CloseOptions,
    ColumnMapping,
    CostRequest,
    Volume,
    advance_close,
    allocate,
    approve_bills,
    approve_rate,
    close_run,
    derive_rate,
    import_costs,
    issue_approval,
    propose_rate,
    put_cost_model,
    put_forecast,
    sign_forecast,
)

ZONE = "America/Chicago"
YEAR = date(2026, 7, 1)
JULY, AUGUST, SEPTEMBER = "2026-07", "2026-08", "2026-09"
BEFORE = datetime(2026, 5, 4, 15, tzinfo=UTC)
AGENCIES = ("PARKS", "ROADS", "CLERK")
HUGE = Decimal(10**9)
TIERS: dict[str, Any] = {
    "kind": "graduated",
    "fixed": "10",
    "tiers": [
        {"from": "0", "to": "100", "rate": "4.3333"},
        {"from": "100", "to": "250", "rate": "3.1"},
        {"from": "250", "rate": "2.000000001"},
    ],
}
PEOPLE = (
    ("finance_officer", ""), ("service_owner", ""), ("director", ""), ("auditor", ""),
    *((role, code) for code in AGENCIES for role in ("agency_finance", "agency_approver")),
)  # fmt: skip
MAPPING = ColumnMapping({"period": "Period", "unit": "Unit", "amount": "Amount"})
SOURCES = {"payrun": ("payroll.payslip",), "desk": ("helpdesk.case", "helpdesk.hour")}


@dataclass
class World:
    """Ids and people, and the few things that tests do again and again."""

    agencies: dict[str, UUID] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    items: dict[str, UUID] = field(default_factory=dict)
    database: str = ""

    def of(self, role: str, agency: str = "") -> Actor:
        """Who has a role, of the centre or of an agency."""
        return self.actors[f"{role}:{agency}"]

    @property
    def finance(self) -> Actor:
        """The centre's finance officer, who closes months."""
        return self.of("finance_officer")

    def send(self, source: str, facts: Sequence[Usage], when: datetime | None = None) -> Any:
        """Send usage records of a source."""
        with self.clock(when), act_as(self.finance):
            return emit(actor=self.finance, source=source, facts=facts)

    def report(self, period: str) -> None:
        """Every source reports its month complete, with what counts."""
        with act_as(self.finance):
            for check in source_checks(self.finance, period):
                report_source(
                    actor=self.finance,
                    source=check.source.code,
                    period=period,
                    control_count=check.count,
                    control_total=check.total,
                )

    @contextmanager
    def clock(self, when: datetime | None) -> Iterator[None]:
        """The clock at a moment; None leaves it alone."""
        if when is None:
            yield
            return
        with at(when):
            yield

    def close(self, period: str, until: str = "notify", **options: Any) -> CloseRun:
        """Run the close on the fifth day after the month, without waiting for the preview; where
        the bills wait for it, the director approves them, and it goes on."""
        hurry = {"end_preview": True, "preview_reason": "The tests do not wait"}
        chosen = CloseOptions(**{**hurry, **options})
        with at(after(period)):
            run = advance_close(self.finance, period, chosen, until=until)
            if until == "approve" or not self.approve(period):
                return run
            return advance_close(self.finance, period, chosen, until=until)

    def approve(self, period: str, reason: str = "", by: str = "director") -> bool:
        """Approve the bills of a month, if they wait for it."""
        actor = self.of(by)
        with act_as(actor):
            run = close_run(actor, period)
            found = issue_approval(actor, run)
            if found is None or not found.waits:
                return False
            approve_bills(actor=actor, period=period, reason=reason)
        return True

    def close_fully(self, period: str) -> CloseRun:
        """The sources report, and the month is closed."""
        self.report(period)
        return self.close(period)

    def bill(self, agency: str, period: str) -> Bill:
        """An agency's bill, read by the centre."""
        return Bill.objects.select_related("agency").get(
            agency_id=self.agencies[agency], period=period
        )

    def paper(self, bill: Bill, kind: str) -> bytes:
        """The bytes of a bill's stored paper: pack, pdf or csv."""
        with act_as(SYSTEM):
            found = documents_of(SYSTEM, ("charging.Bill", bill.id))
            return open_document(SYSTEM, next(doc.id for doc in found if doc.kind == kind))


def after(period: str) -> datetime:
    """Noon (UTC 17:00) of the fifth day after a month."""
    day = FiscalPeriod.parse(period).end_day + timedelta(days=4)
    return datetime(day.year, day.month, day.day, 17, tzinfo=UTC)


def usage(agency: str, item: str, number: int, quantity: str, period: str, **more: Any) -> Usage:
    """A usage record on the day of its number."""
    first = FiscalPeriod.parse(period).first_day
    start = datetime(first.year, first.month, 1 + number % 28, 16, tzinfo=UTC)
    made = Usage(
        external_id=f"{period}-{agency}-{item}-{number}",
        agency=agency,
        charge_item=item,
        quantity=Decimal(quantity),
        unit="HUR" if item == "helpdesk.hour" else "C62",
        starts=start,
        ends=start + timedelta(hours=1),
    )
    return replace(made, **more)


def month_usage(period: str, more: int = 0) -> dict[str, list[Usage]]:
    """A month's ordinary records by source. ROADS reaches every tier; CLERK uses payslips only."""
    payslips = [
        usage(agency, "payroll.payslip", number, str(amount + more), period)
        for agency, amounts in (("PARKS", (40, 41)), ("ROADS", (333, 7, 5)), ("CLERK", (3,)))
        for number, amount in enumerate(amounts)
    ]
    desk = [
        usage(agency, "helpdesk.case", number, str(amount + more), period)
        for agency, amounts in (("PARKS", (20, 13, 9)), ("ROADS", (90, 90, 110)))
        for number, amount in enumerate(amounts)
    ]
    desk += [usage("PARKS", "helpdesk.hour", 3, "1.333333", period),
             usage("ROADS", "helpdesk.hour", 4, "0.1", period),
             usage("ROADS", "helpdesk.hour", 5, "7.25", period)]  # fmt: skip
    return {"payrun": payslips, "desk": desk}


def build_world() -> World:
    """Parties, catalogue, cost model, rates, orders, July closed, August's usage sent."""
    world = World()
    with at(BEFORE):
        _parties(world)
        _catalogue(world)
        _costs(world)
        _rates(world)
        for code in AGENCIES:
            _orders(world, code)
    for period in (JULY, AUGUST):
        with at(after(period)):
            for source, facts in month_usage(period, 0 if period == JULY else 2).items():
                world.send(source, facts)
            _import(world, period, "actual", "101.01")
    world.close_fully(JULY)
    return world


def _parties(world: World) -> None:
    with act_as(SYSTEM):
        set_centre(
            actor=SYSTEM, name="Meridian Shared Services", short_name="MSS", currency="USD",
            zone=ZONE, fiscal_year_start_month=7, contact_email="billing@example.org",
            contact_name="Billing desk", locale="en-us",
        )  # fmt: skip
        sync_roles()
        for code in AGENCIES:
            made = create_agency(actor=SYSTEM, code=code, name=f"Office of {code.title()}")
            world.agencies[code] = made.id
        for role, code in PEOPLE:
            home = world.agencies.get(code)
            email = f"{role}.{code or 'centre'}@example.org".lower()
            user = create_user(actor=SYSTEM, email=email)
            person = create_person(
                actor=SYSTEM, name=f"{role} {code}", email=email, user_id=user.id,
                home_agency_id=home,
            )  # fmt: skip
            add_membership(
                actor=SYSTEM, person_id=person.id, role=role, agency_id=home,
                starts=date(2026, 1, 1),
            )  # fmt: skip
            world.actors[f"{role}:{code}"] = actor_for(user)


def _catalogue(world: World) -> None:
    owner = world.of("service_owner")
    with act_as(owner):
        for code, name in (("payroll", "Payroll"), ("helpdesk", "Help desk")):
            put_service(
                actor=owner, code=code, name=name, description=name, fund_code=code.upper(),
                starts=date(2026, 1, 1), owner_person_id=owner.person_id,
            )  # fmt: skip
        for code, unit, one, kind in (
            ("payroll.base", "C62", "base charge", "fixed"),
            ("payroll.payslip", "C62", "payslip", "metered"),
            ("helpdesk.case", "C62", "case", "metered"),
            ("helpdesk.hour", "HUR", "hour", "metered"),
        ):
            item = put_charge_item(
                actor=owner, code=code, service=code.partition(".")[0], name=f"{one}s".capitalize(),
                description=one, unit=unit, measure_singular=one, measure_plural=f"{one}s",
                kind=kind, starts=date(2026, 1, 1),
            )  # fmt: skip
            world.items[code] = item.id
    with act_as(SYSTEM):
        for code, items in SOURCES.items():
            put_source(
                actor=SYSTEM, code=code, name=f"The {code}", expected=True, items=list(items)
            )


def _costs(world: World) -> None:
    model = {
        "drivers": [
            {"code": "people", "name": "People", "unit": "posts", "period": "2026-01",
             "values": {"payroll": "3", "helpdesk": "4"}, "evidence": "Payroll register"},
        ],
        "pools": [
            {"code": "payroll-direct", "name": "Payroll, own cost", "service": "payroll"},
            {"code": "desk-direct", "name": "Help desk, own cost", "service": "helpdesk"},
            {"code": "premises", "name": "Premises", "driver": "people", "step": 1},
        ],
        "rules": [
            {"pool": "payroll-direct", "unit": "payroll"},
            {"pool": "desk-direct", "unit": "helpdesk"},
            {"pool": "premises", "unit": "premises"},
        ],
    }  # fmt: skip
    with act_as(world.finance):
        put_cost_model(actor=world.finance, document=model)
    _import(world, JULY, "budget", "100.00")


def _import(world: World, period: str, basis: str, premises: str) -> None:
    text = f"Period,Unit,Amount\n{period},payroll,1200.50\n{period},helpdesk,900.25\n"
    text += f"{period},premises,{premises}\n"
    with act_as(world.finance):
        import_costs(
            actor=world.finance,
            request=CostRequest(
                filename=f"{basis}-{period}.csv",
                data=text.encode(),
                given=MAPPING,
                accept_as="Ledger",
                basis=basis,
                currency="USD",
            ),
        )


def _rates(world: World) -> None:
    """The payslip's rate is derived from cost and signed forecasts; the others give a reason."""
    payslip = world.items["payroll.payslip"]
    for code, quantity in zip(AGENCIES, (960, 4000, 40), strict=True):
        officer = world.of("agency_finance", code)
        with act_as(officer):
            row = put_forecast(
                actor=officer, agency_id=world.agencies[code], charge_item_id=payslip,
                fiscal_year=2027, quantity=quantity,
            )  # fmt: skip
            sign_forecast(actor=officer, forecast_id=row.id)
    with act_as(world.finance):
        run = allocate(
            actor=world.finance, basis="budget", first_period=JULY, last_period=JULY,
            label="Budget 2027",
        )  # fmt: skip
    owner = world.of("service_owner")
    with act_as(owner):
        derivation = derive_rate(
            owner, charge_item_id=payslip, run_id=run.id, volume=Volume(fiscal_year=2027), places=4
        )
    put_rate(
        world, "payroll.payslip", {"kind": "per_unit", "rate": derivation["rate"]},
        derivation=derivation,
    )  # fmt: skip
    put_rate(world, "payroll.base", {"kind": "flat", "amount": "99.995"})
    put_rate(world, "helpdesk.case", TIERS)
    put_rate(world, "helpdesk.hour", {"kind": "per_unit", "rate": "55.005"})


def put_rate(
    world: World,
    item: str,
    model: dict[str, Any],
    starts: date = YEAR,
    derivation: dict[str, Any] | None = None,
) -> None:
    """Propose and approve a rate, by two people."""
    owner, director = world.of("service_owner"), world.of("director")
    with act_as(owner):
        version = propose_rate(
            actor=owner,
            charge_item_id=world.items[item],
            model=model,
            starts=starts,
            derivation=derivation,
            reason="" if derivation else "Agreed with the agencies for the year.",
            short_notice="Known to the agencies since spring",
        )
    with act_as(director):
        approve_rate(actor=director, rate_version_id=version.id)


def _orders(world: World, code: str) -> None:
    """PARKS and CLERK pay by thirds from two sources within 30 days, ROADS from one within 45."""
    funding = [NewFunding("General fund", f"01-{code}", 2, 3),
               NewFunding("Federal grant", f"20-{code}", 1, 3, True, "G-26")]  # fmt: skip
    if code == "ROADS":
        funding = [NewFunding("General fund", "01-ROADS", 1, 1)]
    owner, director = world.of("service_owner"), world.of("director")
    officer = world.of("agency_approver", code)
    ends = date(2027, 7, 1)
    with act_as(owner):
        agreement = create_agreement(
            actor=owner, agency_id=world.agencies[code], title="Shared services",
            terms="Each month is billed.", starts=YEAR, ends=ends,
        )  # fmt: skip
    for actor, side in ((officer, "agency"), (director, "centre")):
        with act_as(actor):
            sign_agreement(actor=actor, agreement_id=agreement.id, side=side)
    add_order(world, code, agreement.id, ("payroll.base", "payroll.payslip"), funding)
    if code != "CLERK":
        add_order(world, code, agreement.id, ("helpdesk.case", "helpdesk.hour"), funding)


def add_order(
    world: World,
    code: str,
    agreement_id: UUID,
    items: Sequence[str],
    funding: Sequence[NewFunding],
    starts: date = YEAR,
) -> None:
    """An order of an agency, signed by both sides."""
    owner, director = world.of("service_owner"), world.of("director")
    officer = world.of("agency_approver", code)
    with act_as(owner):
        order = create_order(
            actor=owner, agreement_id=agreement_id, starts=starts, ends=date(2027, 7, 1),
            lines=[NewLine(item, Decimal(12), 12_000) for item in items], funding=list(funding),
            payment_days=45 if code == "ROADS" else 30,
        )  # fmt: skip
    for actor, side in ((officer, "agency"), (director, "centre")):
        with act_as(actor):
            sign_order(actor=actor, order_id=order.id, side=side)
