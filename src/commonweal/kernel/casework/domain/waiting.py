"""Waiting at a telephone or counter: the M/M/c queue of A. K. Erlang. Pure; floats, never money.

Calls arrive at random (Poisson) and are answered in turn by `agents` equal people; nobody hangs up.
Where people do hang up, real waiting is shorter, so promises made from this hold.
Source: A. K. Erlang (1917); formulas as in R. B. Cooper, *Introduction to Queueing Theory*
(2nd ed. 1981), §3.5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .errors import CaseError

MOST_AGENTS = 10_000


class QueueError(CaseError):
    """A queue's figures make no sense."""


@dataclass(frozen=True)
class Waiting:
    """How waiting is with a number of agents, in the time unit of the arrivals.

    `stable` is false where more comes than can be answered: the queue then only grows, by `grows`
    a unit of time, and there is no mean wait and no share answered in time.
    """

    agents: int
    stable: bool
    busy: float
    must_wait: float
    mean_wait: float | None
    within: float | None
    waiting: float | None
    grows: float


def waiting(agents: int, arrivals: float, duration: float, within: float = 0.0) -> Waiting:
    """Erlang C for `agents`, `arrivals` a unit of time, each lasting `duration` of such units.

    `within`: the time for which to say which share is answered until then. `waiting` is the mean
    number of people in the queue, by Little's law. Errors: CASE-220 for figures below zero.
    """
    _check(agents, arrivals, duration, within)
    load = arrivals * duration
    if load == 0:
        return Waiting(agents, agents > 0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    if load >= agents:
        rate = agents / duration
        return Waiting(agents, False, 1.0, 1.0, None, None, None, max(0.0, arrivals - rate))
    must_wait = probability_of_waiting(agents, load)
    spare = agents - load
    mean = must_wait * duration / spare
    share = 1.0 - must_wait * math.exp(-spare * within / duration)
    return Waiting(agents, True, load / agents, must_wait, mean, share, arrivals * mean, 0.0)


def probability_of_waiting(agents: int, load: float) -> float:
    """Erlang's C from his B, whose recursion never overflows: B(n) = aB(n−1) / (n + aB(n−1))."""
    blocked = 1.0
    for count in range(1, agents + 1):
        blocked = load * blocked / (count + load * blocked)
    busy = load / agents
    return blocked / (1.0 - busy * (1.0 - blocked))


def agents_for(arrivals: float, duration: float, within: float, share: float) -> int:
    """The fewest agents with which a `share` of calls is answered `within` the time.

    Errors: CASE-220 for figures below zero, CASE-221 where no number of agents reaches it.
    """
    _check(0, arrivals, duration, within)
    if not 0 <= share < 1:
        raise QueueError("CASE-221", "No number of people answers everybody in time. Ask for less.")
    agents = max(1, math.floor(arrivals * duration))
    while agents <= MOST_AGENTS:
        found = waiting(agents, arrivals, duration, within)
        if found.stable and found.within is not None and found.within >= share:
            return agents
        agents += 1
    raise QueueError("CASE-221", "No number of people answers everybody in time. Ask for less.")


def _check(agents: int, arrivals: float, duration: float, within: float) -> None:
    fine = all(math.isfinite(value) and value >= 0 for value in (arrivals, duration, within))
    if not fine or not 0 <= agents <= MOST_AGENTS:
        raise QueueError(
            "CASE-220", f"A queue's figures are 0 or more, its agents at most {MOST_AGENTS}."
        )
