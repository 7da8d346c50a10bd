"""Allocation: the acceptance case, conservation, order-freedom, and the second path."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..allocation import Allocation, Pool, Target, allocate
from ..allocation_methods import UNALLOCATED
from ..allocation_proof import prove_allocation, require_allocation_proof
from ..errors import EngineDefect, EngineError

# Charging reference §2.3 (three services, two producing departments), in cents.
POOLS = [
    Pool("S1", 9_240_000, {"S2": 10, "S3": 20, "P1": 40, "P2": 30}),
    Pool("S2", 18_480_000, {"S1": 10, "S3": 20, "P1": 50, "P2": 20}),
    Pool("S3", 13_860_000, {"S1": 30, "P1": 10, "P2": 60}),
]
TARGETS = [Target("P1", 40_000_000), Target("P2", 50_000_000)]
ORDER = ["S1", "S2", "S3"]


@pytest.mark.parametrize(
    ("method", "p1", "p2"),
    [("direct", 60_460_000, 71_120_000), ("step_down", 57_336_000, 74_244_000)],
)
def test_acceptance_case(method: str, p1: int, p2: int) -> None:
    result = allocate(POOLS, TARGETS, method, ORDER)
    assert result.totals == {"P1": p1, "P2": p2, UNALLOCATED: 0}
    assert prove_allocation(POOLS, TARGETS, ORDER, result) == []


def test_lineage_of_step_down() -> None:
    result = allocate(POOLS, TARGETS, "step_down", ORDER)
    shares = {(s.pool, s.target): s.share for s in result.shares}
    assert shares["S3", "P1"] == Fraction(1, 7)
    assert shares["S2", "P1"] == Fraction(50, 90) + Fraction(20, 90) * Fraction(1, 7)
    edge = next(e for e in result.edges if (e.pool, e.target) == ("S2", "P1"))
    assert (edge.numerator, edge.denominator) == (50, 90)
    assert result.closed["S2"] == 18_480_000 + 924_000
    assert result.excluded == (("S2", "S1"), ("S3", "S1"))


VALUES = st.one_of(st.integers(0, 1000), st.integers(0, 10**9).map(lambda n: Decimal(n).scaleb(-4)))


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[Pool], list[Target], list[str]]:
    names = [f"pool{n}" for n in range(draw(st.integers(1, 5)))]
    finals = [f"service{n}" for n in range(draw(st.integers(1, 5)))]
    amounts = st.integers(-(10**9), 10**12)
    pools = [
        Pool(name, draw(amounts), draw(st.dictionaries(st.sampled_from(names + finals), VALUES)))
        for name in names
    ]
    targets = [Target(name, draw(amounts)) for name in finals]
    return pools, targets, draw(st.permutations(names))


@given(problems(), st.sampled_from(["direct", "step_down"]), st.randoms())
def test_nothing_is_lost_and_order_of_input_is_irrelevant(
    problem: tuple[list[Pool], list[Target], list[str]], method: str, random: Any
) -> None:
    pools, targets, order = problem
    result = allocate(pools, targets, method, order)
    assert sum(result.totals.values()) == sum(t.amount for t in (*pools, *targets))
    for pool in pools:
        mine = [s for s in result.shares if s.pool == pool.id]
        assert sum(s.amount for s in mine) == pool.amount
        assert sum(s.share for s in mine) == 1
        assert all(abs(s.amount - s.share * pool.amount) < 1 for s in mine)
    for pool_id in {edge.pool for edge in result.edges}:
        edges = [edge for edge in result.edges if edge.pool == pool_id]
        assert {edge.denominator for edge in edges} == {sum(e.numerator for e in edges)}
    assert prove_allocation(pools, targets, order, result) == []
    mixed = [
        replace(p, values=dict(random.sample(sorted(p.values.items()), len(p.values))))
        for p in random.sample(pools, len(pools))
    ]
    assert allocate(mixed, random.sample(targets, len(targets)), method, order) == result


def test_a_pool_without_driver_is_shown() -> None:
    pools = [Pool("A", 100, {"B": 1}), Pool("B", 7, {"X": 0})]
    result = allocate(pools, [Target("X")], "step_down", ["A", "B"])
    assert result.unallocated == 107
    assert result.stuck == ("B",)
    assert prove_allocation(pools, [Target("X")], ["A", "B"], result) == []


def moved(result: Allocation) -> Allocation:
    first, second, *rest = result.shares
    shares = (
        replace(first, amount=first.amount + 1),
        replace(second, amount=second.amount - 1),
        *rest,
    )
    totals = dict(result.totals)
    totals[first.target] += 1
    totals[second.target] -= 1
    return replace(result, shares=shares, totals=totals)


def test_the_second_path_finds_one_cent() -> None:
    result = allocate(POOLS, TARGETS, "step_down", ORDER)
    for wrong in (
        moved(result),
        replace(result, totals={**result.totals, "P1": result.totals["P1"] + 1}),
        replace(result, shares=result.shares[1:]),
    ):
        found = prove_allocation(POOLS, TARGETS, ORDER, wrong)
        assert found
        with pytest.raises(EngineDefect, match="ALLOC-902"):
            require_allocation_proof(found)
    require_allocation_proof([])


@pytest.mark.parametrize(
    ("pools", "targets", "method", "order", "code", "where"),
    [
        (POOLS, TARGETS, "guess", ORDER, "ALLOC-107", "method"),
        (POOLS, TARGETS, "step_down", ["S1", "S2"], "ALLOC-106", "order"),
        (POOLS, TARGETS, "step_down", ["S1", "S2", "S3", "S3"], "ALLOC-106", "order"),
        (POOLS, TARGETS, "step_down", [], "ALLOC-106", "order"),
        ([Pool("A", 1), Pool("A", 2)], TARGETS, "direct", [], "ALLOC-101", "pools/1/id"),
        ([Pool("P1", 1)], TARGETS, "direct", [], "ALLOC-101", "targets/0/id"),
        ([Pool("unallocated", 1)], TARGETS, "direct", [], "ALLOC-101", "pools/0/id"),
        ([Pool("A", 1, {"Z": 1})], TARGETS, "direct", [], "ALLOC-102", ""),
        ([Pool("A", 1, {"P1": -1})], TARGETS, "direct", [], "ALLOC-103", ""),
    ],
)
def test_refusals(
    pools: list[Pool], targets: list[Target], method: str, order: list[str], code: str, where: str
) -> None:
    with pytest.raises(EngineError) as error:
        allocate(pools, targets, method, order)
    assert (error.value.code, error.value.where) == (code, where)


def test_floats_are_refused() -> None:
    for pools in ([Pool("A", 1.5)], [Pool("A", 1, {"P1": 0.5})], [Pool("A", Decimal(1))]):
        with pytest.raises(TypeError):
            allocate(pools, TARGETS, "direct")  # type: ignore[arg-type]
