"""What the counter's operations take and give."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from ..kit.types import Code, In, Long, Out, Text
from .shapes import Answer, CaseKey, ContactIn, Word

Short = Annotated[Code, Field(max_length=40)]
MaybeShort = Annotated[Text, Field(max_length=40)]


def _with_zone(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("Give the moment with its zone, such as 2026-11-03T14:30:00Z.")
    return value.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_with_zone), Field(examples=["2026-11-03T14:30:00Z"])]


class OfficeOut(Out):
    """Where people come. `queue`: whose team serves there. `agency`: empty is the centre."""

    code: str
    name: str
    address: str
    agency: str = Field(alias="agency_code")
    calendar: str
    queue: str
    step_minutes: int
    notice_minutes: int
    days_ahead: int
    active: bool

    @staticmethod
    def resolve_queue(row: Any) -> str:
        """Its code."""
        return str(row.queue.code)


class OfficeKeyOut(Out):
    """An office and the key of its kiosk: whoever has it takes tickets without an account."""

    office: OfficeOut
    kiosk_key: str


class OfficeIn(In):
    """What an office shall be. `new_key`: give its kiosk another key; the old one ends."""

    name: Annotated[Text, Field(min_length=1, max_length=120)]
    calendar: Annotated[Code, Field(max_length=60)]
    queue: Short
    address: Annotated[Text, Field(max_length=300)] = ""
    agency: Annotated[Text, Field(max_length=20)] = ""
    step_minutes: Literal[5, 10, 15, 20, 30, 60, 120] = 15
    notice_minutes: int = Field(60, ge=0, le=43_200)
    days_ahead: int = Field(28, ge=1, le=180)
    active: bool = True
    new_key: bool = False


class OfficeDeskOut(Out):
    """A desk. `only`: codes of what is served there (none: everything). `clerk`: who sits there."""

    id: UUID
    number: int
    only: list[str]
    takes_bookings: bool
    clerk: UUID | None
    since: datetime | None
    active: bool


class OfficeDeskIn(In):
    """What a desk shall be."""

    only: Annotated[list[Short], Field(max_length=60)] = Field(default_factory=list)
    takes_bookings: bool = True
    active: bool = True


class OfficeOfferOut(Out):
    """What an office offers, and the minutes planned for it."""

    id: UUID
    code: str
    name: str
    letter: str
    agency: str = Field(alias="agency_code")
    category: str
    case_type: str
    visit_type: str
    minutes: int
    bookable: bool
    walk_in: bool
    active: bool

    @staticmethod
    def resolve_category(row: Any) -> str:
        """Its code, empty where a kind of case is named."""
        return str(row.category.code) if row.category else ""

    @staticmethod
    def resolve_case_type(row: Any) -> str:
        """Its code, empty where a subject is named."""
        return str(row.case_type.code) if row.case_type else ""

    @staticmethod
    def resolve_visit_type(row: Any) -> str:
        """The code of the kind of case that a visit is."""
        return str(row.visit_type.code)


class OfficeOfferIn(In):
    """What shall be offered: about a category, or a kind of case."""

    name: Annotated[Text, Field(min_length=1, max_length=120)]
    minutes: int = Field(ge=1, le=480)
    visit_type: Short
    category: Annotated[Text, Field(max_length=60)] = ""
    case_type: MaybeShort = ""
    agency: Annotated[Text, Field(max_length=20)] = ""
    letter: Annotated[str, Field(pattern="^[A-Z]$")] = "A"
    bookable: bool = True
    walk_in: bool = True
    active: bool = True


class FreeTimeOut(Out):
    """A time that can be booked."""

    starts: datetime
    ends: datetime


class FreeTimesOut(Out):
    """The free times, in order."""

    times: list[FreeTimeOut]


class AppointmentOut(Out):
    """An appointment. `state`: booked, arrived, served, missed or cancelled; `own_case`: the case
    is the visit itself."""

    id: UUID
    agency_id: UUID
    case_id: UUID
    own_case: bool
    office: str
    offer: str
    starts: datetime
    ends: datetime
    state: str
    way: str
    moved: int
    booked_at: datetime

    @staticmethod
    def resolve_office(row: Any) -> str:
        """Its code."""
        return str(row.office.code)

    @staticmethod
    def resolve_offer(row: Any) -> str:
        """Its code."""
        return str(row.offer.code)


class BookedOut(Out):
    """The appointment, and the code with which it is moved or cancelled without an account: shown
    once; empty where it is for an earlier case."""

    appointment: AppointmentOut
    tracking_code: str


class BookIn(In):
    """What is booked, when, and for whom. `case`: an earlier case that they come for."""

    offer: Short
    starts: Moment
    contact: ContactIn | None = None
    case: CaseKey | None = None
    text: Long = ""
    answers: Annotated[dict[Word, Answer], Field(max_length=100)] = Field(default_factory=dict)
    way: Literal["phone", "counter", "api"] = "phone"


class MomentIn(In):
    """Another free time."""

    starts: Moment


class TicketOut(Out):
    """Somebody who has come. `state`: waiting, called, serving, hold, done or no_show; seconds of
    waiting until the first call, and of serving."""

    id: UUID
    agency_id: UUID
    label: str
    day: date
    office: str
    offer: str
    case_id: UUID
    own_case: bool
    appointment_id: UUID | None
    state: str
    desk: int | None
    for_desk: int | None
    taken_at: datetime
    first_called_at: datetime | None
    ended_at: datetime | None
    calls: int
    waited_seconds: int | None
    served_seconds: int

    @staticmethod
    def resolve_office(row: Any) -> str:
        """Its code."""
        return str(row.office.code)

    @staticmethod
    def resolve_offer(row: Any) -> str:
        """Its code."""
        return str(row.offer.code)

    @staticmethod
    def resolve_desk(row: Any) -> int | None:
        """The number of the desk that has it."""
        return row.desk.number if row.desk else None

    @staticmethod
    def resolve_for_desk(row: Any) -> int | None:
        """The number of the desk that alone may call it."""
        return row.for_desk.number if row.for_desk else None


class CalledOut(Out):
    """A number on the display, and its desk."""

    label: str
    desk: int


class QueueingOut(Out):
    """How it stands: numbers called, how many wait, desks with a clerk, and how many seconds
    whoever comes now waits (null: nobody serves), from so many visits (0: from what is planned)."""

    called: list[CalledOut]
    waiting: int
    desks: int
    wait_seconds: int | None
    visits: int


class HourOut(Out):
    """An hour of the day over some days. Seconds; `most_seconds`: nine of ten were called within;
    null: nobody was called.

    `mean_wait_*`: what a queue model (Erlang C) says of its desks, and of one more; null where more
    come than they can serve, or nobody was served.
    """

    hour: int
    days: int
    visitors: int
    waited_seconds: int | None
    most_seconds: int | None
    served_seconds: int
    desks: int
    mean_wait_seconds: int | None
    mean_wait_with_one_more: int | None


class HoursOut(Out):
    """The hours in which somebody came."""

    hours: list[HourOut]
