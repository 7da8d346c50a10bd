"""The demo's costs: posts and purchases of each cost centre, whatever its prices bring in.

A post costs what one of the Virginia Payroll Service Bureau did (cards.py), of which the shared
pools take their part; what a service buys is so many dollars for each person that it serves. The
prices come from published cards, so that some services recover less than they cost and others
more: the director has something to decide.
"""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from commonweal.kernel.access.public import act_as
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.practices.charging.public import (
    ColumnMapping,
    CostRequest,
    decide_allocation_method,
    decide_idle_policy,
    import_costs,
    propose_allocation_method,
    propose_idle_policy,
    put_capacity,
    put_cost_model,
    record_use,
    reserve_capacity,
)

from . import cards
from .data import AGENCIES, SERVICES, SHARED_POOLS
from .people import World, monthly_quantity

STAFF = (("Salaries", 93), ("Travel and training", 7))
BOUGHT = (("Licences and maintenance", 58), ("Equipment", 42))
OWN_PART = Decimal("0.84")
"""What of a post's full cost is booked to its own cost centre; buildings, security and management
have centres of their own."""
POST_YEAR = cards.PAYROLL_BUREAU_YEAR / cards.PAYROLL_BUREAU_POSTS * OWN_PART
MAPPING = ColumnMapping(
    {
        "period": "Period",
        "unit": "Cost centre",
        "category": "Category",
        "account": "Account",
        "reference": "Reference",
        "amount": "Amount",
    }
)


def yearly_volume(item_code: str) -> Decimal:
    """The forecast units of all agencies in a year."""
    return 12 * sum((monthly_quantity(item_code, a.code) for a in AGENCIES), Decimal(0))


@dataclass(frozen=True)
class CostCentre:
    """Who books costs: its posts, and its purchases of a year."""

    code: str
    posts: int
    bought: int


def cost_centres() -> list[CostCentre]:
    """Each service's own cost centre, and the shared ones."""
    heads = sum(agency.size for agency in AGENCIES)
    own = [CostCentre(s.code, s.posts, s.bought * heads) for s in SERVICES]
    shared = [CostCentre(code, posts, each * heads) for code, _, _, _, posts, each in SHARED_POOLS]
    return own + shared


def month_costs(centre: CostCentre, rise: Decimal) -> dict[str, Decimal]:
    """What a cost centre spends in a usual month, by category; a later year's posts cost more."""
    parts = ((STAFF, centre.posts * POST_YEAR * rise), (BOUGHT, Decimal(centre.bought)))
    return {
        category: year * percent / 1200
        for categories, year in parts
        for category, percent in categories
        if year
    }


def ledger_file(period: FiscalPeriod, rise: Decimal, seed: str) -> bytes:
    """One month's ledger extract: every cost centre's categories, a little off the usual month."""
    chance = random.Random(f"{seed}:{period}")
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(MAPPING.columns.values())
    number = 0
    for centre in cost_centres():
        for place, (category, usual) in enumerate(month_costs(centre, rise).items()):
            wobble = Decimal(chance.randint(9800, 10200)) / 10000
            amount = (usual * wobble).quantize(Decimal("0.01"))
            number += 1
            account = f"{6100 + 100 * place}-{centre.code[:6].upper()}"
            reference = f"{period.code}-{number:04d}"
            writer.writerow([period.code, centre.code, category, account, reference, amount])
    return out.getvalue().encode()


def decide_method(world: World, starts: date) -> None:
    """From a fiscal year on the shared offices charge one another and the circle is solved."""
    finance, director = world.of("finance_officer"), world.of("director")
    with act_as(finance):
        found = propose_allocation_method(
            actor=finance, method="reciprocal", starts=starts,
            reason="Security and management work for each other; both should show what they cost",
        )  # fmt: skip
    with act_as(director):
        decide_allocation_method(actor=director, method_id=found.pk, approved=True)


RESERVED = {"LWD": 100, "TRE": 60}
"""Square metres of desks that agencies keep free for an emergency."""
AREA = 3_000


def reserve_desks(world: World, starts: date) -> None:
    """More desks stand ready than are in use; those who reserved them pay for what lies idle."""
    finance, director = world.of("finance_officer"), world.of("director")
    with act_as(finance):
        found = put_capacity(
            actor=finance, pool="facilities", quantity=AREA, unit="square metres",
            owner="Premises office", evidence="Lease schedule", starts=starts,
        )  # fmt: skip
        for code, metres in RESERVED.items():
            reserve_capacity(
                actor=finance,
                capacity_id=found.pk,
                agency_id=world.agencies[code],
                quantity=metres,
            )
        proposed = propose_idle_policy(
            actor=finance, capacity_id=found.pk, policy="reserved",
            reason="The free desks are kept for the agencies that reserved them for an emergency",
        )  # fmt: skip
    with act_as(director):
        decide_idle_policy(actor=director, policy_id=proposed.pk, approved=True)
    world.desks = found.pk


def measure_desks(world: World, period: FiscalPeriod) -> None:
    """What of the desks a month used: all but what was reserved, a little more in winter."""
    used = AREA - sum(RESERVED.values()) + (20 if period.month in (1, 2) else 0)
    finance = world.of("finance_officer")
    if world.desks is not None:
        with act_as(finance):
            record_use(
                actor=finance, capacity_id=world.desks, period=period.code, used=used,
                evidence="Badge readers",
            )  # fmt: skip


SPACE = {"hosting": 30, "helpdesk": 9}
"""Square metres for each post, where they are not twelve: machines need room."""


MACHINES = {"payroll": 60, "accounting": 45, "procurement": 40, "citizen": 90, "helpdesk": 340,
            "hosting": 920, "management": 12}  # fmt: skip


def build_cost_model(world: World) -> None:
    """Pools, rules by cost centre, and drivers measured in people and floor space."""
    people = {service.code: service.posts for service in SERVICES}
    document = {
        "drivers": [
            {"code": "people", "name": "People", "unit": "full-time posts",
             "period": FiscalPeriod.of_date(world.start).code,
             "values": {**people, "management": 11, "security": 9},
             "evidence": "Payroll register, full-time posts by cost centre"},
            {"code": "floor", "name": "Floor space", "unit": "square metres",
             "period": FiscalPeriod.of_date(world.start).code,
             "values": {**{code: count * SPACE.get(code, 12) for code, count in people.items()},
                        "security": 180, "management": 260},
             "evidence": "Lease schedule, measured March 2025"},
            {"code": "machines", "name": "Machines", "unit": "machines",
             "period": FiscalPeriod.of_date(world.start).code, "values": MACHINES,
             "evidence": "Register of devices by cost centre"},
        ],
        "pools": [
            *({"code": f"{s.code}-direct", "name": f"{s.name}, own cost", "service": s.code}
              for s in SERVICES),
            *({"code": code, "name": name, "driver": driver, "step": step}
              for code, name, driver, step, _, _ in SHARED_POOLS),
        ],
        "rules": [
            *({"pool": f"{s.code}-direct", "unit": s.code} for s in SERVICES),
            *({"pool": code, "unit": code} for code, *_ in SHARED_POOLS),
        ],
    }  # fmt: skip
    finance = world.of("finance_officer")
    with act_as(finance):
        put_cost_model(actor=finance, document=document)


def import_month(world: World, period: FiscalPeriod, rise: Decimal, basis: str) -> None:
    """Import one month's ledger, actual or budget."""
    finance = world.of("finance_officer")
    with act_as(finance):
        import_costs(
            actor=finance,
            request=CostRequest(
                filename=f"ledger-{basis}-{period.code}.csv",
                data=ledger_file(period, rise, basis),
                given=MAPPING,
                accept_as="Meridian ledger",
                basis=basis,
                currency="USD",
            ),
        )


def rise_of(period: FiscalPeriod, first: FiscalPeriod) -> Decimal:
    """What a post costs in a period's fiscal year, over the demo's first fiscal year."""
    return cards.SALARY_RISE ** (period.fiscal_year(7) - first.fiscal_year(7))


def fiscal_year_start(day: date) -> date:
    """The first day of the fiscal year (July) that holds a day."""
    return date(day.year if day.month >= 7 else day.year - 1, 7, 1)
