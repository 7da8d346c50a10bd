"""The cost model in force: pools, rules, drivers with the values that count for a period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, Max, Q, QuerySet, Sum, Value, When
from django.db.models.fields import CharField

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import Service
from commonweal.kernel.party.public import centre

from ..domain.costs import CostError
from ..models import (
    CloseRun,
    CloseStep,
    CostImport,
    CostLine,
    CostPool,
    Driver,
    DriverValue,
    PoolRule,
)

UNASSIGNED = "unassigned"
VIEW = "charging.view_costs"


@dataclass(frozen=True)
class DriverRound:
    """A driver with the values of its latest measurement up to a period."""

    driver: Driver
    period: str
    values: Mapping[str, Decimal]


@dataclass(frozen=True)
class PoolCost:
    """What a pool holds in some periods; `pool` None for lines that no rule matches."""

    code: str
    name: str
    pool: CostPool | None
    lines: int
    amount_minor: int


def pools(actor: Actor) -> list[CostPool]:
    """Every pool: shared ones in step-down order, then the services' direct ones."""
    require(actor, VIEW)
    return pool_rows()


def pool_rows() -> list[CostPool]:
    """The same for callers that have checked the actor."""
    found = CostPool.objects.filter(agency_id=centre().agency_id)
    found = found.select_related("service", "driver").prefetch_related("rules")
    return sorted(found, key=lambda pool: (pool.service_id is not None, pool.step, pool.code))


def is_pool(code: str) -> bool:
    """Whether there is a pool with this code."""
    return CostPool.objects.filter(agency_id=centre().agency_id, code=code).exists()


def rules(actor: Actor) -> list[PoolRule]:
    """Every rule in the order in which it is tried."""
    require(actor, VIEW)
    return rule_rows()


def rule_rows() -> list[PoolRule]:
    """The same for callers that have checked the actor."""
    found = PoolRule.objects.filter(agency_id=centre().agency_id)
    return list(found.select_related("pool").order_by("order", "id"))


def drivers(actor: Actor, period: str) -> list[DriverRound]:
    """Every driver with the values that count for a period."""
    require(actor, VIEW)
    return driver_rounds(period)


def driver_rounds(period: str) -> list[DriverRound]:
    """Each driver's latest round of measurement not after the period; two queries.

    A round replaces the one before as a whole: a target that is no longer measured has no value.
    """
    found = list(Driver.objects.filter(agency_id=centre().agency_id).order_by("code"))
    values = DriverValue.objects.filter(driver__in=found, period__lte=period)
    latest = dict(values.values_list("driver_id").annotate(latest=Max("period")))
    wanted = Q(pk__in=[])
    for driver_id, when in latest.items():
        wanted |= Q(driver_id=driver_id, period=when)
    by_driver: dict[Any, dict[str, Decimal]] = {driver.pk: {} for driver in found}
    for row in DriverValue.objects.filter(wanted).order_by("target"):
        by_driver[row.driver_id][row.target] = row.value
    return [
        DriverRound(driver, latest.get(driver.pk, ""), by_driver[driver.pk]) for driver in found
    ]


def matches(rule: PoolRule) -> Q:
    """The ledger lines that a rule takes; capitals and small letters do not matter."""
    wanted = Q()
    if rule.unit:
        wanted &= Q(unit__iexact=rule.unit)
    if rule.category:
        wanted &= Q(category__iexact=rule.category)
    if rule.account_prefix:
        wanted &= Q(account__istartswith=rule.account_prefix)
    if rule.kind:
        wanted &= Q(kind__iexact=rule.kind)
    return wanted


def ledger_lines(period: str) -> int:
    """How many ledger lines of actual cost a month has."""
    return CostLine.objects.filter(
        agency_id=centre().agency_id, basis="actual", period=period
    ).count()


def present_ledger(basis: str, first: str, last: str) -> dict[str, Any]:
    """The imports that have lines in some periods, and the rules as they are now: what a run keeps
    to say which lines it counted."""
    found = CostImport.objects.filter(
        agency_id=centre().agency_id,
        lines__basis=basis,
        lines__period__gte=first,
        lines__period__lte=last,
    )
    rules = [
        [rule.pool.code, rule.unit, rule.category, rule.account_prefix, rule.kind]
        for rule in rule_rows()
    ]
    ids = found.order_by("id").values_list("id", flat=True).distinct()
    return {"imports": [str(each) for each in ids], "rules": rules}


def lines_with_pool(
    basis: str, first: str, last: str, counted: Mapping[str, Any] | None = None
) -> QuerySet[Any]:
    """The centre's ledger lines of some periods, each with the `pool_code` of its first rule.

    `counted`: what a run kept of the ledger; then only the lines it counted, by its rules.
    """
    found = CostLine.objects.filter(
        agency_id=centre().agency_id, basis=basis, period__gte=first, period__lte=last
    )
    if counted is None:
        rules = [(rule.pool.code, rule) for rule in rule_rows()]
    else:
        found = found.filter(cost_import_id__in=counted["imports"])
        names = ("unit", "category", "account_prefix", "kind")
        rules = [
            (pool, PoolRule(**dict(zip(names, fields, strict=True))))
            for pool, *fields in counted["rules"]
        ]
    cases = [When(matches(rule), then=Value(pool)) for pool, rule in rules]
    if not cases:
        return found.annotate(pool_code=Value(UNASSIGNED, output_field=CharField()))
    return found.annotate(
        pool_code=Case(*cases, default=Value(UNASSIGNED), output_field=CharField())
    )


def amounts_by_pool(
    basis: str, first: str, last: str, counted: Mapping[str, Any] | None = None
) -> dict[str, tuple[int, int]]:
    """Lines and minor units per pool code; `unassigned` for lines that no rule takes."""
    rows = (
        lines_with_pool(basis, first, last, counted)
        .values("pool_code")
        .annotate(lines=Count("id"), amount=Sum("amount_minor"))
        .order_by("pool_code")
        .values_list("pool_code", "lines", "amount")
    )
    return {code: (lines, int(amount)) for code, lines, amount in rows if lines}


def amount_of_pool(
    pool: str, basis: str, first: str, last: str, counted: Mapping[str, Any] | None = None
) -> tuple[int, int]:
    """Lines and minor units of one pool."""
    found = lines_with_pool(basis, first, last, counted).filter(pool_code=pool)
    sums = found.aggregate(lines=Count("id"), amount=Sum("amount_minor"))
    return sums["lines"], int(sums["amount"] or 0)


def cost_by_pool(actor: Actor, first: str, last: str, basis: str = "actual") -> list[PoolCost]:
    """What every pool holds in some periods, and what no rule matches; three queries."""
    require(actor, VIEW)
    found = amounts_by_pool(basis, first, last)
    result = [
        PoolCost(pool.code, pool.name, pool, *found.get(pool.code, (0, 0))) for pool in pool_rows()
    ]
    if UNASSIGNED in found:
        result.append(PoolCost(UNASSIGNED, "Not assigned by any rule", None, *found[UNASSIGNED]))
    return result


def closed_periods(periods: Sequence[str], step: str = "allocate") -> list[str]:
    """Those of the periods that are closed, or whose close has taken a step already.

    Costs are settled once the close has allocated them, rates once it has rated with them.
    """
    done = set(
        CloseRun.objects.filter(period__in=periods, state="done").values_list("period", flat=True)
    )
    done |= set(
        CloseStep.objects.filter(run__period__in=periods, code=step, state="done").values_list(
            "run__period", flat=True
        )
    )
    return sorted(done)


def require_open(starts: date) -> None:
    """Refuse to change how costs go from a day on if a month since is allocated (COSTS-236)."""
    month = FiscalPeriod.of_date(starts)
    closed = closed_periods([month.shift(step).code for step in range(120)])
    if closed:
        raise CostError(
            "COSTS-236",
            f"{closed[-1]} is allocated already, and stays as it is. Begin with a later month.",
            field="starts",
        )


def service_rows() -> list[Service]:
    """The services, by code."""
    return list(Service.objects.order_by("code"))
