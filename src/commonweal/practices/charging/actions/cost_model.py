"""Writing the cost model: pools, the rules that fill them, drivers and their measured values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import Service
from commonweal.kernel.money.public import MoneyError, exact_decimal
from commonweal.kernel.party.public import centre

from ..domain.costs import CostError
from ..models import CostPool, Driver, DriverValue, PoolRule
from ..selectors.cost_model import UNASSIGNED, closed_periods

_CODE = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*\Z")
PERMISSION = "charging.import_costs"
MAX_VALUE = Decimal(10**12)


def code_of(code: str, what: str) -> str:
    """A code as it may be kept (COSTS-201); `what` it is of, for the message."""
    if not _CODE.match(code) or len(code) > 40 or code in {UNASSIGNED, "unallocated"}:
        raise CostError(
            "COSTS-201",
            f"“{code}” cannot be the code of a {what}. Use up to 40 small letters, digits, and "
            "single dots or hyphens between them, such as it-support.",
        )
    return code


def _name(text: str, what: str) -> str:
    if not text.strip():
        raise CostError("COSTS-202", f"The name of the {what} is empty. Write it in plain words.")
    return text.strip()[:120]


def driver_by_code(code: str) -> Driver:
    """A driver (COSTS-203)."""
    found = Driver.objects.filter(agency_id=centre().agency_id, code=code).first()
    if found is None:
        raise CostError("COSTS-203", f"There is no driver “{code}”. Create it first.")
    return found


def pool_by_code(code: str) -> CostPool:
    """A pool (COSTS-204)."""
    found = CostPool.objects.filter(agency_id=centre().agency_id, code=code).first()
    if found is None:
        raise CostError("COSTS-204", f"There is no pool “{code}”. Create it first.")
    return found


@action
def put_driver(*, actor: Actor, code: str, name: str, unit: str) -> Driver:
    """Create or change a driver: what causes a shared pool's cost, in which unit it is measured."""
    require(actor, PERMISSION)
    driver, _ = Driver.objects.update_or_create(
        agency_id=centre().agency_id,
        code=code_of(code, "driver"),
        defaults={"name": _name(name, "driver"), "unit": _name(unit, "driver's unit")[:40]},
    )
    record(actor=actor, verb="costs.driver_put", target=driver, payload={"code": code})
    return driver


@action
def set_driver_values(
    *,
    actor: Actor,
    driver: str,
    period: str,
    values: Mapping[str, Decimal | int | str],
    evidence: str = "",
) -> list[DriverValue]:
    """Record one measurement of a driver: its value per target (a pool's or a service's code).

    It counts from `period` on, as a whole, until a later measurement. A closed month keeps its own.
    """
    require(actor, PERMISSION)
    FiscalPeriod.parse(period)
    found = driver_by_code(driver)
    if closed_periods([period]):
        raise CostError(
            "COSTS-205",
            f"{period} is allocated already. Record the measurement for an open month.",
        )
    rows = []
    for target, given in sorted(values.items()):
        row, _ = DriverValue.objects.update_or_create(
            driver=found,
            period=period,
            target=target[:60],
            defaults={
                "agency_id": found.agency_id,
                "value": _value(target, given),
                "evidence": evidence[:200],
            },
        )
        rows.append(row)
    record(
        actor=actor,
        verb="costs.driver_measured",
        target=found,
        payload={"period": period, "values": {row.target: row.value for row in rows}},
    )
    return rows


def _value(target: str, given: Decimal | int | str) -> Decimal:
    try:
        value = exact_decimal(given)
    except MoneyError as wrong:
        raise CostError("COSTS-206", f"The value for “{target}”: {wrong.message}") from wrong
    if not 0 <= value < MAX_VALUE or value != value.quantize(Decimal("0.000001")):
        raise CostError(
            "COSTS-206",
            f"The value for “{target}” is {value}. Give a number from 0 to below 10¹² with at most "
            "6 decimals.",
        )
    return value


@action
def put_pool(
    *,
    actor: Actor,
    code: str,
    name: str,
    service: str = "",
    driver: str = "",
    step: int = 0,
) -> CostPool:
    """Create or change a pool.

    With `service` (a code) the pool is that service's own direct cost; otherwise it is shared, goes
    out by `driver` (a code), and stands at place `step` of the step-down. Without either, its cost
    stays visible as unallocated.
    """
    require(actor, PERMISSION)
    if service and driver:
        raise CostError(
            "COSTS-207",
            f"Pool “{code}” has both a service and a driver. A service's own cost needs no driver.",
        )
    target = Service.objects.filter(code=service).first() if service else None
    if service and target is None:
        raise CostError("COSTS-208", f"There is no service “{service}”. Create it first.")
    if not service and Service.objects.filter(code=code).exists():
        raise CostError(
            "COSTS-209",
            f"“{code}” is the code of a service. Give the shared pool another, so that drivers can "
            "tell the two apart.",
        )
    pool, _ = CostPool.objects.update_or_create(
        agency_id=centre().agency_id,
        code=code_of(code, "pool"),
        defaults={
            "name": _name(name, "pool"),
            "service": target,
            "driver": driver_by_code(driver) if driver else None,
            "step": step,
        },
    )
    record(
        actor=actor,
        verb="costs.pool_put",
        target=pool,
        payload={"code": code, "service": service, "driver": driver, "step": step},
    )
    return pool


@action
def put_rule(
    *,
    actor: Actor,
    pool: str,
    order: int,
    unit: str = "",
    category: str = "",
    account_prefix: str = "",
    kind: str = "",
) -> PoolRule:
    """Add a rule: ledger lines whose every given field matches go to the pool.

    Rules are tried in `order`; the first that matches takes the line.
    """
    require(actor, PERMISSION)
    fields = {
        "unit": unit.strip(),
        "category": category.strip(),
        "account_prefix": account_prefix.strip(),
        "kind": kind.strip(),
    }
    if not any(fields.values()):
        raise CostError(
            "COSTS-210",
            f"A rule for pool “{pool}” matches nothing in particular. Name a unit, a category, an "
            "account or a kind. Lines without a rule stay visible as not assigned.",
        )
    found = pool_by_code(pool)
    rule = PoolRule.objects.create(agency_id=found.agency_id, pool=found, order=order, **fields)
    record(
        actor=actor,
        verb="costs.rule_put",
        target=rule,
        payload={"pool": pool, "order": order, **fields},
    )
    return rule


@action
def remove_rule(*, actor: Actor, rule_id: UUID) -> None:
    """Take a rule out; its lines fall to the next rule that matches, or to none."""
    require(actor, PERMISSION)
    rule = PoolRule.objects.filter(pk=rule_id, agency_id=centre().agency_id).first()
    if rule is None:
        raise CostError("COSTS-211", "There is no such rule. Choose one from the list.")
    record(actor=actor, verb="costs.rule_removed", target=rule, payload={"pool": rule.pool_id})
    rule.delete()


@action
def put_cost_model(*, actor: Actor, document: Mapping[str, Any]) -> dict[str, int]:
    """Put a whole cost model from one document; its rules replace those there were.

    `drivers`: code, name, unit, and optionally period, values, evidence; `pools`: code, name, and
    service, or driver and step; `rules`: pool and any of unit, category, account_prefix, kind, in
    the order in which they are tried.
    """
    require(actor, PERMISSION)
    _check_shape(document)
    for entry in document.get("drivers", ()):
        put_driver(actor=actor, code=entry["code"], name=entry["name"], unit=entry["unit"])
        if entry.get("values"):
            set_driver_values(
                actor=actor,
                driver=entry["code"],
                period=entry["period"],
                values=entry["values"],
                evidence=entry.get("evidence", ""),
            )
    for entry in document.get("pools", ()):
        put_pool(actor=actor, **entry)
    PoolRule.objects.filter(agency_id=centre().agency_id).delete()
    for place, entry in enumerate(document.get("rules", ()), start=1):
        put_rule(actor=actor, order=place * 10, **entry)
    counts = {name: len(document.get(name, ())) for name in _SHAPE}
    record(
        actor=actor,
        verb="costs.model_put",
        target=("charging.CostPool", centre().agency_id),
        payload=counts,
    )
    return counts


_SHAPE: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "drivers": (
        frozenset({"code", "name", "unit"}),
        frozenset({"period", "values", "evidence"}),
    ),
    "pools": (frozenset({"code", "name"}), frozenset({"service", "driver", "step"})),
    "rules": (frozenset({"pool"}), frozenset({"unit", "category", "account_prefix", "kind"})),
}


def _check_shape(document: Mapping[str, Any]) -> None:
    """Refuse unknown or missing words with the place in the document (COSTS-214)."""
    extra = sorted(set(document) - set(_SHAPE))
    if extra:
        raise CostError(
            "COSTS-214", f"“{extra[0]}” is not part of a cost model. Use drivers, pools and rules."
        )
    for part, (needed, optional) in _SHAPE.items():
        for number, entry in enumerate(document.get(part, ()), start=1):
            given = set(entry) if isinstance(entry, Mapping) else set()
            must = needed | {"period"} if "values" in given else needed
            wrong = sorted(must - given) or sorted(given - must - optional)
            if wrong:
                raise CostError(
                    "COSTS-214",
                    f"{part}, entry {number}: “{wrong[0]}” is missing or unknown. An entry has "
                    f"{', '.join(sorted(must))} and may have {', '.join(sorted(optional))}.",
                )
