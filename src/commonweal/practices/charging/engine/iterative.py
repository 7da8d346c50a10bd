"""Resolved shares of large networks by iteration, in whole numbers. Pure.

A pool's share in a target is kept as a whole number of units of 1/`unit`. Starting from nothing,
S_i ← ⌊(w_it·unit + Σ_j w_ij·S_j) ÷ W_i⌋ is repeated until nothing moves: the Neumann series of
(I − A)⁻¹P. The numbers only grow and are bounded, so they settle, and always on the same ones,
whatever the order of the updates: the same input gives the same bytes on every machine. A share
that has settled is below the exact one by less than the visits that a unit of cost makes to pools
on its way, in units; that is the bound given.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .errors import EngineDefect

BITS = 60
ENOUGH_BITS = 44
"""Units of 2⁻⁴⁴ move no cent of a pool below a hundred million; smaller ones are taken if free."""
MOST_ROUNDS = 50_000
COLUMNS = 192
BLOCKS = 8
Whole: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Network:
    """Pools by number, each with the whole weights by which it gives to pools and to targets.

    `inner[i]`, `outer[i]`: (number, weight above zero) of pools and of targets; `width`: how many
    targets there are. Every pool gives something to somebody.
    """

    inner: Sequence[Sequence[tuple[int, int]]]
    outer: Sequence[Sequence[tuple[int, int]]]
    width: int

    def sums(self) -> list[int]:
        """Each pool's weights together."""
        return [
            sum(weight for _, weight in (*mine, *out))
            for mine, out in zip(self.inner, self.outer, strict=True)
        ]


@dataclass(frozen=True)
class _Slab:
    """Some pools whose updates are done together: their k-th receivers and weights, k by k."""

    pools: slice
    sums: Any
    steps: Sequence[tuple[Whole, Whole, Any]]


def resolve(network: Network) -> tuple[Any, Fraction]:
    """Whole shares (pools × targets) and how far one, over its row's sum, is from the exact share.

    ALLOC-903 where the shares do not settle in MOST_ROUNDS rounds.
    """
    sums = network.sums()
    bits = BITS + 2 - max(sums).bit_length()
    if bits >= ENOUGH_BITS:
        bits, kind = min(bits, BITS), np.dtype(np.int64)
    else:
        bits, kind = BITS, np.dtype(object)  # long weights: Python's own whole numbers
    slabs = _slabs(network, sums, kind)
    blocks = range(0, network.width, COLUMNS)
    with ThreadPoolExecutor(max(1, min(len(blocks), os.cpu_count() or 1, 4))) as workers:
        found = list(workers.map(partial(_columns, network, slabs, kind, 1 << bits), blocks))
    shares = np.concatenate(found, axis=1)
    return shares, Fraction(_visits(network, sums) * (network.width + 1), 1 << bits)


def _slabs(network: Network, sums: Sequence[int], kind: np.dtype[Any]) -> list[_Slab]:
    size = len(sums)
    edges = sorted({size * block // BLOCKS for block in range(BLOCKS + 1)})
    found = []
    for first, last in pairwise(edges):
        rows = network.inner[first:last]
        steps = []
        for place in range(max(map(len, rows))):
            mine = [at for at, row in enumerate(rows) if len(row) > place]
            there = np.array([rows[at][place][0] for at in mine], dtype=np.int64)
            weights = np.array([rows[at][place][1] for at in mine], dtype=kind)[:, None]
            steps.append((np.array(mine, dtype=np.int64), there, weights))
        own = np.array(sums[first:last], dtype=kind)[:, None]
        found.append(_Slab(slice(first, last), own, steps))
    return found


def _columns(
    network: Network, slabs: Sequence[_Slab], kind: np.dtype[Any], unit: int, first: int
) -> Any:
    """Some columns of the shares, settled."""
    last = min(first + COLUMNS, network.width)
    own = np.zeros((len(network.inner), last - first), dtype=kind)
    for pool, row in enumerate(network.outer):
        for target, weight in row:
            if first <= target < last:
                own[pool, target - first] = weight * unit
    shares = np.zeros_like(own)
    for _round in range(MOST_ROUNDS):
        moved = False
        for slab in slabs:
            after = _updated(slab, own, shares)
            moved = moved or not np.array_equal(after, shares[slab.pools])
            shares[slab.pools] = after
        if not moved:
            return shares
    raise _unsettled()


def _updated(slab: _Slab, own: Any, shares: Any) -> Any:
    total = own[slab.pools].copy()
    for mine, there, weights in slab.steps:
        given = shares[there]
        given *= weights
        if len(mine) == len(total):
            total += given
        else:
            total[mine] += given
    total //= slab.sums
    return total


def _visits(network: Network, sums: Sequence[int]) -> int:
    """At most so many pools does a unit of cost pass, from whichever pool it starts.

    The least whole u · 2³⁰ with u ≥ 1 + A·u, found from below: any such u bounds (I − A)⁻¹1.
    """
    one = 1 << 30
    found = [one] * len(sums)
    for _round in range(MOST_ROUNDS):
        moved = False
        for pool, row in enumerate(network.inner):
            after = one - (-sum(weight * found[there] for there, weight in row) // sums[pool])
            moved = moved or after != found[pool]
            found[pool] = after
        if not moved:
            return max(found) // one + 1
    raise _unsettled()


def _unsettled() -> EngineDefect:
    return EngineDefect(
        "ALLOC-903",
        f"The shares still move after {MOST_ROUNDS} rounds: some pools give almost everything back"
        " and forth. Give them more to services, or merge them.",
    )
