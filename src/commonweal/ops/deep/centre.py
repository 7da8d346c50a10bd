"""A tiny centre for the campaigns, made through public actions: three agencies, two services.

Orders cover two fiscal years. One month's usage and costs are there and reported, so that it can
be closed; the months of the calendar year before are free for intake.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, create_token, create_user
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
from commonweal.kernel.metering.public import Usage, emit, put_source, report_source, source_checks
from commonweal.kernel.party.public import (
    actor_for,
    add_membership,
    create_agency,
    create_person,
    set_centre,
    sync_roles,
)
from commonweal.practices.charging.public import (
    ColumnMapping,
    CostRequest,
    approve_rate,
    import_costs,
    propose_rate,
    put_cost_model,
)

AGENCIES = ("ASH", "ELM", "OAK")
ITEMS = (("payroll.payslip", "payslip", "C62"), ("helpdesk.case", "case", "C62"),
         ("helpdesk.hour", "hour", "HUR"))  # fmt: skip
SOURCES = {"payrun": ("payroll.payslip",), "desk": ("helpdesk.case", "helpdesk.hour")}
STARTS, ENDS = date(2024, 1, 1), date(2026, 1, 1)
CLOSED = "2025-12"
"""The month that the close campaign closes; intake uses the months of 2024."""
AFTER = datetime(2026, 1, 6, 17, tzinfo=UTC)
BEFORE = datetime(2023, 11, 6, 17, tzinfo=UTC)
MODELS: dict[str, dict[str, Any]] = {
    "payroll.payslip": {"kind": "per_unit", "rate": "4.1037"},
    "helpdesk.case": {
        "kind": "graduated",
        "tiers": [{"from": "0", "to": "30", "rate": "21.3333"}, {"from": "30", "rate": "19.1"}],
    },
    "helpdesk.hour": {"kind": "per_unit", "rate": "55.005"},
}


@dataclass
class Centre:
    """Who is who, and a token of the finance officer with which usage can be sent."""

    agencies: dict[str, UUID] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    token: str = ""

    @property
    def finance(self) -> Actor:
        """The finance officer, who closes months."""
        return self.actors["finance_officer"]


def build_centre() -> Centre:
    """Make it all in the present database, committed."""
    made = Centre()
    with at(BEFORE):
        _people(made)
        _catalogue(made)
        _cost_model(made)
        for code in AGENCIES:
            _order(made, code)
    with at(AFTER):
        _month(made)
    with act_as(made.finance):
        scopes = ["metering.submit", "metering.view"]
        _, made.token = create_token(actor=made.finance, name="deep", scopes=scopes, days=300)
    return made


def _people(made: Centre) -> None:
    with act_as(SYSTEM):
        set_centre(
            actor=SYSTEM, name="Deep Shared Services", short_name="DSS", currency="USD",
            zone="America/Chicago", fiscal_year_start_month=7, locale="en-us",
            contact_email="billing@example.org", contact_name="Billing desk",
        )  # fmt: skip
        sync_roles()
        for code in AGENCIES:
            row = create_agency(actor=SYSTEM, code=code, name=f"Office of {code.title()}")
            made.agencies[code] = row.id
        people = [(role, "") for role in ("finance_officer", "service_owner", "director")]
        for role, code in [*people, *(("agency_approver", code) for code in AGENCIES)]:
            home = made.agencies.get(code)
            email = f"{role}.{code or 'centre'}@example.org".lower()
            user = create_user(actor=SYSTEM, email=email)
            person = create_person(
                actor=SYSTEM, name=f"{role} {code}", email=email, user_id=user.id,
                home_agency_id=home,
            )  # fmt: skip
            add_membership(
                actor=SYSTEM, person_id=person.id, role=role, agency_id=home,
                starts=date(2023, 1, 1),
            )  # fmt: skip
            made.actors[f"{role}:{code}" if code else role] = actor_for(user)


def _catalogue(made: Centre) -> None:
    owner, director = made.actors["service_owner"], made.actors["director"]
    ids: dict[str, UUID] = {}
    with act_as(owner):
        for code in ("payroll", "helpdesk"):
            put_service(
                actor=owner, code=code, name=code.capitalize(), description=code,
                fund_code=code.upper(), starts=date(2023, 1, 1), owner_person_id=owner.person_id,
            )  # fmt: skip
        for code, one, unit in ITEMS:
            item = put_charge_item(
                actor=owner, code=code, service=code.partition(".")[0], name=one.capitalize(),
                description=one, unit=unit, measure_singular=one, measure_plural=f"{one}s",
                kind="metered", starts=date(2023, 1, 1),
            )  # fmt: skip
            ids[code] = item.id
    with act_as(SYSTEM):
        for code, items in SOURCES.items():
            put_source(actor=SYSTEM, code=code, name=code, expected=True, items=list(items))
    for code, model in MODELS.items():
        with act_as(owner):
            version = propose_rate(
                actor=owner, charge_item_id=ids[code], model=model, starts=STARTS,
                reason="Agreed with the agencies.",
            )  # fmt: skip
        with act_as(director):
            approve_rate(actor=director, rate_version_id=version.id)


def _cost_model(made: Centre) -> None:
    document = {
        "drivers": [],
        "pools": [
            {"code": f"{code}-direct", "name": f"{code} own cost", "service": code}
            for code in ("payroll", "helpdesk")
        ],
        "rules": [{"pool": f"{code}-direct", "unit": code} for code in ("payroll", "helpdesk")],
    }
    with act_as(made.finance):
        put_cost_model(actor=made.finance, document=document)


def _order(made: Centre, code: str) -> None:
    owner, director = made.actors["service_owner"], made.actors["director"]
    approver = made.actors[f"agency_approver:{code}"]
    sides = ((approver, "agency"), (director, "centre"))
    with act_as(owner):
        agreement = create_agreement(
            actor=owner, agency_id=made.agencies[code], title="Shared services",
            terms="Each month is billed.", starts=STARTS, ends=ENDS,
        )  # fmt: skip
    for actor, side in sides:
        with act_as(actor):
            sign_agreement(actor=actor, agreement_id=agreement.id, side=side)
    funding = [NewFunding("General fund", f"01-{code}", 2, 3),
               NewFunding("Federal grant", f"20-{code}", 1, 3, True, "G-25")]  # fmt: skip
    with act_as(owner):
        order = create_order(
            actor=owner, agreement_id=agreement.id, starts=STARTS, ends=ENDS, funding=funding,
            lines=[NewLine(item, Decimal(12), 12_000) for item, _, _ in ITEMS],
        )  # fmt: skip
    for actor, side in sides:
        with act_as(actor):
            sign_order(actor=actor, order_id=order.id, side=side)


def usage(agency: str, item: str, name: str, quantity: Decimal, period: str) -> Usage:
    """A usage record of a month."""
    first = FiscalPeriod.parse(period).first_day
    start = datetime(first.year, first.month, 1 + len(name) % 28, 16, tzinfo=UTC)
    unit = next(unit for code, _, unit in ITEMS if code == item)
    return Usage(
        external_id=name, agency=agency, charge_item=item, quantity=quantity, unit=unit,
        starts=start, ends=start + timedelta(hours=1),
    )  # fmt: skip


def _month(made: Centre) -> None:
    """Usage, costs and reports of the month to close."""
    finance = made.finance
    for source, items in SOURCES.items():
        facts = [
            usage(agency, item, f"{agency}-{item}-{number}", Decimal(number * 7 + 1) / 4, CLOSED)
            for agency in AGENCIES
            for item in items
            for number in range(12)
        ]
        with act_as(finance):
            emit(actor=finance, source=source, facts=facts)
    text = f"Period,Unit,Amount\n{CLOSED},payroll,1200.50\n{CLOSED},helpdesk,900.25\n"
    mapping = ColumnMapping({"period": "Period", "unit": "Unit", "amount": "Amount"})
    with act_as(finance):
        import_costs(
            actor=finance,
            request=CostRequest(
                filename="ledger.csv", data=text.encode(), given=mapping, accept_as="Ledger",
                basis="actual", currency="USD",
            ),
        )  # fmt: skip
        for check in source_checks(finance, CLOSED):
            report_source(
                actor=finance, source=check.source.code, period=CLOSED,
                control_count=check.count, control_total=check.total,
            )  # fmt: skip
