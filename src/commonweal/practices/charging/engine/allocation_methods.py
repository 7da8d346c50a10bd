"""The methods of allocation: which pool gives to whom, pass by pass, and its resolved shares. Pure.

A method turns pools into *nodes*: a pool in one of its passes. A node gives by its pool's driver to
other nodes and to final objects. Step-down and direct have one node a pool, double step-down two;
these networks have no cycles, so that shares are resolved from the last node back. Reciprocal
networks are solved (ADR 15).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from . import cycles
from .exact_solve import solve
from .iterative import Network, resolve

EXACT_POOLS = 200
"""Up to so many pools that give to pools, reciprocal shares are exact fractions."""
UNALLOCATED = "unallocated"
Node = tuple[str, int]
"""A pool's id and the pass, from 1."""
Route = Callable[[str], Node | None]
"""Where a node's share for a target goes: a node, ("", 0) for the target itself, None: nowhere."""
FINAL: Node = ("", 0)


@dataclass(frozen=True)
class Plan:
    """The nodes in the order in which they give, with their routes."""

    nodes: Sequence[tuple[Node, Route]]
    cyclic: bool = False


Row = dict[str, Fraction]
Parts = Mapping[Node, Sequence[tuple[str, Node, int, int]]]
"""Each node's edges: target, the node it leads to, numerator, denominator."""


def direct(pools: Sequence[str], finals: frozenset[str], order: Sequence[str]) -> Plan:
    """Every pool gives to final objects only."""
    route = _to(finals, {})
    return Plan([((pool, 1), route) for pool in sorted(pools)])


def step_down(pools: Sequence[str], finals: frozenset[str], order: Sequence[str]) -> Plan:
    """Each pool gives, in order, to those after it and to final objects, and is closed."""
    later: dict[str, Node] = {}
    nodes: list[tuple[Node, Route]] = []
    for pool in reversed(order):
        nodes.append(((pool, 1), _to(finals, dict(later))))
        later[pool] = (pool, 1)
    return Plan(nodes[::-1])


def double_step_down(pools: Sequence[str], finals: frozenset[str], order: Sequence[str]) -> Plan:
    """First each pool gives, in order, its own cost and what it has received so far to all others
    and stays open; then, in order, what it received since to those after it, and is closed.

    The meaning that US city and county cost plans give it (ADR 15 names the sources).
    """
    second = step_down(pools, finals, order)
    places = {pool: place for place, pool in enumerate(order)}
    first: list[tuple[Node, Route]] = []
    for pool in order:
        others = {
            other: (other, 1 if places[other] > places[pool] else 2)
            for other in order
            if other != pool
        }
        first.append(((pool, 1), _to(finals, others)))
    return Plan([*first, *(((pool, 2), _again(route)) for (pool, _), route in second.nodes)])


def reciprocal(pools: Sequence[str], finals: frozenset[str], order: Sequence[str]) -> Plan:
    """Every pool gives to all others and to final objects at once: x = b + Aᵀx."""
    everybody: dict[str, Node] = {pool: (pool, 1) for pool in pools}
    return Plan(
        [((pool, 1), _but(pool, _to(finals, everybody))) for pool in sorted(pools)], cyclic=True
    )


def _to(finals: frozenset[str], nodes: Mapping[str, Node]) -> Route:
    return lambda target: FINAL if target in finals else nodes.get(target)


def _but(pool: str, route: Route) -> Route:
    """What a pool uses of itself changes no share of anybody's: it is left out."""
    return lambda target: None if target == pool else route(target)


def _again(route: Route) -> Route:
    """The same route, into the second pass."""

    def second(target: str) -> Node | None:
        found = route(target)
        return (found[0], 2) if found and found != FINAL else found

    return second


METHODS: dict[str, Callable[[Sequence[str], frozenset[str], Sequence[str]], Plan]] = {
    "direct": direct,
    "step_down": step_down,
    "double_step_down": double_step_down,
    "reciprocal": reciprocal,
}
ORDERED = frozenset({"step_down", "double_step_down"})


def resolve_forward(nodes: Sequence[Node], parts: Parts) -> dict[Node, Row]:
    """Shares of each node in the final objects, from the last node back to the first."""
    resolved: dict[Node, Row] = {}
    for node in reversed(nodes):
        row: Row = {}
        for target, there, numerator, denominator in parts[node]:
            part = Fraction(numerator, denominator)
            onward = {target: Fraction(1)} if there == FINAL else resolved[there]
            for final, share in onward.items():
                row[final] = row.get(final, Fraction(0)) + part * share
        resolved[node] = row or {UNALLOCATED: Fraction(1)}
    return resolved


def resolve_cyclic(nodes: Sequence[Node], parts: Parts) -> tuple[dict[Node, Row], Fraction]:
    """Shares of each node where pools give to one another, and how far one may be from exact.

    Zero up to EXACT_POOLS pools that give to pools; beyond, they are found by iteration. A circle
    without exit is refused (ALLOC-108).
    """
    links = {
        node[0]: [target for target, there, *_ in parts[node] if there != FINAL] for node in nodes
    }
    leaving = [
        node[0]
        for node in nodes
        if not parts[node] or any(there == FINAL for _, there, *_ in parts[node])
    ]
    cycles.require_exit(links, leaving)
    core = [node for node in nodes if links[node[0]]]
    outside = [node for node in nodes if not links[node[0]]]
    resolved = resolve_forward(outside, parts)
    solver = _exact if len(core) <= EXACT_POOLS else _iterated
    rows, bound = solver(core, parts) if core else ({}, Fraction(0))
    for node in core:
        row: Row = {}
        for target, share in rows[node].items():
            onward = resolved.get((target, 1), {target: Fraction(1)})
            for final, part in onward.items():
                row[final] = row.get(final, Fraction(0)) + part * share
        resolved[node] = row
    return resolved, bound


def _shape(core: Sequence[Node], parts: Parts) -> tuple[dict[Node, int], dict[str, int]]:
    """The places of the core's pools, and of all that they give to outside."""
    places = {node: at for at, node in enumerate(core)}
    targets = sorted({t for node in core for t, there, *_ in parts[node] if there not in places})
    return places, {target: at for at, target in enumerate(targets)}


def _exact(core: Sequence[Node], parts: Parts) -> tuple[dict[Node, Row], Fraction]:
    places, targets = _shape(core, parts)
    matrix = [[0] * len(core) for _ in core]
    right = [[0] * len(targets) for _ in core]
    for node, row in places.items():
        for target, there, numerator, denominator in parts[node]:
            matrix[row][row] = denominator
            if there in places:
                matrix[row][places[there]] = -numerator
            else:
                right[row][targets[target]] = numerator
    found, under = solve(matrix, right, 1)
    return {
        node: {
            target: Fraction(found[row][at], under)
            for target, at in targets.items()
            if found[row][at]
        }
        for node, row in places.items()
    }, Fraction(0)


def _iterated(core: Sequence[Node], parts: Parts) -> tuple[dict[Node, Row], Fraction]:
    places, targets = _shape(core, parts)
    inner: list[list[tuple[int, int]]] = [[] for _ in core]
    outer: list[list[tuple[int, int]]] = [[] for _ in core]
    for node, row in places.items():
        for target, there, numerator, _ in parts[node]:
            if there in places:
                inner[row].append((places[there], numerator))
            else:
                outer[row].append((targets[target], numerator))
    shares, bound = resolve(Network(inner, outer, len(targets)))
    names = list(targets)
    rows: dict[Node, Row] = {}
    for node, row in places.items():
        units = [int(part) for part in shares[row]]
        whole = sum(units)
        rows[node] = {
            name: Fraction(part, whole) for name, part in zip(names, units, strict=True) if part
        }
    return rows, bound


def full_costs(
    nodes: Sequence[Node], parts: Parts, own: Mapping[str, int], *, cyclic: bool
) -> dict[Node, Fraction]:
    """Each node's exact full cost, its own and what it received, when it gives on.

    Where pools give to one another these solve x = b + Aᵀx, apart from the shares.
    """
    closed = {node: Fraction(own[node[0]] if node[1] == 1 else 0) for node in nodes}
    if cyclic:
        return _gross(nodes, parts, closed)
    for node in nodes:
        for _, there, numerator, denominator in parts[node]:
            if there != FINAL:
                closed[there] += closed[node] * Fraction(numerator, denominator)
    return closed


def _gross(
    nodes: Sequence[Node], parts: Parts, closed: dict[Node, Fraction]
) -> dict[Node, Fraction]:
    core = [node for node in nodes if any(there != FINAL for _, there, *_ in parts[node])]
    if len(core) > EXACT_POOLS:
        return {}
    places = {node: at for at, node in enumerate(core)}
    if core:
        matrix = [[0] * len(core) for _ in core]
        for node, row in places.items():
            for _, there, numerator, denominator in parts[node]:
                matrix[row][row] = denominator
                if there in places:
                    matrix[places[there]][row] = -numerator
        own = [[int(closed[node])] for node in core]
        most = sum(abs(cost) for (cost,) in own)
        found, under = solve(matrix, own, most)
        for node, row in places.items():
            closed[node] = Fraction(found[row][0] * matrix[row][row], under)
    for node in core:
        for _, there, numerator, denominator in parts[node]:
            if there != FINAL and there not in places:
                closed[there] += closed[node] * Fraction(numerator, denominator)
    return closed


def common(fractions: Sequence[Fraction]) -> tuple[list[int], int]:
    """Fractions as whole numerators over their common denominator."""
    under = lcm(*(each.denominator for each in fractions))
    return [each.numerator * (under // each.denominator) for each in fractions], under
