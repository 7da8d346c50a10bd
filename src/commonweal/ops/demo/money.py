"""The demo's costs, cost model and rates: two budgets, two decided rate cards.

The budget of a fiscal year is an imported ledger file whose service costs recover the published
prices at the forecast volumes; the rates are then derived from it by the product, and decided.
"""

from __future__ import annotations

import csv
import io
import random
from datetime import date
from decimal import Decimal

from commonweal.kernel.access.public import act_as
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.practices.charging.public import (
    ColumnMapping,
    CostRequest,
    import_costs,
    put_cost_model,
)

from .data import AGENCIES, ITEMS, SERVICES, SHARED_POOLS
from .people import World, monthly_quantity

CATEGORIES = (("Salaries", 61), ("Licences and maintenance", 21), ("Equipment", 11), ("Travel", 7))
SHARED_PART = Decimal("0.10")
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


def service_month(code: str, factor: Decimal) -> Decimal:
    """A month's full cost of a service, so that the published prices just recover it."""
    total = Decimal(0)
    for item in ITEMS:
        if item.service == code:
            total += item.price * yearly_volume(item.code) / 12
    return total * factor


def ledger_file(period: FiscalPeriod, factor: Decimal, seed: str) -> bytes:
    """One month's ledger extract: each service's own cost centre, and the shared ones."""
    chance = random.Random(f"{seed}:{period}")
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(MAPPING.columns.values())
    number = 0
    costs = {service.code: service_month(service.code, factor) for service in SERVICES}
    shared = sum(costs.values(), Decimal(0)) * SHARED_PART
    people = {service.code: service.people for service in SERVICES}
    # Both drivers go by people, so a service's own cost is what its part of the shared leaves.
    centres = [
        (code, cost - shared * people[code] / sum(people.values())) for code, cost in costs.items()
    ]
    parts = (Decimal("0.4"), Decimal("0.25"), Decimal("0.35"))
    centres += [(pool[0], shared * part) for pool, part in zip(SHARED_POOLS, parts, strict=True)]
    for centre_code, cost in centres:
        for category, percent in CATEGORIES:
            wobble = Decimal(chance.randint(9800, 10200)) / 10000
            amount = (cost * percent / 100 * wobble).quantize(Decimal("0.01"))
            number += 1
            account = f"{6000 + 10 * percent}-{centre_code[:6].upper()}"
            reference = f"{period.code}-{number:04d}"
            writer.writerow([period.code, centre_code, category, account, reference, amount])
    return out.getvalue().encode()


def build_cost_model(world: World) -> None:
    """Pools, rules by cost centre, and drivers measured in people and floor space."""
    people = {service.code: service.people for service in SERVICES}
    document = {
        "drivers": [
            {"code": "people", "name": "People", "unit": "full-time posts",
             "period": FiscalPeriod.of_date(world.start).code,
             "values": {**people, "management": 11},
             "evidence": "Payroll register, full-time posts by cost centre"},
            {"code": "floor", "name": "Floor space", "unit": "square metres",
             "period": FiscalPeriod.of_date(world.start).code,
             "values": {**{code: count * 12 for code, count in people.items()},
                        "security": 180, "management": 260},
             "evidence": "Lease schedule, measured March 2025"},
        ],
        "pools": [
            *({"code": f"{s.code}-direct", "name": f"{s.name}, own cost", "service": s.code}
              for s in SERVICES),
            *({"code": code, "name": name, "driver": driver, "step": step}
              for code, name, driver, step in SHARED_POOLS),
        ],
        "rules": [
            *({"pool": f"{s.code}-direct", "unit": s.code} for s in SERVICES),
            *({"pool": code, "unit": code} for code, _, _, _ in SHARED_POOLS),
        ],
    }  # fmt: skip
    finance = world.of("finance_officer")
    with act_as(finance):
        put_cost_model(actor=finance, document=document)


def import_month(world: World, period: FiscalPeriod, factor: Decimal, basis: str) -> None:
    """Import one month's ledger, actual or budget."""
    finance = world.of("finance_officer")
    with act_as(finance):
        import_costs(
            actor=finance,
            request=CostRequest(
                filename=f"ledger-{basis}-{period.code}.csv",
                data=ledger_file(period, factor, basis),
                given=MAPPING,
                accept_as="Meridian ledger",
                basis=basis,
                currency="USD",
            ),
        )


def fiscal_year_start(day: date) -> date:
    """The first day of the fiscal year (July) that holds a day."""
    return date(day.year if day.month >= 7 else day.year - 1, 7, 1)
