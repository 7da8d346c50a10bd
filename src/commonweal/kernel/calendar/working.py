"""Working-time calendars and their arithmetic. Pure: no clock, no database.

Time is integer UTC microseconds, intervals are half-open (R1). A calendar's windows are local wall
time; they are resolved through the zone to UTC, merged and sorted, so that a day of 23 or 25 hours
counts as long as it is (R2). `W(t)` is the working time up to a moment and `W⁻¹(w)` the earliest
moment at which it reaches w (R3): elapsed and due times are two binary searches. The rules R1–R24
are those of docs/explanation/clocks.md.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from .domain import CalendarError

SECOND = 1_000_000
DAY_MINUTES = 1440
YEARS_BACK, YEARS_AHEAD = 12, 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = -2_208_988_800 * SECOND
_LATEST = 4_102_444_800 * SECOND
"""1900 and 2100: beyond, a date is a slip of the pen."""
Array = Any
"""One-dimensional int64."""


@dataclass(frozen=True, order=True)
class Window:
    """Working time of a weekday (0 Monday to 6 Sunday) in minutes of local wall time, half-open.

    An end beyond 1440 crosses midnight, until 2880 at most.
    """

    weekday: int
    start: int
    end: int


@dataclass(frozen=True)
class DayException:
    """A day on which other windows hold: none (closed), fewer (partial), or more (extra opening).

    `windows`: (start, end) in minutes. It replaces what the week says of that day, also what would
    begin on it and end on the next; what began the day before goes on.
    """

    day: date
    windows: tuple[tuple[int, int], ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class WorkingCalendar:
    """A zone, the windows of a week, and the days on which others hold.

    `changes`: (first day, weekly windows) of later versions, in order: each day goes by the version
    in force on it (R10).
    """

    code: str
    zone: str
    weekly: tuple[Window, ...]
    exceptions: tuple[DayException, ...] = ()
    changes: tuple[tuple[date, tuple[Window, ...]], ...] = field(default=())

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Computed once: a calendar is looked up for every case, and has hundreds of days."""
        return hash((self.code, self.zone, self.weekly, self.exceptions, self.changes))


def always(zone: str = "UTC") -> WorkingCalendar:
    """Around the clock, every day."""
    return WorkingCalendar(
        "always", zone, tuple(Window(weekday, 0, DAY_MINUTES) for weekday in range(7))
    )


def micros(moment: datetime) -> int:
    """A moment as integer UTC microseconds since 1970."""
    span = moment - _EPOCH
    return (span.days * 86_400 + span.seconds) * SECOND + span.microseconds


def moment_of(value: int) -> datetime:
    """The moment of integer UTC microseconds."""
    return _EPOCH + timedelta(microseconds=int(value))


def check_calendar(calendar: WorkingCalendar) -> None:
    """Refuse windows that are none (CALENDAR-103), a zone that is none (104), and a calendar
    without any working time (105): no clock on it would ever end (R19)."""
    try:
        ZoneInfo(calendar.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CalendarError(
            "CALENDAR-104",
            f"“{calendar.zone[:60]}” is no time zone. Write one like America/Chicago.",
            field="zone",
        ) from error
    weeks = [calendar.weekly, *(weekly for _day, weekly in calendar.changes)]
    spans = [(each.start, each.end) for weekly in weeks for each in weekly]
    spans += [span for each in calendar.exceptions for span in each.windows]
    weekdays = {each.weekday for weekly in weeks for each in weekly}
    for start, end in spans:
        if not (0 <= start < DAY_MINUTES and start < end <= 2 * DAY_MINUTES):
            raise CalendarError(
                "CALENDAR-103",
                f"Minutes {start} to {end} are no opening hours. Begin within the day, and end "
                "after the beginning, on the next day at the latest.",
                field="weekly",
            )
    if not weekdays <= set(range(7)):
        raise CalendarError(
            "CALENDAR-103", "A weekday is a number from 0 (Monday) to 6 (Sunday).", field="weekly"
        )
    days = sorted(each.day for each in calendar.exceptions)
    twice = next((day for day, after in pairwise(days) if day == after), None)
    if twice:
        raise CalendarError(
            "CALENDAR-103",
            f"{twice} is there twice with hours of its own. Keep one, with all windows of the day.",
            field="exceptions",
        )
    if not all(weeks):
        raise CalendarError(
            "CALENDAR-105",
            "This calendar has no working time: a clock on it would never end. Give a weekday its "
            "opening hours.",
            field="weekly",
        )


@dataclass(frozen=True, eq=False)
class Compiled:
    """A calendar over a horizon as arrays: starts S, ends E, working time C before each start; the
    first two in UTC microseconds, ascending and disjoint."""

    calendar: WorkingCalendar
    starts: Array
    ends: Array
    before: Array
    total: int
    first: int
    last: int

    def worked(self, moment: int) -> int:
        """W(t): the working time from the horizon's beginning to a moment (CALENDAR-106)."""
        if not self.first <= moment <= self.last:
            raise _beyond()
        starts, ends, before = self._lists
        place = bisect_right(starts, moment) - 1
        if place < 0:
            return 0
        return before[place] + min(moment, ends[place]) - starts[place]

    def moment(self, work: int) -> int:
        """W⁻¹(w): the earliest moment at which the working time is w (CALENDAR-107).

        Of nothing it is the first opening; where w ends a window, its end, not the next opening.
        """
        if not 0 <= work <= self.total:
            raise _too_long()
        starts, _ends, before = self._lists
        place = max(bisect_left(before, work) - 1, 0)
        return starts[place] + work - before[place]

    def passed(self, work: int) -> int:
        """The first moment at which the working time is more than w: just after W⁻¹(w), or, where
        w ends a window, just after the next opening (CALENDAR-107)."""
        if not 0 <= work < self.total:
            raise _too_long()
        starts, _ends, before = self._lists
        place = bisect_right(before, work) - 1
        return starts[place] + work - before[place] + 1

    @cached_property
    def _lists(self) -> tuple[list[int], list[int], list[int]]:
        """The arrays as plain lists, on which one search is ten times as fast."""
        return self.starts.tolist(), self.ends.tolist(), self.before.tolist()

    def passed_all(self, works: Array) -> Array:
        """`passed` of many (CALENDAR-107)."""
        if len(works) and (int(works.min()) < 0 or int(works.max()) >= self.total):
            raise _too_long()
        place = np.searchsorted(self.before, works, "right") - 1
        return self.starts[place] + works - self.before[place] + 1

    def worked_all(self, moments: Array) -> Array:
        """W of many moments, clipped to the horizon."""
        clipped = np.clip(moments, self.first, self.last)
        place = self._by_moment.places(clipped + 1) - 1
        inside = np.maximum(place, 0)
        found = self.before[inside] + np.minimum(clipped, self.ends[inside]) - self.starts[inside]
        return np.where(place < 0, 0, found)

    def moments_all(self, works: Array) -> Array:
        """W⁻¹ of many; beyond the horizon's working time it is refused (CALENDAR-107)."""
        if len(works) and (int(works.min()) < 0 or int(works.max()) > self.total):
            raise _too_long()
        place = np.maximum(self._by_work.places(works) - 1, 0)
        return self.starts[place] + works - self.before[place]

    @cached_property
    def _by_moment(self) -> _Finder:
        return _Finder(self.starts)

    @cached_property
    def _by_work(self) -> _Finder:
        return _Finder(self.before)

    def spans(self, start: int, end: int) -> list[tuple[int, int]]:
        """The working intervals within [start, end)."""
        if end <= start:
            return []
        starts, ends, _before = self._lists
        low, high = bisect_right(ends, start), bisect_left(starts, end)
        return [(max(starts[place], start), min(ends[place], end)) for place in range(low, high)]


class _Finder:
    """`np.searchsorted(values, …, "left")` by a table of where each stretch of 2³² microseconds
    (71 minutes) begins, and a step or two from there: several times as fast for millions."""

    SHIFT = 32

    def __init__(self, values: Array) -> None:
        self.values = values
        self.origin = int(values[0]) - 1
        stretches = int((values[-1] - self.origin) >> self.SHIFT) + 2
        edges = self.origin + (np.arange(stretches + 1, dtype=np.int64) << self.SHIFT)
        self.table = np.searchsorted(values, edges, "left")
        self.steps = int(np.diff(self.table).max())
        self.last = stretches
        self.ended = np.append(values, np.iinfo(np.int64).max)

    def places(self, wanted: Array) -> Array:
        """How many of the values are below each of those wanted."""
        if self.steps > 4:
            return np.searchsorted(self.values, wanted, "left")
        found = self.table[np.clip((wanted - self.origin) >> self.SHIFT, 0, self.last)]
        for _ in range(self.steps):
            found = found + (self.ended[found] < wanted)
        return found


def _beyond() -> CalendarError:
    return CalendarError(
        "CALENDAR-106",
        "A date is too far away for this calendar. Correct it: clocks run from 1900 to 2100.",
    )


def _too_long() -> CalendarError:
    return CalendarError(
        "CALENDAR-107",
        "The time promised reaches beyond what the calendar covers. Shorten it, or correct the "
        "opening hours.",
    )


def compiled(
    calendar: WorkingCalendar, around: int | None = None, until: int | None = None
) -> Compiled:
    """The calendar's arrays over the years around a moment (default: around 2026), kept for reuse.

    Two moments of the same five years share their arrays. With `until` they reach ten years beyond
    that moment too (CALENDAR-106 where there is no such year).
    """
    if not all(_EARLIEST <= each <= _LATEST for each in (around, until) if each is not None):
        raise _beyond()
    year = moment_of(around).year if around is not None else 2026
    ahead = max(moment_of(until).year if until is not None else year, year)
    middle = year // 5 * 5 + 2
    return _compiled(calendar, middle - YEARS_BACK, ahead // 5 * 5 + 2 + YEARS_AHEAD)


@lru_cache(maxsize=256)
def _compiled(calendar: WorkingCalendar, first_year: int, last_year: int) -> Compiled:
    return compile_days(calendar, date(first_year, 1, 1), date(last_year, 12, 31))


def compile_days(calendar: WorkingCalendar, first: date, last: date) -> Compiled:
    """The calendar's arrays over local days, first to last (CALENDAR-103 to 105)."""
    check_calendar(calendar)
    zone = ZoneInfo(calendar.zone)
    spans = _merged(_utc_spans(calendar, zone, first, last))
    if not spans:
        raise CalendarError(
            "CALENDAR-105",
            "This calendar has no working time in the years asked for: a clock on it would never "
            "end. Give it opening hours.",
        )
    starts = np.array([start for start, _ in spans], dtype=np.int64)
    ends = np.array([end for _, end in spans], dtype=np.int64)
    lengths = ends - starts
    before = np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64)
    opening = micros(datetime.combine(first, time.min, zone).astimezone(UTC))
    closing = micros(datetime.combine(last + timedelta(days=1), time.min, zone).astimezone(UTC))
    return Compiled(
        calendar, starts, ends, before, int(lengths.sum()),
        min(opening, int(starts[0])), max(closing, int(ends[-1])),
    )  # fmt: skip


def day_windows(calendar: WorkingCalendar, day: date) -> tuple[tuple[int, int], ...]:
    """The windows that begin on a local day, in minutes."""
    special = _by_day(calendar).get(day)
    if special is not None:
        return special
    weekly = calendar.weekly
    for starts, later in calendar.changes:
        if starts <= day:
            weekly = later
    weekday = day.weekday()
    return tuple((each.start, each.end) for each in weekly if each.weekday == weekday)


def local_day(calendar: WorkingCalendar, moment: int) -> date:
    """The calendar's local day that holds a moment."""
    return moment_of(moment).astimezone(ZoneInfo(calendar.zone)).date()


@lru_cache(maxsize=64)
def _by_day(calendar: WorkingCalendar) -> dict[date, tuple[tuple[int, int], ...]]:
    return {each.day: each.windows for each in calendar.exceptions}


def _utc_spans(
    calendar: WorkingCalendar, zone: ZoneInfo, first: date, last: date
) -> Iterable[tuple[int, int]]:
    known: dict[tuple[date, int], int] = {}
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        for start, end in day_windows(calendar, day):
            yield _utc(known, zone, day, start), _utc(known, zone, day, end)


def _utc(known: dict[tuple[date, int], int], zone: ZoneInfo, day: date, minutes: int) -> int:
    """A wall time in UTC. One that a change of the clocks skips is the moment of the change; one
    that comes twice is the first, as is usual (PEP 495, fold=0)."""
    key = (day, minutes)
    if key not in known:
        known[key] = _wall(zone, datetime.combine(day, time.min) + timedelta(minutes=minutes))
    return known[key]


def _wall(zone: ZoneInfo, wall: datetime) -> int:
    aware = wall.replace(tzinfo=zone)
    first, second = aware.utcoffset(), aware.replace(fold=1).utcoffset()
    if first is not None and second is not None and first < second:
        return _change(zone, wall)
    return micros(aware.astimezone(UTC))


def _change(zone: ZoneInfo, wall: datetime) -> int:
    """The moment at which the clocks jump over a wall time that is not there."""
    early = micros(wall.replace(tzinfo=zone, fold=1).astimezone(UTC))
    late = micros(wall.replace(tzinfo=zone, fold=0).astimezone(UTC))
    low, high = min(early, late) - 1, max(early, late) + 1
    offset = moment_of(low).astimezone(zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        same = moment_of(middle).astimezone(zone).utcoffset() == offset
        low, high = (middle, high) if same else (low, middle)
    return high


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def shift_days(plan: Compiled, moment: int, count: int, *, end_of_day: bool = False) -> int:
    """The moment so many working days later (or earlier), at the same local time (R18).

    A day counts if it has working time. `end_of_day`: the end of that day's working time. From a
    day without working time, the count begins with the next day that has some.
    """
    calendar = plan.calendar
    zone = ZoneInfo(calendar.zone)
    local = moment_of(moment).astimezone(zone)
    day, left, step = local.date(), abs(count), 1 if count >= 0 else -1
    for _ in range(40_000):
        if left == 0:
            break
        day += timedelta(days=step)
        left -= bool(day_windows(calendar, day))
    else:
        raise _too_long()
    if end_of_day:
        last = max(end for _start, end in day_windows(calendar, day) or ((0, DAY_MINUTES),))
        return _utc({}, zone, day, last)
    return _wall(zone, datetime.combine(day, local.time()))


def merged_spans(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Half-open intervals sorted, without overlaps and empty ones."""
    return _merged(spans)
