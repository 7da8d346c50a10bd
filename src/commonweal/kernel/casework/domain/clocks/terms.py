"""What a clock is given and what it gives back. Times are integer UTC microseconds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ....calendar.public import SECOND, WorkingCalendar
from ..errors import CaseError

KINDS = ("sla", "ola", "uc")
METRICS = (
    "first_response",
    "next_response",
    "update",
    "resolution",
    "fulfilment",
    "waiting",
    "callback",
)
UNITS = ("seconds", "days", "percent")
Intervals = tuple[tuple[int, int, str], ...]
ENDED = ("met", "missed", "cancelled")


@dataclass(frozen=True)
class Level:
    """Something set off by a clock: an offset in working seconds or working days from due
    (negative: before), or a percentage of the target (100 is due)."""

    code: str
    unit: str
    offset: int


@dataclass(frozen=True)
class Terms:
    """One version of a promise about time.

    `target`: seconds of working time, or working days with `days` (`end_of_day`: until that day's
    working time ends). `pauses`: the reasons for waiting that stop it; no first answer ever pauses
    unless they are named (R6). `reopen`: the same cycle resumes, or a new one begins (R8).
    `reclassify`: terms that replace others hold from the beginning, or from now (R9). `pause_cap`:
    the working seconds that waiting can stop it in all. `teams`: whose stay an OLA times (R16).
    """

    code: str
    metric: str
    target: int
    calendar: WorkingCalendar
    kind: str = "sla"
    days: bool = False
    end_of_day: bool = False
    pauses: frozenset[str] = frozenset()
    pause_cap: int | None = None
    reopen: str = "resume"
    reclassify: str = "retroactive"
    levels: tuple[Level, ...] = ()
    teams: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        problem = next(_problems(self), None)
        if problem:
            raise CaseError("CASE-170", f"The promise “{self.code[:60]}” cannot be kept: {problem}")


def _problems(terms: Terms) -> Any:
    if terms.kind not in KINDS or terms.metric not in METRICS:
        yield "its kind or what it times is unknown. Choose those of the list."
    if terms.target <= 0 or terms.target > 4_000 * 86_400:
        yield "its target is nothing, or more than ten years. Give seconds or working days."
    if terms.days and terms.target > 4_000:
        yield "its target is more than 4,000 working days. Give fewer."
    if terms.pause_cap is not None and not 0 <= terms.pause_cap <= 4_000 * 86_400:
        yield "the most that waiting can stop it is no time. Give seconds, or nothing."
    if terms.reopen not in ("resume", "new_cycle"):
        yield "say whether a case that opens again resumes or begins a new_cycle."
    if terms.reclassify not in ("retroactive", "from_now"):
        yield "say whether other terms hold retroactive or from_now."
    if any(each.unit not in UNITS for each in terms.levels):
        yield "a level counts in seconds, days or percent."
    if any(each.unit == "percent" and not 0 < each.offset <= 1000 for each in terms.levels):
        yield "a level in percent is from 1 to 1000."
    if len({each.code for each in terms.levels}) != len(terms.levels):
        yield "a level is there twice."


@dataclass(frozen=True)
class Event:
    """One thing that happened to a case, in the words of docs/reference/engine-clock.md."""

    seq: int
    at: int
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cycle:
    """One run of a clock.

    `state`: running, paused, met, missed or cancelled. `due`: when the target is reached if nothing
    else happens; None while it is paused before that, because it moves on with every moment (a
    pause that is capped ends by itself, and so has one). `passes`: the first moment at which more
    than the target is gone, when a breach becomes a fact: just after `due`, or, where that ends
    opening hours, just after the next opening; None where `due` is, and once it stopped.
    `elapsed` and `paused` are working microseconds. `breached`: the moment the target was reached
    of a clock that went beyond it, which never moves. `intervals`: (from, to, kind), kind working,
    outside, stopped or paused:REASON; the working ones add up to `elapsed`, the paused ones to
    `paused`. `levels`: (code, when) of those that are planned or were reached. `gaps`: (from, to
    or None while it goes on, reason) of what does not count.
    """

    number: int
    terms: Terms
    started: int
    stopped: int | None
    due: int | None
    state: str
    elapsed: int
    paused: int
    target: int
    breached: int | None = None
    reason: str = ""
    levels: tuple[tuple[str, int], ...] = ()
    passes: int | None = None
    gaps: tuple[tuple[int, int | None, str], ...] = ()
    explain: Callable[[], Intervals] = field(default=tuple, repr=False, compare=False)

    @cached_property
    def intervals(self) -> Intervals:
        """Worked out when asked for: a clock of years has thousands."""
        return self.explain()

    @property
    def left(self) -> int:
        """Working microseconds until the target is passed; negative beyond it."""
        return self.target - self.elapsed

    @property
    def is_breached(self) -> bool:
        """Whether to show it as breached: never while it is paused (R23)."""
        return self.breached is not None and self.state != "paused"

    def next_after(self, moment: int, fired: Collection[str] = ()) -> int | None:
        """The next moment at which something must be done unless an event comes first: a level that
        was not set off yet (one that is past is due at once), or the breach."""
        if self.state not in ("running", "paused") or self.due is None:
            return None
        if self.state == "paused" and self.breached is not None:
            return None
        coming = [max(at, moment) for code, at in self.levels if code not in fired]
        if self.passes is not None and self.breached is None:
            coming.append(max(self.passes, moment))
        return min(coming, default=None)


def target_micros(terms: Terms) -> int:
    """A target of working seconds in microseconds."""
    return terms.target * SECOND
