"""A million clocks with three million pauses on arrays, against plain Python in the same run."""

from __future__ import annotations

import resource
import time
from datetime import date, timedelta
from typing import Any

import numpy as np

from ....calendar.working import (
    SECOND,
    Compiled,
    DayException,
    Window,
    WorkingCalendar,
    compile_days,
    micros,
    moment_of,
)
from .engine import run
from .terms import Event, Terms
from .vector import NEVER, NONE, OPEN, Clocks, Figures, recompute

_SPLIT = tuple(
    Window(day, begin, end) for day in range(5) for begin, end in ((480, 720), (780, 1080))
)
_DAY = 86_400 * SECOND


def bench_calendar() -> WorkingCalendar:
    """A split day in a zone with summer time, and eleven closed days a year."""
    closed = [
        DayException(date(year, month, 15), (), "closed")
        for year in range(2020, 2035)
        for month in range(1, 12)
    ]
    return WorkingCalendar("bench", "America/Chicago", _SPLIT, tuple(closed))


def random_clocks(count: int, pauses: int, seed: int) -> Clocks:
    """Clocks of about two years, each with some pauses; one in ten still runs."""
    chance = np.random.default_rng(seed)
    first = micros(moment_of(0) + timedelta(days=365 * 54))
    start = first + chance.integers(0, 700 * _DAY, count)
    until = start + chance.integers(0, 12 * _DAY, count)
    running = chance.random(count) < 0.1
    owner = np.sort(chance.integers(0, count, pauses))
    begin = start[owner] + chance.integers(-_DAY // 4, 12 * _DAY, pauses)
    finish = begin + chance.integers(0, 2 * _DAY, pauses)
    finish[chance.random(pauses) < 0.02] = OPEN
    target = chance.choice([1_800, 7_200, 14_400, 28_800, 144_000], count) * SECOND
    return Clocks(start, until, running, target, begin, finish, owner)


def plain(plan: Compiled, clocks: Clocks, places: range) -> list[tuple[int, int, int]]:
    """Due, elapsed and breach of some clocks, one after the other in plain Python."""
    edges = np.searchsorted(clocks.pause_of, [places.start, places.stop])
    own: dict[int, list[tuple[int, int]]] = {}
    for place in range(*edges.tolist()):
        pause = (int(clocks.pause_from[place]), int(clocks.pause_to[place]))
        own.setdefault(int(clocks.pause_of[place]), []).append(pause)
    return [_one(plan, clocks, place, sorted(own.get(place, []))) for place in places]


def _one(
    plan: Compiled, clocks: Clocks, place: int, pauses: list[tuple[int, int]]
) -> tuple[int, int, int]:
    start, target = int(clocks.start[place]), int(clocks.target[place])
    until, base = int(clocks.until[place]), plan.worked(int(clocks.start[place]))
    gone = credited = 0
    reach, never = start, False
    for begin, end in pauses:
        endless = end == OPEN and bool(clocks.running[place])
        low, high = max(begin, reach), min(end, until)
        if high < low or (high == low and not endless):
            continue
        early = plan.worked(low) - base - gone < target
        length = plan.worked(high) - plan.worked(low)
        gone += length
        credited += length if early else 0
        never = never or (early and endless)
        reach = high
    due = max(plan.moment(base + target + credited), start)
    elapsed = plan.worked(until) - base - gone
    return NEVER if never else due, elapsed, due if elapsed > target else NONE


def bench_clocks(clocks: int = 1_000_000, pauses: int = 3_000_000, seed: int = 1) -> dict[str, Any]:
    """Seconds on arrays and, scaled from a sample, in plain Python; and how many differ in it."""
    plan = compile_days(bench_calendar(), date(2022, 1, 1), date(2032, 12, 31))
    given = random_clocks(clocks, pauses, seed)
    began = time.perf_counter()
    found = recompute(plan, given)
    seconds = time.perf_counter() - began
    sample = range(min(clocks, 50_000))
    began = time.perf_counter()
    expected = plain(plan, given, sample)
    loop = (time.perf_counter() - began) * clocks / len(sample)
    return {
        "clocks": clocks,
        "pauses": pauses,
        "seconds": seconds,
        "plain_seconds_scaled": round(loop, 1),
        "times_faster": round(loop / seconds, 1),
        "differences": sum(
            one != other for one, other in zip(expected, figures_of(found, sample), strict=True)
        ),
        "one_microseconds": _one_case(),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _one_case(times: int = 3_000) -> float:
    """Microseconds for the clock of one case with three pauses, from its events."""
    begin = micros(moment_of(0) + timedelta(days=365 * 55))
    phases = ("waiting", "open") * 3
    events = [Event(1, begin, "opened", {"by": "requester", "channel": "web", "phase": "open"})]
    events += [
        Event(seq, begin + seq * 7_200 * SECOND, "state", {"phase": phase, "reason": "requester"})
        for seq, phase in enumerate(phases, start=2)
    ]
    terms = Terms(
        "bench", "resolution", 14_400, bench_calendar(), pauses=frozenset({"requester"})
    )
    as_of = begin + 20 * 7_200 * SECOND
    run(events, terms, as_of)
    began = time.perf_counter()
    for _ in range(times):
        run(events, terms, as_of)
    return (time.perf_counter() - began) / times * 1_000_000


def figures_of(found: Figures, places: range) -> list[tuple[int, int, int]]:
    """(due, elapsed, breach) of some clocks."""
    part = slice(places.start, places.stop)
    return list(
        zip(
            found.due[part].tolist(),
            found.elapsed[part].tolist(),
            found.breached[part].tolist(),
            strict=True,
        )
    )
