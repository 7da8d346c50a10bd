"""One JSON document in, the cycles of its clock out: what `commonweal engine clock` prints. Pure.

The document is described by schemas/clock.schema.json and docs/reference/engine-clock.md, and was
checked against the schema before. What the schema cannot say is refused here, with `where`: the
path to the place in the document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ....calendar.public import (
    SECOND,
    CalendarError,
    DayException,
    Window,
    WorkingCalendar,
    check_calendar,
    micros,
    moment_of,
)
from ..errors import CaseError
from .engine import run
from .terms import Cycle, Event, Level, Terms

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Made = TypeVar("Made")
Place = Sequence[object]


class DocumentError(CaseError):
    """A document that cannot be used; `where` is the path to the place."""

    def __init__(self, where: Place, code: str, message: str) -> None:
        super().__init__(code, message)
        self.where = tuple(where)


def run_document(document: dict[str, Any]) -> dict[str, Any]:
    """The cycles of a `commonweal.engine.clock.v1` document, each figure with its intervals."""
    as_of = _moment(document["as_of"], ["as_of"])
    calendar = _at(["calendar"], lambda: _calendar(document["calendar"]))
    levels = [
        _at(["service_levels", place], partial(_terms, row, calendar, place))
        for place, row in enumerate(document["service_levels"])
    ]
    known = _named(levels)
    events = [_event(place, row, known) for place, row in enumerate(document["events"])]
    if not any(each.kind == "opened" for each in events):
        raise DocumentError(
            ["events"], "CASE-190", "No event is “opened”. Begin with the one that opened the case."
        )
    track: list[tuple[int, Terms | None]] = [(0, levels[0])]
    track += [
        (each.seq, known[code] if (code := each.data["code"]) is not None else None)
        for each in events
        if each.kind == "terms"
    ]
    cycles = _at(["events"], lambda: run(events, track, as_of))
    zone = ZoneInfo(calendar.zone)
    return {
        "format": "commonweal.engine.clock-result.v1",
        "as_of": _said(as_of, zone),
        "cycles": [told(cycle, as_of, zone) for cycle in cycles],
    }


def _at(where: Place, make: Callable[[], Made]) -> Made:
    """What is made, or its refusal with the place."""
    try:
        return make()
    except DocumentError:
        raise
    except (CalendarError, CaseError) as error:
        raise DocumentError(where, error.code, error.message) from None


def _moment(text: str, where: Place) -> int:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None and 1900 <= moment.year < 2100:
            return micros(moment)
    except (ValueError, OverflowError):
        pass
    raise DocumentError(
        where,
        "CASE-191",
        f"“{text}” is no moment between 1900 and 2100. Write one with its offset, such as "
        "2026-03-27T08:46:12-05:00.",
    )


def _day(text: str, where: Place) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DocumentError(
            where, "CASE-192", f"“{text}” is no day. Write it as 2026-03-27."
        ) from None


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def _weekly(rows: Sequence[dict[str, str]]) -> tuple[Window, ...]:
    return tuple(
        Window(WEEKDAYS.index(row["day"]), _minutes(row["from"]), _minutes(row["to"]))
        for row in rows
    )


def _calendar(row: dict[str, Any]) -> WorkingCalendar:
    exceptions = tuple(
        DayException(
            _day(each["day"], ["calendar", "exceptions", place, "day"]),
            tuple((_minutes(one["from"]), _minutes(one["to"])) for one in each["windows"]),
            each.get("reason", ""),
        )
        for place, each in enumerate(row.get("exceptions", ()))
    )
    changes = tuple(
        (_day(each["from"], ["calendar", "changes", place, "from"]), _weekly(each["weekly"]))
        for place, each in enumerate(row.get("changes", ()))
    )
    calendar = WorkingCalendar(
        row.get("code", "calendar"),
        row["zone"],
        _weekly(row["weekly"]),
        exceptions,
        tuple(sorted(changes, key=lambda change: change[0])),
    )
    check_calendar(calendar)
    return calendar


def _terms(row: dict[str, Any], calendar: WorkingCalendar, place: int) -> Terms:
    target = row["target"]
    if ("seconds" in target) == ("days" in target) or (
        target.get("end_of_day") and "days" not in target
    ):
        raise DocumentError(
            ["service_levels", place, "target"],
            "CASE-193",
            "A target is either seconds of working time or working days, and only days have an "
            "end of day. Give one of the two.",
        )
    return Terms(
        code=row["code"],
        metric=row["metric"],
        target=target.get("days", target.get("seconds")),
        calendar=calendar,
        kind=row.get("kind", "sla"),
        days="days" in target,
        end_of_day=target.get("end_of_day", False),
        pauses=frozenset(row.get("pauses", ())),
        pause_cap=row.get("pause_cap_seconds"),
        reopen=row.get("reopen", "resume"),
        reclassify=row.get("reclassify", "retroactive"),
        levels=tuple(
            Level(each["code"], each["unit"], each["offset"]) for each in row.get("levels", ())
        ),
        teams=frozenset(row.get("teams", ())),
    )


def _named(levels: Sequence[Terms]) -> dict[str, Terms]:
    known: dict[str, Terms] = {}
    for place, terms in enumerate(levels):
        where = ["service_levels", place]
        if terms.code in known:
            raise DocumentError(
                [*where, "code"], "CASE-194", f"“{terms.code}” is there twice. Name each once."
            )
        if (terms.kind, terms.metric) != (levels[0].kind, levels[0].metric):
            raise DocumentError(
                where,
                "CASE-195",
                "All service levels of a document are of one kind and time the same thing, because "
                "one takes over from another. Give others a document of their own.",
            )
        known[terms.code] = terms
    return known


def _event(place: int, row: dict[str, Any], known: dict[str, Terms]) -> Event:
    where = ["events", place]
    data = dict(row.get("data", {}))
    if row["kind"] == "absorbed":
        data["opened_at"] = _moment(data["opened_at"], [*where, "data", "opened_at"])
    if row["kind"] == "terms" and data["code"] is not None and data["code"] not in known:
        raise DocumentError(
            [*where, "data", "code"],
            "CASE-196",
            f"There is no service level “{data['code']}”. Add it, or name one of:"
            f" {', '.join(known)}.",
        )
    return Event(place + 1, _moment(row["at"], [*where, "at"]), row["kind"], data)


def _said(moment: int, zone: ZoneInfo) -> str:
    return moment_of(moment).astimezone(zone).isoformat()


def _maybe(moment: int | None, zone: ZoneInfo) -> str | None:
    return None if moment is None else _said(moment, zone)


def _seconds(amount: int) -> str:
    """Microseconds as seconds, exactly."""
    whole, rest = divmod(abs(amount), SECOND)
    text = f"{whole}.{rest:06}".rstrip("0").rstrip(".")
    return f"-{text}" if amount < 0 else text


def told(cycle: Cycle, as_of: int, zone: ZoneInfo) -> dict[str, Any]:
    """One cycle as the answer has it: moments with the zone's offset, lengths in seconds."""
    return {
        "number": cycle.number,
        "service_level": cycle.terms.code,
        "state": cycle.state,
        "reason": cycle.reason,
        "started": _said(cycle.started, zone),
        "due": _maybe(cycle.due, zone),
        "stopped": _maybe(cycle.stopped, zone),
        "breached": _maybe(cycle.breached, zone),
        "target": _seconds(cycle.target),
        "elapsed": _seconds(cycle.elapsed),
        "left": _seconds(cycle.left),
        "paused": _seconds(cycle.paused),
        "escalations": [{"code": code, "at": _said(at, zone)} for code, at in cycle.levels],
        "next": _maybe(
            cycle.next_after(as_of, [code for code, at in cycle.levels if at <= as_of]), zone
        ),
        "intervals": [
            {"from": _said(a, zone), "to": _said(b, zone), "counts_as": kind,
             "seconds": _seconds(b - a)}
            for a, b, kind in cycle.intervals
        ],
    }  # fmt: skip
