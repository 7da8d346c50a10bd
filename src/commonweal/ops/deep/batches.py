"""Campaigns of random cases that kill nothing: seeded batches on all cores, counted and compared."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .plan import Plan

SHOWN = 10
Tried = tuple[str, int, int, list[str]]
"""A batch's seed, its cases, what they held, and what differs."""


@dataclass(frozen=True)
class Kind:
    """How to try a batch (of a seed and a number of cases), and the words for what is counted."""

    try_seed: Callable[[tuple[str, int]], Tried]
    cases: str
    held: str


def run_batches(plan: Plan, kind: Kind, cases: int, batch: int) -> None:
    """Try batches until there were enough cases or the time is used up; say which of the two, and
    keep it for the page where it fell short."""
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
            waiting.append(pool.apply_async(kind.try_seed, (asked,)))
            if len(waiting) > workers:
                keep(plan, kind, waiting.pop(0).get())
            done = plan.result.counts.get(kind.cases, 0)
            if done - said >= 100_000:
                said = done
                plan.say(f"{done:,} cases, seeds {plan.seed}:0 to {asked[0]}")
        for last in waiting:
            keep(plan, kind, last.get())
    conclude(plan, kind, cases)


def conclude(plan: Plan, kind: Kind, cases: int) -> None:
    """Say how many cases were tried and why no more; fewer than asked for is never silent."""
    done = plan.result.counts.get(kind.cases, 0)
    if done >= cases:
        plan.say(f"{done:,} cases, all that were asked for")
        return
    plan.result.fell_short(
        f"{done:,} of {cases:,} {kind.cases} were tried: the time given was used up. "
        "Give more minutes."
    )


def keep(plan: Plan, kind: Kind, tried: Tried) -> None:
    """Count a batch; name its seed with what differs."""
    seed, cases, held, wrong = tried
    plan.result.count(kind.cases, cases)
    plan.result.count(kind.held, held)
    for sentence in wrong[:SHOWN]:
        plan.result.found(f"seed {seed}: {sentence}")
    if len(wrong) > SHOWN:
        plan.result.found(f"seed {seed}: {len(wrong) - SHOWN} more differences")
