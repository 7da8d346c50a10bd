"""A million random prices: the engine against plain Python to the last digit, and sums of lines.

Nothing is killed here. Each batch of some thousand groups, under random prices of every kind, goes
through one DuckDB statement; each fact is priced again one by one in plain Python, by the second
path from totals, and its group's facts are added up against F of the total quantity.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from commonweal.practices.charging.engine.trial import try_seed

if TYPE_CHECKING:
    from .plan import Plan

CASES = 1_000_000
BATCH = 5_000
SHOWN = 10


def run(plan: Plan, cases: int = CASES, batch: int = BATCH) -> None:
    """Try batches until there were enough cases or the time is used up; say which of the two, and
    keep it for the page where it fell short."""
    import duckdb

    plan.result.versions["DuckDB"] = duckdb.__version__
    plan.begin()
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    said = 0

    def seeds() -> Iterator[tuple[str, int]]:
        for number in range(-(-cases // batch)):
            if not plan.on_time():
                return
            yield f"{plan.seed}:{number}", batch

    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        waiting = []
        for asked in seeds():
            waiting.append(pool.apply_async(try_seed, (asked,)))
            if len(waiting) > workers:
                keep(plan, waiting.pop(0).get())
            done = plan.result.counts.get("random price cases", 0)
            if done - said >= 100_000:
                said = done
                plan.say(f"{done:,} cases, seeds {plan.seed}:0 to {asked[0]}")
        for last in waiting:
            keep(plan, last.get())
    conclude(plan, cases)


def conclude(plan: Plan, cases: int) -> None:
    """Say how many cases were tried and why no more; fewer than asked for is never silent."""
    done = plan.result.counts.get("random price cases", 0)
    if done >= cases:
        plan.say(f"{done:,} cases, all that were asked for")
        return
    plan.result.fell_short(
        f"{done:,} of {cases:,} random price cases were tried: the time given was used up. "
        "Give more minutes."
    )


def keep(plan: Plan, tried: tuple[str, int, int, list[str]]) -> None:
    """Count a batch; name its seed with what differs."""
    seed, cases, facts, wrong = tried
    plan.result.count("random price cases", cases)
    plan.result.count("facts priced three ways", facts)
    for sentence in wrong[:SHOWN]:
        plan.result.found(f"seed {seed}: {sentence}")
    if len(wrong) > SHOWN:
        plan.result.found(f"seed {seed}: {len(wrong) - SHOWN} more differences")
