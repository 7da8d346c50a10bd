"""Cents of many pools at once: the same as one pool's, whatever the sizes; and the benches run."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.kernel.money.public import largest_remainder

from .. import cents
from ..bench_allocation import bench_cents, bench_record
from ..cents import pools_off, split_many
from ..connection import open_connection

WEIGHTS = st.lists(st.one_of(st.integers(0, 9), st.integers(0, 2**40)), min_size=1, max_size=9)
CENTS = st.one_of(st.integers(-1000, 1000), st.integers(-(2**50), 2**50))


Problem = list[tuple[int, list[int]]]
PROBLEMS = st.lists(st.tuples(CENTS, WEIGHTS.filter(any)), min_size=1, max_size=5)


def splits_as_one(problem: Problem) -> None:
    """Every pool's parts are those of the money room's split."""
    rows = [
        (pool, target, weight)
        for pool, (_, weights) in enumerate(problem)
        for target, weight in enumerate(weights)
    ]
    names = ("pool", "target", "weight")
    given_rows = pa.table(
        {name: pa.array(column, pa.int64())
         for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    )  # fmt: skip
    sizes = pa.table(
        {"pool": pa.array(range(len(problem)), pa.int64()),
         "cents": pa.array([size for size, _ in problem], pa.int64())}
    )  # fmt: skip
    with open_connection() as connection:
        connection.register("given_rows", given_rows)
        connection.register("sizes", sizes)
        assert split_many(connection, "given_rows", "sizes", "out") == len(rows)
        found = {
            (pool, target): part
            for pool, target, part in connection.execute("SELECT * FROM out").fetchall()
        }
        assert pools_off(connection, "sizes", "out") == 0
    for pool, (size, weights) in enumerate(problem):
        ids = [f"{target:06d}" for target in range(len(weights))]
        expected = largest_remainder(size, weights, ids)
        assert [found[pool, target] for target in range(len(weights))] == expected


@settings(deadline=None, max_examples=60)
@given(PROBLEMS)
def test_many_pools_are_split_as_one(problem: Problem) -> None:
    splits_as_one(problem)


@settings(deadline=None, max_examples=60)
@given(PROBLEMS, st.sampled_from([0, -1, -(10**6)]), st.sampled_from([2, 7]))
def test_whatever_is_guessed_the_cents_are_the_same(
    problem: Problem, spare: int, bits: int
) -> None:
    """Too narrow a window is refuted, and what is counted then is exact."""
    with patch.object(cents, "SPARE", spare), patch.object(cents, "BITS", bits):
        splits_as_one(problem)


@pytest.mark.parametrize(
    "draw",
    [
        lambda chance: 1,  # every remainder is the same: the smallest targets have the cents
        lambda chance: chance.choice((1, 2, 3)),
        lambda chance: chance.choice((0, 0, 0, 5)),
        lambda chance: chance.choice((1, 10**9)),
        lambda chance: int(chance.paretovariate(0.6)),
        lambda chance: chance.randrange(1, 10**6),
        lambda chance: chance.randrange(1, 2**40),  # past 63 bits
    ],
    ids=["one", "three", "zeros", "two sizes", "few large", "even", "wide"],
)
def test_pools_of_thousands_with_few_or_many_remainders(draw: Callable[[Random], int]) -> None:
    chance = Random(17)
    problem = [
        (
            chance.choice((-1, 1)) * chance.randrange(2**45),
            [1, *(draw(chance) for _ in range(rows))],
        )
        for rows in (0, 1, 700, 3_000, 3_001)
    ]
    splits_as_one([*problem, (0, problem[2][1])])


def test_the_benches_run() -> None:
    small = bench_cents(20_000, targets=500, rounds=1)
    assert (small["rows"], small["pools_off"]) == (20_000, 0)
    record = bench_record(pools=40, circular=25, finals=30, transactions=2_000)
    assert (record["pools_off"], record["cents_lost"]) == (0, 0)
    assert record["lineage_rows"] > 40 * 14
