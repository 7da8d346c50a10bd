"""A million random prices: the engine against plain Python to the last digit, and sums of lines.

Nothing is killed here. Each batch of some thousand groups, under random prices of every kind, goes
through one DuckDB statement; each fact is priced again one by one in plain Python, by the second
path from totals, and its group's facts are added up against F of the total quantity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from commonweal.practices.charging.engine.trial import try_seed

from .batches import Kind, run_batches

if TYPE_CHECKING:
    from .plan import Plan

CASES = 1_000_000
BATCH = 5_000
KIND = Kind(try_seed, "random price cases", "facts priced three ways")


def run(plan: Plan, cases: int = CASES, batch: int = BATCH) -> None:
    """Try batches until there were enough cases or the time is used up."""
    import duckdb

    plan.result.versions["DuckDB"] = duckdb.__version__
    run_batches(plan, KIND, cases, batch)
