"""A million random cases: the clock engine, its twin on arrays and a second path in plain Python.

Nothing is killed here. Each batch is one random calendar (zones, changes of the local clock, split
days, nights, holidays) with some thousand cases of every kind of promise on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from commonweal.kernel.casework.domain.clocks.trial import try_seed

from .batches import Kind, run_batches

if TYPE_CHECKING:
    from .plan import Plan

CASES = 1_000_000
BATCH = 4_000
KIND = Kind(try_seed, "random clock cases", "clock cycles read two or three ways")


def run(plan: Plan, cases: int = CASES, batch: int = BATCH) -> None:
    """Try batches until there were enough cases or the time is used up."""
    import numpy

    plan.result.versions["NumPy"] = numpy.__version__
    run_batches(plan, KIND, cases, batch)
