"""A small desk for the tests: calendars, moments and events in few words."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from commonweal.kernel.calendar.public import Window, WorkingCalendar, micros, moment_of
from commonweal.kernel.casework.domain.clocks import Cycle, Event, Level, Terms, run

ZONE = "Europe/Paris"
GLPI = WorkingCalendar(
    "glpi", ZONE, (Window(0, 630, 1140), *(Window(day, 510, 1140) for day in range(1, 5)))
)
"""Monday 10:30 to 19:00, Tuesday to Friday 08:30 to 19:00."""
OFFICE = WorkingCalendar("office", ZONE, tuple(Window(day, 600, 1080) for day in range(5)))
"""Monday to Friday 10:00 to 18:00."""
HOUR = 3_600
SECOND = 1_000_000


def at(text: str, zone: str = ZONE) -> int:
    """A local date and time as microseconds."""
    return micros(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def said(moment: int | None, zone: str = ZONE) -> str:
    """The other way round."""
    if moment is None:
        return "none"
    local = moment_of(moment).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return local.isoformat(" ")


class Case:
    """A case that grows event by event."""

    def __init__(self, start: str, zone: str = ZONE, **data: Any) -> None:
        self.zone = zone
        self.events: list[Event] = []
        opened = {"by": "requester", "channel": "web", "phase": "open", "team": "", **data}
        self.then(start, "opened", **opened)

    def then(self, when: str, kind: str, **data: Any) -> Case:
        self.events.append(Event(len(self.events) + 1, at(when, self.zone), kind, data))
        return self

    def waits(self, start: str, end: str | None = None, reason: str = "requester") -> Case:
        self.then(start, "state", phase="waiting", reason=reason)
        return self.then(end, "state", phase="open") if end else self

    def resolved(self, when: str, phase: str = "resolved") -> Case:
        return self.then(when, "state", phase=phase)

    def reopened(self, when: str) -> Case:
        return self.then(when, "state", phase="open")

    def asks(self, when: str, *, human: bool = True) -> Case:
        return self.then(when, "message", direction="in", human=human, public=True)

    def answers(self, when: str, *, human: bool = True, public: bool = True) -> Case:
        return self.then(when, "message", direction="out", human=human, public=public)

    def cycles(self, terms: Any, as_of: str) -> tuple[Cycle, ...]:
        return run(self.events, terms, at(as_of, self.zone))

    def clock(self, terms: Any, as_of: str) -> Cycle:
        (only,) = self.cycles(terms, as_of)
        return only


def promise(target: int = 4 * HOUR, **more: Any) -> Terms:
    """A resolution on the Monday-late calendar that waiting for the requester stops."""
    given = {
        "metric": "resolution",
        "calendar": GLPI,
        "pauses": frozenset({"requester"}),
        **more,
    }
    return Terms("promise", target=target, **given)


def level(unit: str, offset: int, code: str = "level") -> Level:
    return Level(code, unit, offset)
