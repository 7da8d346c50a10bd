"""The same arithmetic for many clocks at once: one vector operation for each calendar and target.

It takes runs whose gaps are known (start, end, gaps), as the rows of clocks hold them, and gives
what `engine.run` gives of each: due, elapsed, paused, breached. Integers only (reference: service
desk notes §4; the plain twin is engine.py, the tests hold both against a third that steps through
sets of intervals).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ....calendar.public import Compiled

Array = Any
OPEN = np.iinfo(np.int64).max
"""The end of a gap that is still open."""


@dataclass(frozen=True)
class Runs:
    """Many runs on one calendar with one target; int64 arrays, one entry a run.

    `ends`: when it stopped, or the moment it is looked at. Gaps lie flat, ordered by run and start,
    without overlaps: `owner` is the run's place. An end of `OPEN` is still open.
    """

    starts: Array
    ends: Array
    targets: Array
    owner: Array
    gap_starts: Array
    gap_ends: Array


@dataclass(frozen=True)
class Found:
    """What comes out, one entry a run: due and breached in microseconds (breached -1: it was not),
    elapsed and paused in working microseconds, `standing` where it is paused at its end."""

    due: Array
    elapsed: Array
    paused: Array
    breached: Array
    standing: Array


def compute(plan: Compiled, runs: Runs) -> Found:
    """Elapsed, due and breach of every run (R4, R5)."""
    count = len(runs.starts)
    base, end = plan.worked_all(runs.starts), plan.worked_all(runs.ends)
    begin = np.maximum(runs.gap_starts, runs.starts[runs.owner])
    finish = np.minimum(runs.gap_ends, runs.ends[runs.owner])
    finish = np.maximum(finish, begin)
    gap_begin, gap_end = plan.worked_all(begin), plan.worked_all(finish)
    length = gap_end - gap_begin
    gone = _before(runs.owner, length, count)
    active = gap_begin - base[runs.owner] - gone
    credits = _until_first_late(runs.owner, active < runs.targets[runs.owner], count)
    credited = _sums(runs.owner, np.where(credits, length, 0), count)
    paused = _sums(runs.owner, length, count)
    elapsed = end - base - paused
    due = plan.moments_all(np.minimum(base + runs.targets + credited, plan.total))
    late = elapsed > runs.targets
    open_gap = (runs.gap_ends == OPEN) & credits & (begin <= runs.ends[runs.owner])
    standing = _sums(runs.owner, open_gap.astype(np.int64), count) > 0
    return Found(due, elapsed, paused, np.where(late, due, -1), standing)


def _sums(owner: Array, values: Array, count: int) -> Array:
    """Sums by run, exact: differences of one running sum, because bincount adds in floats."""
    running = np.concatenate(([0], np.cumsum(values)))
    edges = np.searchsorted(owner, np.arange(count + 1), "left")
    return running[edges[1:]] - running[edges[:-1]]


def _before(owner: Array, values: Array, count: int) -> Array:
    """For each gap, the sum of those of its run before it."""
    running = np.cumsum(values) - values
    first = np.searchsorted(owner, np.arange(count), "left")
    start = running[np.minimum(first, max(len(running) - 1, 0))] if len(running) else running
    return running - start[owner] if len(running) else running


def _until_first_late(owner: Array, good: Array, count: int) -> Array:
    """Which gaps credit: those before the first of their run that begins too late."""
    bad = (~good).astype(np.int64)
    return good & (_before(owner, bad, count) == 0)
