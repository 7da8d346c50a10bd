"""When a clock started, stopped and stood still, read from the events of a case. Pure.

One reader a metric. None knows of calendars: what they give is only which time counts at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from .terms import Event, Terms

LIVE = ("open", "waiting")
AT_ONCE = ("phone", "counter")
"""Channels by which an agent who opens a case has answered already (R13)."""
STOPPED = "stopped"
"""The reason of a gap during which the case was done (R8)."""


@dataclass
class Run:
    """One run: from, to (None: goes on), the gaps in it with their reasons, and how it ended.

    A gap's reason is one for waiting, or `stopped` while the case was done (R8).
    """

    start: int
    stop: int | None = None
    gaps: list[tuple[int, int | None, str]] = field(default_factory=list)
    cancelled: str = ""
    team: str = ""

    def close(self, at: int, cancelled: str = "") -> None:
        """End the run, and the gap that was open."""
        self.open_gap_ends(at)
        self.stop, self.cancelled = max(at, self.start), cancelled

    def open_gap_ends(self, at: int) -> None:
        """End the gap that is open, if one is."""
        if self.gaps and self.gaps[-1][1] is None:
            start, _, reason = self.gaps[-1]
            self.gaps[-1] = (start, max(at, start), reason)

    def gap(self, at: int, reason: str) -> None:
        """Begin a gap."""
        self.open_gap_ends(at)
        self.gaps.append((max(at, self.start), None, reason))


def in_order(events: Iterable[Event], as_of: int) -> list[Event]:
    """The events that count at a moment, by time, then number; none before the opening, nothing
    after a merge (R12). Without an opening there is none."""
    known = sorted((each for each in events if each.at <= as_of), key=lambda one: (one.at, one.seq))
    opened = next((each for each in known if each.kind == "opened"), None)
    if opened is None:
        return []
    late = [each for each in known if each is not opened]
    found = [opened]
    for each in late:
        found.append(each if each.at >= opened.at else replace(each, at=opened.at))
        if each.kind == "merged":
            break
    return found


def start_of(events: Sequence[Event]) -> int:
    """When the case began: the earliest start of what was merged into it counts too (R12)."""
    opened = [each.at for each in events if each.kind == "opened"]
    earlier = [int(each.data["opened_at"]) for each in events if each.kind == "absorbed"]
    return min([*opened, *earlier])


def runs_of(events: Sequence[Event], terms: Terms) -> list[Run]:
    """The runs of a clock, in order; `events` as `in_order` gives them."""
    runs = _READERS[terms.metric](events, terms)
    if terms.kind == "ola":
        stays = [each for each in _stays(events) if not terms.teams or each.team in terms.teams]
        runs = _within(runs, stays)
    elif terms.kind == "uc":
        runs = _within(runs, _handed(events))
    if events[-1].kind == "merged":
        for run in runs:
            if run.stop is None:
                run.close(events[-1].at, "merged")
        if terms.kind != "sla":  # merged as it came: no team and no supplier had it (R16)
            runs = [run for run in runs if run.stop is None or run.stop > run.start]
    return runs


def _within(runs: Sequence[Run], stays: Sequence[Run]) -> list[Run]:
    """What lies of the runs in the time that a team, or a supplier, had the case (R16)."""
    found = []
    for stay in stays:
        for run in runs:
            start, stop = _overlap(run, stay)
            if stop is not None and stop <= start:
                continue
            ended = run.cancelled if run.stop is not None and run.stop == stop else ""
            found.append(Run(start, None, list(run.gaps), team=stay.team))
            if stop is not None:
                found[-1].close(stop, ended)
    return found


def _overlap(run: Run, stay: Run) -> tuple[int, int | None]:
    """From when to when (None: goes on) a run lies in a stay; neither end in a time in which the
    case was done."""
    start = max(run.start, stay.start)
    stop = min((each for each in (run.stop, stay.stop) if each is not None), default=None)
    for begin, end, reason in run.gaps:
        if reason == STOPPED and end is not None:
            if begin <= start < end:
                start = end
            if stop is not None and begin < stop <= end:
                stop = begin
    return start, stop


def _phases(events: Iterable[Event]) -> list[tuple[int, str, str]]:
    """(from, phase, reason) of a case, in order; the first is that of its opening (R7)."""
    return [
        (each.at, str(each.data.get("phase", "open")), str(each.data.get("reason", "")))
        for each in events
        if each.kind in ("opened", "state")
    ]


def _resolution(events: Sequence[Event], terms: Terms) -> list[Run]:
    start = start_of(events)
    runs = [Run(start)]
    done = False
    for at, phase, reason in _phases(events):
        run = runs[-1]
        if phase in LIVE:
            if done:
                if terms.reopen == "new_cycle":
                    run = Run(at)
                    runs.append(run)
                else:
                    stopped = run.stop if run.stop is not None else at
                    run.stop = None
                    run.gaps.append((stopped, at, STOPPED))
                done = False
            if phase == "waiting":
                run.gap(at, reason)
            else:
                run.open_gap_ends(at)
        elif not done:
            run.close(at)
            done = True
    return runs


def _answers(event: Event) -> bool:
    """Whether an event is a message of a person that whoever asked reads (R13)."""
    data = event.data
    if event.kind == "message":
        return bool(data.get("direction") == "out" and data.get("human") and data.get("public"))
    return False


def _done(event: Event) -> bool:
    return event.kind in ("opened", "state") and event.data.get("phase") in ("resolved", "closed")


def _answered_at_opening(event: Event) -> bool:
    """Whether an agent opened the case while talking to whoever asked (R13)."""
    by = event.data.get("by") == "agent" and event.data.get("channel") in AT_ONCE
    return event.kind == "opened" and by


def _first_response(events: Sequence[Event], terms: Terms) -> list[Run]:
    run = Run(start_of(events))
    for event in events:
        data = event.data
        if _answers(event) or _done(event) or _answered_at_opening(event):
            run.close(event.at)
            break
        if event.kind in ("opened", "state"):
            if data.get("phase") == "waiting":
                run.gap(event.at, str(data.get("reason", "")))
            else:
                run.open_gap_ends(event.at)
    return [run]


def _next_response(events: Sequence[Event], terms: Terms) -> list[Run]:
    """Each exchange is a run: from the first unanswered message (R14), and only once the first
    answer was given (R15). A message to a case that is done counts from when it opens again."""
    runs: list[Run] = []
    answered = live = waiting = False
    reason: str | None = None
    for event in events:
        data = event.data
        if event.kind in ("opened", "state"):
            live = str(data.get("phase", "open")) in LIVE
            reason = str(data.get("reason", "")) if data.get("phase") == "waiting" else None
        if _answers(event) or _done(event) or _answered_at_opening(event):
            if runs and runs[-1].stop is None:
                runs[-1].close(event.at)
            answered, waiting = True, False
        elif event.kind == "message" and data.get("direction") == "in" and data.get("human"):
            waiting = waiting or answered
        running = bool(runs) and runs[-1].stop is None
        if waiting and live and not running:
            runs.append(Run(event.at))
            if reason is not None:
                runs[-1].gap(event.at, reason)
        elif running and event.kind == "state":
            if reason is not None:
                runs[-1].gap(event.at, reason)
            else:
                runs[-1].open_gap_ends(event.at)
    return runs


def _update(events: Sequence[Event], terms: Terms) -> list[Run]:
    """The promise to write: each update, and each message, starts it anew while the case lives."""
    runs = [Run(start_of(events))]
    live = True
    for event in events:
        phase = event.data.get("phase") if event.kind in ("opened", "state") else None
        if phase in LIVE:
            if not live:
                runs.append(Run(event.at))
                live = True
            if phase == "waiting":
                runs[-1].gap(event.at, str(event.data.get("reason", "")))
            else:
                runs[-1].open_gap_ends(event.at)
        elif phase is not None and live:
            runs[-1].close(event.at)
            live = False
        elif live and (event.kind == "update" or _answers(event)):
            gap = runs[-1].gaps[-1] if runs[-1].gaps else None
            runs[-1].close(event.at)
            runs.append(Run(event.at))
            if gap is not None and gap[1] is None:
                runs[-1].gap(event.at, gap[2])
    return runs


def _stays(events: Sequence[Event]) -> list[Run]:
    """How long each team had the case: from when it got it (R16)."""
    runs: list[Run] = []
    for event in events:
        team = str(event.data.get("team") or "")
        if event.kind not in ("opened", "assigned") or (runs and runs[-1].team == team):
            continue
        if runs and runs[-1].stop is None:
            runs[-1].close(event.at)
        runs.append(Run(event.at, team=team))
    return [run for run in runs if run.team]


def _handed(events: Sequence[Event]) -> list[Run]:
    """How long a supplier had the case: from the hand-over until it came back (R16)."""
    runs: list[Run] = []
    for event in events:
        if event.kind == "supplier":
            here = not runs or runs[-1].stop is not None
            if event.data.get("handed") and here:
                runs.append(Run(event.at))
            elif not event.data.get("handed") and not here:
                runs[-1].close(event.at)
    return runs


def _callback(events: Sequence[Event], terms: Terms) -> list[Run]:
    runs: list[Run] = []
    for event in events:
        open_run = runs[-1] if runs and runs[-1].stop is None else None
        if event.kind == "callback":
            if event.data.get("promised") and open_run is None:
                runs.append(Run(event.at))
            elif not event.data.get("promised") and open_run is not None:
                open_run.close(event.at)
        elif open_run is not None and _done(event):
            open_run.close(event.at)
    return runs


def _waiting(events: Sequence[Event], terms: Terms) -> list[Run]:
    """Waiting at a counter: from the ticket until somebody is called; not while on hold."""
    runs: list[Run] = []
    for event in events:
        stage = event.data.get("stage") if event.kind == "visit" else None
        open_run = runs[-1] if runs and runs[-1].stop is None else None
        if stage == "waiting" and open_run is None:
            runs.append(Run(event.at))
        elif stage == "waiting" and open_run is not None:
            open_run.open_gap_ends(event.at)
        elif stage == "hold" and open_run is not None:
            open_run.gap(event.at, "hold")
        elif stage == "no_show" and open_run is not None:
            open_run.close(event.at, "no_show")
        elif stage in ("invited", "served", "done") and open_run is not None:
            open_run.close(event.at)
    return runs


_READERS: dict[str, Callable[[Sequence[Event], Terms], list[Run]]] = {
    "resolution": _resolution,
    "fulfilment": _resolution,
    "first_response": _first_response,
    "next_response": _next_response,
    "update": _update,
    "callback": _callback,
    "waiting": _waiting,
}
