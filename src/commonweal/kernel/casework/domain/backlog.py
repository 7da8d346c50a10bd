"""How a backlog goes on if the number of people changes. Pure; floats, never money.

**The model.** Cases open at the end of working day t: B(t) = max(0, B(t−1) + A(t) − D(t)), which is
Lindley's recursion (D. V. Lindley, "The theory of queues with a single server", Proc. Camb. Phil.
Soc. 48, 1952) in steps of a day. A(t) is what arrives, with the mean of its weekday; D(t) what the
agents of that day settle for good. Both are counts of the (a, b, 0) class (`counts`) whose
dispersion comes from history: Pearson's χ² over its degrees of freedom, weekdays allowed for. A
case that comes back counts as not settled, so D is thinned by the share that comes back, which
keeps its class.

The distribution of B(t) is computed for this model by convolution day by day; no simulation, no
normal curve. It is exact but where a day's balance strays far: then numbers go in steps of at most
1/32 of its standard deviation, which keeps every mean and adds less than 0.1 % to the variance, so
that it takes as long with very many cases as with few. The means are themselves known only as well
as history is long: their standard error enters by Gauss and Hermite's five points, so a short
history gives a wide band.

Waiting is Little's law, W = L/λ (J. D. C. Little, Operations Research 9, 1961), where the people
settle more than arrives; it is a law of long-run means, so a day's figure is that of a backlog that
stays as it is. Where they do not, there is no such mean, and what is said is by how much it grows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from .counts import Spread, added, coarse, count, exactly, floored, mixed, turned
from .errors import CaseError

BAND = (0.1, 0.9)
FEW = 10
"""With fewer days of history than this, counts are taken as Poisson."""
NODES = (
    (0.0, 8.0 / 15.0),
    (1.355626179974266, 0.222075922005613),
    (-1.355626179974266, 0.222075922005613),
    (2.856970013872806, 0.011257411327721),
    (-2.856970013872806, 0.011257411327721),
)
"""Gauss–Hermite points and weights for a standard normal error (exact to the ninth moment)."""
FINE = 32
"""Steps that a day's standard deviation is divided into at least."""
MOST_DAYS = 520
MOST_AGENTS = 10_000


class BacklogError(CaseError):
    """A backlog cannot be forecast from these figures."""


@dataclass(frozen=True)
class AgeClass:
    """Cases open now of one age, oldest first in a list of them."""

    name: str
    open: int


@dataclass(frozen=True)
class Arrived:
    """How many cases came on one working day."""

    day: date
    cases: int


@dataclass(frozen=True)
class Settled:
    """How many cases the agents of one working day closed."""

    day: date
    agents: float
    cases: int


@dataclass(frozen=True)
class Staffing:
    """Agents now, and from a working day of the horizon on (the first is 0)."""

    now: float
    then: float
    change_on: int = 0

    def on(self, place: int) -> float:
        """Agents on a working day of the horizon."""
        return self.then if place >= self.change_on else self.now


@dataclass(frozen=True)
class Question:
    """What to forecast: `days` are the working days to come; `returns` the share that comes back.

    `normal` is how many open cases count as none waiting; unless given, one mean day's arrivals.
    """

    open_now: Sequence[AgeClass]
    arrived: Sequence[Arrived]
    settled: Sequence[Settled]
    staffing: Staffing
    returns: float
    days: Sequence[date]
    normal: float | None = None


@dataclass(frozen=True)
class Rates:
    """What history says: means a day, dispersions, standard errors of the means."""

    by_weekday: Mapping[int, float]
    arrivals: float
    arrivals_spread: float
    arrivals_error: float
    each_agent: float
    settled_spread: float
    settled_error: float

    def on(self, day: date) -> float:
        """Expected arrivals on a day; a weekday without history has the mean of all."""
        return self.by_weekday.get(day.weekday(), self.arrivals)


@dataclass(frozen=True)
class DayAhead:
    """One working day: cases open at its end, in between with 80 %, days of waiting if steady."""

    day: date
    expected: float
    low: int
    high: int
    cleared: float
    waiting_days: float | None


@dataclass(frozen=True)
class Forecast:
    """The days, and what sentences say of them.

    `clears_on`: the first day whose expected backlog is `normal` or less; None if there is none in
    the horizon. `grows_by`: cases a day by which it grows with the agents then; 0 if it does not.
    `ages`: for each class, the day on which its last case is expected to be reached, oldest first.
    """

    days: tuple[DayAhead, ...]
    rates: Rates
    normal: float
    steady: bool
    grows_by: float
    clears_on: date | None
    ages: tuple[tuple[AgeClass, date | None], ...]


def rates(question: Question) -> Rates:
    """Means, dispersions and errors from history (CASE-222 where there is none)."""
    _check(question)
    by_weekday = _weekdays(question.arrived)
    days, worked = len(question.arrived), sum(each.agents for each in question.settled)
    arrivals = sum(each.cases for each in question.arrived) / days
    each_agent = sum(each.cases for each in question.settled) / worked
    fitted = [(each.cases, by_weekday[each.day.weekday()]) for each in question.arrived]
    spread = _dispersion(fitted, len(by_weekday))
    done = [(each.cases, each_agent * each.agents) for each in question.settled if each.agents > 0]
    settled_spread = _dispersion(done, 1)
    return Rates(
        by_weekday=by_weekday,
        arrivals=arrivals,
        arrivals_spread=spread,
        arrivals_error=math.sqrt(spread * arrivals / days),
        each_agent=each_agent,
        settled_spread=settled_spread,
        settled_error=math.sqrt(settled_spread * each_agent / worked),
    )


def _weekdays(arrived: Sequence[Arrived]) -> dict[int, float]:
    found: dict[int, list[int]] = {}
    for each in arrived:
        found.setdefault(each.day.weekday(), []).append(each.cases)
    return {weekday: sum(cases) / len(cases) for weekday, cases in found.items()}


def _dispersion(fitted: Sequence[tuple[int, float]], estimated: int) -> float:
    """Pearson's χ² ÷ degrees of freedom: 1 for a Poisson count; kept within reason."""
    told = [(seen, mean) for seen, mean in fitted if mean > 0]
    free = len(told) - estimated
    if len(told) < FEW or free < 1:
        return 1.0
    found = sum((seen - mean) ** 2 / mean for seen, mean in told) / free
    return min(max(found, 0.05), 1_000.0)


def _check(question: Question) -> None:
    """CASE-222 no history; CASE-223 figures that are none; CASE-224 a horizon too long or empty."""
    if not question.arrived or not sum(each.agents for each in question.settled) > 0:
        raise BacklogError(
            "CASE-222", "There is no history to forecast from. Wait until some cases are closed."
        )
    figures = [
        question.staffing.now, question.staffing.then, question.staffing.change_on,
        *(each.open for each in question.open_now), *(each.cases for each in question.arrived),
        *(each.cases for each in question.settled), *(each.agents for each in question.settled),
    ]  # fmt: skip
    most = max(question.staffing.now, question.staffing.then)
    fine = all(math.isfinite(figure) and figure >= 0 for figure in figures)
    if not fine or not 0 <= question.returns < 1 or most > MOST_AGENTS:
        raise BacklogError(
            "CASE-223",
            f"Cases are 0 or more, agents at most {MOST_AGENTS}, and fewer than all come back.",
        )
    if not 0 < len(question.days) <= MOST_DAYS:
        raise BacklogError("CASE-224", f"Look 1 to {MOST_DAYS} working days ahead.")


def forecast(question: Question) -> Forecast:
    """The backlog day by day under the staffing (errors: CASE-222, CASE-223, CASE-224)."""
    known = rates(question)
    normal = known.arrivals if question.normal is None else question.normal
    spreads = _spreads(question, known)
    load, then = _mean_arrivals(question, known), _settles(question, known, question.staffing.then)
    steady = then > load
    ahead = tuple(
        _day(day, spread, normal, load if steady else 0.0)
        for day, spread in zip(question.days, spreads, strict=True)
    )
    return Forecast(
        days=ahead,
        rates=known,
        normal=normal,
        steady=steady,
        grows_by=max(0.0, load - then),
        clears_on=next((each.day for each in ahead if each.expected <= normal), None),
        ages=_ages(question, known),
    )


def _mean_arrivals(question: Question, known: Rates) -> float:
    """Expected arrivals a day over the weekdays of the horizon."""
    return sum(known.on(day) for day in question.days) / len(question.days)


def _settles(question: Question, known: Rates, agents: float) -> float:
    """Cases settled for good a day."""
    return agents * known.each_agent * (1.0 - question.returns)


def _day(day: date, spread: Spread, normal: float, load: float) -> DayAhead:
    expected = spread.mean
    return DayAhead(
        day=day,
        expected=expected,
        low=spread.quantile(BAND[0]),
        high=spread.quantile(BAND[1]),
        cleared=spread.at_most(normal),
        waiting_days=little(expected, load) if load > 0 else None,
    )


def little(open_cases: float, arrivals: float) -> float:
    """W = L/λ: the mean time in the system, in the unit of time of the arrivals."""
    return open_cases / arrivals


def _spreads(question: Question, known: Rates) -> list[Spread]:
    """The distribution of each day's backlog, over what the means may really be."""
    step = _step(question, known)
    runs = [(weight, _run(question, known, point, step)) for point, weight in NODES]
    return [
        mixed([(weight, run[place]) for weight, run in runs]) for place in range(len(question.days))
    ]


def _step(question: Question, known: Rates) -> int:
    """In which steps of whole cases a day's balance is kept: 1 unless it strays far."""
    agents = max(1.0, min(question.staffing.now, question.staffing.then))
    least = min(known.on(day) for day in question.days) * known.arrivals_spread
    least += _settles(question, known, agents) * _thinned(question, known)
    return max(1, math.floor(math.sqrt(least) / FINE))


def _run(question: Question, known: Rates, point: float, step: int) -> list[Spread]:
    """Lindley's recursion with means that many errors off: more arrives and less is settled.

    The two errors are independent: together they move the daily balance by the root of their
    squares, of which each side takes its part. A day's balance is computed once for days alike.
    """
    spread, found = coarse(exactly(sum(each.open for each in question.open_now)), step), []
    balances: dict[tuple[float, float], Spread] = {}
    for place, day in enumerate(question.days):
        agents = question.staffing.on(place)
        off = _errors(question, known, agents)
        came = max(0.0, known.on(day) + point * off[0])
        done = max(0.0, _settles(question, known, agents) - point * off[1])
        if (came, done) not in balances:
            balances[came, done] = added(
                coarse(count(came, known.arrivals_spread), step),
                turned(coarse(count(done, _thinned(question, known)), step)),
            )
        spread = floored(added(spread, balances[came, done]))
        found.append(spread)
    return found


def _thinned(question: Question, known: Rates) -> float:
    """The dispersion of what is settled for good: thinning brings it nearer to 1."""
    return 1.0 + (known.settled_spread - 1.0) * (1.0 - question.returns)


def _errors(question: Question, known: Rates, agents: float) -> tuple[float, float]:
    came = known.arrivals_error
    done = known.settled_error * agents * (1.0 - question.returns)
    both = math.hypot(came, done)
    return (came * came / both, done * done / both) if both else (0.0, 0.0)


def _ages(question: Question, known: Rates) -> tuple[tuple[AgeClass, date | None], ...]:
    """When each class is expected to be worked through, the oldest first."""
    found, before = [], 0
    for each in question.open_now:
        before += each.open
        found.append((each, _reached(question, known, before)))
    return tuple(found)


def _reached(question: Question, known: Rates, cases: int) -> date | None:
    done = 0.0
    for place, day in enumerate(question.days):
        done += _settles(question, known, question.staffing.on(place))
        if done + 1e-9 >= cases:
            return day
    return None


def agents_to_clear(question: Question) -> int | None:
    """The fewest agents from the change on with whom the backlog is expected to be `normal` at
    the horizon's end; None where no number up to 10,000 does (they would come too late).

    More agents never leave more open, so it is sought from the number that would do it if no day
    differed from the mean.
    """
    known = rates(question)
    normal = known.arrivals if question.normal is None else question.normal
    step = _step(question, known)

    def clears(agents: int) -> bool:
        asked = replace(question, staffing=replace(question.staffing, then=float(agents)))
        return _run(asked, known, 0.0, step)[-1].mean <= normal

    low, high = _around(_by_means(question, known, normal), clears)
    if high is None:
        return None
    while low < high:
        middle = (low + high) // 2
        if clears(middle):
            high = middle
        else:
            low = middle + 1
    return high


def _by_means(question: Question, known: Rates, normal: float) -> int:
    """How many agents would do if nothing ever differed from its mean, 0 to the most."""
    left = sum(each.open for each in question.open_now) - normal
    left += sum(known.on(day) for day in question.days)
    soon = min(question.staffing.change_on, len(question.days))
    left -= soon * _settles(question, known, question.staffing.now)
    each = _settles(question, known, 1.0) * (len(question.days) - soon)
    return min(max(math.ceil(left / each), 0), MOST_AGENTS) if each > 0 else MOST_AGENTS


def _around(guess: int, clears: Callable[[int], bool]) -> tuple[int, int | None]:
    """Between which numbers the fewest lie that do: a guess, then ever further from it."""
    if clears(guess):
        high, reach = guess, 1
        while high > 0 and clears(max(high - reach, 0)):
            high, reach = max(high - reach, 0), reach * 2
        return max(high - reach + 1, 0), high
    low, reach = guess, 1
    while low < MOST_AGENTS:
        high = min(low + reach, MOST_AGENTS)
        if clears(high):
            return low + 1, high
        low, reach = high, reach * 2
    return low, None
