"""Reading cases: lists, one case, what was said and happened, its clocks, its files."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import Query
from pydantic import Field

from commonweal.kernel.casework import public as casework
from commonweal.kernel.documents.public import open_document
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.schema.public import NotFound

from ..kit import paging
from ..kit.doors import ApiError, Asked, Door, File, attachment
from ..kit.types import Out, Page, Text
from .shapes import (
    SEE,
    CaseDetail,
    CaseEventOut,
    CaseKey,
    CaseLinkOut,
    CaseOut,
    ClockOut,
    IntervalOut,
    SaidOut,
    detail,
    found,
    links,
)

door = Door("cases", "Cases: opened, answered, worked on, with clocks that explain themselves.")
Show = Literal["", "mine", "queue", "unassigned", "agency", "all", "own"]
SHOW = (
    "Whose: `mine` (given to me), `queue` and `unassigned` (with `queue`), `agency` (with "
    "`agency`), `all`, `own` (asked for by me, with `agency`). Empty: mine in the centre, own else."
)


def _view(
    request: Asked, show: str, queue: str, agency: str, standing: str, order: str
) -> casework.View:
    actor = request.actor
    field = show or ("mine" if actor.centre else "own")
    key: UUID | None = None
    if field in ("queue", "unassigned"):
        mine = {each.code: each.pk for each in casework.own_queues(actor)}
        if queue not in mine:
            raise NotFound("CASE-414", f"You work on no queue “{queue}”. Read /case-queues.")
        key = mine[queue]
    elif field in ("agency", "own"):
        key = _agency(request, agency)
    default = "newest" if standing == "done" or field == "own" else "due"
    return casework.View(field=field, key=key, standing=standing, order=order or default)


def _agency(request: Asked, key: str) -> UUID:
    """The agency named, or the only one that somebody belongs to."""
    if not key and len(request.actor.agencies) == 1:
        return next(iter(request.actor.agencies))
    if not key:
        raise ApiError("API-112", "Say whose cases: give the parameter `agency`.")
    return find_agency(request.actor, key).pk


@door.get("/cases", access=SEE, returns=Page[CaseOut])
def list_cases(
    request: Asked,
    show: Show = Query("", description=SHOW),
    queue: Annotated[str, Field(max_length=40)] = Query("", description="Code of a queue."),
    agency: Annotated[str, Field(max_length=40)] = Query("", description="Code or id."),
    standing: Literal["live", "done"] = Query("live"),
    order: Literal["", "due", "newest", "oldest", "updated", "priority"] = Query(""),
    priority: Literal["", "P1", "P2", "P3", "P4", "P5", "P6"] = Query(""),
    breached: bool = Query(False, description="Only those whose promise was passed."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Cases that you may see, in an order that an index holds."""
    by = order or ("due" if breached and standing == "live" else "")
    view = _view(request, show, queue, agency, standing, by)
    view = replace(view, priority=priority, breached=breached)
    if not view.offered:
        raise ApiError(
            "API-111",
            "There is no such list. Late cases, and live ones of one priority, go by due; done "
            "ones by newest, oldest or (of every priority) updated; your own by newest or oldest, "
            "of every priority; unassigned ones are live. Choose one of these.",
        )
    return paging.answer(casework.cases(request.actor, view, paging.place(after, limit)))


@door.get("/case-search", access=SEE, returns=Page[CaseOut])
def search_cases(
    request: Asked,
    text: Annotated[Text, Field(min_length=2, max_length=200)] = Query(...),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The newest cases that hold every word: in number, subject, place or what was said.

    Words in very many cases are looked for step by step: a page may then hold fewer cases than
    `limit`, or none; go on as long as `after` is given.
    """
    return paging.answer(casework.search_cases(request.actor, text, paging.place(after, limit)))


@door.get("/cases/{case}", access=SEE, returns=CaseDetail)
def read_case(request: Asked, case: CaseKey) -> dict[str, Any]:
    """One case by number or id, with what stands around it."""
    return detail(request, case)


@door.get("/cases/{case}/conversation", access=SEE, returns=Page[SaidOut])
def read_conversation(
    request: Asked,
    case: CaseKey,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """What was said, the newest first; notes for those who work on it only."""
    row = found(request, case)
    return paging.answer(casework.interactions_of(request.actor, row, paging.place(after, limit)))


@door.get("/cases/{case}/events", access=SEE, returns=Page[CaseEventOut])
def list_events(
    request: Asked,
    case: CaseKey,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Everything that happened, in order: what the clocks are computed from."""
    rows = casework.events_of(request.actor, found(request, case))
    return paging.part_of(rows, after, limit, lambda row: row.seq)


class ClocksOut(Out):
    """The clocks of a case, the running ones first."""

    clocks: list[ClockOut]


@door.get("/cases/{case}/clocks", access=SEE, returns=ClocksOut)
def list_clocks(request: Asked, case: CaseKey) -> dict[str, Any]:
    """What was promised, and how each clock stands; suppliers' and teams' for agents only."""
    return {"clocks": casework.clocks_of(request.actor, found(request, case))}


class IntervalsOut(Out):
    """A clock and its intervals; the working ones add up to `elapsed_us` exactly."""

    clock: ClockOut
    intervals: list[IntervalOut]


def _clock(request: Asked, case: CaseKey, clock_id: UUID) -> casework.Clock:
    for each in casework.clocks_of(request.actor, found(request, case)):
        if each.pk == clock_id:
            return each
    raise NotFound("CASE-408", "There is no such clock. Look at the case again.")


@door.get("/cases/{case}/clocks/{clock_id}/intervals", access=SEE, returns=IntervalsOut)
def explain_clock(request: Asked, case: CaseKey, clock_id: UUID) -> dict[str, Any]:
    """Why a clock says what it says: every interval, computed now from the events."""
    clock = _clock(request, case, clock_id)
    return {
        "clock": clock,
        "intervals": [
            {
                "starts": each["from"],
                "ends": each["to"],
                "kind": each["kind"],
                "microseconds": round(each["seconds"] * 1_000_000),
            }
            for each in casework.explain_clock(request.actor, clock)
        ],
    }


class ClockDocumentOut(Out):
    """What `commonweal engine clock` reads: calendar, service levels, and events without words."""

    format: str
    as_of: str
    calendar: dict[str, Any]
    service_levels: list[dict[str, Any]]
    events: list[dict[str, Any]]


@door.get("/cases/{case}/clocks/{clock_id}/document", access=SEE, returns=ClockDocumentOut)
def clock_document(request: Asked, case: CaseKey, clock_id: UUID) -> dict[str, Any]:
    """A clock as a file, for whoever doubts a figure and computes it with the engine."""
    return casework.clock_document(request.actor, _clock(request, case, clock_id))


class LinksOut(Out):
    """The cases linked with one."""

    links: list[CaseLinkOut]


@door.get("/cases/{case}/links", access=SEE, returns=LinksOut)
def list_links(request: Asked, case: CaseKey) -> dict[str, Any]:
    """The cases linked with this one that you may see too."""
    return {"links": links(request, found(request, case))}


BYTES = File("application/octet-stream")


@door.get("/cases/{case}/files/{attachment_id}", access=SEE, returns=BYTES)
def download_file(
    request: Asked,
    case: CaseKey,
    attachment_id: UUID,
    show: Literal["", "page", "small"] = Query(
        "", description="Of a picture: drawn anew, without hidden data."
    ),
) -> HttpResponseBase:
    """A file as it was sent, or a picture as we drew it. One that is held back is nobody's."""
    row = casework.attachment(request.actor, found(request, case), attachment_id)
    drawn = {"page": row.shown, "small": row.small}.get(show)
    document = drawn or row.document
    data = open_document(request.actor, document.pk)
    return attachment(document.filename, "application/octet-stream", data)
