"""Random cases through the engine, the engine on arrays and the second path: any difference shows.

`try_seed` tries one batch: one random calendar, some thousand random cases on it. `campaign` tries
many. The same seed makes the same cases.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np

from ....calendar.working import (
    DayException,
    Window,
    WorkingCalendar,
    compile_days,
    micros,
    moment_of,
)
from . import reference
from .engine import run
from .terms import KINDS, METRICS, Cycle, Event, Level, Terms
from .vector import NEVER, NONE, OPEN, Clocks, recompute

ZONES = (
    "UTC", "America/Chicago", "America/St_Johns", "Europe/Paris", "Australia/Lord_Howe",
    "Asia/Kathmandu", "America/Santiago", "Africa/Cairo", "Asia/Beirut",
)  # fmt: skip
REASONS = ("requester", "third_party", "force_majeure", "hold")
_HOUR = 3_600
_DAY = 86_400_000_000
DAYS = 170
"""How far the second path sees."""


def random_calendar(chance: random.Random) -> WorkingCalendar:
    """Split days, nights, closed and partial days, extra openings; in half, around a change of
    the local clock, also with a later version."""
    weekly = [window for day in range(7) if chance.random() < 0.75 for window in _windows(day, chance)]
    weekly = weekly or _windows(chance.randrange(7), chance)
    first = _first_day(chance)
    exceptions = [
        DayException(
            first + timedelta(days=day),
            tuple((w.start, w.end) for w in _windows(0, chance)) if chance.random() < 0.4 else (),
        )
        for day in chance.sample(range(DAYS - 40), chance.randrange(9))
    ]
    changes: tuple[tuple[date, tuple[Window, ...]], ...] = ()
    if chance.random() < 0.2:
        other = [window for day in range(5) for window in _windows(day, chance)]
        changes = ((first + timedelta(days=chance.randrange(5, 40)), tuple(other)),)
    return WorkingCalendar("trial", chance.choice(ZONES), tuple(weekly), tuple(exceptions), changes)


def _first_day(chance: random.Random) -> date:
    return date(chance.randrange(2015, 2030), chance.choice((1, 2, 3, 8, 9, 10)), 20)


def _windows(day: int, chance: random.Random) -> list[Window]:
    kind = chance.random()
    if kind < 0.1:
        return [Window(day, 0, 1440)]
    if kind < 0.2:
        start = chance.randrange(1080, 1440)
        return [Window(day, start, start + chance.randrange(30, 600))]
    edges = sorted(chance.sample(range(0, 1440, chance.choice((1, 5, 15, 30))), 4))
    if kind < 0.6:
        return [Window(day, edges[0], edges[1]), Window(day, edges[2], edges[3])]
    if kind < 0.65:
        return [Window(day, edges[0], edges[2]), Window(day, edges[1], edges[3])]
    return [Window(day, edges[0], edges[3])]


def random_terms(chance: random.Random, calendar: WorkingCalendar) -> Terms:
    """A promise of any kind and metric; half of them the plain resolution."""
    days = chance.random() < 0.25
    hours = chance.choice((1, 2, 4, 8, 16))
    target = chance.choice((60, 1800, hours * _HOUR, hours * _HOUR + 1))
    cap = chance.choice((None, None, None, 0, 1800, 5 * _HOUR))
    levels = [
        Level("percent", "percent", chance.choice((1, 50, 75, 100, 120))),
        Level("seconds", "seconds", chance.choice((-1, 1)) * chance.choice((0, 600, 5 * _HOUR))),
        Level("days", "days", chance.randrange(-3, 4)),
    ]
    plain = chance.random() < 0.5
    return Terms(
        code="trial",
        metric="resolution" if plain else chance.choice(METRICS),
        kind="sla" if plain or chance.random() < 0.5 else chance.choice(KINDS),
        target=chance.randrange(1, 6) if days else target,
        calendar=calendar,
        days=days,
        end_of_day=days and chance.random() < 0.4,
        pauses=frozenset(reason for reason in REASONS if chance.random() < 0.6),
        pause_cap=cap,
        reopen=chance.choice(("resume", "new_cycle")),
        levels=tuple(level for level in levels if chance.random() < 0.7),
        teams=frozenset(chance.choice(((), ("red",), ("red", "blue")))),
    )


def random_events(chance: random.Random, calendar: WorkingCalendar, first: int) -> list[Event]:
    """What happens to a case within two weeks; often at full minutes, so that edges meet."""
    grain = chance.choice((1, 1_000_000, 60_000_000, 1_800_000_000))
    count = chance.randrange(9)
    begin = first + chance.randrange(20 * _DAY) // grain * grain
    times = sorted(begin + chance.randrange(14 * _DAY) // grain * grain for _ in range(count))
    opened = {
        "by": chance.choice(("requester", "agent")),
        "channel": chance.choice(("web", "phone")),
        "team": chance.choice(("", "red", "blue")),
        **(_phase(chance) if chance.random() < 0.3 else {"phase": "open"}),
    }
    found = [Event(1, begin, "opened", opened)]
    for seq, at in enumerate(times, start=2):
        kind, data = _random_event(chance, begin)
        found.append(Event(seq, at, kind, data))
    return found


def _phase(chance: random.Random) -> dict[str, str]:
    phase = chance.choice(("open", "waiting", "waiting", "resolved", "closed"))
    return {"phase": phase, "reason": chance.choice(REASONS[:3]) if phase == "waiting" else ""}


def _random_event(chance: random.Random, begin: int) -> tuple[str, dict[str, Any]]:
    kind = chance.choices(
        ("state", "message", "assigned", "supplier", "callback", "update", "visit", "absorbed",
         "merged", "classified"),
        (50, 20, 8, 6, 6, 5, 10, 2, 1, 1),
    )[0]  # fmt: skip
    data: dict[str, Any] = {}
    if kind == "state":
        data = dict(_phase(chance))
    elif kind == "message":
        data = {
            "direction": chance.choice(("in", "out")),
            "human": chance.random() < 0.8,
            "public": chance.random() < 0.8,
        }
    elif kind == "assigned":
        data = {"team": chance.choice(("", "red", "blue"))}
    elif kind == "supplier":
        data = {"handed": chance.random() < 0.5}
    elif kind == "callback":
        data = {"promised": chance.random() < 0.5}
    elif kind == "visit":
        data = {"stage": chance.choice(("waiting", "waiting", "hold", "invited", "no_show"))}
    elif kind == "absorbed":
        data = {"opened_at": begin - chance.randrange(3 * _DAY)}
    return kind, data


def differences(cycles: tuple[Cycle, ...], expected: list[reference.Cycle]) -> list[str]:
    """What the engine and the second path say differently of one clock; and whether the engine's
    intervals add up."""
    if len(cycles) != len(expected):
        return [f"{len(cycles)} cycles, not {len(expected)}"]
    wrong = []
    for found, other in zip(cycles, expected, strict=True):
        pairs = {
            name: (getattr(found, name), getattr(other, name))
            for name in ("started", "stopped", "due", "elapsed", "paused", "target", "state",
                         "breached", "reason")
        }  # fmt: skip
        pairs["levels"] = (dict(found.levels), other.levels)
        wrong += [f"{name}: {a}, not {b}" for name, (a, b) in pairs.items() if a != b]
        wrong += _sums(found)
    return wrong


def _sums(cycle: Cycle) -> list[str]:
    working = sum(b - a for a, b, kind in cycle.intervals if kind == "working")
    paused = sum(b - a for a, b, kind in cycle.intervals if kind.startswith("paused:"))
    at = cycle.started
    for begin, end, _kind in cycle.intervals:
        if begin != at or end <= begin:
            return [f"intervals do not follow one another at {begin}"]
        at = end
    if working != cycle.elapsed or paused != cycle.paused:
        return [f"intervals: {working} and {paused} do not add up"]
    return []


def try_seed(asked: tuple[str, int]) -> tuple[str, int, int, list[str]]:
    """Try one batch: its seed, cases, cycles, and what differs."""
    seed, cases = asked
    chance = random.Random(f"clocks:{seed}")
    calendar = random_calendar(chance)
    days = [each.day for each in calendar.exceptions] + [day for day, _ in calendar.changes]
    start = min(days, default=_first_day(chance)) - timedelta(days=7)
    minutes = reference.Minutes(calendar, start, DAYS)
    first = micros(moment_of(0)) + (start + timedelta(days=5) - date(1970, 1, 1)).days * _DAY
    wrong: list[str] = []
    cycles = 0
    simple: list[tuple[Terms, reference.Cycle, int]] = []
    for number in range(cases):
        terms = random_terms(chance, calendar)
        events = random_events(chance, calendar, first)
        as_of = max(each.at for each in events) + chance.choice((0, 1, _DAY // 7, 3 * _DAY))
        expected = reference.run(events, terms, as_of, minutes)
        found = run(events, terms, as_of)
        cycles += len(found)
        wrong += [f"{seed}/{number}: {text}" for text in differences(found, expected)]
        if not terms.days and terms.pause_cap is None:
            simple += [(terms, each, as_of) for each in expected if _is_simple(each)]
    wrong += [f"{seed}: on arrays, {text}" for text in _on_arrays(calendar, start, simple)]
    return seed, cases, cycles, wrong


def _is_simple(cycle: reference.Cycle) -> bool:
    return not cycle.reason and not any(mode == "stop" for _, mode in cycle.parts[:-1])


def _on_arrays(
    calendar: WorkingCalendar, start: date, simple: list[tuple[Terms, reference.Cycle, int]]
) -> Iterator[str]:
    """Differences of the engine on arrays, which gets the same clocks in one call."""
    plan = compile_days(calendar, start - timedelta(days=3), start + timedelta(days=DAYS + 60))
    pauses: list[tuple[int, int, int]] = []
    for place, (_, cycle, _) in enumerate(simple):
        ends = [*(at for at, _ in cycle.parts[1:]), None]
        for (begin, mode), end in zip(cycle.parts, ends, strict=True):
            if mode not in ("on", "stop", "off"):
                # The second half first, then the whole: what overlaps counts once.
                half = begin + 1 if end is None else (begin + end) // 2
                pauses.append((half, OPEN if end is None else end, place))
                pauses.append((begin, OPEN if end is None else end, place))
    pauses = pauses or [(0, 0, 0)]
    if not simple:
        return
    flat = [np.array(column, dtype=np.int64) for column in zip(*pauses, strict=True)]
    found = recompute(
        plan,
        Clocks(
            start=np.array([each.started for _, each, _ in simple], dtype=np.int64),
            until=np.array([as_of if each.stopped is None else each.stopped
                            for _, each, as_of in simple], dtype=np.int64),
            running=np.array([each.stopped is None for _, each, _ in simple]),
            target=np.array([each.target for _, each, _ in simple], dtype=np.int64),
            pause_from=flat[0], pause_to=flat[1], pause_of=flat[2],
        ),
    )  # fmt: skip
    for place, (_, cycle, _) in enumerate(simple):
        due, breach = int(found.due[place]), int(found.breached[place])
        said = (
            None if due == NEVER else due, int(found.elapsed[place]), int(found.paused[place]),
            None if breach == NONE else breach, bool(found.standing[place]),
        )  # fmt: skip
        meant = (cycle.due, cycle.elapsed, cycle.paused, cycle.breached, cycle.state == "paused")
        if said != meant:
            yield f"{said}, not {meant}"


def campaign(seed: int, cases: int, batch: int = 4_000) -> list[str]:
    """Every difference in so many random cases."""
    wrong: list[str] = []
    for number in range(-(-cases // batch)):
        wrong += try_seed((f"{seed}:{number}", min(batch, cases - number * batch)))[3]
    return wrong
