"""Elapsed, due, met and why: the arithmetic of one clock. Pure, integers only.

`elapsed` is the measure of working time while the clock runs and is not paused. Met exactly when
elapsed ≤ target; `due` is the earliest moment at which elapsed reaches the target (R4). A pause
moves it only if it begins before that moment (R5). The vectorised twin is vector.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from ....calendar.public import SECOND, Compiled, compiled, day_windows, local_day, shift_days
from .runs import STOPPED, Run, in_order, runs_of
from .terms import Cycle, Event, Intervals, Terms, target_micros

Track = Sequence[tuple[int, Terms | None]]
"""The terms of one promise through a case's life: (from the event of this number, terms)."""


@dataclass(frozen=True, slots=True)
class _Gap:
    """A time that does not count: [start, end), its reason, the working time at both ends, and
    whether nobody knows yet when it ends (`end` is then the present)."""

    start: int
    end: int
    reason: str
    low: int
    high: int
    open: bool = False

    @property
    def length(self) -> int:
        """Working microseconds."""
        return self.high - self.low


def run(events: Sequence[Event], track: Track | Terms, as_of: int) -> tuple[Cycle, ...]:
    """The cycles of one promise over a case, as they stand at a moment.

    Events are taken in the order of their times, then of their numbers; those after `as_of` and
    those after a merge do not count, those before the opening count as at the opening. Where terms
    replace others, the old cycle is kept as cancelled (superseded), and the new one holds from the
    beginning with every pause carried, or from now (R9). No terms any more: cancelled (R11).
    """
    if isinstance(track, Terms):
        track = [(0, track)]
    known = in_order(events, as_of)
    if not known or not track:
        return ()
    turns = _turns(known, track)
    last = next((terms for _at, terms in reversed(turns) if terms is not None), None)
    if last is None:
        return ()
    found: list[Cycle] = []
    for each in runs_of(known, last):
        found += _cycles(each, turns, as_of, len(found) + 1)
    return tuple(found)


def _turns(events: Sequence[Event], track: Track) -> list[tuple[int, Terms | None]]:
    """When each terms began to hold: the first from the beginning, others at their event."""
    at = {each.seq: each.at for each in events}
    last = max(each.seq for each in events)
    turns: list[tuple[int, Terms | None]] = []
    for seq, terms in track:
        if seq <= last:
            moment = at.get(seq, min((each.at for each in events if each.seq >= seq), default=0))
            turns.append((moment if turns else 0, terms))
    turns.sort(key=lambda turn: turn[0])
    return [turn for place, turn in enumerate(turns) if not place or turn[1] != turns[place - 1][1]]


def _cycles(
    span: Run, turns: Sequence[tuple[int, Terms | None]], as_of: int, number: int
) -> list[Cycle]:
    """The cycles of one run: one for each terms that held during it; all but the last cancelled."""
    stop = span.stop
    end = stop if stop is not None else as_of
    holding = [
        (start, turns[place + 1][0] if place + 1 < len(turns) else None, terms)
        for place, (start, terms) in enumerate(turns)
        if (start <= span.start or start < end or (stop is None and start == end))
        and (place + 1 == len(turns) or turns[place + 1][0] > span.start)
    ]
    found: list[Cycle] = []
    for place, (start, until, terms) in enumerate(holding):
        if terms is None:
            continue
        later = place + 1 < len(holding) and until is not None and until <= end
        cut = replace(span, gaps=list(span.gaps))
        if later and until is not None:
            cut.close(until, "superseded" if holding[place + 1][2] else "withdrawn")
        fresh = place > 0 and start > span.start
        if fresh and terms.reclassify == "from_now":
            cut = _from(cut, start)
        cycle = _cycle(cut, terms, as_of, number + len(found))
        found.append(_taken_over(cycle, start) if fresh else cycle)
    return found


def _taken_over(cycle: Cycle, at: int) -> Cycle:
    """A cycle that took over from other terms at a moment. If it was past due already, it is
    breached by that and then; of the levels that it had passed, only the last is set off (R9)."""
    past = [level for level in cycle.levels if level[1] <= at]
    if len(past) > 1:
        coming = [level for level in cycle.levels if level[1] > at]
        cycle = replace(cycle, levels=(max(past, key=lambda level: level[1]), *coming))
    if cycle.breached is not None and cycle.breached <= at and not cycle.reason:
        cycle = replace(cycle, reason="reclassified", breached=at)
    return cycle


def _from(span: Run, moment: int) -> Run:
    """The part of a run from a moment on."""
    gaps = [
        (max(start, moment), end, reason)
        for start, end, reason in span.gaps
        if end is None or end > moment
    ]
    return replace(span, start=moment, gaps=gaps)


def _cycle(span: Run, terms: Terms, as_of: int, number: int) -> Cycle:
    stop = min(span.stop, as_of) if span.stop is not None else None
    until = max(as_of if stop is None else stop, span.start)
    plan = compiled(terms.calendar, span.start, until)
    gaps = _capped(plan, _gaps(plan, span, terms, until), terms, stop is None)
    base, now = plan.worked(span.start), plan.worked(until)
    target, plain_due = _target(plan, terms, span.start)
    work, moved, known = _reach(base, gaps, target)
    due = max(plan.moment(work), span.start) if plain_due is None or moved else plain_due
    elapsed = now - base - sum(min(gap.high, now) - gap.low for gap in gaps)
    ended = bool(span.cancelled) or stop is not None
    paused = not ended and bool(gaps) and (gaps[-1].open or gaps[-1].end > until)
    if span.cancelled:
        state = "cancelled"
    elif stop is not None:
        state = "met" if elapsed <= target else "missed"
    else:
        state = "paused" if paused else "running"
    sure = known or ended
    return Cycle(
        number=number,
        terms=terms,
        started=span.start,
        stopped=stop,
        due=due if sure else None,
        state=state,
        elapsed=elapsed,
        paused=sum(min(gap.high, now) - gap.low for gap in gaps if gap.reason != STOPPED),
        target=target,
        breached=due if elapsed > target else None,
        reason=span.cancelled,
        levels=_levels(plan, terms, span, gaps, target, due if sure else None, stop),
        passes=max(plan.passed(work), span.start) if known and not ended else None,
        gaps=tuple((gap.start, None if gap.open else gap.end, gap.reason) for gap in gaps),
        explain=partial(_intervals, plan, span.start, until, gaps),
    )


def _gaps(plan: Compiled, span: Run, terms: Terms, until: int) -> list[_Gap]:
    """The gaps that these terms let stand, within the run, without overlaps."""
    found: list[_Gap] = []
    for start, end, reason in sorted(span.gaps, key=lambda each: each[0]):
        if reason not in terms.pauses and reason != STOPPED:
            continue
        begin = max(start, span.start, found[-1].end if found else 0)
        finish = min(end if end is not None else until, until)
        if finish > begin or (end is None and finish >= begin):
            low, high = plan.worked(begin), plan.worked(finish)
            found.append(_Gap(begin, finish, reason, low, high, end is None))
    return found


def _capped(plan: Compiled, gaps: list[_Gap], terms: Terms, goes_on: bool) -> list[_Gap]:
    """The gaps within the most that waiting may stop the clock in all; what goes beyond counts.

    One that is still open then ends at a known moment, even if that is to come.
    """
    if terms.pause_cap is None:
        return gaps
    left, found = terms.pause_cap * SECOND, []
    for gap in gaps:
        if gap.reason == STOPPED:
            found.append(gap)
            continue
        ends_by_itself = gap.open and goes_on
        high = gap.low + left if ends_by_itself else min(gap.high, gap.low + left)
        if high > gap.low:
            end = gap.end if high == gap.high and not ends_by_itself else plan.moment(high)
            found.append(_Gap(gap.start, end, gap.reason, gap.low, high))
        left -= high - gap.low
    return found


def _target(plan: Compiled, terms: Terms, start: int) -> tuple[int, int | None]:
    """The target in working microseconds, and the plain due moment of a target in days (R18).

    What starts on a day without working time counts as started at the next opening; and if no
    working time would be left at the same local time, the target is the end of that day's.
    """
    if not terms.days:
        return target_micros(terms), None
    base = plan.worked(start)
    begin = plan.passed(base) - 1
    if begin == start or day_windows(terms.calendar, local_day(terms.calendar, start)):
        begin = start
    due = shift_days(plan, begin, terms.target, end_of_day=terms.end_of_day)
    if plan.worked(due) == base:
        due = shift_days(plan, begin, terms.target, end_of_day=True)
    return plan.worked(due) - base, due


def _reach(base: int, gaps: Sequence[_Gap], target: int) -> tuple[int, int, bool]:
    """Where elapsed reaches a target: in working time from the horizon's beginning, what gaps moved
    it by (R5), and whether that is known: not if a gap without end moves it."""
    credited = 0
    for gap in gaps:
        if gap.low - base - credited >= target:
            break
        credited += gap.length
        if gap.open:
            return base + target + credited, credited, False
    return base + target + credited, credited, True


def _levels(
    plan: Compiled,
    terms: Terms,
    span: Run,
    gaps: Sequence[_Gap],
    target: int,
    due: int | None,
    stop: int | None,
) -> tuple[tuple[str, int], ...]:
    """The moments of the levels, none before the start (R17); those of a clock that stopped as far
    as it came, none of a cancelled one (R11)."""
    found = []
    for level in () if span.cancelled else terms.levels:
        if level.unit == "percent":
            work, _, known = _reach(
                plan.worked(span.start), gaps, max(target * level.offset // 100, 1)
            )
            at = plan.moment(work) if known or stop is not None else None
        elif due is None:
            at = None
        elif level.unit == "days":
            at = shift_days(plan, due, level.offset)
        else:
            at = plan.moment(max(plan.worked(due) + level.offset * SECOND, 0))
        if at is not None and (stop is None or at <= stop):
            found.append((level.code, max(at, span.start)))
    return tuple(found)


def _intervals(plan: Compiled, start: int, until: int, gaps: Sequence[_Gap]) -> Intervals:
    """The run cut into intervals that tell what each counted as; working ones add up (R24)."""
    found: list[tuple[int, int, str]] = []

    def add(begin: int, end: int, kind: str) -> None:
        if found and found[-1][2] == kind:
            found[-1] = (found[-1][0], end, kind)
        elif begin < end:
            found.append((begin, end, kind))

    def cut(begin: int, end: int, kind: str) -> None:
        at = begin
        for opening, closing in plan.spans(begin, end):
            add(at, opening, "outside")
            add(opening, closing, kind)
            at = closing
        add(at, end, "outside")

    at = start
    for gap in gaps:
        begin, end = min(gap.start, until), min(gap.end, until)
        cut(at, begin, "working")
        cut(begin, end, STOPPED if gap.reason == STOPPED else f"paused:{gap.reason}")
        at = end
    cut(at, until, "working")
    return tuple(found)


def again(
    start: int, gaps: Sequence[tuple[int, int | None, str]], terms: Terms, as_of: int
) -> Cycle:
    """A run that goes on, computed anew from its start and its gaps as a cycle gives them."""
    kept = replace(terms, pauses=terms.pauses | {reason for _start, _end, reason in gaps})
    return _cycle(Run(start, gaps=list(gaps)), kept, as_of, 1)
