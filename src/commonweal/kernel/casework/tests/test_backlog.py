"""The forecast of a backlog: against exact counts, a seeded simulation, and what must hold."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.kernel.casework.domain import backlog
from commonweal.kernel.casework.domain.backlog import (
    MOST_DAYS,
    NODES,
    AgeClass,
    Arrived,
    BacklogError,
    Question,
    Settled,
    Staffing,
    agents_to_clear,
    forecast,
    little,
    rates,
)
from commonweal.kernel.casework.domain.counts import (
    Spread,
    added,
    coarse,
    count,
    exactly,
    floored,
    less,
    mixed,
    turned,
)

MONDAY = date(2026, 11, 30)


def working_days(number: int, start: date = MONDAY) -> list[date]:
    days = (start + timedelta(days=place) for place in range(number * 2 + 7))
    return [day for day in days if day.weekday() < 5][:number]


PAST = working_days(500, date(2024, 11, 25))


def question(
    *,
    came: float = 20,
    each: float = 5,
    agents: float = 4,
    then: float = 5,
    change_on: int = 0,
    open_now: int = 100,
    returns: float = 0.0,
    days: int = 40,
    **more: Any,
) -> Question:
    """History as steady as can be: the very means, every day."""
    history = [Arrived(day, _rounded(came, place)) for place, day in enumerate(PAST)]
    settled = [Settled(day, agents, _rounded(each * agents, n)) for n, day in enumerate(PAST)]
    plain = Question(
        [AgeClass("all", open_now)], history, settled, Staffing(agents, then, change_on), returns,
        working_days(days),
    )  # fmt: skip
    return replace(plain, **more)


def _rounded(mean: float, place: int) -> int:
    """Whole numbers whose mean over time is `mean`."""
    return math.floor(mean * (place + 1) + 1e-9) - math.floor(mean * place + 1e-9)


def noisy(seed: int, mean: float, dispersion: float, size: int) -> list[int]:
    """Counts of a negative binomial, or Poisson, from numpy's own generator."""
    chance = np.random.default_rng(seed)
    if dispersion <= 1:
        return [int(value) for value in chance.poisson(mean, size)]
    shape = mean / (dispersion - 1)
    return [int(value) for value in chance.negative_binomial(shape, 1 / dispersion, size)]


def probability(spread: Spread, number: int) -> float:
    place = number - spread.low
    return float(spread.weights[place]) if 0 <= place < len(spread.weights) else 0.0


@pytest.mark.parametrize("mean", [0.3, 7.5, 400.0])
def test_a_poisson_count_is_one(mean: float) -> None:
    spread = count(mean, 1.0)
    for number in {0, 1, int(mean), int(mean) + 3}:
        true = math.exp(number * math.log(mean) - mean - math.lgamma(number + 1))
        assert probability(spread, number) == pytest.approx(true, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("mean", "dispersion"), [(7.5, 1.4), (7.5, 6.0), (300.0, 3.0)])
def test_a_count_in_bursts_is_negative_binomial(mean: float, dispersion: float) -> None:
    spread, size = count(mean, dispersion), mean / (dispersion - 1)
    for number in {0, 1, int(mean), int(mean * 1.2)}:
        log = math.lgamma(size + number) - math.lgamma(size) - math.lgamma(number + 1)
        log += size * math.log(1 / dispersion) + number * math.log(1 - 1 / dispersion)
        assert probability(spread, number) == pytest.approx(math.exp(log), rel=1e-8, abs=1e-12)


def test_steady_work_is_binomial() -> None:
    spread = count(6.0, 0.4)
    for number in range(11):
        true = math.comb(10, number) * 0.6**number * 0.4 ** (10 - number)
        assert probability(spread, number) == pytest.approx(true, rel=1e-9)
    assert exactly(4).quantile(0.5) == count(4.0, 1e-6).quantile(0.5) == 4


@given(st.floats(0, 900), st.floats(0.05, 30))
@settings(max_examples=60, deadline=None)
def test_any_count_has_its_mean_and_weighs_one(mean: float, dispersion: float) -> None:
    spread = count(mean, dispersion)
    assert spread.weights.sum() == pytest.approx(1)
    assert spread.weights.min() >= 0
    assert spread.mean == pytest.approx(mean, rel=1e-6, abs=1e-9)
    places = spread.low + np.arange(len(spread.weights))
    variance = float(spread.weights @ (places - spread.mean) ** 2)
    if dispersion >= 1 and mean > 1e-6:
        assert variance == pytest.approx(mean * dispersion, rel=1e-3)


def test_sums_and_differences_of_counts() -> None:
    both = added(count(300.0, 1.0), count(500.0, 1.0))
    assert both.mean == pytest.approx(800)
    straight = count(800.0, 1.0)
    for number in (750, 800, 870):
        assert probability(both, number) == pytest.approx(probability(straight, number), rel=1e-7)
    apart = less(count(3.0, 1.0), count(2.0, 1.0))
    true = sum(
        max(0, a - b) * math.exp(-5) * 3**a * 2**b / math.factorial(a) / math.factorial(b)
        for a in range(40)
        for b in range(40)
    )
    assert apart.mean == pytest.approx(true, rel=1e-9)
    assert apart.low == 0
    assert less(exactly(3), exactly(9)).mean == 0


def test_large_counts_are_added_as_small_ones_are() -> None:
    one, other = count(5_000.0, 4.0), count(9_000.0, 1.0)
    assert len(one.weights) * len(other.weights) > 200_000
    both = added(one, other)
    plain = np.convolve(one.weights, other.weights)
    places = both.low - one.low - other.low
    assert np.allclose(plain[places : places + len(both.weights)], both.weights, atol=1e-12)


def test_the_five_points_are_those_of_a_normal_error() -> None:
    for power, moment in ((0, 1), (1, 0), (2, 1), (4, 3), (6, 15), (8, 105), (9, 0)):
        assert sum(weight * point**power for point, weight in NODES) == pytest.approx(
            moment, abs=1e-6
        )
    spread = mixed([(0.25, exactly(1)), (0.75, exactly(5))])
    assert (spread.mean, spread.quantile(0.25), spread.quantile(0.26)) == (4, 1, 5)


def test_history_says_means_by_weekday_and_dispersion() -> None:
    means = {0: 40, 1: 30, 2: 20, 3: 20, 4: 10}
    draws = {weekday: iter(noisy(weekday, mean, 3.0, 200)) for weekday, mean in means.items()}
    history = [Arrived(day, next(draws[day.weekday()])) for day in PAST]
    found = rates(question(arrived=history))
    for weekday, mean in means.items():
        assert found.by_weekday[weekday] == pytest.approx(mean, rel=0.15)
    assert found.arrivals_spread == pytest.approx(3.0, rel=0.2)
    assert found.arrivals_error == pytest.approx(
        math.sqrt(found.arrivals_spread * found.arrivals / 500)
    )
    assert found.on(date(2026, 12, 5)) == found.arrivals


def test_a_short_history_is_taken_as_poisson_and_gives_a_wider_band() -> None:
    whole = question(then=4)
    short = replace(whole, arrived=whole.arrived[:8], settled=whole.settled[:8])
    assert rates(short).arrivals_spread == 1.0
    poisson = replace(
        whole, arrived=[Arrived(day, n) for day, n in zip(PAST, noisy(5, 20, 1, 500), strict=True)],
        settled=[Settled(day, 4, n) for day, n in zip(PAST, noisy(6, 20, 1, 500), strict=True)],
    )  # fmt: skip
    wide, narrow = forecast(short).days[-1], forecast(poisson).days[-1]
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def simulated(asked: Question, runs: int, seed: int) -> np.ndarray:
    """The backlog day by day in many runs, as the model says it, by drawing."""
    known, chance = rates(asked), np.random.default_rng(seed)
    open_now = np.full(runs, sum(each.open for each in asked.open_now))
    found = []
    for place, day in enumerate(asked.days):
        came = _drawn(chance, known.on(day), known.arrivals_spread, runs)
        done = _drawn(
            chance, known.each_agent * asked.staffing.on(place), known.settled_spread, runs
        )
        for_good = chance.binomial(done, 1 - asked.returns)
        open_now = np.maximum(0, open_now + came - for_good)
        found.append(open_now)
    return np.array(found)


def _drawn(chance: Any, mean: float, dispersion: float, runs: int) -> np.ndarray:
    if dispersion <= 1:
        return chance.poisson(mean, runs)
    return chance.negative_binomial(mean / (dispersion - 1), 1 / dispersion, runs)


@pytest.mark.parametrize("then", [3.0, 4.0, 6.0])
def test_mean_and_band_are_those_of_a_simulation(then: float) -> None:
    """With a history of 100 years the means are known, and only chance is left."""
    many = [*PAST] * 50
    asked = question(
        then=then, change_on=5, returns=0.1, open_now=60,
        arrived=[Arrived(d, n) for d, n in zip(many, noisy(1, 18, 3.0, len(many)), strict=True)],
        settled=[Settled(d, 4, n) for d, n in zip(many, noisy(2, 20, 2.0, len(many)), strict=True)],
    )  # fmt: skip
    found, drawn = forecast(asked), simulated(asked, 40_000, seed=3)
    for place, day in enumerate(found.days):
        mean, error = drawn[place].mean(), drawn[place].std() / 200
        assert day.expected == pytest.approx(mean, abs=5 * error + 0.02 * day.expected)
        low, high = np.quantile(drawn[place], [0.1, 0.9])
        wide = max(2.0, 0.06 * (high - low) + 0.02 * high)
        assert abs(day.low - low) <= wide
        assert abs(day.high - high) <= wide
        cleared = (drawn[place] <= found.normal).mean()
        assert day.cleared == pytest.approx(cleared, abs=0.03)


def test_the_band_holds_four_of_five_futures() -> None:
    """History and future drawn from the same truth, the history short: the band must still hold."""
    held = 0
    for seed in range(150):
        chance = np.random.default_rng(1_000 + seed)
        asked = question(
            then=4, days=15, open_now=200,
            arrived=[Arrived(day, int(chance.poisson(20))) for day in PAST[:30]],
            settled=[Settled(day, 4, int(chance.poisson(20))) for day in PAST[:30]],
        )  # fmt: skip
        future = 200 + sum(int(chance.poisson(20)) - int(chance.poisson(20)) for _ in range(15))
        last = forecast(asked).days[-1]
        held += last.low <= future <= last.high
    assert 0.72 <= held / 150 <= 0.89


def test_nothing_in_and_nothing_out_stays_as_it_is() -> None:
    asked = question(came=0, agents=4, then=0, open_now=37)
    for day in forecast(asked).days:
        assert (day.low, day.high) == (37, 37)
        assert day.expected == pytest.approx(37)


def test_a_flow_without_chance_is_plain_arithmetic() -> None:
    """100 open, 20 come and 25 are settled a day: 95 after one day, down to a day's work in 16."""
    found = forecast(question())
    assert found.days[0].expected == pytest.approx(95, abs=0.5)
    assert found.days[9].expected == pytest.approx(50, abs=1.5)
    assert found.steady
    assert found.grows_by == 0
    assert found.clears_on in working_days(19)[15:19]
    assert found.days[9].waiting_days == pytest.approx(found.days[9].expected / 20)


def test_too_few_people_let_it_grow() -> None:
    found = forecast(question(then=3))
    assert not found.steady
    assert found.grows_by == pytest.approx(5)
    assert found.clears_on is None
    assert all(day.waiting_days is None for day in found.days)
    assert found.days[-1].expected == pytest.approx(100 + 5 * 40, abs=2)


def test_as_many_settled_as_come_is_not_steady() -> None:
    found = forecast(question(then=4))
    assert not found.steady
    assert found.grows_by == 0


def test_what_comes_back_must_be_done_again() -> None:
    found = forecast(question(then=4, returns=0.25))
    assert found.grows_by == pytest.approx(20 - 15)


def test_ages_are_worked_through_oldest_first() -> None:
    classes = [AgeClass("over a month", 30), AgeClass("a week", 45), AgeClass("new", 900)]
    found = forecast(replace(question(then=5, change_on=2), open_now=classes))
    days = working_days(40)
    # 20, 20, 25, 25 …: 30 after two days, 75 after four, 975 after 40 days: 990.
    assert [day for _class, day in found.ages] == [days[1], days[3], days[39]]


@pytest.mark.parametrize(("open_now", "days"), [(100, 10), (500, 20), (0, 5), (2_000, 60)])
def test_as_many_agents_as_said_clear_it_and_one_fewer_do_not(open_now: int, days: int) -> None:
    asked = question(open_now=open_now, days=days)
    wanted = agents_to_clear(asked)
    assert wanted is not None
    normal = rates(asked).arrivals

    def left(agents: int) -> float:
        staffing = Staffing(4, agents)
        return forecast(replace(asked, staffing=staffing)).days[-1].expected

    assert left(wanted) <= normal + 0.6
    if wanted > 0:
        assert left(wanted - 1) > normal


def test_agents_who_come_too_late_clear_nothing() -> None:
    assert agents_to_clear(question(open_now=500, days=10, change_on=10)) is None


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 300), st.floats(0, 40), st.floats(1, 12), st.floats(0, 12),
    st.floats(0, 0.6), st.integers(1, 25),
)  # fmt: skip
def test_what_always_holds(
    open_now: int, came: float, each: float, then: float, returns: float, days: int
) -> None:
    asked = question(open_now=open_now, came=came, each=each, then=then, returns=returns, days=days)
    found = forecast(asked)
    more = forecast(replace(asked, staffing=Staffing(4, then + 1.5)))
    for day, eased in zip(found.days, more.days, strict=True):
        assert 0 <= day.low <= day.high
        assert day.expected >= -1e-9
        assert eased.expected <= day.expected + 1e-6
        assert eased.low <= day.low
        assert eased.high <= day.high
        assert 0 <= day.cleared <= eased.cleared + 1e-9 <= 1 + 1e-6
    assert (found.steady and found.rates.arrivals > 0) == (found.days[0].waiting_days is not None)
    assert not (found.steady and found.grows_by > 0)


def test_a_large_backlog_is_forecast_in_time() -> None:
    """40,000 open, 1,900 a day in bursts, 200 agents, a year ahead: a page can wait for it."""
    asked = question(
        open_now=40_000, came=1_900, each=10, agents=200, then=210, days=250,
        arrived=[Arrived(d, n) for d, n in zip(PAST, noisy(9, 1_900, 8.0, 500), strict=True)],
        settled=[Settled(d, 200, n) for d, n in zip(PAST, noisy(8, 2_000, 5.0, 500), strict=True)],
    )  # fmt: skip
    began = time.process_time()
    found = forecast(asked)
    assert time.process_time() - began < 10
    assert found.steady
    assert found.days[-1].expected < 15_000


def bursting(open_now: int = 20_000) -> Question:
    """Most of eight weeks' cases came in one of them, as after files of an old desk were read."""
    past = PAST[-40:]
    return question(
        open_now=open_now, then=24, days=60, returns=0.05,
        arrived=[Arrived(d, n % 31 + (3_500 if n < 5 else 40)) for n, d in enumerate(past)],
        settled=[Settled(d, 20, 20 + n % 23) for n, d in enumerate(past)],
    )  # fmt: skip


def test_bursts_go_in_steps_that_change_no_mean_and_hardly_a_band(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same with every single number kept (14 s of convolutions for all that a page shows)."""
    asked = replace(bursting(), days=working_days(12))
    quick = forecast(asked)
    monkeypatch.setattr(backlog, "FINE", 10**9)
    exact = forecast(asked)
    assert quick.days != exact.days
    for one, other in zip(quick.days, exact.days, strict=True):
        wide = other.high - other.low
        assert one.expected == pytest.approx(other.expected, abs=0.01 * wide)
        assert abs(one.low - other.low) <= 0.01 * wide
        assert abs(one.high - other.high) <= 0.01 * wide
        assert one.cleared == pytest.approx(other.cleared, abs=0.005)


def test_the_work_grows_neither_with_what_is_open_nor_with_bursts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes: list[int] = []

    def watched(one: Spread, other: Spread) -> Spread:
        found = added(one, other)
        sizes.append(len(found.weights))
        return found

    monkeypatch.setattr(backlog, "added", watched)
    for asked in (bursting(), bursting(350_000)):
        assert agents_to_clear(asked) is not None
        forecast(asked)
        # Days of five runs, and a few tries of how many agents it takes; each a few thousand wide.
        assert len(sizes) < 60 * 30
        assert max(sizes) < 8_000
        sizes.clear()


def test_a_count_in_steps_has_the_same_mean_and_never_less_for_more() -> None:
    for mean, dispersion in ((40.0, 1.0), (300.0, 20.0), (0.4, 1.0)):
        fine = count(mean, dispersion)
        for step in (1, 3, 16):
            found = coarse(fine, step)
            assert found.low % step == 0
            assert found.weights.sum() == pytest.approx(1)
            assert found.mean == pytest.approx(fine.mean, rel=1e-9)
            assert fine.variance - 1e-6 <= found.variance <= fine.variance + step**2 / 4 + 1e-6
            assert turned(found).mean == pytest.approx(-found.mean)
    below = floored(Spread(-8, np.full(5, 0.2), 4))
    assert (below.low, below.step) == (0, 4)
    assert below.weights.tolist() == pytest.approx([0.6, 0.2, 0.2])
    assert floored(Spread(-40, np.full(5, 0.2), 4)).mean == 0
    assert coarse(exactly(10), 4).at_most(9.5) == pytest.approx(0.5)
    assert coarse(exactly(10), 4).quantile(0.9) == 12


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"arrived": []}, "CASE-222"), ({"settled": []}, "CASE-222"),
        ({"settled": [Settled(MONDAY, 0, 5)]}, "CASE-222"),
        ({"returns": 1.0}, "CASE-223"), ({"returns": -0.1}, "CASE-223"),
        ({"staffing": Staffing(1, -1)}, "CASE-223"), ({"staffing": Staffing(1, 1e9)}, "CASE-223"),
        ({"staffing": Staffing(1, math.nan)}, "CASE-223"),
        ({"open_now": [AgeClass("x", -1)]}, "CASE-223"),
        ({"days": []}, "CASE-224"), ({"days": working_days(MOST_DAYS + 1)}, "CASE-224"),
    ],
)  # fmt: skip
def test_figures_that_make_no_sense_are_refused(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(BacklogError) as refused:
        forecast(replace(question(), **wrong))
    assert refused.value.code == code


def test_little_is_a_plain_quotient() -> None:
    assert little(60, 20) == 3
