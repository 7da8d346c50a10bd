"""Many simple clocks at once: the arithmetic of engine.py on arrays. Pure; NumPy only.

For bulk recomputation when a calendar or a service level changes. All clocks of one call run on one
calendar. Starts, ends and the ends of pauses are mapped to working time; nights, holidays and the
change of the clocks vanish there, and what is left is subtraction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ....calendar.public import Compiled

Array = Any
"""One-dimensional; int64 unless said otherwise."""
OPEN = int(np.iinfo(np.int64).max)
"""As the end of a pause: it goes on. As a due time: none, because such a pause moves it on."""
NEVER = OPEN
NONE = int(np.iinfo(np.int64).min)
"""As a breach: there is none."""


@dataclass(frozen=True)
class Clocks:
    """Clocks in UTC microseconds. `until`: when each stopped or, where `running` (bool), as of when
    it is asked. `target`: working microseconds. Pauses are flat: from, to (`OPEN`: goes on) and
    the place of the clock that they stop; in any order, overlapping as they like. `done` (bool):
    which of them were not pauses, but times in which the case was done (R8); they do not count
    either, and are no part of `Figures.paused`."""

    start: Array
    until: Array
    running: Array
    target: Array
    pause_from: Array
    pause_to: Array
    pause_of: Array
    done: Array | None = None


@dataclass(frozen=True)
class Figures:
    """What came out, for each clock: due (or NEVER), elapsed and paused in working microseconds,
    the breach (or NONE), whether it stands paused, and the working place of the target, of which
    `Compiled.passed` is when a breach becomes a fact."""

    due: Array
    elapsed: Array
    paused: Array
    breached: Array
    standing: Array
    place: Array


def recompute(plan: Compiled, clocks: Clocks) -> Figures:
    """Every clock anew: R4 (met exactly when elapsed ≤ target), R5 (a pause moves the due time only
    if it begins before it), overlapping pauses merged, those before the start or after the end cut.

    Beyond the plan's years it is refused (CALENDAR-106, 107), as one clock would be.
    """
    pauses = cut(plan, clocks)
    reached = pauses.reach(clocks.target)
    place = pauses.base + clocks.target + reached.credited
    never = reached.never
    due = np.maximum(plan.moments_all(np.where(never, pauses.base, place)), clocks.start)
    late = pauses.elapsed > clocks.target
    return Figures(
        due=np.where(never, NEVER, due),
        elapsed=pauses.elapsed,
        paused=pauses.paused,
        breached=np.where(late, due, NONE),
        standing=pauses.standing,
        place=place,
    )


@dataclass(frozen=True)
class Reached:
    """How far pauses move the moment at which elapsed reaches a target (working microseconds), and
    whether an endless one does, so that nobody knows (bool)."""

    credited: Array
    never: Array


@dataclass(frozen=True)
class Pauses:
    """The pauses of clocks within their runs, on the axis of working time: whose each is, where it
    begins, how long it is, how much of the owner's went before, and whether it goes on. Of each
    clock: its start there (`base`), elapsed, paused, and whether it stands paused."""

    owner: Array
    low: Array
    length: Array
    since: Array
    goes_on: Array
    base: Array
    elapsed: Array
    paused: Array
    standing: Array

    def reach(self, target: Array) -> Reached:
        """Of a target for each clock, what pauses that begin before it is reached move it by."""
        count = len(self.base)
        early = self.low - self.base[self.owner] - self.since < target[self.owner]
        never: Array = np.zeros(count, dtype=bool)
        never[self.owner[self.goes_on & early]] = True
        return Reached(_sums(self.owner, np.where(early, self.length, 0), count), never)


def cut(plan: Compiled, clocks: Clocks) -> Pauses:
    """The pauses of clocks on the axis of working time (CALENDAR-106 beyond the plan's years)."""
    for moments in (clocks.start, clocks.until):
        if len(moments):
            plan.worked(int(moments.min()))
            plan.worked(int(moments.max()))
    until = np.maximum(clocks.until, clocks.start)
    base, end = plan.worked_all(clocks.start), plan.worked_all(until)
    count = len(clocks.start)
    owner, begin, finish, goes_on, done = _cut(clocks, until)
    low, high = plan.worked_all(begin), plan.worked_all(finish)
    length = high - low
    totals = _sums(owner, length, count)
    first = np.searchsorted(owner, np.arange(count))
    before = np.cumsum(length) - length
    since = before - np.append(before, 0)[first][owner] if len(owner) else before
    standing: Array = np.zeros(count, dtype=bool)
    standing[owner[goes_on]] = True
    paused = totals if clocks.done is None else _sums(owner, np.where(done, 0, length), count)
    return Pauses(owner, low, length, since, goes_on, base, end - base - totals, paused, standing)


def _cut(clocks: Clocks, until: Array) -> tuple[Array, Array, Array, Array, Array]:
    """The pauses within their clocks, in order, not overlapping: owner, from, to, goes on, done."""
    owner = clocks.pause_of
    begin = np.maximum(clocks.pause_from, clocks.start[owner])
    finish = np.minimum(clocks.pause_to, until[owner])
    goes_on = (clocks.pause_to == OPEN) & clocks.running[owner]
    done = clocks.done if clocks.done is not None else goes_on
    kept = (finish > begin) | (goes_on & (finish >= begin))
    if not kept.all():
        owner, begin, finish, goes_on, done = (
            each[kept] for each in (owner, begin, finish, goes_on, done)
        )
    step = np.diff(owner)
    if not ((step > 0) | ((step == 0) & (np.diff(begin) >= 0))).all():
        order = _order(owner, begin - clocks.start[owner])
        owner, begin, finish, goes_on, done = (
            each[order] for each in (owner, begin, finish, goes_on, done)
        )
    same = owner[1:] == owner[:-1]
    if (same & (begin[1:] < finish[:-1])).any():
        reach = _furthest(owner, finish)
        begin[1:] = np.where(same, np.maximum(begin[1:], reach[:-1]), begin[1:])
        finish = np.maximum(finish, begin)
    return owner, begin, finish, goes_on, done


def _order(owner: Array, since: Array) -> Array:
    """The order by owner, then time since its start: by one number where both fit into it."""
    bits = int(since.max()).bit_length()
    if bits + int(owner.max()).bit_length() < 63:
        return np.argsort((owner << bits) | since)
    return np.lexsort((since, owner))


def _furthest(owner: Array, finish: Array) -> Array:
    """Of each pause, the latest end of its owner's pauses up to it."""
    found, step = finish.copy(), 1
    while step < len(owner):
        same = owner[step:] == owner[:-step]
        if not same.any():
            break
        found[step:] = np.where(same, np.maximum(found[step:], found[:-step]), found[step:])
        step *= 2
    return found


def _sums(owner: Array, values: Array, count: int) -> Array:
    """The exact sum of each owner's values, which come in the owners' order."""
    total = np.concatenate(([0], np.cumsum(values, dtype=np.int64)))
    places = np.arange(count + 1)
    edges = np.searchsorted(owner, places)
    return np.diff(total[edges])
