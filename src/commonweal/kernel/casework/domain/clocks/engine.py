"""Elapsed, due, met and why: the arithmetic of one clock. Pure, integers only.

`elapsed` is the measure of working time while the clock runs and is not paused. Met exactly when
elapsed ≤ target; `due` is the earliest moment at which elapsed reaches the target (R4). A pause
moves it only if it begins before that moment (R5). The vectorised twin is vector.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ....calendar.public import SECOND, Compiled, compiled, shift_days
from .runs import Run, runs_of
from .terms import Cycle, Event, Terms, target_micros

Track = Sequence[tuple[int, Terms | None]]
"""The terms of one promise through a case's life: (from the event of this number, terms)."""


@dataclass(frozen=True)
class _Gap:
    """A time that does not count: [start, end), its reason, whether it is still open."""

    start: int
    end: int
    reason: str
    open: bool = False


def run(events: Sequence[Event], track: Track | Terms, as_of: int) -> tuple[Cycle, ...]:
    """The cycles of one promise over a case, as they stand at a moment.

    Events are taken in the order of their numbers; those after `as_of` do not count. Where terms
    replace others, the old cycle is kept as cancelled (superseded), and the new one holds from the
    beginning with every pause carried, or from now (R9). No terms any more: cancelled (R11).
    """
    if isinstance(track, Terms):
        track = [(0, track)]
    known = sorted((each for each in events if each.at <= as_of), key=lambda each: each.seq)
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
    last = events[-1].seq
    turns: list[tuple[int, Terms | None]] = []
    for seq, terms in track:
        if seq <= last:
            moment = at.get(seq, min((each.at for each in events if each.seq >= seq), default=0))
            turns.append((moment if turns else 0, terms))
    return [turn for place, turn in enumerate(turns) if not place or turn[1] != turns[place - 1][1]]


def _cycles(
    span: Run, turns: Sequence[tuple[int, Terms | None]], as_of: int, number: int
) -> list[Cycle]:
    """The cycles of one run: one for each terms that held during it; all but the last cancelled."""
    end = span.stop if span.stop is not None else as_of
    holding = [
        (start, turns[place + 1][0] if place + 1 < len(turns) else None, terms)
        for place, (start, terms) in enumerate(turns)
        if (start <= end or place == 0)
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
        if fresh and cycle.breached is not None and cycle.breached <= start and not cycle.reason:
            cycle = replace(cycle, reason="reclassified", breached=start)
        found.append(cycle)
    return found


def _from(span: Run, moment: int) -> Run:
    """The part of a run from a moment on."""
    gaps = [
        (max(start, moment), end, reason)
        for start, end, reason in span.gaps
        if end is None or end > moment
    ]
    return replace(span, start=moment, gaps=gaps)


def _cycle(span: Run, terms: Terms, as_of: int, number: int) -> Cycle:
    plan = compiled(terms.calendar, span.start)
    stop = min(span.stop, as_of) if span.stop is not None else None
    until = stop if stop is not None else as_of
    until = max(until, span.start)
    gaps = _capped(plan, _gaps(span, terms, until), terms)
    target, plain_due = _target(plan, terms, span.start)
    due, credited = _reach(plan, span.start, gaps, target)
    elapsed = _elapsed(plan, span.start, until, gaps)
    if not credited and plain_due is not None:
        due = plain_due
    standing = bool(gaps and gaps[-1].open and stop is None)
    credits = standing and _active(plan, span.start, gaps, len(gaps) - 1) < target
    state = _state(span, stop, credits, elapsed <= target)
    late = elapsed > target and state != "cancelled"
    return Cycle(
        number=number,
        terms=terms,
        started=span.start,
        stopped=stop,
        due=None if credits else due,
        state=state,
        elapsed=elapsed,
        paused=sum(plan.worked(gap.end) - plan.worked(gap.start) for gap in gaps),
        target=target,
        breached=due if late else None,
        reason=span.cancelled,
        intervals=_intervals(plan, span.start, until, gaps),
        levels=() if credits else _levels(plan, terms, span.start, gaps, target, due),
        gaps=tuple((gap.start, None if gap.open else gap.end, gap.reason) for gap in gaps),
    )


Gaps = Sequence[tuple[int, int | None, str]]
"""(from, to or None, reason) of what does not count, as a cycle gives them."""


def again(start: int, gaps: Gaps, terms: Terms, as_of: int) -> Cycle:
    """A run that goes on, computed anew from where it started and what did not count."""
    kept = replace(terms, pauses=terms.pauses | {reason for _start, _end, reason in gaps})
    return _cycle(Run(start, gaps=list(gaps)), kept, as_of, 1)


def planned(
    start: int, gaps: Gaps, terms: Terms, due: int, as_of: int
) -> tuple[tuple[str, int], ...]:
    """The levels of a run that goes on, given when it is due."""
    if not terms.levels:
        return ()
    plan = compiled(terms.calendar, start)
    kept = [
        _Gap(begin, as_of if end is None else end, why, end is None) for begin, end, why in gaps
    ]
    target, _plain = _target(plan, terms, start)
    return _levels(plan, terms, start, kept, target, due)


def _state(span: Run, stop: int | None, pausing: bool, met: bool) -> str:
    if span.cancelled:
        return "cancelled"
    if stop is None:
        return "paused" if pausing else "running"
    return "met" if met else "missed"


def _gaps(span: Run, terms: Terms, until: int) -> list[_Gap]:
    """The gaps that these terms let stand, within the run, without overlaps."""
    found: list[_Gap] = []
    for start, end, reason in sorted(span.gaps, key=lambda each: each[0]):
        if reason not in terms.pauses and reason != "stopped":
            continue
        begin = max(start, span.start, found[-1].end if found else 0)
        finish = min(end if end is not None else until, until)
        if finish > begin or (end is None and finish >= begin):
            found.append(_Gap(begin, finish, reason, end is None))
    return found


def _capped(plan: Compiled, gaps: list[_Gap], terms: Terms) -> list[_Gap]:
    """The gaps within the most that waiting may stop the clock in all; what goes beyond counts."""
    if terms.pause_cap is None:
        return gaps
    left, found = terms.pause_cap * SECOND, []
    for gap in gaps:
        length = plan.worked(gap.end) - plan.worked(gap.start)
        if gap.reason == "stopped" or length <= left:
            left -= length if gap.reason != "stopped" else 0
            found.append(gap)
        elif left > 0:
            found.append(_Gap(gap.start, plan.moment(plan.worked(gap.start) + left), gap.reason))
            left = 0
    return found


def _target(plan: Compiled, terms: Terms, start: int) -> tuple[int, int | None]:
    """The target in working microseconds, and the plain due moment of a target in days (R18)."""
    if not terms.days:
        return target_micros(terms), None
    due = shift_days(plan, start, terms.target, end_of_day=terms.end_of_day)
    return plan.worked(due) - plan.worked(start), due


def _active(plan: Compiled, start: int, gaps: Sequence[_Gap], place: int) -> int:
    """Elapsed when the gap at a place began."""
    before = sum(plan.worked(gap.end) - plan.worked(gap.start) for gap in gaps[:place])
    return plan.worked(gaps[place].start) - plan.worked(start) - before


def _reach(plan: Compiled, start: int, gaps: Sequence[_Gap], target: int) -> tuple[int, int]:
    """The earliest moment at which elapsed reaches a target, and what gaps moved it by (R5)."""
    base, credited, gone = plan.worked(start), 0, 0
    for gap in gaps:
        begin, end = plan.worked(gap.start), plan.worked(gap.end)
        if begin - base - gone >= target:
            break
        credited += end - begin
        gone += end - begin
    return plan.moment(base + target + credited), credited


def _elapsed(plan: Compiled, start: int, until: int, gaps: Sequence[_Gap]) -> int:
    whole = plan.worked(until) - plan.worked(start)
    return whole - sum(plan.worked(gap.end) - plan.worked(gap.start) for gap in gaps)


def _levels(
    plan: Compiled, terms: Terms, start: int, gaps: Sequence[_Gap], target: int, due: int
) -> tuple[tuple[str, int], ...]:
    """The moments of the levels, none before the start (R17)."""
    found = []
    for level in terms.levels:
        if level.unit == "percent":
            at, _ = _reach(plan, start, gaps, max(target * level.offset // 100, 1))
        elif level.unit == "days":
            at = shift_days(plan, due, level.offset)
        else:
            work = plan.worked(due) + level.offset * SECOND
            at = plan.moment(max(work, plan.worked(start)))
        found.append((level.code, max(at, start)))
    return tuple(found)


def _intervals(
    plan: Compiled, start: int, until: int, gaps: Sequence[_Gap]
) -> tuple[tuple[int, int, str], ...]:
    """The run cut into intervals that tell what each counted as; working ones add up (R24)."""
    found: list[tuple[int, int, str]] = []
    at = start
    for gap in [*gaps, _Gap(until, until, "")]:
        for begin, end in plan.spans(at, gap.start):
            if begin > at:
                found.append((at, begin, "outside"))
            found.append((begin, end, "working"))
            at = end
        if gap.start > at:
            found.append((at, gap.start, "outside"))
        if gap.end > gap.start:
            kind = gap.reason if gap.reason == "stopped" else f"paused:{gap.reason}"
            found.append((gap.start, gap.end, kind))
        at = gap.end
    return tuple(found)
