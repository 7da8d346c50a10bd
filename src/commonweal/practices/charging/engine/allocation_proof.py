"""The second path of allocation: shares nothing with the first but the input.

Step by step methods: each pool's own cost is carried forward in scaled integers through the passes.
Reciprocal: the shares must fulfil their equations, and the full costs theirs, in whole numbers;
the two meet in each service's exact total. Cents are made anew, by another splitting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm, prod

from .allocation import Allocation, Pool, Target
from .allocation_methods import UNALLOCATED
from .errors import EngineDefect

Weights = Mapping[str, Mapping[str, int]]
_AGAIN = "\x00again"
"""Marks a pool's second pass; no id that anybody types ends so."""


def prove_allocation(
    pools: Sequence[Pool],
    targets: Sequence[Target],
    order: Sequence[str],
    allocation: Allocation,
) -> list[str]:
    """Work every cent out again by another way and compare. Empty means proved."""
    finals = {target.id for target in targets}
    amounts = {pool.id: pool.amount for pool in pools}
    if allocation.method == "reciprocal":
        problems, expected = _reciprocal(pools, finals, allocation)
    else:
        problems, expected = [], _carried(pools, finals, order, allocation.method)
    found: dict[str, dict[str, int]] = {name: {} for name in amounts}
    for share in allocation.shares:
        found[share.pool][share.target] = share.amount
    totals = {target.id: target.amount for target in targets} | {UNALLOCATED: 0}
    for name in amounts:
        for target in sorted(expected[name].keys() | found[name].keys()):
            cents, shown = expected[name].get(target, 0), found[name].get(target, 0)
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


Cents = dict[str, dict[str, int]]


def _carried(pools: Sequence[Pool], finals: set[str], order: Sequence[str], method: str) -> Cents:
    """Where each pool's own cost lands, carried forward in integers.

    Costs are scaled by the product of all driver sums, so every division is exact.
    """
    by_id = {pool.id: pool for pool in pools}
    sequence, weights = _passes(by_id, finals, order, method)
    scale = prod(sum(row.values()) or 1 for row in weights.values())
    return {
        name: _forward(pool.amount, name, sequence, weights, scale) for name, pool in by_id.items()
    }


def _passes(
    by_id: Mapping[str, Pool], finals: set[str], order: Sequence[str], method: str
) -> tuple[list[str], dict[str, dict[str, int]]]:
    """Who gives when, and with which whole weights to whom."""
    weights: dict[str, dict[str, int]] = {}
    if method == "direct":
        for name in by_id:
            weights[name] = _whole_weights(by_id[name], finals)
        return list(by_id), weights
    still_open = set(order)
    for name in order:
        still_open.discard(name)
        reach = finals | (still_open if method == "step_down" else set(order) - {name})
        row = _whole_weights(by_id[name], reach)
        given = finals | still_open | {UNALLOCATED}
        weights[name] = {
            target if target in given else target + _AGAIN: weight for target, weight in row.items()
        }
    if method == "step_down":
        return list(order), weights
    for place, name in enumerate(order):
        row = _whole_weights(by_id[name], finals | set(order[place + 1 :]))
        weights[name + _AGAIN] = {
            target if target in finals | {UNALLOCATED} else target + _AGAIN: weight
            for target, weight in row.items()
        }
    return [*order, *(name + _AGAIN for name in order)], weights


def _forward(
    amount: int, origin: str, sequence: Sequence[str], weights: Weights, scale: int
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
    return _cents(amount, landed, scale)


def _cents(amount: int, landed: Mapping[str, int], scale: int) -> dict[str, int]:
    """Whole minor units of exact parts over `scale`, which add up to the amount's size."""
    size = abs(amount)
    cents = {target: exact // scale for target, exact in landed.items()}
    queue = sorted(landed, key=lambda target: (-(landed[target] % scale), target))
    for target in queue[: size - sum(cents.values())]:
        cents[target] += 1
    return cents if amount >= 0 else {target: -part for target, part in cents.items()}


def _whole_weights(pool: Pool, reach: set[str]) -> dict[str, int]:
    """The pool's driver in whole numbers; several drivers over the product of their sums."""
    rows = [_shifted(part.values, reach) for part in pool.drivers]
    if len(rows) == 1:
        return rows[0]
    if not any(rows):
        return {}
    weights = _shifted({str(at): part.weight for at, part in enumerate(pool.drivers)}, None)
    every = prod(sum(row.values()) or 1 for row in rows)
    blended: dict[str, int] = {}
    for at, row in enumerate(rows):
        each = weights[str(at)] * every // (sum(row.values()) or 1)
        for target, weight in (row or {UNALLOCATED: 1}).items():
            blended[target] = blended.get(target, 0) + weight * each
    return blended


def _shifted(values: Mapping[str, Decimal | int], reach: set[str] | None) -> dict[str, int]:
    """Values of reachable targets as whole numbers (all shifted by the same decimals)."""
    texts = {
        target: str(value) if isinstance(value, int) else f"{value:f}"
        for target, value in values.items()
        if reach is None or target in reach
    }
    places = max((len(text.partition(".")[2]) for text in texts.values()), default=0)
    weights = {}
    for target, text in texts.items():
        whole, _, decimals = text.partition(".")
        weights[target] = int(whole + decimals.ljust(places, "0"))
    return {target: weight for target, weight in weights.items() if weight}


def _reciprocal(
    pools: Sequence[Pool], finals: set[str], allocation: Allocation
) -> tuple[list[str], Cents]:
    """What the shares do not fulfil, and the cents that follow from them by another splitting.

    Every pool's share in a target is what it gives there itself, and what its receivers do: the
    equations have one solution. Shares by iteration may miss by their bound; each cent then by one.
    """
    names = {pool.id for pool in pools}
    weights = {pool.id: _whole_weights(pool, finals | names - {pool.id}) for pool in pools}
    shares: dict[str, dict[str, Fraction]] = {name: {} for name in names}
    for share in allocation.shares:
        shares[share.pool][share.target] = share.share
    under = lcm(*(s.share.denominator for s in allocation.shares))
    whole = {
        name: {target: s.numerator * (under // s.denominator) for target, s in row.items()}
        for name, row in shares.items()
    }
    problems = [*_equations(weights, whole, under, allocation.bound)]
    if allocation.bound == 0:
        problems += _full_costs(pools, weights, allocation, shares)
    return problems, {pool.id: _landed(pool.amount, whole[pool.id], under) for pool in pools}


def _landed(amount: int, row: Mapping[str, int], under: int) -> dict[str, int]:
    return _cents(amount, {target: abs(amount) * part for target, part in row.items()}, under)


def _equations(weights: Weights, shares: Weights, under: int, bound: Fraction) -> Iterator[str]:
    """Each pool's shares: W · s = Σ w · (its receivers' shares), in whole numbers over `under`."""
    for name, row in weights.items():
        whole = sum(row.values())
        expected: dict[str, int] = {} if row else {UNALLOCATED: under}
        for target, weight in row.items():
            onward = shares.get(target, {target: under})
            for final, part in onward.items():
                expected[final] = expected.get(final, 0) + weight * part
        most = bound * 2 * (whole or 1) * under
        for final in sorted(expected.keys() | shares[name].keys()):
            shown = shares[name].get(final, 0) * (whole or 1)
            if abs(shown - expected.get(final, 0)) > most:
                yield f"share of {name} in {final} does not fulfil its equation"
        if sum(shares[name].values()) != under:
            yield f"shares of {name} do not add up to one"


def _full_costs(
    pools: Sequence[Pool],
    weights: Weights,
    allocation: Allocation,
    shares: Mapping[str, Mapping[str, Fraction]],
) -> Iterator[str]:
    """Full costs: x = b + Aᵀx exactly; and what they leave each target is what the shares do."""
    sums = {name: sum(row.values()) or 1 for name, row in weights.items()}
    costs = lcm(*(cost.denominator for cost in allocation.closed.values()))
    every = lcm(*sums.values())
    received = {pool.id: pool.amount * costs * every for pool in pools}
    landed: dict[str, int] = {}
    for pool in pools:
        cost = allocation.closed[pool.id]
        each = cost.numerator * (costs // cost.denominator) * (every // sums[pool.id])
        for target, weight in weights[pool.id].items():
            into = received if target in received else landed
            into[target] = into.get(target, 0) + weight * each
        if not weights[pool.id]:
            landed[UNALLOCATED] = landed.get(UNALLOCATED, 0) + each
    for name, exact in received.items():
        if Fraction(exact, costs * every) != allocation.closed[name]:
            yield f"full cost of {name} is not its own and what it receives"
    for target, exact in landed.items():
        backward = sum(
            (pool.amount * shares[pool.id].get(target, Fraction(0)) for pool in pools), Fraction(0)
        )
        if backward != Fraction(exact, costs * every):
            yield f"{target}: what the full costs leave there is not what the shares do"


def require_allocation_proof(problems: Sequence[str]) -> None:
    """Raise ALLOC-902 with the first differences, so that no rate is built on them."""
    if problems:
        raise EngineDefect(
            "ALLOC-902",
            f"The two allocation paths differ: {'; '.join(problems[:3])}. Nothing may be used:"
            " keep the input and report this.",
        )
