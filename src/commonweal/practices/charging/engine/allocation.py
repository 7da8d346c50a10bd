"""Cost allocation in exact rational arithmetic: pools → services, with full lineage.

A pool's cost goes to targets by a driver's measured values. *Direct* ignores other pools;
*step-down* closes the pools in a stated order, each giving to the pools after it and to the final
objects (charging reference §2.1). Every edge keeps its numerator and denominator; the resolved
share matrix (pool → final object) is the lineage. Cents are made once, for each pool over its final
objects, by largest remainder, so the parts always add up to the pool. What has no driver goes to
`unallocated`, never away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import lcm

from commonweal.kernel.money.public import exact_decimal, largest_remainder, refuse_float

from .errors import EngineDefect, EngineError

UNALLOCATED = "unallocated"


@dataclass(frozen=True, slots=True)
class Pool:
    """A cost pool: its own cost in minor units, and its driver's measured values by target id."""

    id: str
    amount: int
    values: Mapping[str, Decimal | int] = field(default_factory=dict)
    name: str = ""
    driver: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A final cost object (a service); `amount` is its own direct cost in minor units."""

    id: str
    amount: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """One step: `target` gets numerator/denominator of `pool`'s whole cost (received cost too).

    The numbers are the driver's values, scaled together to whole numbers, not reduced.
    """

    pool: str
    target: str
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Share:
    """A pool's resolved share in one final object, and the minor units it moves there."""

    pool: str
    target: str
    share: Fraction
    amount: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """A finished allocation. All amounts in minor units.

    `totals` are the final objects' full costs (own cost and allocated), `unallocated` included.
    `excluded` are (pool, target) driver values that the method has no use for; `closed` are the
    pools' exact full costs when they were given on.
    """

    method: str
    edges: tuple[Edge, ...]
    shares: tuple[Share, ...]
    totals: Mapping[str, int]
    closed: Mapping[str, Fraction]
    stuck: tuple[str, ...]
    excluded: tuple[tuple[str, str], ...]

    @property
    def unallocated(self) -> int:
        """What reached no final object, in minor units."""
        return self.totals.get(UNALLOCATED, 0)


Reach = Mapping[str, frozenset[str]]


def _reach_direct(pools: Sequence[Pool], finals: frozenset[str], order: Sequence[str]) -> Reach:
    return {pool.id: finals for pool in pools}


def _reach_step_down(pools: Sequence[Pool], finals: frozenset[str], order: Sequence[str]) -> Reach:
    ids = [pool.id for pool in pools]
    if sorted(order) != sorted(ids):
        wrong = sorted(set(ids) ^ set(order)) or sorted(order)
        raise EngineError(
            "ALLOC-106",
            f"The order must name every pool exactly once; look at {', '.join(wrong)}.",
            "order",
        )
    return {pool: finals | frozenset(order[place + 1 :]) for place, pool in enumerate(order)}


# The seam: a method says which targets each pool may give to. Reciprocal needs cycles, and so its
# own solver in place of the one pass below.
METHODS: dict[str, Callable[[Sequence[Pool], frozenset[str], Sequence[str]], Reach]] = {
    "direct": _reach_direct,
    "step_down": _reach_step_down,
}


def _check(pools: Sequence[Pool], targets: Sequence[Target], method: str) -> None:
    if method not in METHODS:
        raise EngineError(
            "ALLOC-107",
            f"“{method}” is not a supported method. Use one of: {', '.join(METHODS)}.",
            "method",
        )
    known: set[str] = {UNALLOCATED}
    kinds: tuple[tuple[str, Sequence[Pool | Target]], ...] = (
        ("pools", pools),
        ("targets", targets),
    )
    for kind, things in kinds:
        for number, thing in enumerate(things):
            if thing.id in known:
                raise EngineError(
                    "ALLOC-101",
                    f"The id “{thing.id}” is used twice, or is reserved. Choose another.",
                    f"{kind}/{number}/id",
                )
            known.add(thing.id)
            refuse_float(thing.amount)
            if not isinstance(thing.amount, int):
                raise TypeError("amounts are whole numbers of minor units")
    for pool in pools:
        for target, value in pool.values.items():
            if target not in known or target == UNALLOCATED:
                raise EngineError(
                    "ALLOC-102",
                    f"The driver of “{pool.id}” names “{target}”, which is no pool or target."
                    " Add it, or remove the value.",
                    pool=pool.id,
                    target=target,
                )
            if exact_decimal(value) < 0:
                raise EngineError(
                    "ALLOC-103",
                    f"The driver of “{pool.id}” is negative for “{target}”. Give zero or more.",
                    pool=pool.id,
                    target=target,
                )


def _edges(pool: Pool, reach: frozenset[str]) -> list[Edge]:
    """The pool's edges with whole-number parts; none when its driver adds up to zero."""
    values = {
        target: Fraction(exact_decimal(value))
        for target, value in sorted(pool.values.items())
        if target in reach and value
    }
    scale = lcm(*(value.denominator for value in values.values()))
    parts = {target: int(value * scale) for target, value in values.items()}
    whole = sum(parts.values())
    return [Edge(pool.id, target, part, whole) for target, part in parts.items()]


def _closing_order(pools: Sequence[Pool], order: Sequence[str], method: str) -> list[str]:
    return list(order) if method == "step_down" else sorted(pool.id for pool in pools)


def allocate(
    pools: Sequence[Pool], targets: Sequence[Target], method: str, order: Sequence[str] = ()
) -> Allocation:
    """Allocate every pool's cost to the final objects; `order` is for step-down.

    Independent of the order in which pools, targets and values are given.
    """
    _check(pools, targets, method)
    finals = frozenset(target.id for target in targets)
    reach = METHODS[method](pools, finals, order)
    by_id = {pool.id: pool for pool in pools}
    closing = _closing_order(pools, order, method)
    edges = {pool: _edges(by_id[pool], reach[pool]) for pool in closing}
    resolved = _resolve(closing, edges)
    shares = []
    for pool in closing:
        row = resolved[pool]
        ids = sorted(row)
        cents = largest_remainder(by_id[pool].amount, [row[name] for name in ids], ids)
        shares += [Share(pool, n, row[n], part) for n, part in zip(ids, cents, strict=True)]
    totals = {target.id: target.amount for target in sorted(targets, key=lambda t: t.id)}
    totals[UNALLOCATED] = 0
    for share in shares:
        totals[share.target] += share.amount
    return Allocation(
        method=method,
        edges=tuple(edge for pool in closing for edge in edges[pool]),
        shares=tuple(shares),
        totals=totals,
        closed=_closed(by_id, closing, edges),
        stuck=tuple(pool for pool in closing if not edges[pool]),
        excluded=tuple(
            (pool, target)
            for pool in closing
            for target, value in sorted(by_id[pool].values.items())
            if value and target not in reach[pool]
        ),
    )


def _resolve(
    closing: Sequence[str], edges: Mapping[str, list[Edge]]
) -> dict[str, dict[str, Fraction]]:
    """Shares of each pool in the final objects, from the last pool back to the first."""
    resolved: dict[str, dict[str, Fraction]] = {}
    for pool in reversed(closing):
        row: dict[str, Fraction] = {}
        for edge in edges[pool]:
            part = Fraction(edge.numerator, edge.denominator)
            for final, share in resolved.get(edge.target, {edge.target: Fraction(1)}).items():
                row[final] = row.get(final, Fraction(0)) + part * share
        resolved[pool] = row or {UNALLOCATED: Fraction(1)}
    return resolved


def _closed(
    by_id: Mapping[str, Pool], closing: Sequence[str], edges: Mapping[str, list[Edge]]
) -> dict[str, Fraction]:
    """Each pool's exact full cost (its own and what it received) when it gives on."""
    closed = {pool: Fraction(by_id[pool].amount) for pool in closing}
    for pool in closing:
        for edge in edges[pool]:
            if edge.target in closed:
                closed[edge.target] += closed[pool] * Fraction(edge.numerator, edge.denominator)
    return closed


def prove_allocation(
    pools: Sequence[Pool],
    targets: Sequence[Target],
    order: Sequence[str],
    allocation: Allocation,
) -> list[str]:
    """The second path: carry each pool's cost forward in integers, make cents, compare every one.

    Shares nothing with `allocate` but the input: no fractions, no share matrix, its own splitting.
    Costs are scaled by the product of all driver sums, so every division is exact. Empty means
    proved.
    """
    finals = {target.id for target in targets}
    stepped = allocation.method == "step_down"
    sequence = list(order) if stepped else [pool.id for pool in pools]
    by_id = {pool.id: pool for pool in pools}
    still_open = set(sequence) if stepped else set()
    weights: dict[str, dict[str, int]] = {}
    scale = 1
    for name in sequence:
        still_open.discard(name)
        weights[name] = _whole_weights(by_id[name], finals | still_open)
        scale *= sum(weights[name].values()) or 1
    found: dict[str, dict[str, int]] = {name: {} for name in sequence}
    for share in allocation.shares:
        found[share.pool][share.target] = share.amount
    problems = []
    totals = {target.id: target.amount for target in targets} | {UNALLOCATED: 0}
    for name in sequence:
        expected = _forward(by_id[name].amount, name, sequence, weights, scale)
        for target in sorted(expected.keys() | found[name].keys()):
            cents, shown = expected.get(target, 0), found[name].get(target, 0)
            totals[target] += cents
            if cents != shown:
                problems.append(
                    f"{name} to {target}: {shown} allocated, {cents} by the second path"
                )
    problems += [
        f"total of {target}: {allocation.totals.get(target)} allocated, {total} by the second path"
        for target, total in sorted(totals.items())
        if allocation.totals.get(target) != total
    ]
    return problems


def _forward(
    amount: int,
    origin: str,
    sequence: Sequence[str],
    weights: Mapping[str, dict[str, int]],
    scale: int,
) -> dict[str, int]:
    """Where one pool's own cost lands, in whole minor units (largest remainder, ties by id)."""
    size = abs(amount)
    carried = dict.fromkeys(sequence, 0) | {origin: size * scale}
    landed: dict[str, int] = {}
    for name in sequence:
        cost = carried.pop(name)
        row = weights[name]
        whole = sum(row.values())
        if not cost and name != origin:
            continue
        for target, weight in row.items():
            into = carried if target in carried else landed
            into[target] = into.get(target, 0) + cost * weight // whole
        if not whole:
            landed[UNALLOCATED] = landed.get(UNALLOCATED, 0) + cost
    cents = {target: exact // scale for target, exact in landed.items()}
    queue = sorted(landed, key=lambda target: (-(landed[target] % scale), target))
    for target in queue[: size - sum(cents.values())]:
        cents[target] += 1
    return cents if amount >= 0 else {target: -part for target, part in cents.items()}


def _whole_weights(pool: Pool, reach: set[str]) -> dict[str, int]:
    """Driver values of reachable targets as whole numbers (all shifted by the same decimals)."""
    texts = {
        target: str(value) if isinstance(value, int) else f"{value:f}"
        for target, value in pool.values.items()
        if target in reach
    }
    places = max((len(text.partition(".")[2]) for text in texts.values()), default=0)
    weights = {}
    for target, text in texts.items():
        whole, _, decimals = text.partition(".")
        weights[target] = int(whole + decimals.ljust(places, "0"))
    return {target: weight for target, weight in weights.items() if weight}


def require_allocation_proof(problems: Sequence[str]) -> None:
    """Raise ALLOC-902 with the first differences, so that no rate is built on them."""
    if problems:
        raise EngineDefect(
            "ALLOC-902",
            f"The two allocation paths differ: {'; '.join(problems[:3])}. Nothing may be used:"
            " keep the input and report this.",
        )
