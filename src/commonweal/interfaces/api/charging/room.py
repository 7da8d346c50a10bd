"""The data room and the yearly package: populations, samples, overrides, pairs, reviews."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http.response import HttpResponseBase
from pydantic import Field

from commonweal.kernel.audit.public import digest, plain
from commonweal.kernel.party.public import centre
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import Asked, Door, File, attachment, needs
from ..kit.types import Day, In, Money, Out, Page, Period, Text, Year

INTO = needs("charging.read_room", "charging.open_engagement", "charging.approve_engagement")
OPEN = needs("charging.open_engagement", "charging.approve_engagement")
REVIEW = needs("charging.sign_review", "charging.read_room")
MAKE = needs("charging.make_package")
door = Door("room", "The dated data room for auditors, and the yearly package.")
Named = Annotated[str, Field(pattern=r"^[a-z_]{1,20}$", examples=["lines"])]
Quarter = Annotated[str, Field(pattern=r"^(19|20|21)\d\d-Q[1-4]$", examples=["2026-Q3"])]


class EngagementIn(In):
    """Who may read which months, from a day until before another."""

    person_id: UUID
    purpose: Annotated[Text, Field(min_length=1, max_length=500)]
    populations: list[Named] = Field(max_length=10)
    first_period: Period
    last_period: Period
    starts: Day
    ends: Day


class EngagementOut(Out):
    """A data room; it is open once approved, on its days."""

    id: UUID
    person_id: UUID
    purpose: str
    populations: list[str]
    first_period: str
    last_period: str
    starts: Day
    ends: Day
    ended_on: Day | None
    state: str
    decision_id: UUID | None


class ControlOut(Out):
    """How many rows a population has, and what they come to."""

    population: str
    count: int
    total: Money | None


class RowsOut(Out):
    """A page of a population's rows, as text by column."""

    items: list[dict[str, str]]
    after: str | None = None


class SampleIn(In):
    """A sample by its interval in minor units, or of about so many items."""

    population: Named
    seed: Annotated[Text, Field(min_length=1, max_length=80)]
    interval_minor: int | None = Field(None, ge=1, le=10**15)
    wanted: int | None = Field(None, ge=1, le=100_000)


class SampleOut(Out):
    """A sample: everything that it takes to draw it again."""

    id: UUID
    population: str
    seed: str
    interval_minor: int
    start_minor: int
    items: int
    total_minor: int
    population_hash: str
    picked: dict[str, Any]
    drawn_at: datetime


class OverrideOut(Out):
    """Something that went round the usual rule; `by` is an opaque account."""

    kind: str
    at: str
    what: str
    by: UUID | None
    reason: str
    decision_id: UUID | None


class PairOut(Out):
    """Who approves whose proposals; accounts are opaque. Shares are `numerator/denominator`."""

    one: UUID
    other: UUID
    there: int
    back: int
    share_there: str
    share_back: str
    amounts_there: dict[str, int]
    amounts_back: dict[str, int]
    always: bool


class ExceptionIn(In):
    """What a review found wrong, and what is done about it; no names."""

    what: Annotated[Text, Field(min_length=1, max_length=300)]
    action: Annotated[Text, Field(min_length=1, max_length=300)]


class ReviewIn(In):
    """The signature of a review."""

    statement: Annotated[Text, Field(min_length=1, max_length=500)]
    exceptions: list[ExceptionIn] = Field(default_factory=list, max_length=200)


class ReviewOut(Out):
    """A review: signed, or as it would be signed now."""

    quarter: str
    signed_at: datetime | None
    content_hash: str
    statement: str
    exceptions: list[dict[str, str]]
    document: dict[str, Any]


class PackageIn(In):
    """Which year."""

    fiscal_year: Year


class PackageOut(Out):
    """A yearly package; `made_at` null: being made, or not made (`problem`)."""

    id: UUID
    fiscal_year: int
    asked_at: datetime
    made_at: datetime | None
    root: str
    filename: str
    problem: dict[str, Any]


@door.get("/data-rooms", access=INTO, returns=Page[EngagementOut])
def list_engagements(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Data rooms, newest first: yours, or every one for whoever opens them."""
    return paging.answer(charging.engagements(request.actor, paging.place(after, limit)))


@door.post(
    "/data-rooms", access=needs("charging.open_engagement"), returns=EngagementOut, status=201
)
def propose_engagement(request: Asked, data: EngagementIn) -> charging.Engagement:
    """Propose a data room. A second person decides (decisions); it ends by itself."""
    return charging.propose_engagement(actor=request.actor, **data.model_dump())


@door.get("/data-rooms/{room_id}", access=INTO, returns=EngagementOut)
def read_engagement(request: Asked, room_id: UUID) -> charging.Engagement:
    """One data room, while it is open."""
    return charging.engagement(request.actor, room_id)


@door.post("/data-rooms/{room_id}/end", access=OPEN, returns=EngagementOut)
def end_engagement(request: Asked, room_id: UUID) -> charging.Engagement:
    """End a data room before its last day."""
    return charging.end_engagement(actor=request.actor, engagement_id=room_id)


@door.get("/data-rooms/{room_id}/controls", access=INTO, returns=Page[ControlOut])
def list_controls(request: Asked, room_id: UUID) -> dict[str, Any]:
    """The control totals of everything in a room."""
    currency = centre().currency
    return {
        "after": None,
        "items": [
            {
                "population": each.population.name,
                "count": each.count,
                "total": None if each.total is None else charging.money_text(each.total, currency),
            }
            for each in charging.controls(request.actor, room_id)
        ],
    }


@door.get("/data-rooms/{room_id}/populations/{name}", access=INTO, returns=RowsOut)
def read_population(
    request: Asked,
    room_id: UUID,
    name: Named,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """A population's rows, by id."""
    row = charging.engagement(request.actor, room_id)
    columns = charging.population(request.actor, row, name).columns
    found = charging.population_page(request.actor, room_id, name, paging.place(after, limit))
    rows = [dict(zip(columns, map(str, cells), strict=True)) for cells in found]
    return {**paging.answer(found), "items": rows}


@door.get("/data-rooms/{room_id}/samples", access=INTO, returns=Page[SampleOut])
def list_samples(
    request: Asked,
    room_id: UUID,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The samples of a room, newest first."""
    return paging.answer(charging.samples(request.actor, room_id, paging.place(after, limit)))


@door.post("/data-rooms/{room_id}/samples", access=INTO, returns=SampleOut, status=201)
def draw_sample(request: Asked, room_id: UUID, data: SampleIn) -> charging.Sample:
    """Draw a seeded monetary-unit sample; the same seed and interval give the same one."""
    return charging.draw_sample(actor=request.actor, engagement_id=room_id, **data.model_dump())


@door.get("/samples/{sample_id}/file", access=INTO, returns=File("application/zip"))
def download_sample(request: Asked, sample_id: UUID) -> HttpResponseBase:
    """A sample with its population and the plain script that draws it again."""
    name, data = charging.sample_pack(request.actor, sample_id)
    return attachment(name, "application/zip", data)


@door.get("/data-rooms/{room_id}/overrides", access=INTO, returns=Page[OverrideOut])
def list_overrides(request: Asked, room_id: UUID) -> dict[str, Any]:
    """Every override and elevation of the room's months, in order of time."""
    return {"items": charging.overrides(request.actor, room_id), "after": None}


@door.get("/data-rooms/{room_id}/pairs", access=INTO, returns=Page[PairOut])
def list_pairs(request: Asked, room_id: UUID) -> dict[str, Any]:
    """Who approves whose proposals in the room's months, most decisions first."""
    return {
        "after": None,
        "items": [
            {
                "one": pair.one,
                "other": pair.other,
                "there": pair.there[0],
                "back": pair.back[0],
                "share_there": str(pair.share_there),
                "share_back": str(pair.share_back),
                "amounts_there": pair.there[1],
                "amounts_back": pair.back[1],
                "always": pair.always,
            }
            for pair in charging.pairs(request.actor, room_id)
        ],
    }


def review_out(
    quarter: str, row: charging.AccessReview | None, document: dict[str, Any]
) -> dict[str, Any]:
    """A review, signed or not."""
    shown = plain(document)
    return {
        "quarter": quarter,
        "signed_at": row.signed_at if row else None,
        "content_hash": row.content_hash if row else digest(shown),
        "statement": row.statement if row else "",
        "exceptions": row.exceptions if row else [],
        "document": shown,
    }


@door.get("/access-reviews/{quarter}", access=REVIEW, returns=ReviewOut)
def read_review(request: Asked, quarter: Quarter) -> dict[str, Any]:
    """The review of a quarter: as it was signed, or as it would be signed now."""
    row = charging.access_review(request.actor, quarter)
    document = row.document if row else charging.review_document(request.actor, quarter)
    return review_out(quarter, row, document)


@door.post(
    "/access-reviews/{quarter}/sign", access=needs("charging.sign_review"), returns=ReviewOut
)
def sign_review(request: Asked, quarter: Quarter, data: ReviewIn) -> dict[str, Any]:
    """Sign the review of a quarter, once, with its exceptions."""
    row = charging.sign_review(
        actor=request.actor,
        quarter=quarter,
        statement=data.statement,
        exceptions=[each.model_dump() for each in data.exceptions],
    )
    return review_out(quarter, row, row.document)


@door.get("/annual-packages", access=MAKE, returns=Page[PackageOut])
def list_packages(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Yearly packages, newest first."""
    return paging.answer(charging.annual_packages(request.actor, paging.place(after, limit)))


@door.post("/annual-packages", access=MAKE, returns=PackageOut, status=201)
def ask_package(request: Asked, data: PackageIn) -> charging.AnnualPackage:
    """Have the package of a year made in the background."""
    return charging.ask_package(actor=request.actor, fiscal_year=data.fiscal_year)


@door.get("/annual-packages/{package_id}/file", access=MAKE, returns=File("application/zip"))
def download_package(request: Asked, package_id: UUID) -> HttpResponseBase:
    """A package as it was made, compared with its hash."""
    name, data = charging.package_file(request.actor, package_id)
    return attachment(name, "application/zip", data)
