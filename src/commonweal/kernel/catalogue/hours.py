"""The working-time calendar of a code, put together from its accepted versions."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from ..calendar.public import WorkingCalendar as Calendar
from ..calendar.public import now
from ..party.public import centre
from .domain import CatalogueError
from .domain.calendars import DayHours, Hours, chain
from .models import CalendarDay, CalendarVersion, WorkingCalendar


def zone_of(calendar: WorkingCalendar) -> str:
    """The calendar's own zone, or the centre's (R20)."""
    return calendar.zone or centre().zone


def calendar_for(code: str, known_at: datetime | None = None) -> Calendar:
    """The calendar of a code over all its versions, as it was known at a moment (None: now).

    Each local day goes by the version in force on it (R10). Refused: no such calendar, or one
    without accepted hours (CATALOGUE-131). One query where the same versions were asked before.
    """
    return _calendar(code, None, known_at)


def calendar_as_of(code: str, day: date, known_at: datetime | None = None) -> Calendar:
    """The hours of the version in force on a local day alone, as known at a moment (None: now)."""
    return _calendar(code, day, known_at)


def calendar_accepted_at(code: str) -> tuple[datetime, ...]:
    """When hours of a calendar were accepted, in order: at each, what is known of it changed."""
    rows = CalendarVersion.objects.filter(calendar__code=code, state="accepted")
    moments = rows.order_by("accepted_at").values_list("accepted_at", flat=True)
    return tuple(each for each in moments if each is not None)


def is_calendar(code: str) -> bool:
    """Whether a code names a calendar that has hours."""
    return CalendarVersion.objects.filter(calendar__code=code, state="accepted").exists()


def _calendar(code: str, day: date | None, known_at: datetime | None) -> Calendar:
    moment = known_at or now()
    held = [
        each
        for each in CalendarVersion.objects.filter(calendar__code=code, state="accepted")
        .select_related("calendar")
        .order_by("starts", "accepted_at", "id")
        if each.accepted_at is not None and each.accepted_at <= moment
    ]
    if not held:
        raise no_hours(code)
    if day is not None:
        held = [next((each for each in reversed(held) if each.starts <= day), held[0])]
    return _chained(code, zone_of(held[0].calendar), tuple(each.pk for each in held))


def no_hours(code: str) -> CatalogueError:
    """No calendar has this code, or none of its versions was accepted."""
    return CatalogueError(
        "CATALOGUE-131",
        f"There is no calendar “{code[:60]}” with accepted opening hours. Choose one of the list "
        "of calendars, or propose its hours and have them accepted.",
        field="calendar",
    )


@lru_cache(maxsize=256)
def _chained(code: str, zone: str, versions: tuple[UUID, ...]) -> Calendar:
    """Kept by the versions' ids: what was accepted never changes."""
    rows = CalendarVersion.objects.filter(pk__in=versions).prefetch_related("days")
    return chain(code, zone, [hours_of(row) for row in rows])


def hours_of(version: CalendarVersion, accepted_at: datetime | None = None) -> Hours:
    """A version as the pure rules see it: its accepted days only."""
    return Hours(
        starts=version.starts,
        accepted_at=accepted_at or version.accepted_at or now(),
        weekly=tuple((int(day), int(start), int(end)) for day, start, end in version.weekly),
        days=tuple(day_hours(each) for each in version.days.all() if each.accepted),
    )


def day_hours(row: CalendarDay) -> DayHours:
    """A day as the pure rules see it."""
    return DayHours(
        row.day, tuple((int(start), int(end)) for start, end in row.windows), row.reason
    )


def would_be(version: CalendarVersion) -> Calendar:
    """The calendar as it would be if a draft or proposal were accepted now."""
    others = CalendarVersion.objects.filter(calendar=version.calendar, state="accepted")
    known = [hours_of(row) for row in others.exclude(pk=version.pk).prefetch_related("days")]
    return chain(
        version.calendar.code, zone_of(version.calendar), [*known, hours_of(version, now())]
    )


def calendar_document(version: CalendarVersion) -> dict[str, Any]:
    """A version as open JSON: what `import_calendar` takes."""
    return {
        "format": "commonweal.calendar.v1",
        "code": version.calendar.code,
        "name": version.calendar.name,
        "zone": zone_of(version.calendar),
        "starts": version.starts.isoformat(),
        "weekly": version.weekly,
        "note": version.note,
        "days": [
            {"day": each.day.isoformat(), "kind": each.kind, "windows": each.windows,
             "reason": each.reason, "source": each.source}
            for each in version.days.all() if each.accepted
        ],
    }  # fmt: skip
