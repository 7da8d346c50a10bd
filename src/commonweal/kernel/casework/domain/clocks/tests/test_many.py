"""Many open clocks at once say what the engine says of each."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.kernel.calendar.public import compiled
from commonweal.kernel.casework.domain.clocks import many, run, trial
from commonweal.kernel.casework.domain.clocks.engine import again
from commonweal.kernel.casework.domain.clocks.runs import STOPPED
from commonweal.kernel.casework.domain.clocks.terms import Cycle, Terms
from commonweal.kernel.casework.domain.clocks.vector import NEVER, NONE, OPEN, Clocks

from .desk import GLPI, at

FIRST = at("2026-10-16 00:00")
AS_OF = at("2026-11-20 12:34")


def clocks_of(cycles: list[Cycle], as_of: int) -> Clocks:
    """Starts and gaps of open cycles, as rows hold them."""
    flat = [
        (begin, OPEN if end is None else end, place, reason == STOPPED)
        for place, cycle in enumerate(cycles)
        for begin, end, reason in cycle.gaps
    ]
    begin, end, owner, done = zip(*flat, strict=True) if flat else ((), (), (), ())
    count = len(cycles)
    return Clocks(
        start=np.array([each.started for each in cycles], np.int64),
        until=np.full(count, as_of, np.int64),
        running=np.full(count, True),
        target=np.zeros(count, np.int64),
        pause_from=np.array(begin, np.int64),
        pause_to=np.array(end, np.int64),
        pause_of=np.array(owner, np.int64),
        done=np.array(done, bool),
    )


def shown(found: many.Open, place: int, coming: Any) -> tuple[Any, ...]:
    """One clock of many, with None where there is nothing."""

    def known(value: Any, nothing: int) -> int | None:
        return None if int(value) == nothing else int(value)

    return (
        known(found.due[place], NEVER), int(found.elapsed[place]), int(found.paused[place]),
        known(found.breached[place], NONE), bool(found.standing[place]),
        known(coming[place], NEVER),
        {code: int(moments[place]) for code, moments in found.levels
         if moments[place] != NEVER},
    )  # fmt: skip


def meant(cycle: Cycle, as_of: int, fired: set[str]) -> tuple[Any, ...]:
    """The same from the engine."""
    return (
        cycle.due, cycle.elapsed, cycle.paused, cycle.breached, cycle.state == "paused",
        cycle.next_after(as_of, fired), dict(cycle.levels),
    )  # fmt: skip


def random_open(chance: random.Random, terms: Terms) -> list[Cycle]:
    """Open cycles of random cases."""
    found: list[Cycle] = []
    for _ in range(40):
        events = trial.random_events(chance, GLPI, FIRST)
        found += [each for each in run(events, terms, AS_OF) if each.stopped is None]
    return found


def differ(seed: int) -> list[str]:
    """What differs among some clocks of one random promise."""
    chance = random.Random(seed)
    terms = replace(trial.random_terms(chance, GLPI), pause_cap=None)
    cycles = random_open(chance, terms)
    if not cycles:
        return []
    first = min(each.started for each in cycles)
    found = many.again_all(compiled(GLPI, first, AS_OF), clocks_of(cycles, AS_OF), terms)
    codes = [each.code for each in terms.levels]
    done = [{code for code in codes if chance.random() < 0.3} for _ in cycles]
    fired = {code: np.array([code in each for each in done]) for code in codes}
    coming = found.coming(AS_OF, fired)
    wrong = []
    for place, cycle in enumerate(cycles):
        one = again(cycle.started, cycle.gaps, terms, AS_OF)
        said, expected = shown(found, place, coming), meant(one, AS_OF, done[place])
        if said != expected:
            wrong.append(f"{said}, not {expected}")
    return wrong


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**9))
def test_many_clocks_are_what_each_is(seed: int) -> None:
    assert differ(seed) == []


@pytest.mark.parametrize("name", ["has_windows_all", "_share"])
def test_a_fault_would_show(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    faults: dict[str, Any] = {
        "has_windows_all": lambda plan, moments: np.full(len(moments), True),
        "_share": lambda target, percent: target,
    }
    monkeypatch.setattr(many, name, faults[name])
    assert any(differ(seed) for seed in range(120))


def test_only_a_cap_on_pauses_is_left_to_the_engine() -> None:
    terms = trial.random_terms(random.Random(3), GLPI)
    assert many.can_go_together(replace(terms, pause_cap=None))
    assert not many.can_go_together(replace(terms, pause_cap=0))
