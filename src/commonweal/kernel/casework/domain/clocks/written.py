"""The other way round: a clock as the document that `commonweal engine clock` reads. Pure.

What happened to a case is written without a word of what was said, so the file may be handed to
whoever doubts a figure. Teams stand in it only where the promise is one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from ....calendar.public import Window, WorkingCalendar, moment_of
from ..errors import CaseError
from .documents import WEEKDAYS
from .engine import Track
from .terms import Event, Terms

SAID: dict[str, tuple[str, ...]] = {
    "opened": ("by", "channel", "phase", "reason", "priority"),
    "state": ("phase", "reason"),
    "message": ("direction", "human", "public"),
    "classified": (),
    "merged": (),
    "absorbed": ("opened_at",),
    "callback": ("promised",),
    "update": (),
    "visit": ("stage",),
}
"""What the engine reads of each event, of the requester's promises."""
STAGES = ("waiting", "invited", "served", "hold", "done", "no_show")
"""The stages of a visit that a clock of waiting reads; that a ticket joined a case is none."""
AMONG_US = {
    "opened": (*SAID["opened"], "team"),
    "assigned": ("team",),
    "supplier": ("handed",),
}
"""And of the promises of teams and suppliers."""


def written(track: Track, events: Sequence[Event], as_of: int) -> dict[str, Any]:
    """A `commonweal.engine.clock.v1` document that gives the same cycles as `run` does.

    Error: CASE-197 where one service level that took over from another counts on other opening
    hours, because a document has one calendar.
    """
    levels = list(dict.fromkeys(terms for _seq, terms in track if terms is not None))
    calendar = levels[0].calendar
    if any(each.calendar != calendar for each in levels):
        raise CaseError(
            "CASE-197",
            "The service levels of this clock count on different opening hours, and a file has "
            "one calendar. Read the intervals on the page instead.",
        )
    zone = ZoneInfo(calendar.zone)
    names = _names(levels)
    kept = SAID if levels[0].kind == "sla" else SAID | AMONG_US
    turns = {seq: names[terms] if terms is not None else None for seq, terms in track[1:]}
    rows: list[dict[str, Any]] = []
    for event in sorted(events, key=lambda each: (each.at, each.seq)):
        moment = moment_of(event.at).astimezone(zone).isoformat()
        if event.kind in kept and event.data.get("stage", "waiting") in STAGES:
            rows.append({"at": moment, "kind": event.kind, "data": _data(event, kept, zone)})
        if event.seq in turns:
            rows.append({"at": moment, "kind": "terms", "data": {"code": turns[event.seq]}})
    return {
        "format": "commonweal.engine.clock.v1",
        "as_of": moment_of(as_of).astimezone(zone).isoformat(),
        "calendar": _calendar(calendar),
        "service_levels": [_level(each, names[each]) for each in levels],
        "events": rows,
    }


def _names(levels: Sequence[Terms]) -> dict[Terms, str]:
    """A name for each, where two versions of one promise have the same code."""
    codes = [each.code for each in levels]
    return {
        each: each.code if codes.count(each.code) == 1 else f"{each.code[:55]} ({number})"
        for number, each in enumerate(levels, 1)
    }


def _data(event: Event, kept: dict[str, tuple[str, ...]], zone: ZoneInfo) -> dict[str, Any]:
    found = {name: event.data[name] for name in kept[event.kind] if name in event.data}
    if "opened_at" in found:
        found["opened_at"] = moment_of(found["opened_at"]).astimezone(zone).isoformat()
    return found


def _time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _weekly(windows: Sequence[Window]) -> list[dict[str, str]]:
    return [
        {"day": WEEKDAYS[each.weekday], "from": _time(each.start), "to": _time(each.end)}
        for each in windows
    ]


def _calendar(calendar: WorkingCalendar) -> dict[str, Any]:
    return {
        "code": calendar.code,
        "zone": calendar.zone,
        "weekly": _weekly(calendar.weekly),
        "exceptions": [
            {
                "day": each.day.isoformat(),
                "windows": [{"from": _time(a), "to": _time(b)} for a, b in each.windows],
                "reason": each.reason,
            }
            for each in calendar.exceptions
        ],
        "changes": [
            {"from": first.isoformat(), "weekly": _weekly(windows)}
            for first, windows in calendar.changes
        ],
    }


def _level(terms: Terms, code: str) -> dict[str, Any]:
    target = {"days" if terms.days else "seconds": terms.target}
    if terms.end_of_day:
        target["end_of_day"] = True
    found: dict[str, Any] = {
        "code": code,
        "kind": terms.kind,
        "metric": terms.metric,
        "target": target,
        "pauses": sorted(terms.pauses),
        "reopen": terms.reopen,
        "reclassify": terms.reclassify,
        "teams": sorted(terms.teams),
        "levels": [
            {"code": each.code, "unit": each.unit, "offset": each.offset} for each in terms.levels
        ],
    }
    if terms.pause_cap is not None:
        found["pause_cap_seconds"] = terms.pause_cap
    return found
