"""Opening hours as people write them, and the calendar that dated versions come to. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from ...calendar.public import DayException, Window, WorkingCalendar, check_calendar
from .orders import CatalogueError

DAY = 1440
MOST_SPANS = 12
MOST_DAYS = 2_000
_SPAN = re.compile(r"(\d{1,2}):(\d{2}) ?(?:-|–|to) ?(\d{1,2}):(\d{2})")
Spans = tuple[tuple[int, int], ...]
Week = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class DayHours:
    """The hours of one day, instead of what the week says: none is closed."""

    day: date
    windows: Spans
    reason: str = ""


@dataclass(frozen=True)
class Hours:
    """An accepted version: the hours of a week from a local day on, and its days with others."""

    starts: date
    accepted_at: datetime
    weekly: Week
    days: tuple[DayHours, ...] = ()


def parse_spans(text: str, field: str = "weekly") -> Spans:
    """“08:00–12:00, 13:00–17:00” as minutes; an end before its start is on the next day.

    Empty is closed, 00:00–24:00 all day. CATALOGUE-130 for what cannot be read or overlaps.
    """
    found = []
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > MOST_SPANS:
        raise _unreadable(text, field)
    for part in parts:
        match = _SPAN.fullmatch(part)
        if match is None:
            raise _unreadable(part, field)
        hour, minute, to_hour, to_minute = (int(each) for each in match.groups())
        start, end = hour * 60 + minute, to_hour * 60 + to_minute
        if minute > 59 or to_minute > 59 or start >= DAY or end > DAY or start == end:
            raise _unreadable(part, field)
        found.append((start, end if end > start else end + DAY))
    found.sort()
    if any(after[0] < before[1] for before, after in pairwise(found)):
        raise CatalogueError(
            "CATALOGUE-130", f"Two openings in “{text[:60]}” overlap. Join them.", field=field
        )
    return tuple(found)


def _unreadable(text: str, field: str) -> CatalogueError:
    return CatalogueError(
        "CATALOGUE-130",
        f"“{text[:60]}” cannot be read as opening hours. Write 08:00-12:00, 13:00-17:00, or "
        "nothing for a closed day.",
        field=field,
    )


def spans_text(windows: Iterable[Sequence[int]]) -> str:
    """Minutes as “08:00–12:00, 13:00–17:00”; empty for a closed day."""
    return ", ".join(f"{_clock(start)}–{_clock(end)}" for start, end in windows)


def _clock(minutes: int) -> str:
    if minutes > DAY:
        minutes -= DAY
    return f"{minutes // 60:02}:{minutes % 60:02}"


def spans_of(weekly: Iterable[Sequence[int]], weekday: int) -> Spans:
    """The windows that begin on a weekday."""
    return tuple((start, end) for day, start, end in weekly if day == weekday)


def check_hours(code: str, zone: str, hours: Hours) -> None:
    """Refuse a zone or windows that are none, and a version without working time (R19)."""
    check_calendar(chain(code, zone, [hours]))


def chain(code: str, zone: str, versions: Iterable[Hours]) -> WorkingCalendar:
    """The calendar that accepted versions come to: every local day by the version in force on it.

    A version holds from its first day until the next one's; of two that begin on the same day, the
    one accepted later; the first also holds for the days before it.
    """
    by_start: dict[date, Hours] = {}
    for each in sorted(versions, key=lambda one: (one.starts, one.accepted_at)):
        by_start[each.starts] = each
    held = list(by_start.values())
    if not held:
        raise CatalogueError(
            "CATALOGUE-131",
            f"The calendar “{code[:60]}” has no accepted opening hours. Propose and accept some.",
        )
    exceptions = []
    for place, each in enumerate(held):
        first = date.min if place == 0 else each.starts
        last = held[place + 1].starts if place + 1 < len(held) else date.max
        exceptions += [
            DayException(day.day, day.windows, day.reason)
            for day in each.days
            if first <= day.day < last
        ]
    return WorkingCalendar(
        code,
        zone,
        _windows(held[0].weekly),
        tuple(sorted(exceptions, key=lambda day: day.day)),
        tuple((each.starts, _windows(each.weekly)) for each in held[1:]),
    )


def _windows(weekly: Week) -> tuple[Window, ...]:
    return tuple(Window(weekday, start, end) for weekday, start, end in weekly)


def ics(code: str, name: str, zone: str, days: Sequence[DayHours], stamp: datetime) -> str:
    """The days with other hours as iCalendar (RFC 5545): an all-day event each."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Commonweal//Opening hours//EN",
        f"X-WR-CALNAME:{_escaped(name)}", f"X-WR-TIMEZONE:{_escaped(zone)}",
    ]  # fmt: skip
    for each in days:
        hours = spans_text(each.windows)
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_escaped(code)}-{each.day:%Y%m%d}@commonweal.invalid",
            f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{each.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{each.day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(f'{each.reason} ({hours})' if hours else each.reason)}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _escaped(text: str) -> str:
    """As a TEXT value: nothing in it can end its line or begin a property."""
    plain = "".join(" " if ord(sign) < 32 and sign != "\n" else sign for sign in text)
    plain = plain.replace("\u2028", " ").replace("\u2029", " ").replace("\x7f", " ")
    for sign, with_mark in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        plain = plain.replace(sign, with_mark)
    return plain


def _folded(line: str) -> str:
    """Lines of at most 75 octets, the next ones begun with a space, no character cut."""
    parts: list[str] = []
    part = ""
    for sign in line:
        if len((part + sign).encode()) > (75 if not parts else 74):
            parts.append(part)
            part = ""
        part += sign
    return "\r\n ".join([*parts, part])
