"""Double step-down and reciprocal allocation: exact answers, circles, large networks, the proof."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .. import allocation_methods, cycles, iterative
from ..allocation import Allocation, Pool, Target, Weighted, allocate
from ..allocation_methods import METHODS, UNALLOCATED
from ..allocation_proof import prove_allocation
from ..errors import EngineDefect, EngineError
from ..exact_solve import solve
from .test_allocation import ORDER, POOLS, TARGETS, moved, problems

BOTH = ["double_step_down", "reciprocal"]


@pytest.mark.parametrize(
    ("method", "p1", "p2"),
    [("double_step_down", 59_166_136, 72_413_864), ("reciprocal", 59_350_000, 72_230_000)],
)
def test_acceptance_case(method: str, p1: int, p2: int) -> None:
    result = allocate(POOLS, TARGETS, method, ORDER)
    assert result.totals == {"P1": p1, "P2": p2, UNALLOCATED: 0}
    assert prove_allocation(POOLS, TARGETS, ORDER, result) == []
    assert (result.bound, result.excluded, result.stuck) == (0, (), ())


def test_full_costs_of_the_acceptance_case() -> None:
    result = allocate(POOLS, TARGETS, "reciprocal")
    assert result.closed == {"S1": 17_700_000, "S2": 20_250_000, "S3": 21_450_000}
    shares = {(s.pool, s.target): s.share for s in result.shares}
    for pool in POOLS:
        for target in ("P1", "P2"):
            onward = sum(
                (Fraction(value, 100) * shares[name, target]
                 for name, value in ((n, int(v)) for n, v in _tenths(pool).items())
                 if name.startswith("S")),
                Fraction(0),
            )  # fmt: skip
            assert shares[pool.id, target] == onward + Fraction(_tenths(pool)[target], 100)


def _tenths(pool: Pool) -> dict[str, int]:
    return {name: int(value) for name, value in pool.values.items()}


def test_double_step_down_gives_first_to_all_then_forward() -> None:
    """The last pool gives back in the first pass; what comes back goes forward in the second."""
    pools = [Pool("A", 100, {"B": 1, "X": 1}), Pool("B", 60, {"A": 1, "X": 2})]
    result = allocate(pools, [Target("X")], "double_step_down", ["A", "B"])
    steps = [(e.step, e.pool, e.target, e.numerator, e.denominator) for e in result.edges]
    assert steps == [
        (1, "A", "B", 1, 2), (1, "A", "X", 1, 2), (1, "B", "A", 1, 3), (1, "B", "X", 2, 3),
        (2, "A", "B", 1, 2), (2, "A", "X", 1, 2), (2, "B", "X", 2, 2),
    ]  # fmt: skip
    # First B gives 60 + 50 = 110: A gets 36.67 back and gives half of it to B, who gives it to X.
    assert result.closed == {"A": 100 + Fraction(110, 3), "B": 110 + Fraction(110, 6)}
    assert result.totals == {"X": 160, UNALLOCATED: 0}


def test_double_step_down_shows_what_gets_stuck_in_the_second_pass() -> None:
    pools = [Pool("A", 100, {"B": 1}), Pool("B", 60, {"A": 1, "X": 1})]
    result = allocate(pools, [Target("X")], "double_step_down", ["A", "B"])
    assert (result.stuck, result.totals) == ((), {"X": 160, UNALLOCATED: 0})
    swapped = allocate(pools, [Target("X")], "double_step_down", ["B", "A"])
    assert swapped.stuck == ("A",)
    # B gives 30 to A, who gives all its 130 back; of that B gives 65 on to A, who may give to none.
    assert swapped.totals == {"X": 95, UNALLOCATED: 65}
    assert prove_allocation(pools, [Target("X")], ["B", "A"], swapped) == []


def trapped(reach: dict[str, set[str]]) -> bool:
    """Whether some pool reaches neither a service nor a pool without driver, found by walking."""
    for start in reach:
        seen, waiting = {start}, [start]
        while waiting:
            found = reach.get(waiting.pop(), set()) - seen
            waiting += found
            seen |= found
        if all(name in reach and reach[name] - {name} for name in seen):
            return True
    return False


@settings(deadline=None)
@given(problems(), st.sampled_from(BOTH), st.randoms())
def test_nothing_is_lost_and_order_of_input_is_irrelevant(
    problem: tuple[list[Pool], list[Target], list[str]], method: str, random: Any
) -> None:
    pools, targets, order = problem
    reach = {pool.id: {t for t, value in pool.values.items() if value} for pool in pools}
    if method == "reciprocal" and trapped(reach):
        with pytest.raises(EngineError, match="ALLOC-108"):
            allocate(pools, targets, method, order)
        return
    result = allocate(pools, targets, method, order)
    assert sum(result.totals.values()) == sum(t.amount for t in (*pools, *targets))
    for pool in pools:
        mine = [s for s in result.shares if s.pool == pool.id]
        assert sum(s.amount for s in mine) == pool.amount
        assert sum(s.share for s in mine) == 1
    assert prove_allocation(pools, targets, order, result) == []
    mixed = random.sample(pools, len(pools))
    assert allocate(mixed, random.sample(targets, len(targets)), method, order) == result


@settings(deadline=None)
@given(problems())
def test_iterated_shares_keep_their_bound(
    problem: tuple[list[Pool], list[Target], list[str]],
) -> None:
    """The same network, once exact and once as a large one is solved."""
    pools, targets, _ = problem
    pools = [replace(pool, values={**pool.values, "service0": 100}) for pool in pools]
    exact = allocate(pools, targets, "reciprocal")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(allocation_methods, "EXACT_POOLS", 0)
        near = allocate(pools, targets, "reciprocal")
    links = {pool.id for pool in pools} & {edge.target for edge in near.edges}
    assert (near.bound > 0) == bool(links)
    wanted = {(s.pool, s.target): s for s in exact.shares}
    for share in near.shares:
        known = wanted.pop((share.pool, share.target))
        assert abs(share.share - known.share) <= near.bound
        assert abs(share.amount - known.amount) <= 1
    assert all(abs(left.share) <= near.bound for left in wanted.values())
    for pool in pools:
        assert sum(s.amount for s in near.shares if s.pool == pool.id) == pool.amount
    assert prove_allocation(pools, targets, [], near) == []


def ring(size: int) -> tuple[list[Pool], list[Target]]:
    """Pools that give to the two after them in a circle, and to three services."""
    pools = [
        Pool(
            f"p{n:03d}", 10_000_019 * (n + 1),
            {f"p{(n + 1) % size:03d}": 3, f"p{(n + 7) % size:03d}": Decimal("1.5"),
             "x": n + 1, "y": 2, "z": size - n},
        )
        for n in range(size)
    ]  # fmt: skip
    return pools, [Target("x"), Target("y"), Target("z")]


def test_200_pools_are_exact_and_more_are_iterated_alike() -> None:
    pools, targets = ring(200)
    exact = allocate(pools, targets, "reciprocal")
    assert exact.bound == 0
    assert prove_allocation(pools, targets, [], exact) == []
    more, _ = ring(201)
    near = allocate(more, targets, "reciprocal")
    assert 0 < near.bound < Fraction(1, 10**11)
    assert near.closed == {}
    assert prove_allocation(more, targets, [], near) == []
    assert sum(near.totals.values()) == sum(pool.amount for pool in more)


def test_long_driver_values_stay_exact() -> None:
    """Values with 18 digits and 9 decimals take the solver's long way."""
    value = Decimal("123456789012345678.123456789")
    pools = [Pool("A", 7, {"B": value, "X": 1}), Pool("B", 9, {"A": value - 1, "Y": value})]
    targets = [Target("X"), Target("Y")]
    result = allocate(pools, targets, "reciprocal")
    assert prove_allocation(pools, targets, [], result) == []
    assert sum(result.totals.values()) == 16


def test_the_solver_tries_another_prime(monkeypatch: pytest.MonkeyPatch) -> None:
    first = next(allocation_methods.solve.__globals__["_primes"]())
    assert solve([[first]], [[1]], 1) == ([[1]], first)


@st.composite
def weighted(draw: st.DrawFn) -> tuple[list[Pool], list[Target], list[str]]:
    pools, targets, order = draw(problems())
    values = st.dictionaries(
        st.sampled_from([*order, *(t.id for t in targets)]), st.integers(0, 50)
    )
    weights = st.one_of(st.integers(1, 9), st.integers(1, 10**6).map(lambda n: Decimal(n) / 10**4))
    parts = st.lists(st.builds(Weighted, weights, values), min_size=2, max_size=3)
    exit_part = Weighted(1, {"service0": 1})
    return (
        [replace(p, values={}, parts=(*draw(parts), exit_part)) for p in pools], targets, order
    )  # fmt: skip


@settings(deadline=None)
@given(weighted(), st.sampled_from([*METHODS]))
def test_several_weighted_drivers(
    problem: tuple[list[Pool], list[Target], list[str]], method: str
) -> None:
    pools, targets, order = problem
    result = allocate(pools, targets, method, order)
    assert prove_allocation(pools, targets, order, result) == []
    assert sum(result.totals.values()) == sum(t.amount for t in (*pools, *targets))


def test_60_percent_headcount_and_40_percent_devices() -> None:
    heads, devices = Weighted(Decimal("0.6"), {"X": 3, "Y": 1}), Weighted(Decimal("0.4"), {"Y": 7})
    result = allocate([Pool("IT", 1000, parts=(heads, devices))], [Target("X"), Target("Y")],
                      "direct")  # fmt: skip
    assert result.totals == {"X": 450, "Y": 550, UNALLOCATED: 0}
    assert [(e.target, e.numerator, e.denominator) for e in result.edges] == [
        ("X", 9, 20), ("Y", 11, 20),
    ]  # fmt: skip
    empty = Weighted(Decimal("0.4"), {"Y": 0})
    shown = allocate([Pool("IT", 1000, parts=(heads, empty))], [Target("X"), Target("Y")], "direct")
    assert shown.totals == {"X": 450, "Y": 150, UNALLOCATED: 400}
    with pytest.raises(EngineError, match="ALLOC-104"):
        allocate([Pool("IT", 1, parts=(Weighted(0, {}),))], [Target("X")], "direct")


CIRCLE = [
    Pool("A", 5, {"B": 1}), Pool("B", 6, {"C": 2}), Pool("C", 7, {"A": 1}),
    Pool("D", 8, {"A": 1, "X": 9}),
]  # fmt: skip


def test_a_circle_without_exit_is_refused_by_name() -> None:
    with pytest.raises(EngineError) as refused:
        allocate(CIRCLE, [Target("X")], "reciprocal")
    assert refused.value.code == "ALLOC-108"
    assert refused.value.details["group"] == ["A", "B", "C"]
    assert "“A”, “B”, “C”" in refused.value.message
    mended = [replace(CIRCLE[0], values={"B": 1, "X": 1}), *CIRCLE[1:]]
    assert allocate(mended, [Target("X")], "reciprocal").totals == {"X": 26, UNALLOCATED: 0}
    for method in ("direct", "step_down", "double_step_down"):
        shown = allocate(CIRCLE, [Target("X")], method, ["A", "B", "C", "D"])
        assert sum(shown.totals.values()) == 26


def test_a_circle_may_end_in_a_pool_without_driver() -> None:
    pools = [Pool("A", 5, {"B": 1}), Pool("B", 6, {"A": 1, "C": 1}), Pool("C", 7)]
    result = allocate(pools, [Target("X")], "reciprocal")
    assert (result.stuck, result.unallocated) == (("C",), 18)
    assert result.closed == {"A": 16, "B": 22, "C": 18}
    assert prove_allocation(pools, [Target("X")], [], result) == []


def test_every_strand_is_found() -> None:
    links = {"a": ["b"], "b": ["a"], "c": ["c2", "a"], "c2": ["c"], "d": ["d2"], "d2": ["d"]}
    assert cycles.without_exit(links, []) == [["a", "b"], ["d", "d2"]]
    assert cycles.without_exit(links, ["a", "d"]) == []
    assert cycles.groups({"a": ["b", "c"], "b": ["c"], "c": ["a"], "d": ["a"]}) == [
        ["a", "b", "c"], ["d"],
    ]  # fmt: skip


def test_what_a_pool_uses_itself_changes_nothing() -> None:
    own = [replace(pool, values={**pool.values, pool.id: 50}) for pool in POOLS]
    for method in METHODS:
        with_own = allocate(own, TARGETS, method, ORDER)
        assert with_own.totals == allocate(POOLS, TARGETS, method, ORDER).totals
        assert (("S1", "S1") in with_own.excluded) is True


def test_the_second_path_finds_one_cent_or_one_share() -> None:
    result = allocate(POOLS, TARGETS, "reciprocal")
    first, *rest = result.shares
    tilted: list[Allocation] = [
        moved(result),
        replace(result, shares=(replace(first, share=first.share + Fraction(1, 10**9)), *rest)),
        replace(result, closed={**result.closed, "S1": result.closed["S1"] + 1}),
        replace(result, totals={**result.totals, "P1": 0}),
    ]
    for wrong in tilted:
        assert prove_allocation(POOLS, TARGETS, [], wrong)
    double = allocate(POOLS, TARGETS, "double_step_down", ORDER)
    assert prove_allocation(POOLS, TARGETS, ORDER, moved(double))
    assert prove_allocation(POOLS, TARGETS, ["S2", "S1", "S3"], double)


def test_shares_that_do_not_settle_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocation_methods, "EXACT_POOLS", 0)
    monkeypatch.setattr(iterative, "MOST_ROUNDS", 3)
    with pytest.raises(EngineDefect) as unsettled:
        allocate(POOLS, TARGETS, "reciprocal")
    assert unsettled.value.code == "ALLOC-903"
