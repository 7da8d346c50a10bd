"""Free times at a counter: within the opening hours, on a desk that is free as long. Pure.

Times are integer UTC microseconds and half-open (R1). Opening hours come as the spans of a compiled
calendar, in which split days, holidays and changes of the clocks are resolved already; a time never
begins in one span and ends in another.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from .errors import CaseError

MINUTE = 60_000_000
Span = tuple[int, int]
DeskT = TypeVar("DeskT", bound=Hashable)


@dataclass(frozen=True)
class Slot(Generic[DeskT]):
    """A time that can be booked, and the first desk that is free all through it."""

    start: int
    end: int
    desk: DeskT


def free_slots(
    spans: Sequence[Span],
    desks: Sequence[DeskT],
    busy: Mapping[DeskT, Sequence[Span]],
    minutes: int,
    step: int,
    earliest: int,
) -> list[Slot[DeskT]]:
    """Every free time of so many minutes, in order; one begins every `step` minutes from opening.

    `busy`: what is booked at each desk. None begins before `earliest`. CASE-601: no length, no
    step.
    """
    if minutes <= 0 or step <= 0:
        raise CaseError("CASE-601", "Plan a minute at least, and a step of a minute at least.")
    taken = {desk: _merged(busy.get(desk, ())) for desk in desks}
    found = []
    for start, end in _starts(spans, minutes * MINUTE, step * MINUTE, earliest):
        desk = next((each for each in desks if _is_free(taken[each], start, end)), None)
        if desk is not None:
            found.append(Slot(start, end, desk))
    return found


def is_open_all_through(spans: Sequence[Span], start: int, end: int) -> bool:
    """Whether a time lies within one of the opening hours, which are in order."""
    place = bisect_right(spans, (start, end)) - 1
    within = spans[place : place + 2] if place >= 0 else spans[:1]
    return any(opens <= start and end <= closes for opens, closes in within)


def slot_at(slots: Sequence[Slot[DeskT]], start: int) -> Slot[DeskT] | None:
    """The free time that begins at a moment, if there is one."""
    return next((each for each in slots if each.start == start), None)


def _starts(spans: Sequence[Span], length: int, step: int, earliest: int) -> Iterator[Span]:
    for opens, closes in spans:
        skipped = max(0, -(-(earliest - opens) // step))
        start = opens + skipped * step
        while start + length <= closes:
            yield start, start + length
            start += step


def _merged(spans: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _is_free(taken: Sequence[Span], start: int, end: int) -> bool:
    """Whether nothing of the merged spans lies in [start, end)."""
    place = bisect_right(taken, (start, start)) - 1
    if place >= 0 and taken[place][1] > start:
        return False
    return place + 1 >= len(taken) or taken[place + 1][0] >= end
