"""The second path: the same rules, written once more in the plainest way. Pure, no NumPy.

Nothing here is shared with the engine but the words. A calendar is a list of minutes, each found
open or closed by looking at the local clock; a case is a state that is looked at after each event;
time is counted by walking over open stretches. Slow, short-sighted (some months), and compared with
the engine on random cases by `trial.py`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ....calendar.working import WorkingCalendar
from .terms import Event, Terms

MINUTE = 60_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DONE = ("resolved", "closed")


class Minutes:
    """Every minute of some days, looked at one by one."""

    def __init__(self, calendar: WorkingCalendar, first: date, days: int) -> None:
        zone = ZoneInfo(calendar.zone)
        self.calendar = calendar
        begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
        self.begin = (begin - _EPOCH) // timedelta(minutes=1)
        opening: set[int] = set()
        for number in range(-3, days + 3):
            opening |= set(self._minutes_of(first + timedelta(days=number)))
        self.shown: list[int] = []
        self.open: list[list[int]] = []
        latest = -1
        for number in range(days * 1440):
            local = (begin + timedelta(minutes=number)).astimezone(zone).replace(tzinfo=UTC)
            # Where the local clock is put back, the second pass over an hour shows nothing new.
            latest = max(latest, (local - _EPOCH) // timedelta(minutes=1))
            self.shown.append(latest)
            if latest in opening:
                at = (self.begin + number) * MINUTE
                if self.open and self.open[-1][1] == at:
                    self.open[-1][1] = at + MINUTE
                else:
                    self.open.append([at, at + MINUTE])
        self.ends = [end for _, end in self.open]

    def windows(self, day: date) -> tuple[tuple[int, int], ...]:
        """The windows of a day."""
        special = [each for each in self.calendar.exceptions if each.day == day]
        if special:
            return special[-1].windows
        weekly = self.calendar.weekly
        for start, later in self.calendar.changes:
            weekly = later if start <= day else weekly
        return tuple((each.start, each.end) for each in weekly if each.weekday == day.weekday())

    def _minutes_of(self, day: date) -> Iterator[int]:
        midnight = (day - date(1970, 1, 1)).days * 1440
        for start, end in self.windows(day):
            yield from range(midnight + start, midnight + end)

    def between(self, start: int, end: int) -> int:
        """Open microseconds of [start, end)."""
        total = 0
        for place in range(bisect_right(self.ends, start), len(self.open)):
            opening, closing = self.open[place]
            if opening >= end:
                break
            total += min(closing, end) - max(opening, start)
        return total

    def after(self, start: int, work: int) -> int:
        """The earliest moment from `start` on by which so much open time has gone."""
        if work == 0:
            return start
        for place in range(bisect_right(self.ends, start), len(self.open)):
            opening, closing = self.open[place]
            opening = max(opening, start)
            if closing - opening >= work:
                return opening + work
            work -= closing - opening
        raise AssertionError("the reference sees not far enough")

    def next_open(self, start: int) -> int:
        """The moment itself if it is open, or else the next opening."""
        opening = self.open[bisect_right(self.ends, start)][0]
        return max(opening, start)

    def local(self, at: int) -> datetime:
        """Local date and time, as if it were UTC."""
        aware = _EPOCH + timedelta(microseconds=at)
        return aware.astimezone(ZoneInfo(self.calendar.zone)).replace(tzinfo=UTC)

    def utc(self, local: datetime) -> int:
        """The first moment at which the local clock shows that time, or one beyond it."""
        wanted, rest = divmod((local - _EPOCH) // timedelta(microseconds=1), MINUTE)
        place = bisect_left(self.shown, wanted)
        exact = self.shown[place] == wanted
        return (self.begin + place) * MINUTE + (rest if exact else 0)

    def days_later(self, start: int, count: int, *, end_of_day: bool = False) -> int:
        """So many working days later (earlier), at the same local time or the day's end."""
        local = self.local(start)
        day = local.date()
        step = timedelta(days=1 if count > 0 else -1)
        for _ in range(abs(count)):
            day += step
            while not self.windows(day):
                day += step
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        if end_of_day:
            last = max((end for _, end in self.windows(day)), default=1440)
            return self.utc(midnight + timedelta(minutes=last))
        since = local - datetime(local.year, local.month, local.day, tzinfo=UTC)
        return self.utc(midnight + since)


@dataclass
class Cycle:
    """One cycle as a list of stretches: (from, mode); the last one goes on until `stopped`."""

    started: int
    parts: list[tuple[int, str]]
    stopped: int | None = None
    reason: str = ""
    state: str = ""
    target: int = 0
    due: int | None = None
    elapsed: int = 0
    paused: int = 0
    breached: int | None = None
    levels: dict[str, int] = field(default_factory=dict)
    at_opening: bool = False

    @property
    def mode(self) -> str:
        """What it is doing now."""
        return self.parts[-1][1]


class _Case:
    """What is known of a case after each event."""

    def __init__(self) -> None:
        self.phase = self.why = self.team = self.stage = ""
        self.answered = self.asking = self.handed = self.promised = False

    def learn(self, event: Event) -> None:
        data = event.data
        if event.kind in ("opened", "state"):
            self.phase, self.why = data.get("phase", "open"), data.get("reason", "")
        if event.kind in ("opened", "assigned"):
            self.team = data.get("team") or ""
        if event.kind == "opened" and data.get("by") == "agent":
            self.answered = data["channel"] in ("phone", "counter")
        if event.kind == "message" and data["human"]:
            if data["direction"] == "in":
                self.asking = self.asking or self.answered
            elif data["public"]:
                self.answered, self.asking = True, False
        if event.kind == "supplier":
            self.handed = data["handed"]
        if event.kind == "callback":
            self.promised = data["promised"]
        if event.kind == "visit":
            aside = data["stage"] == "hold" and self.stage not in ("waiting", "hold")
            self.stage = "" if aside else data["stage"]
        if self.phase in _DONE and event.kind in ("opened", "state"):
            self.answered, self.asking, self.promised = True, False, False

    def wants(self, terms: Terms) -> str:
        """`off`, `on`, `stop`, or the reason of a pause: what the clock should be doing."""
        mine = self.team and (not terms.teams or self.team in terms.teams)
        asked = {
            "sla": True,
            "ola": mine,
            "uc": self.handed,
            "callback": self.promised,
            "waiting": self.stage in ("waiting", "hold"),
            "first_response": not self.answered,
            "next_response": self.asking,
        }
        if not asked[terms.kind] or not asked.get(terms.metric, True):
            return "off"
        if terms.metric == "waiting":
            return "hold" if self.stage == "hold" and "hold" in terms.pauses else "on"
        if terms.metric == "callback":
            return "on"
        if self.phase in _DONE:
            return "stop" if terms.metric in ("resolution", "fulfilment") else "off"
        if self.phase == "waiting" and self.why in terms.pauses:
            return str(self.why)
        return "on"


def _cycles(events: Iterable[Event], terms: Terms) -> list[Cycle]:
    """The cycles as stretches of modes, without any arithmetic."""
    case, team = _Case(), ""
    found: list[Cycle] = []
    current: Cycle | None = None
    for event in events:
        if event.kind == "merged":
            if current is not None and current.mode != "stop":
                current.stopped, current.reason = event.at, "merged"
            break
        if event.kind == "absorbed" and terms.kind == "sla":
            _begin_earlier(found, int(event.data["opened_at"]))
        case.learn(event)
        mode = case.wants(terms)
        again = terms.metric == "update" and _is_update(event)
        again = again or (terms.kind == "ola" and case.team != team)
        team = case.team
        if current is not None and current.mode == "stop" and mode not in ("stop", "off"):
            again = again or terms.reopen == "new_cycle"
        if current is not None and (mode == "off" or again):
            current.stopped = current.parts[-1][0] if current.mode == "stop" else event.at
            if event.kind == "visit" and event.data["stage"] == "no_show":
                current.reason = "no_show"
            current = None
        at_once = event.kind == "opened" and terms.kind == "sla" and terms.metric in _FROM_OPENING
        if current is None and (at_once or mode not in ("off", "stop")):
            current = Cycle(event.at, [(event.at, mode)], at_opening=at_once)
            found.append(current)
        elif current is not None and current.mode != mode:
            current.parts.append((event.at, mode))
        if current is not None:
            ended = current.mode in ("stop", "off")
            current.stopped = current.parts[-1][0] if ended else None
            current = None if mode == "off" else current
    return found if terms.kind == "sla" else [one for one in found if _has_begun(one)]


_FROM_OPENING = ("first_response", "update", "resolution", "fulfilment")


def _is_update(event: Event) -> bool:
    data = event.data
    said = event.kind == "message" and data["human"] and data["public"]
    return event.kind == "update" or bool(said and data["direction"] == "out")


def _begin_earlier(found: list[Cycle], opened_at: int) -> None:
    """The survivor of a merge keeps the earliest start (R12)."""
    if found and found[0].at_opening and opened_at < found[0].started:
        found[0].started = opened_at
        found[0].parts.insert(0, (opened_at, "on"))


def _has_begun(cycle: Cycle) -> bool:
    """Whether a stay had any time while the case lived; cut to where that began."""
    while len(cycle.parts) > 1 and (
        cycle.parts[0][1] == "stop" or cycle.parts[1][0] == cycle.started
    ):
        del cycle.parts[0]
        cycle.started = cycle.parts[0][0]
    return cycle.stopped != cycle.started


def run(events: Iterable[Event], terms: Terms, as_of: int, minutes: Minutes) -> list[Cycle]:
    """The cycles of one promise with all their figures."""
    known = sorted((each for each in events if each.at <= as_of), key=lambda one: (one.at, one.seq))
    found = _cycles(known, terms)
    for cycle in found:
        _measure(cycle, terms, as_of, minutes)
    return found


def _stretches(
    cycle: Cycle, terms: Terms, until: int, minutes: Minutes
) -> list[tuple[str, int, int]]:
    """(mode, from, to) up to `until`; what a pause has beyond its cap is on."""
    starts = [at for at, _ in cycle.parts]
    modes = [mode for _, mode in cycle.parts]
    left = None if terms.pause_cap is None else terms.pause_cap * 1_000_000
    found = []
    for mode, begin, end in zip(modes, starts, [*starts[1:], until], strict=True):
        if mode in ("on", "stop", "off") or left is None:
            found.append((mode, begin, end))
            continue
        whole = minutes.between(begin, end)
        if whole <= left:
            found.append((mode, begin, end))
            left -= whole
        else:
            turn = minutes.after(begin, left)
            found += [(mode, begin, turn), ("on", turn, end)]
            left = 0
    return found


def _target(cycle: Cycle, terms: Terms, minutes: Minutes) -> tuple[int, int | None]:
    if not terms.days:
        return terms.target * 1_000_000, None
    start = cycle.started
    if not minutes.windows(minutes.local(start).date()):
        start = minutes.next_open(start)
    due = minutes.days_later(start, terms.target, end_of_day=terms.end_of_day)
    if minutes.between(cycle.started, due) == 0:
        due = minutes.days_later(start, terms.target, end_of_day=True)
    return minutes.between(cycle.started, due), due


def _measure(cycle: Cycle, terms: Terms, as_of: int, minutes: Minutes) -> None:
    until = cycle.stopped if cycle.stopped is not None else as_of
    parts = _stretches(cycle, terms, until, minutes)
    last = parts[-1][0]
    cycle.target, plain = _target(cycle, terms, minutes)
    length = {
        kind: sum(minutes.between(a, b) for mode, a, b in parts if _sort(mode) == kind)
        for kind in ("on", "stop", "pause")
    }
    cycle.elapsed, cycle.paused = length["on"], length["pause"]
    standing = cycle.stopped is None and _sort(last) == "pause"
    cap_left = None
    if standing and terms.pause_cap is not None:
        cap_left = terms.pause_cap * 1_000_000 - cycle.paused
        standing = cap_left > 0
    if cycle.reason:
        cycle.state = "cancelled"
    elif cycle.stopped is not None:
        cycle.state = "met" if cycle.elapsed <= cycle.target else "missed"
    else:
        cycle.state = "paused" if standing else "running"
    cycle.due = _reached(cycle, parts, cycle.target, until, standing, cap_left, minutes)
    if plain is not None and cycle.due is not None and not _moved(cycle, parts, minutes, cap_left):
        cycle.due = plain
    cycle.breached = cycle.due if cycle.elapsed > cycle.target else None
    if not cycle.reason:
        _levels(cycle, terms, parts, until, standing, cap_left, minutes)


def _moved(
    cycle: Cycle, parts: list[tuple[str, int, int]], minutes: Minutes, cap_left: int | None
) -> bool:
    """Whether a pause before the target was reached moved it."""
    gone = 0
    for mode, begin, end in parts:
        here = minutes.between(begin, end)
        if mode == "on":
            gone += here
        elif here and gone < cycle.target:
            return True
    return bool(cap_left) and gone < cycle.target


def _sort(mode: str) -> str:
    return mode if mode in ("on", "stop") else "pause"


def _reached(
    cycle: Cycle,
    parts: list[tuple[str, int, int]],
    target: int,
    until: int,
    standing: bool,
    cap_left: int | None,
    minutes: Minutes,
) -> int | None:
    """When elapsed reaches a target, if nothing else happens."""
    need = target
    for mode, begin, end in parts:
        if mode == "on":
            here = minutes.between(begin, end)
            if here >= need:
                return minutes.after(begin, need)
            need -= here
    if not standing:
        return minutes.after(until, need)
    if cap_left is None:
        return None
    return minutes.after(minutes.after(until, cap_left), need)


def _levels(
    cycle: Cycle,
    terms: Terms,
    parts: list[tuple[str, int, int]],
    until: int,
    standing: bool,
    cap_left: int | None,
    minutes: Minutes,
) -> None:
    for level in terms.levels:
        at: int | None = cycle.due
        if level.unit == "percent":
            part = max(cycle.target * level.offset // 100, 1)
            at = _reached(cycle, parts, part, until, standing, cap_left, minutes)
        elif at is not None and level.unit == "days":
            at = minutes.days_later(at, level.offset)
        elif at is not None:
            origin = minutes.open[0][0]
            work = minutes.between(origin, at) + level.offset * 1_000_000
            at = minutes.after(origin, max(work, 0))
        if at is not None and (cycle.stopped is None or at <= cycle.stopped):
            cycle.levels[level.code] = max(at, cycle.started)
