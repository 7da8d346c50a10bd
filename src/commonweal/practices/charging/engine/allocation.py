"""Cost allocation in exact rational arithmetic: pools → services, with full lineage.

A pool's cost goes to targets by a driver's measured values. *Direct* ignores other pools;
*step-down* closes the pools in a stated order, each giving to the pools after it and to the final
objects; *double step-down* lets each give to all others first; *reciprocal* solves the circles
(charging reference §2.1, ADR 15). Every edge keeps its numerator and denominator; the resolved
share matrix (pool → final object) is the lineage. Cents are made once, for each pool over its final
objects, by largest remainder, so the parts always add up to the pool. What has no driver goes to
`unallocated`, never away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import lcm

from commonweal.kernel.money.public import exact_decimal, largest_remainder, refuse_float

from .allocation_methods import (
    FINAL,
    METHODS,
    ORDERED,
    UNALLOCATED,
    Node,
    Parts,
    Route,
    full_costs,
    resolve_cyclic,
    resolve_forward,
)
from .errors import EngineError


@dataclass(frozen=True, slots=True)
class Weighted:
    """One of several drivers of a pool: its weight above zero, and its values by target id."""

    weight: Decimal | int
    values: Mapping[str, Decimal | int]


@dataclass(frozen=True, slots=True)
class Pool:
    """A cost pool: its own cost in minor units, and its driver's measured values by target id.

    With `parts` it has several drivers in place of the one: each shares out its weight's part of
    the cost; the part of one that adds up to zero is unallocated.
    """

    id: str
    amount: int
    values: Mapping[str, Decimal | int] = field(default_factory=dict)
    name: str = ""
    driver: str = ""
    parts: tuple[Weighted, ...] = ()

    @property
    def drivers(self) -> tuple[Weighted, ...]:
        """Its drivers, however many."""
        return self.parts or (Weighted(1, self.values),)


@dataclass(frozen=True, slots=True)
class Target:
    """A final cost object (a service); `amount` is its own direct cost in minor units."""

    id: str
    amount: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """One step: `target` gets numerator/denominator of `pool`'s whole cost (received cost too).

    The numbers are the driver's values, scaled together to whole numbers, not reduced. `step`: the
    pass in which it gives; with double step-down there are two.
    """

    pool: str
    target: str
    numerator: int
    denominator: int
    step: int = 1


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
    pools' exact full costs when they were given on (of both passes together), none where shares
    were found by iteration. `bound`: no share is farther than this from the exact one; 0: exact.
    """

    method: str
    edges: tuple[Edge, ...]
    shares: tuple[Share, ...]
    totals: Mapping[str, int]
    closed: Mapping[str, Fraction]
    stuck: tuple[str, ...]
    excluded: tuple[tuple[str, str], ...]
    bound: Fraction = Fraction(0)

    @property
    def unallocated(self) -> int:
        """What reached no final object, in minor units."""
        return self.totals.get(UNALLOCATED, 0)


def _check(
    pools: Sequence[Pool], targets: Sequence[Target], method: str, order: Sequence[str]
) -> None:
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
        _check_values(pool, known)
    ids = [pool.id for pool in pools]
    if method in ORDERED and sorted(order) != sorted(ids):
        wrong = sorted(set(ids) ^ set(order)) or sorted(order)
        raise EngineError(
            "ALLOC-106",
            f"The order must name every pool exactly once; look at {', '.join(wrong)}.",
            "order",
        )


def _check_values(pool: Pool, known: set[str]) -> None:
    for part in pool.drivers:
        if exact_decimal(part.weight) <= 0:
            raise EngineError(
                "ALLOC-104",
                f"A driver of “{pool.id}” has the weight {part.weight}. Give one above zero.",
                pool=pool.id,
                target=None,
            )
        for target, value in part.values.items():
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


def _edges(pool: Pool, node: Node, route: Route) -> list[tuple[Edge, Node]]:
    """A node's edges with whole-number parts, and where they lead; none when they add up to 0."""
    ways: dict[str, Node] = {}
    found: list[tuple[Fraction, dict[str, Fraction]]] = []
    for part in pool.drivers:
        row = {}
        for target, value in sorted(part.values.items()):
            if value and (there := route(target)) is not None:
                row[target], ways[target] = Fraction(exact_decimal(value)), there
        found.append((Fraction(exact_decimal(part.weight)), row))
    if not ways:
        return []
    values = found[0][1] if len(found) == 1 else _blend(found)
    scale = lcm(*(value.denominator for value in values.values()))
    whole = int(sum(values.values()) * scale)
    return [
        (
            Edge(node[0], target, int(value * scale), whole, node[1]),
            ways.get(target, FINAL),
        )
        for target, value in sorted(values.items())
    ]


def _blend(parts: Sequence[tuple[Fraction, Mapping[str, Fraction]]]) -> dict[str, Fraction]:
    """Each target's part of a pool's cost over several weighted drivers."""
    blended: dict[str, Fraction] = {}
    for weight, row in parts:
        whole = sum(row.values(), Fraction(0))
        for target, value in row.items() if whole else [(UNALLOCATED, Fraction(1))]:
            blended[target] = blended.get(target, Fraction(0)) + weight * value / (whole or 1)
    return blended


def allocate(
    pools: Sequence[Pool], targets: Sequence[Target], method: str, order: Sequence[str] = ()
) -> Allocation:
    """Allocate every pool's cost to the final objects; `order` is for the step-down methods.

    Independent of the order in which pools, targets and values are given.
    """
    _check(pools, targets, method, order)
    finals = frozenset(target.id for target in targets)
    plan = METHODS[method]([pool.id for pool in pools], finals, order)
    by_id = {pool.id: pool for pool in pools}
    nodes = [node for node, _ in plan.nodes]
    edges = {node: _edges(by_id[node[0]], node, route) for node, route in plan.nodes}
    parts: Parts = {
        node: [(edge.target, there, edge.numerator, edge.denominator) for edge, there in ways]
        for node, ways in edges.items()
    }
    bound = Fraction(0)
    if plan.cyclic:
        resolved, bound = resolve_cyclic(nodes, parts)
    else:
        resolved = resolve_forward(nodes, parts)
    shares = []
    first = [node for node in nodes if node[1] == 1]
    for node in first:
        row = resolved[node]
        ids = sorted(row)
        cents = largest_remainder(by_id[node[0]].amount, [row[name] for name in ids], ids)
        shares += [Share(node[0], n, row[n], part) for n, part in zip(ids, cents, strict=True)]
    totals = {target.id: target.amount for target in sorted(targets, key=lambda t: t.id)}
    totals[UNALLOCATED] = 0
    for share in shares:
        totals[share.target] += share.amount
    own = {pool.id: pool.amount for pool in pools}
    used = {(edge.pool, edge.target) for node in first for edge, _ in edges[node]}
    return Allocation(
        method=method,
        edges=tuple(edge for node in nodes for edge, _ in edges[node]),
        shares=tuple(shares),
        totals=totals,
        closed=_closed(full_costs(nodes, parts, own, cyclic=plan.cyclic)),
        stuck=_stuck(nodes, parts),
        excluded=tuple(
            (pool, target)
            for pool, _ in first
            for target in sorted({t for d in by_id[pool].drivers for t, v in d.values.items() if v})
            if (pool, target) not in used
        ),
        bound=bound,
    )


def _closed(costs: Mapping[Node, Fraction]) -> dict[str, Fraction]:
    """The full cost that each pool gave on, over its passes."""
    closed: dict[str, Fraction] = {}
    for (pool, _), cost in costs.items():
        closed[pool] = closed.get(pool, Fraction(0)) + cost
    return closed


def _stuck(nodes: Sequence[Node], parts: Parts) -> tuple[str, ...]:
    """The pools that nothing leaves, in the pass in which something may lie in them."""
    reached = {there for node in nodes for _, there, *_ in parts[node] if there != FINAL}
    found = [node for node in nodes if not parts[node] and (node[1] == 1 or node in reached)]
    return tuple(dict.fromkeys(pool for pool, _ in found))
