"""Cents of many pools at once: the same as one pool's, whatever the sizes; and the benches run."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.kernel.money.public import largest_remainder

from ..bench_allocation import bench_cents, bench_record
from ..cents import pools_off, split_many
from ..connection import open_connection

WEIGHTS = st.lists(st.one_of(st.integers(0, 9), st.integers(0, 2**40)), min_size=1, max_size=9)
CENTS = st.one_of(st.integers(-1000, 1000), st.integers(-(2**50), 2**50))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(CENTS, WEIGHTS.filter(any)), min_size=1, max_size=5))
def test_many_pools_are_split_as_one(problem: list[tuple[int, list[int]]]) -> None:
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
         "cents": pa.array([cents for cents, _ in problem], pa.int64())}
    )  # fmt: skip
    with open_connection() as connection:
        connection.register("given_rows", given_rows)
        connection.register("sizes", sizes)
        assert split_many(connection, "given_rows", "sizes", "out") == len(rows)
        found = {
            (pool, target): cents
            for pool, target, cents in connection.execute("SELECT * FROM out").fetchall()
        }
        assert pools_off(connection, "sizes", "out") == 0
    for pool, (cents, weights) in enumerate(problem):
        ids = [f"{target:02d}" for target in range(len(weights))]
        expected = largest_remainder(cents, weights, ids)
        assert [found[pool, target] for target in range(len(weights))] == expected


def test_the_benches_run() -> None:
    small = bench_cents(20_000, targets=500, rounds=1)
    assert (small["rows"], small["pools_off"]) == (20_000, 0)
    record = bench_record(pools=40, circular=25, finals=30, transactions=2_000)
    assert (record["pools_off"], record["cents_lost"]) == (0, 0)
    assert record["lineage_rows"] > 40 * 14
