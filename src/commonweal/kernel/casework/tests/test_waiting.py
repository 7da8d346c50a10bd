"""Erlang's C against published values, and Little's law against a seeded simulation of events."""

from __future__ import annotations

import heapq
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.casework.domain.backlog import little
from commonweal.kernel.casework.domain.waiting import (
    QueueError,
    agents_for,
    probability_of_waiting,
    waiting,
)


def test_a_published_worked_example() -> None:
    """Call Centre Helper, "Erlang C Formula – Made Simple With an Easy Worked Example": 100 calls
    in half an hour of 180 s, 14 agents, 20 s: P(wait) 17.4 %, 88.8 % in time, 7.8 s, 71.4 % busy.
    """
    found = waiting(14, 200 / 3600, 180, 20)
    assert found.must_wait == pytest.approx(0.174, abs=5e-4)
    assert found.within == pytest.approx(0.888, abs=5e-4)
    assert found.mean_wait == pytest.approx(7.8, abs=0.05)
    assert found.busy == pytest.approx(0.714, abs=5e-4)
    assert agents_for(200 / 3600, 180, 20, 0.8) == 14


def test_another_published_example() -> None:
    """Mitan Ltd, "The Erlang-C formula": 360 calls in half an hour of 4 minutes, 55 agents: 48
    erlangs, 87 % busy, E_C = 0.239."""
    found = waiting(55, 360 / 1800, 240, 15)
    assert found.must_wait == pytest.approx(0.239, abs=5e-4)
    assert found.busy == pytest.approx(48 / 55)


def test_the_county_hospital() -> None:
    """Hillier and Lieberman, *Introduction to Operations Research*, ch. "Queueing theory": two
    patients an hour, three an hour treated. One doctor: W_q = 2/3 h, L_q = 4/3; two: 1/24 h, 1/12.
    """
    one, two = waiting(1, 2, 1 / 3), waiting(2, 2, 1 / 3)
    assert (one.mean_wait, one.waiting) == (pytest.approx(2 / 3), pytest.approx(4 / 3))
    assert (two.mean_wait, two.waiting) == (pytest.approx(1 / 24), pytest.approx(1 / 12))


@given(st.integers(1, 60), st.floats(0.01, 0.99))
def test_the_recursion_is_the_sum_of_the_definition(agents: int, busy: float) -> None:
    load = agents * busy
    top = math.exp(agents * math.log(load) - math.lgamma(agents + 1)) / (1 - busy)
    below = sum(math.exp(n * math.log(load) - math.lgamma(n + 1)) for n in range(agents))
    assert probability_of_waiting(agents, load) == pytest.approx(top / (top + below), rel=1e-9)


@given(st.floats(0.01, 50), st.floats(0.01, 5), st.integers(1, 200), st.floats(0, 3))
def test_one_more_agent_never_makes_waiting_worse(
    arrivals: float, duration: float, agents: int, within: float
) -> None:
    few, more = (waiting(number, arrivals, duration, within) for number in (agents, agents + 1))
    assert more.must_wait <= few.must_wait + 1e-12
    assert more.grows <= few.grows
    if few.stable:
        assert more.stable
        assert more.mean_wait is not None
        assert few.mean_wait is not None
        assert 0 <= more.mean_wait <= few.mean_wait + 1e-12
        assert few.within is not None
        assert 0 <= few.within <= 1
        assert few.waiting == pytest.approx(arrivals * few.mean_wait)


@pytest.mark.parametrize(("agents", "arrivals", "grows"), [(4, 9, 1), (4, 8, 0), (0, 5, 5)])
def test_as_much_as_can_be_answered_or_more_only_grows(
    agents: int, arrivals: float, grows: float
) -> None:
    found = waiting(agents, arrivals, 0.5)
    assert not found.stable
    assert (found.mean_wait, found.within, found.waiting) == (None, None, None)
    assert found.grows == pytest.approx(grows)


def test_nobody_who_comes_waits_for_nobody() -> None:
    assert waiting(2, 0, 5).mean_wait == 0
    assert waiting(0, 0, 5).stable is False


@given(st.floats(0.1, 300), st.floats(0.01, 1), st.floats(0, 1), st.floats(0, 0.99))
def test_the_fewest_agents_are_the_fewest(
    arrivals: float, duration: float, within: float, share: float
) -> None:
    agents = agents_for(arrivals, duration, within, share)
    enough = waiting(agents, arrivals, duration, within)
    assert enough.within is not None
    assert enough.within >= share
    fewer = waiting(agents - 1, arrivals, duration, within)
    assert fewer.within is None or fewer.within < share


@pytest.mark.parametrize(
    ("agents", "arrivals", "duration", "within"),
    [(-1, 1, 1, 0), (1, -1, 1, 0), (1, 1, -1, 0), (1, 1, 1, -1), (1, math.nan, 1, 0),
     (1, math.inf, 1, 0), (10_001, 1, 1, 0)],
)  # fmt: skip
def test_figures_that_are_none_are_refused(
    agents: int, arrivals: float, duration: float, within: float
) -> None:
    with pytest.raises(QueueError, match="CASE-220"):
        waiting(agents, arrivals, duration, within)


def test_everybody_at_once_cannot_be_promised() -> None:
    for share in (1.0, 1.5, -0.1):
        with pytest.raises(QueueError, match="CASE-221"):
            agents_for(10, 1, 0, share)
    with pytest.raises(QueueError, match="CASE-221"):
        agents_for(20_000, 1, 0, 0.5)


def simulated(agents: int, arrivals: float, duration: float, calls: int, seed: int) -> list[float]:
    """A simulation of events: random arrivals, each served by the first agent who is free.

    Gives: mean wait, share who wait, mean number in the whole system over time, mean time in it.
    """
    chance = random.Random(seed)
    free = [0.0] * agents
    moment, waits, inside, changes = 0.0, [], [], []
    for _call in range(calls):
        moment += chance.expovariate(arrivals)
        begins = max(moment, heapq.heappop(free))
        ends = begins + chance.expovariate(1 / duration)
        heapq.heappush(free, ends)
        waits.append(begins - moment)
        inside.append(ends - moment)
        changes += [(moment, 1), (ends, -1)]
    present, area, before = 0, 0.0, 0.0
    for when, change in sorted(changes):
        if when > moment:
            break
        area += present * (when - before)
        present, before = present + change, when
    share = sum(wait > 1e-12 for wait in waits) / calls
    return [sum(waits) / calls, share, area / moment, sum(inside) / calls]


@pytest.mark.parametrize(
    ("agents", "arrivals", "duration"), [(1, 0.7, 1.0), (5, 4.2, 1.0), (12, 30, 0.33)]
)
def test_the_formulas_agree_with_a_simulation(
    agents: int, arrivals: float, duration: float
) -> None:
    wait, share, present, inside = simulated(agents, arrivals, duration, 150_000, seed=42)
    found = waiting(agents, arrivals, duration)
    assert found.mean_wait == pytest.approx(wait, rel=0.06)
    assert found.must_wait == pytest.approx(share, rel=0.03)
    # Little: measured on its own in two ways, the mean number and the mean time agree.
    assert little(present, arrivals) == pytest.approx(inside, rel=0.01)
    assert found.waiting is not None
    assert found.waiting + arrivals * duration == pytest.approx(present, rel=0.04)
