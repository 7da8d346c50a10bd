"""Usage: in, out, in quarantine; sources and what they report."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from ninja import Query
from pydantic import Field

from commonweal.kernel.catalogue.public import item_by_code
from commonweal.kernel.metering import public as metering
from commonweal.kernel.party.public import agency

from ..kit import paging
from ..kit.doors import Asked, Door, File, attachment, centre, in_part, needs
from ..kit.types import AgencyKey, Code, Exact, In, Name, Out, Page, Period, Text
from . import events, files, late
from .files import SourceCode

VIEW = "metering.view"
door = Door("usage", "Usage records, their sources, and those in quarantine.")
DOORS = [door, files.door, late.door]


class Taken(Out):
    """What became of a delivery. Duplicates were recorded before with the same content."""

    batch: UUID
    accepted: int
    duplicates: int
    conflicts: int
    rejected: int


class Fact(Out):
    """One usage record on [starts, ends) in UTC; `counts` is what it adds in `booked_in`."""

    id: UUID
    source: str
    external_id: str
    agency_id: UUID
    bureau_id: UUID | None
    order_line_id: UUID | None
    charge_item_id: UUID
    quantity: Exact
    counts: Exact = Field(alias="delta")
    unit: str
    starts: datetime
    ends: datetime
    dimensions: dict[str, str]
    origin: str = Field(alias="origin_ref")
    replaces: str
    period: str
    booked_in: str
    late: bool
    received_at: datetime


class ItemTotal(Out):
    """What counts of one item under one order line."""

    agency_id: UUID
    charge_item_id: UUID
    order_line_id: UUID | None
    late: bool
    records: int = Field(alias="count")
    quantity: Exact


class SourceOut(Out):
    """A system that sends usage."""

    code: str
    name: str
    active: bool
    expected: bool
    items: list[str]
    late_policy: str


class SourceIn(In):
    """What a source shall be."""

    name: Name
    active: bool = True
    expected: bool = False
    items: list[Code] = Field(
        default_factory=list,
        max_length=500,
        description="Charge items that it feeds; records of others are refused. Empty: any.",
    )
    late_policy: Annotated[Text, Field(max_length=300)] = (
        "Booked as a correction in the next open period."
    )


class ReportIn(In):
    """A source's own count and total of a month."""

    period: Period
    control_count: int = Field(ge=0, le=10**12)
    control_total: Exact


class SourceReportOut(Out):
    """What a source reported of a month."""

    id: UUID
    source: str
    period: str
    control_count: int
    control_total: Exact
    recorded_at: datetime

    @staticmethod
    def resolve_source(row: Any) -> str:
        """Its code."""
        return str(row.source.code)


class SourceCheckOut(Out):
    """A source in a month; `problem` is empty, no_usage, no_report or differs."""

    source: str
    records: int = Field(alias="count")
    total: Exact
    reported_count: int | None
    reported_total: Exact | None
    problem: str
    sentence: str

    @staticmethod
    def resolve_source(row: Any) -> str:
        """Its code."""
        return str(row.source.code)


class BatchOut(Out):
    """One delivery."""

    id: UUID
    kind: str
    upload_id: UUID | None
    received_at: datetime
    accepted: int
    duplicates: int
    conflicts: int
    rejected: int


class QuarantineOut(Out):
    """A record whose source and id were taken before with other content."""

    id: UUID
    agency_id: UUID
    source: str
    external_id: str
    reason: str
    state: str
    received_at: datetime
    payload: dict[str, Any]

    @staticmethod
    def resolve_source(row: Any) -> str:
        """Its code."""
        return str(row.source.code)


class NoteIn(In):
    """Why, for the record."""

    note: Annotated[Text, Field(max_length=500)] = ""


BODY = {
    "requestBody": {
        "required": True,
        "description": "CloudEvents 1.0 of type commonweal.usage.v1; at most 10,000 in a batch.",
        "content": {
            events.SINGLE: {"schema": {"type": "object"}, "example": events.EXAMPLE},
            events.BATCH: {
                "schema": {"type": "array", "items": {"type": "object"}, "maxItems": 10_000},
                "example": [events.EXAMPLE],
            },
        },
    },
    "responses": {
        201: {
            "description": "Something new was recorded; it is on disk",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Taken"}}},
        }
    },
}


@door.post("/usage", access=needs("metering.submit"), returns=Taken, errors=(413, 415), extra=BODY)
def send(request: Asked) -> HttpResponse:
    """Send usage records, one or many; each is taken or refused alone.

    Safe to repeat: the same source, id and content count once (200). 201: something new was
    recorded, and it is on disk when you read this. 409: an id was sent before with other content;
    the new content is in quarantine. 422: some records were refused, named in `errors`; the others
    were taken, and `accepted` and `duplicates` count them.
    """
    found, batch = events.read(request)
    result = metering.submit(actor=request.actor, events=found)
    return events.respond(request, result, batch)


def _facts(request: Asked, agency_key: str, item: str) -> tuple[UUID, UUID | None]:
    found = agency(request.actor, agency_key)
    return found.pk, item_by_code(request.actor, item).pk if item else None


@door.get("/usage", access=in_part(VIEW), returns=Page[Fact])
def list_usage(
    request: Asked,
    agency: AgencyKey,
    period: Period,
    charge_item: Annotated[str, Field(max_length=80)] = Query("", description="Code of one item."),
    order_line: UUID | None = Query(None),
    late: bool | None = Query(False, description="True: corrections booked in the month."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The records that count in an agency's month, oldest first; for a bureau's role its own."""
    agency_id, item = _facts(request, agency, charge_item)
    found = metering.facts(
        request.actor,
        agency_id,
        period,
        charge_item=item,
        order_line=order_line,
        late=late,
        place=paging.place(after, limit),
    )
    return paging.answer(found)


@door.get("/usage/export", access=in_part(VIEW), returns=File("text/csv"))
def export_usage(
    request: Asked,
    agency: AgencyKey,
    period: Period,
    charge_item: Annotated[str, Field(max_length=80)] = Query(""),
) -> HttpResponseBase:
    """All records that count in an agency's month, corrections included, as CSV."""
    agency_id, item = _facts(request, agency, charge_item)
    parts = metering.export_csv(request.actor, agency_id, period, charge_item=item)
    return attachment(f"usage-{agency}-{period}.csv", "text/csv", _spooled(parts))


def _spooled(parts: Iterator[str]) -> Any:
    """Read within the transaction, kept in memory up to 8 MB and on disk beyond."""
    kept = tempfile.SpooledTemporaryFile(max_size=8 * 1024 * 1024)  # noqa: SIM115  the answer closes it
    for part in parts:
        kept.write(part.encode())
    kept.seek(0)
    return kept


@door.get("/usage/totals", access=needs(VIEW), returns=Page[ItemTotal])
def total_usage(
    request: Asked,
    period: Period,
    agency: Annotated[str, Field(max_length=40)] = Query("", description="Code or id; else all."),
    late: bool = Query(False),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """What counts in a month by agency, item and order line: compare it with your own records."""
    agency_id = _facts(request, agency, "")[0] if agency else None
    rows = metering.totals(request.actor, period, agency_id=agency_id, late=late)

    def key(row: metering.Total) -> str:
        return f"{row.agency_id}|{row.charge_item_id}|{row.order_line_id}"

    return paging.part_of(rows, after, limit, key)


@door.get("/usage/batches", access=needs(VIEW), returns=Page[BatchOut])
def list_batches(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Deliveries, newest first."""
    return paging.answer(metering.batches(request.actor, paging.place(after, limit)))


@door.get("/usage/quarantine", access=needs(VIEW), returns=Page[QuarantineOut])
def list_quarantine(
    request: Asked,
    state: Literal["open", "released", "discarded"] = Query("open"),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Records whose id was sent before with other content, newest first."""
    place = paging.place(after, limit)
    return paging.answer(metering.quarantine(request.actor, state=state, place=place))


DECIDE = needs("metering.decide_quarantine")


@door.post("/usage/quarantine/{record_id}/release", access=DECIDE, returns=Taken)
def release_quarantined(request: Asked, record_id: UUID, data: NoteIn) -> dict[str, Any]:
    """The quarantined content is right: it enters as a record that replaces the recorded one."""
    result = metering.release_quarantined(
        actor=request.actor, quarantine_id=record_id, note=data.note
    )
    return {
        "batch": result.batch_id,
        "accepted": result.accepted,
        "duplicates": result.duplicates,
        "conflicts": len(result.conflicts),
        "rejected": len(result.rejected),
    }


@door.post("/usage/quarantine/{record_id}/discard", access=DECIDE, returns=QuarantineOut)
def discard_quarantined(request: Asked, record_id: UUID, data: NoteIn) -> metering.Quarantine:
    """The recorded content stands; the quarantined one is kept for the record only."""
    return metering.discard_quarantined(
        actor=request.actor, quarantine_id=record_id, note=data.note
    )


@door.get("/usage/sources", access=needs(VIEW), returns=Page[SourceOut])
def list_sources(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """The registered sources, by code."""
    return paging.answer(metering.sources(request.actor, place=paging.place(after, limit)))


@door.put("/usage/sources/{code}", access=centre("metering.manage_sources"), returns=SourceOut)
def put_source(request: Asked, code: SourceCode, data: SourceIn) -> metering.Source:
    """Register a source, or change it. Its code never changes."""
    return metering.put_source(actor=request.actor, code=code, **data.model_dump())


@door.post(
    "/usage/sources/{code}/reports",
    access=needs("metering.submit"),
    returns=SourceReportOut,
    status=201,
)
def report_source(request: Asked, code: SourceCode, data: ReportIn) -> Any:
    """Report a month complete, with the source's own count and total quantity."""
    return metering.report_source(
        actor=request.actor,
        source=code,
        period=data.period,
        control_count=data.control_count,
        control_total=Decimal(data.control_total),
    )


@door.get("/usage/source-checks", access=centre(VIEW), returns=Page[SourceCheckOut])
def check_sources(
    request: Asked,
    period: Period,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Every active source in a month: what counts from it, and what it reported itself."""
    rows = metering.source_checks(request.actor, period)
    return paging.part_of(rows, after, limit, lambda row: row.source.code)
