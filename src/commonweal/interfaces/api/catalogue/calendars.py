"""Opening hours: calendars, their dated versions, and the days on which other hours hold."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from commonweal.kernel.catalogue import public as catalogue

from ..kit import paging
from ..kit.doors import ALL, Asked, Door, centre
from ..kit.types import Code, Day, In, Name, Out, Page, Text

door = Door("calendars", "Opening hours: what promised times count on, from which day on.")
PROPOSE = centre("catalogue.propose_calendar")
APPROVE = centre("catalogue.approve_calendar")
Minutes = Annotated[int, Field(ge=0, le=2880)]
Windows = Annotated[list[tuple[Minutes, Minutes]], Field(max_length=12)]
Weekly = Annotated[
    list[tuple[Annotated[int, Field(ge=0, le=6)], Minutes, Minutes]], Field(max_length=84)
]
Reason = Annotated[Text, Field(max_length=500)]


class CalendarOut(Out):
    """A calendar; an empty zone is the centre's own."""

    code: str
    name: str
    zone: str


class DayOut(Out):
    """A day with other hours, in minutes of local wall time; `accepted` null: not looked at."""

    day: Day
    kind: str
    windows: list[list[int]]
    reason: str
    accepted: bool | None


class VersionOut(Out):
    """Hours from a local day on: [weekday, start, end] in minutes, 0 Monday."""

    id: UUID
    calendar: str
    starts: Day
    weekly: list[list[int]]
    note: str
    state: str
    days: list[DayOut] = []

    @staticmethod
    def resolve_calendar(row: Any) -> str:
        """Its code."""
        return str(row.calendar.code)

    @staticmethod
    def resolve_days(row: Any) -> list[Any]:
        """In order."""
        return sorted(row.days.all(), key=lambda each: each.day)


class ListedOut(Out):
    """A version in a list, without its days."""

    id: UUID
    starts: Day
    weekly: list[list[int]]
    note: str
    state: str


class CalendarIn(In):
    """A calendar to make."""

    code: Annotated[Code, Field(max_length=60)]
    name: Annotated[Name, Field(max_length=120)]
    zone: Annotated[str, Field(max_length=60)] = ""


class DraftIn(In):
    """Hours to begin; without `weekly`, a copy of the last accepted ones."""

    starts: Day
    note: Reason
    weekly: Weekly | None = None


class DayIn(In):
    """A day with other hours."""

    day: Day
    kind: Literal["closed", "partial", "extra"]
    reason: Annotated[Text, Field(max_length=200)]
    windows: Windows = []


class HolidaysIn(In):
    """Public holidays to propose."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2,3}$", examples=["US"])]
    years: Annotated[list[Annotated[int, Field(ge=1900, le=2200)]], Field(max_length=20)]
    subdivision: Annotated[str, Field(max_length=10)] = ""
    categories: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=10)] = []


class VersionMarkIn(In):
    """Days to accept or strike out; without `days`, all that nobody looked at."""

    accepted: bool
    days: Annotated[list[Day], Field(max_length=2000)] | None = None


class CalendarDecisionIn(In):
    """A second person's decision; a rejection says why."""

    approved: bool
    reason: Reason = ""


class DaysCountOut(Out):
    """How many."""

    count: int


class CalendarChangesOut(Out):
    """What accepting would move, as counts by name."""

    changes: dict[str, int]


@door.get("/calendars", access=ALL, returns=Page[CalendarOut])
def list_calendars(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Every calendar by its code."""
    return paging.answer(catalogue.calendars(request.actor, paging.place(after, limit)))


@door.post("/calendars", access=PROPOSE, returns=CalendarOut, status=201)
def create_calendar(request: Asked, data: CalendarIn) -> Any:
    """Make a calendar; it holds no hours yet."""
    return catalogue.create_calendar(actor=request.actor, **data.model_dump())


@door.get("/calendars/{calendar}/versions", access=ALL, returns=Page[ListedOut])
def list_calendar_versions(
    request: Asked,
    calendar: Code,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The hours of a calendar, newest first."""
    found = catalogue.calendar(request.actor, calendar)
    place = paging.place(after, limit)
    return paging.answer(catalogue.calendar_versions(request.actor, found.pk, place))


@door.post("/calendars/{calendar}/versions", access=PROPOSE, returns=VersionOut, status=201)
def draft_calendar(request: Asked, calendar: Code, data: DraftIn) -> Any:
    """Begin other hours from a day on."""
    return catalogue.draft_calendar(
        actor=request.actor,
        code=calendar,
        starts=data.starts,
        note=data.note,
        weekly=tuple(data.weekly) if data.weekly is not None else None,
    )


@door.get("/calendar-versions/{calendar_version_id}", access=ALL, returns=VersionOut)
def get_calendar_version(request: Asked, calendar_version_id: UUID) -> Any:
    """One version with its days."""
    return catalogue.calendar_version(request.actor, calendar_version_id)


@door.get(
    "/calendar-versions/{calendar_version_id}/changes", access=PROPOSE, returns=CalendarChangesOut
)
def get_calendar_changes(request: Asked, calendar_version_id: UUID) -> Any:
    """What accepting a version would move now."""
    return {"changes": catalogue.calendar_changes(request.actor, calendar_version_id)}


@door.post("/calendar-versions/{calendar_version_id}/days", access=PROPOSE, returns=DayOut)
def put_calendar_day(request: Asked, calendar_version_id: UUID, data: DayIn) -> Any:
    """Give a day of a draft other hours."""
    return catalogue.put_calendar_day(
        actor=request.actor, version_id=calendar_version_id, **data.model_dump()
    )


@door.post(
    "/calendar-versions/{calendar_version_id}/holidays", access=PROPOSE, returns=DaysCountOut
)
def propose_holidays(request: Asked, calendar_version_id: UUID, data: HolidaysIn) -> Any:
    """Put public holidays into a draft, for a person to look at."""
    rows = catalogue.propose_holidays(
        actor=request.actor, version_id=calendar_version_id, **data.model_dump()
    )
    return {"count": len(rows)}


@door.post("/calendar-versions/{calendar_version_id}/mark", access=PROPOSE, returns=DaysCountOut)
def mark_calendar_days(request: Asked, calendar_version_id: UUID, data: VersionMarkIn) -> Any:
    """Accept days of a draft, or strike them out."""
    days: list[date] | None = data.days
    count = catalogue.mark_calendar_days(
        actor=request.actor, version_id=calendar_version_id, accepted=data.accepted, days=days
    )
    return {"count": count}


@door.post("/calendar-versions/{calendar_version_id}/propose", access=PROPOSE, returns=VersionOut)
def propose_calendar(request: Asked, calendar_version_id: UUID) -> Any:
    """Ask a second person to accept a draft."""
    return catalogue.propose_calendar(actor=request.actor, version_id=calendar_version_id)


@door.post("/calendar-versions/{calendar_version_id}/withdraw", access=PROPOSE, returns=VersionOut)
def withdraw_calendar(request: Asked, calendar_version_id: UUID) -> Any:
    """Take a draft or proposal back."""
    return catalogue.withdraw_calendar(actor=request.actor, version_id=calendar_version_id)


@door.post("/calendar-versions/{calendar_version_id}/decide", access=APPROVE, returns=VersionOut)
def decide_calendar(request: Asked, calendar_version_id: UUID, data: CalendarDecisionIn) -> Any:
    """Accept or reject proposed hours, as a second person."""
    return catalogue.decide_calendar(
        actor=request.actor, version_id=calendar_version_id, **data.model_dump()
    )


@door.post("/calendars-import", access=PROPOSE, returns=VersionOut, status=201)
def import_calendar(request: Asked, data: dict[str, Any]) -> Any:
    """A draft from a document that a calendar was saved as (`commonweal.calendar.v1`)."""
    return catalogue.import_calendar(actor=request.actor, document=data)
