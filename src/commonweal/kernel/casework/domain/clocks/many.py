"""Very many open clocks of one promise at once: what `engine.again` says of each. Pure; NumPy only.

Targets in seconds and in days, and levels of every kind, go by arrays. Only a cap on pauses is for
the engine, because it ends a pause at a moment that depends on every pause before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ....calendar.public import SECOND, Compiled, has_windows_all, shift_days_all
from .terms import Level, Terms, target_micros
from .vector import NEVER, NONE, Array, Clocks, Pauses, cut


@dataclass(frozen=True)
class Open:
    """What came out, for each clock: due (or NEVER: a pause moves it on), elapsed and paused in
    working microseconds, the breach (or NONE), whether it stands paused, when more than the target
    is gone (`passes`, or NEVER), and of each level its moments (NEVER: not planned)."""

    due: Array
    elapsed: Array
    paused: Array
    breached: Array
    standing: Array
    passes: Array
    levels: tuple[tuple[str, Array], ...]

    def coming(self, as_of: int, fired: dict[str, Array]) -> Array:
        """`Cycle.next_after` of each, or NEVER. `fired`: by level, which have set it off."""
        late = self.breached != NONE
        found = np.where(late, NEVER, np.maximum(self.passes, as_of))
        for code, moments in self.levels:
            done = fired.get(code, np.zeros(len(moments), bool))
            waits = np.where(done | (moments == NEVER), NEVER, np.maximum(moments, as_of))
            found = np.minimum(found, waits)
        return np.where((self.due == NEVER) | (self.standing & late), NEVER, found)


def can_go_together(terms: Terms) -> bool:
    """Whether arrays know everything that a promise asks."""
    return terms.pause_cap is None


def again_all(plan: Compiled, clocks: Clocks, terms: Terms) -> Open:
    """Runs that go on, computed anew from their starts and gaps; `clocks.target` is not looked at.

    Beyond the plan's years it is refused (CALENDAR-106, 107), as one clock would be.
    """
    pauses = cut(plan, replace(clocks, running=np.full(len(clocks.start), True)))
    target, plain = _targets(plan, terms, clocks.start, pauses.base)
    reached = pauses.reach(target)
    never, place = reached.never, pauses.base + target + reached.credited
    known = np.where(never, pauses.base, place)
    due = np.maximum(plan.moments_all(known), clocks.start)
    if plain is not None:
        due = np.where(reached.credited != 0, due, plain)
    late = pauses.elapsed > target
    passes = np.maximum(plan.passed_all(known), clocks.start)
    shown = np.where(never, NEVER, due)
    return Open(
        due=shown,
        elapsed=pauses.elapsed,
        paused=pauses.paused,
        breached=np.where(late, due, NONE),
        standing=pauses.standing,
        passes=np.where(never, NEVER, passes),
        levels=tuple(
            (each.code, _level(plan, each, (pauses, clocks.start, target, shown)))
            for each in terms.levels
        ),
    )


def _targets(plan: Compiled, terms: Terms, start: Array, base: Array) -> tuple[Array, Array | None]:
    """The targets in working microseconds, and the plain due moments of targets in days (R18)."""
    if not terms.days:
        return np.full(len(start), target_micros(terms), np.int64), None
    begin = plan.passed_all(base) - 1
    begin = np.where(has_windows_all(plan, start), start, begin)
    due = shift_days_all(plan, begin, terms.target, end_of_day=terms.end_of_day)
    nothing = plan.worked_all(due) == base
    if nothing.any():
        due[nothing] = shift_days_all(plan, begin[nothing], terms.target, end_of_day=True)
    for edge in (due.min(), due.max()) if len(due) else ():
        plan.worked(int(edge))
    return plan.worked_all(due) - base, due


def _level(plan: Compiled, level: Level, given: tuple[Pauses, Array, Array, Array]) -> Array:
    """When a level of each clock is reached, none before the start (R17)."""
    pauses, start, target, due = given
    if level.unit == "percent":
        aim = np.maximum(_share(target, level.offset), 1)
        reached = pauses.reach(aim)
        never = reached.never
        at = plan.moments_all(np.where(never, pauses.base, pauses.base + aim + reached.credited))
    else:
        never = due == NEVER
        at = np.where(never, start, due)
        if level.unit == "days":
            at = shift_days_all(plan, at, level.offset)
        else:
            at = plan.moments_all(np.maximum(plan.worked_all(at) + level.offset * SECOND, 0))
    return np.where(never, NEVER, np.maximum(at, start))


def _share(target: Array, percent: int) -> Array:
    """Whole microseconds of a percentage; a target of ten years times 1,000 fits into 64 bits."""
    return target * percent // 100
