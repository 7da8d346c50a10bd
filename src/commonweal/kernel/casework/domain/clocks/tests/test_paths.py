"""The engine, its twin on arrays and the second path in plain Python say the same."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.kernel.calendar.public import CalendarError, compile_days
from commonweal.kernel.casework.domain.clocks import engine, reference, run, trial, vector
from commonweal.kernel.casework.domain.clocks.bench import bench_clocks
from commonweal.kernel.casework.domain.clocks.tests.desk import (
    GLPI,
    HOUR,
    OFFICE,
    SECOND,
    Case,
    at,
    promise,
)
from commonweal.kernel.casework.domain.clocks.vector import (
    NEVER,
    NONE,
    OPEN,
    Clocks,
    recompute,
)


def test_random_cases_differ_in_nothing() -> None:
    """A small piece of the million that `./run deep` tries; nothing here is always the same."""
    assert trial.campaign(20, 600, batch=300) == []
    _, cases, cycles, _ = trial.try_seed(("1:0", 200))
    assert cases == 200
    assert cycles > 150


@pytest.mark.parametrize("name", ["due", "elapsed", "paused", "target", "breached", "levels"])
def test_a_fault_of_the_engine_would_show(name: str) -> None:
    case = Case("2034-06-09 09:00").waits("2034-06-09 09:30", "2034-06-09 10:00")
    as_of = at("2034-06-09 17:30")
    terms = promise(HOUR, calendar=OFFICE)
    minutes = reference.Minutes(OFFICE, date(2034, 6, 1), 20)
    expected = reference.run(case.events, terms, as_of, minutes)
    cycles = run(case.events, terms, as_of)
    assert trial.differences(cycles, expected) == []
    wrong: Any = (("x", 1),) if name == "levels" else (getattr(cycles[0], name) or 0) + 1
    (found, *_) = trial.differences((replace(cycles[0], **{name: wrong}),), expected)
    assert found.startswith((name, "intervals"))
    assert trial.differences((), expected) == ["0 cycles, not 1"]


def test_a_fault_in_the_rules_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pause credited, also one that begins after the deadline (R5)."""

    def all_pauses(base: int, gaps: Any, target: int) -> tuple[int, int, bool]:
        credited = sum(gap.length for gap in gaps)
        return base + target + credited, credited, not any(gap.open for gap in gaps)

    monkeypatch.setattr(engine, "_reach", all_pauses)
    assert trial.campaign(20, 200, batch=200)


def test_a_fault_on_arrays_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector, "_furthest", lambda owner, finish: finish)
    twice = Case("2034-06-09 11:00")
    pauses = [(60, 7200), (120, 180), (240, 3600)]
    assert _one(twice, pauses)[2] != 7140 * SECOND
    monkeypatch.undo()
    assert _one(twice, pauses)[2] == 7140 * SECOND


def _one(case: Case, pauses: list[tuple[int, int]]) -> tuple[int, int, int, int]:
    start = case.events[0].at
    plan = compile_days(OFFICE, date(2034, 6, 1), date(2034, 7, 30))
    flat = [np.array([start + edge * SECOND for edge in edges], dtype=np.int64)
            for edges in zip(*pauses, strict=True)]  # fmt: skip
    found = recompute(
        plan,
        Clocks(
            np.array([start]), np.array([start + 6 * HOUR * SECOND]), np.array([True]),
            np.array([HOUR * SECOND]), *flat, np.zeros(len(pauses), dtype=np.int64),
        ),
    )  # fmt: skip
    figures = (found.due, found.elapsed, found.paused, found.breached)
    due, elapsed, paused, breached = (int(each[0]) for each in figures)
    return due, elapsed, paused, breached


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-3_000, 9_000), st.integers(0, 9_000)), max_size=6))
def test_pauses_in_any_order_and_overlap_count_once(raw: list[tuple[int, int]]) -> None:
    """On arrays, however they come, as their union: second by second."""
    pauses = [(begin, begin + length) for begin, length in raw] or [(0, 0)]
    due, elapsed, paused, breached = _one(Case("2034-06-09 11:00"), pauses)
    off = {second for begin, end in pauses for second in range(max(begin, 0), min(end, 21_600))}
    assert (elapsed, paused) == ((21_600 - len(off)) * SECOND, len(off) * SECOND)
    on = [second for second in range(21_600) if second not in off]
    if len(on) >= HOUR:
        assert due == at("2034-06-09 11:00") + (on[HOUR - 1] + 1) * SECOND
    assert (breached == NONE) == (len(on) <= HOUR)


@cache
def _autumn() -> reference.Minutes:
    """Around the night in which the local clock is put back."""
    return reference.Minutes(GLPI, date(2026, 10, 10), 70)


@settings(max_examples=120, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_second_path_agrees_on_any_case(chance: random.Random) -> None:
    terms = trial.random_terms(chance, GLPI)
    events = trial.random_events(chance, GLPI, at("2026-10-16 00:00"))
    as_of = max(each.at for each in events) + chance.randrange(3 * 86_400) * SECOND
    expected = reference.run(events, terms, as_of, _autumn())
    assert trial.differences(run(events, terms, as_of), expected) == []


def test_an_endless_pause_has_no_due_time() -> None:
    start = at("2034-06-09 11:00")
    plan = compile_days(OFFICE, date(2034, 6, 1), date(2034, 7, 30))
    both = np.array([start, start], dtype=np.int64)
    found = recompute(
        plan,
        Clocks(
            both, both + 5 * HOUR * SECOND, np.array([True, False]),
            np.full(2, 2 * HOUR * SECOND), both + HOUR * SECOND, np.full(2, OPEN), np.arange(2),
        ),
    )  # fmt: skip
    assert found.due[0] == NEVER
    assert found.due[1] == at("2034-06-09 17:00"), "it ended with the clock"
    assert found.standing.tolist() == [True, False]
    assert found.elapsed.tolist() == [HOUR * SECOND] * 2


def test_clocks_without_pauses_and_no_clocks_at_all() -> None:
    plan = compile_days(OFFICE, date(2034, 6, 1), date(2034, 7, 30))
    none = np.array([], dtype=np.int64)
    start = np.array([at("2034-06-09 17:00")])
    one = Clocks(start, start, np.array([True]), np.array([HOUR * SECOND]), none, none, none)
    assert recompute(plan, one).due.tolist() == [at("2034-06-09 18:00")]
    nothing = Clocks(none, none, none.astype(bool), none, none, none, none)
    assert len(recompute(plan, nothing).due) == 0
    with pytest.raises(CalendarError):
        recompute(plan, replace(one, start=start * 2, until=start * 2))


def test_the_bench_compares_with_plain_python() -> None:
    found = bench_clocks(2_000, 6_000)
    assert found["differences"] == 0
    assert found["times_faster"] > 0
