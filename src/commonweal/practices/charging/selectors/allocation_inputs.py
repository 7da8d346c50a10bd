"""What an allocation takes in: pools with their drivers as they count, and both bases of cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.money.public import Money, largest_remainder
from commonweal.kernel.party.public import centre

from ..domain.cost_model import PoolInput, allocation_document, total_of
from ..domain.cost_terms import IDLE, Idle, bearable, document_parts, idle_parts
from ..domain.costs import CostError
from ..engine.documents import run_allocate
from ..models import AllocationRun, BillLine, IdleCost
from .capacity import (
    Reach,
    idle_shares,
    item_reaches,
    months_of,
    policy_of,
    pool_reaches,
    reserved_by,
)
from .cost_model import (
    UNASSIGNED,
    amounts_by_pool,
    driver_rounds,
    lines_with_pool,
    pool_rows,
    service_rows,
)
from .cost_terms import weighted_drivers
from .marks import UNALLOWABLE, mark_rows, sums_by_pool

Amounts = Mapping[str, tuple[int, int]]


@dataclass
class Inputs:
    """The months and lines of an allocation, and how its pools give.

    `idle`: by pool code, the capacities with a decided policy; `marks`: what is not allowable.
    """

    first: FiscalPeriod
    last: FiscalPeriod
    basis: str
    source: str
    amounts: Amounts
    idle: dict[str, tuple[Reach, str]] = field(default_factory=dict)
    unallowable: Amounts = field(default_factory=dict)
    marks: list[dict[str, Any]] = field(default_factory=list)
    items: list[Reach] = field(default_factory=list)

    def terms(self) -> dict[str, Any]:
        """What the run's identity holds besides its document: marks, and capacities that count."""
        reaches = [*(reach for reach, _ in self.idle.values()), *self.items]
        idle = sorted(
            [str(each.capacity.pk), str(policy.decision_id), str(each.used)]
            for each in reaches
            if (policy := policy_of(each.capacity)) is not None
        )
        return {**({"marks": self.marks} if self.marks else {}), **({"idle": idle} if idle else {})}


def inputs(basis: str, first: FiscalPeriod, last: FiscalPeriod) -> Inputs:
    """The lines of some months; where there are no planned ones, the actual ones in their place."""
    source, amounts = basis, amounts_by_pool(basis, first.code, last.code)
    if basis == "budget" and not amounts:
        source, amounts = "actual", amounts_by_pool("actual", first.code, last.code)
    found = Inputs(first, last, basis, source, amounts)
    for code, reach in pool_reaches(first, last).items():
        policy = policy_of(reach.capacity)
        if policy is not None and reach.used is not None:
            found.idle[code] = (reach, policy.policy)
    found.items = [
        each
        for each in item_reaches(first, last)
        if each.used is not None and policy_of(each.capacity) is not None
    ]
    rules = mark_rows(UNALLOWABLE)
    if rules:
        lines = lines_with_pool(source, first.code, last.code)
        found.unallowable, found.marks = sums_by_pool(lines, rules)
    return found


def document_of(given: Inputs, method: str, *, allowable: bool = False) -> dict[str, Any]:
    """The engine's document of the full cost, or of what grants allow (COSTS-223)."""
    services, currency = service_rows(), centre().currency
    if not services:
        raise CostError(
            "COSTS-223",
            "There is no service to allocate costs to. Put a service into the catalogue.",
        )
    rounds = {entry.driver.pk: entry for entry in driver_rounds(given.last.code)}
    pools = pool_rows()
    several = weighted_drivers(given.first, given.last, rounds, pools)

    def text(code: str) -> str:
        minor = given.amounts.get(code, (0, 0))[1]
        if allowable:
            minor -= given.unallowable.get(code, (0, 0))[1]
        return Money(minor, currency).text

    def parts(code: str, own: tuple[str, Mapping[str, Decimal]] | None) -> Any:
        found = several.get(code, [])
        if code in given.idle and given.idle[code][1] != "spread":
            reach, _ = given.idle[code]
            plain = found or ([(own[0], Decimal(1), own[1])] if own else [])
            found = idle_parts(plain, code, idle_of(reach, 0))
        return document_parts(found)

    inputs = []
    for pool in pools:
        own = (pool.driver.name, rounds[pool.driver.pk].values) if pool.driver else None
        inputs.append(
            PoolInput(
                code=pool.code,
                name=pool.name,
                amount=text(pool.code),
                service=pool.service.code if pool.service else "",
                driver=own[0] if own else "",
                values=own[1] if own else None,
                parts=() if pool.service else parts(pool.code, own),
            )
        )
    rest = PoolInput(UNASSIGNED, "Not assigned by any rule", text(UNASSIGNED))
    names = [(service.code, service.name) for service in services]
    idle = [
        (IDLE + pool.code, f"Idle: {pool.name}"[:200])
        for pool in pools
        if pool.code in given.idle and given.idle[pool.code][1] != "spread"
    ]
    return allocation_document([*inputs, rest], names, currency, method, idle)


def idle_of(reach: Reach, cost_minor: int) -> Idle:
    """What a capacity leaves idle of a cost."""
    return Idle(cost_minor, reach.practical, reach.used or Decimal(0))


def allowable_part(given: Inputs, method: str) -> dict[str, Any]:
    """What grants allow, from the same model: the marks, and each service's cost without them."""
    result = run_allocate(document_of(given, method, allowable=True))
    return {
        "marks": given.marks,
        "total": result["total"],
        "unallocated": result["unallocated"],
        "totals": result["totals"],
        "unallowable": {code: minor for code, (_, minor) in sorted(given.unallowable.items())},
    }


def store_idle(run: AllocationRun, given: Inputs) -> None:
    """Keep the run's idle lines: of pools with a decided policy, and of charge items' services.

    A pool's cost is its full one, with what it received; an item's is its service's.
    """
    costs = {entry["pool"]: entry["minor"] for entry in run.result["closed"]}
    for code, (reach, policy) in given.idle.items():
        minor = costs.get(code, {"numerator": "0", "denominator": "1"})
        cost = round(Decimal(minor["numerator"]) / Decimal(minor["denominator"]))
        idle = _minor(run, IDLE + code) if policy != "spread" else idle_of(reach, cost).idle_minor
        _store(run, reach, cost, idle)
    for reach in given.items:
        store_item_idle(run, reach)


def store_item_idle(run: AllocationRun, reach: Reach) -> None:
    """Keep a charge item's idle line. Its cost: of its service's cost, the part that it has in what
    the service billed of the months (all of it where nothing was billed). Who reserved bears no
    more of it than the item's own charges left open: a price that is not worked out by capacity
    recovers idle cost already."""
    item = reach.capacity.charge_item
    if item is None:
        return
    months = [month.code for month in months_of(*_months(run))]
    billed = BillLine.objects.filter(
        service_id=item.service_id, charge_period__in=months, kind__in=("usage", "fixed")
    )
    by_item = dict(
        billed.values_list("charge_item_id").annotate(total=Sum("amount_minor")).order_by()
    )
    cost, whole = _minor(run, item.service.code), sum(by_item.values())
    own = by_item.get(item.pk, 0)
    if whole > 0:
        cost = largest_remainder(cost, [own, whole - own], ["own", "others"])[0]
    _store(run, reach, cost, idle_of(reach, cost).idle_minor, own)


def _months(run: AllocationRun) -> tuple[FiscalPeriod, FiscalPeriod]:
    return FiscalPeriod.parse(run.first_period), FiscalPeriod.parse(run.last_period)


def _minor(run: AllocationRun, target: str) -> int:
    return Money.exactly(total_of(run.result, target), run.currency).minor


def _store(
    run: AllocationRun, reach: Reach, cost: int, idle: int, recovered: int | None = None
) -> None:
    """`recovered`: what a charge item's own charges brought in; None for a pool, which has none."""
    borne = idle if recovered is None else bearable(idle, cost, recovered)
    decided = policy_of(reach.capacity)
    if decided is not None:
        reserved = reserved_by(decided)
        IdleCost.objects.create(
            agency_id=run.agency_id,
            run=run,
            capacity=reach.capacity,
            cost_minor=cost,
            practical=reach.practical,
            used=reach.used or Decimal(0),
            idle_minor=idle,
            recovered_minor=recovered or 0,
            policy=decided.policy,
            decision_id=decided.decision_id,
            shares=idle_shares(reserved, decided.policy, borne),
            reserved={key: str(quantity) for key, quantity in reserved.items()},
        )
