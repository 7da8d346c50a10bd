"""Disputes of bill lines: read, talked about, answered, taken further; the board's report."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import File as Part
from ninja import Query
from ninja.files import UploadedFile
from pydantic import Field

from commonweal.kernel.money.public import Money as Exactly
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import centre as profile
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import ApiError, Asked, Door, File, attachment, centre, needs
from ..kit.types import Day, Exact, In, Money, Out, Page, Text

SEE = needs("charging.view_bills", "charging.view_all_bills")
SPEAK = needs("charging.query_lines", "charging.answer_queries")
ASK = needs("charging.query_lines")
RULES = centre("charging.set_dispute_rules")
LEVEL = Literal["owner", "finance", "director", "board"]
door = Door("disputes", "Disputes of bill lines, with clocks, outcomes and the board's report.")


class DisputedLineOut(Out):
    """A dispute: what of which line, who must answer by when, and what became of it.

    `held`: what the agency need not pay before the dispute is closed.
    """

    id: UUID
    agency: str
    line_id: UUID
    bill: str
    service: str
    charge_item: str
    category: str
    currency: str
    disputed: Money
    credited: Money
    held: Money
    state: str
    level: str
    due_on: Day | None
    outcome: str
    answer: str
    escalate_by: Day | None
    raised_at: datetime
    closed_at: datetime | None
    case: str | None


class EntryOut(Out):
    """One thing that happened to a dispute, or one message."""

    at: datetime
    kind: str
    side: str
    level: str
    text: str
    outcome: str
    amount: Money
    document_id: UUID | None
    credit_id: UUID | None


class DisputeDetail(Out):
    """A dispute with the first things that happened; the rest are under `/entries`."""

    dispute: DisputedLineOut
    entries: list[EntryOut]
    waits_for_second_person: bool


class OutcomeIn(In):
    """The centre's outcome. `amount`: for a credit, in major units."""

    outcome: Literal["explained", "credited", "rejected"]
    answer: Annotated[Text, Field(min_length=1)]
    amount: Exact | None = None


class WordsIn(In):
    """What you have to say."""

    text: Annotated[Text, Field(min_length=1)]


class DisputeLevelOut(Out):
    """A level: working days to answer, and for the agency to take the outcome further."""

    code: LEVEL
    days: int
    agency_days: int
    person_id: UUID | None


class DisputeLevelIn(In):
    """The days of a level, and the person named for it, if any."""

    days: Annotated[int, Field(ge=0, le=1000)]
    agency_days: Annotated[int, Field(ge=0, le=1000)]
    person_id: UUID | None = None


class MeetingIn(In):
    """The day on which the board met."""

    held_on: Day


class MeetingOut(Out):
    """A day on which the board met."""

    held_on: Day


class DisputeReportRowOut(Out):
    """A service's disputes of one category. Shares as percent, days as decimals; null: none was
    resolved, so it cannot be determined."""

    service: str
    category: str
    raised: int
    open: int
    open_by_age: list[int]
    open_amount: Money
    resolved: int
    upheld_percent: Exact | None
    median_days: Exact | None
    credited: Money


class DisputeReportOut(Out):
    """Disputes since a day. `open_by_age`: up to 10 days, up to 30, older."""

    since: Day
    day: Day
    currency: str
    rows: list[DisputeReportRowOut]
    total: DisputeReportRowOut


def shown(row: charging.LineQuery) -> dict[str, Any]:
    """A dispute as it travels."""
    currency = row.line.bill.currency
    return {
        "id": row.pk,
        "agency": row.agency.code,
        "line_id": row.line_id,
        "bill": row.line.bill.number or str(row.line.bill_id),
        "service": row.line.service.code,
        "charge_item": row.line.charge_item.code,
        "category": row.category,
        "currency": currency,
        "disputed": charging.money_text(row.disputed_minor, currency),
        "credited": charging.money_text(row.credited_minor, currency),
        "held": charging.money_text(row.held_minor, currency),
        "case": row.case.number if row.case else None,
        **{
            name: getattr(row, name)
            for name in (
                "state", "level", "due_on", "outcome", "answer", "escalate_by", "raised_at",
                "closed_at",
            )
        },
    }  # fmt: skip


def _entry(row: charging.DisputeEntry, currency: str) -> dict[str, Any]:
    return {
        "at": row.at,
        "kind": row.kind,
        "side": "centre" if row.centre_side else "agency",
        "level": row.level,
        "text": row.said,
        "outcome": row.outcome,
        "amount": charging.money_text(row.amount_minor, currency),
        "document_id": row.document_id,
        "credit_id": row.credit_id,
    }


def _detail(request: Asked, dispute_id: UUID) -> dict[str, Any]:
    view = charging.dispute(request.actor, dispute_id)
    currency = view.query.line.bill.currency
    return {
        "dispute": shown(view.query),
        "entries": [_entry(row, currency) for row in view.entries],
        "waits_for_second_person": view.waiting is not None,
    }


@door.get("/disputes", access=SEE, returns=Page[DisputedLineOut])
def list_disputes(
    request: Asked,
    agency: Annotated[str, Field(max_length=40)] = Query("", description="Code or id; else all."),
    state: Literal["", "open", "answered", "closed"] = Query(""),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Disputes, oldest first."""
    rows = charging.disputes(
        request.actor,
        agency_id=find_agency(request.actor, agency).pk if agency else None,
        state=state,
        place=paging.place(after, limit),
    )
    return {**paging.answer(rows), "items": [shown(row) for row in rows]}


@door.get("/disputes/{dispute_id}", access=SEE, returns=DisputeDetail)
def read_dispute(request: Asked, dispute_id: UUID) -> dict[str, Any]:
    """A dispute with what was said and done about it."""
    return _detail(request, dispute_id)


@door.get("/disputes/{dispute_id}/entries", access=SEE, returns=Page[EntryOut])
def list_entries(
    request: Asked,
    dispute_id: UUID,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """What was said and done about a dispute, oldest first."""
    view = charging.dispute(request.actor, dispute_id, paging.place(after, limit))
    currency = view.query.line.bill.currency
    return {
        **paging.answer(view.entries),
        "items": [_entry(row, currency) for row in view.entries],
    }


@door.post(
    "/disputes/{dispute_id}/outcome",
    access=centre("charging.answer_queries"),
    returns=DisputeDetail,
)
def give_outcome(request: Asked, dispute_id: UUID, data: OutcomeIn) -> dict[str, Any]:
    """Explain, credit or reject. A credit counts once a second person has approved it."""
    amount = data.amount
    charging.resolve_dispute(
        actor=request.actor,
        query_id=dispute_id,
        outcome=data.outcome,
        answer=data.answer,
        amount_minor=(
            None if amount is None else Exactly.exactly(str(amount), profile().currency).minor
        ),
    )
    return _detail(request, dispute_id)


@door.post("/disputes/{dispute_id}/messages", access=SPEAK, returns=DisputeDetail, status=201)
def write_message(request: Asked, dispute_id: UUID, data: WordsIn) -> dict[str, Any]:
    """Say something about a dispute; the other side reads it."""
    charging.write_message(actor=request.actor, query_id=dispute_id, text=data.text)
    return _detail(request, dispute_id)


@door.post(
    "/disputes/{dispute_id}/evidence",
    access=ASK,
    returns=DisputeDetail,
    status=201,
    errors=(413,),
)
def add_evidence(
    request: Asked,
    dispute_id: UUID,
    file: UploadedFile = Part(..., description="A file of 5 MB at most."),
) -> dict[str, Any]:
    """Add a file of the agency's; only that agency and the centre can read it."""
    if (file.size or 0) > charging.LARGEST_EVIDENCE:
        raise ApiError("API-413", "The file is too large. Send at most 5 MB.")
    charging.add_evidence(
        actor=request.actor,
        query_id=dispute_id,
        filename=file.name or "",
        media_type=file.content_type or "",
        data=file.read(),
    )
    return _detail(request, dispute_id)


@door.post("/disputes/{dispute_id}/accept", access=ASK, returns=DisputeDetail)
def accept_outcome(request: Asked, dispute_id: UUID) -> dict[str, Any]:
    """Accept the outcome as the agency: the dispute is closed and holds nothing."""
    charging.accept_outcome(actor=request.actor, query_id=dispute_id)
    return _detail(request, dispute_id)


@door.post("/disputes/{dispute_id}/escalate", access=ASK, returns=DisputeDetail)
def escalate_dispute(request: Asked, dispute_id: UUID, data: WordsIn) -> dict[str, Any]:
    """Take an outcome to the next level, within its time."""
    charging.escalate_dispute(actor=request.actor, query_id=dispute_id, text=data.text)
    return _detail(request, dispute_id)


class DisputeLevelsOut(Out):
    """Every level, in order."""

    levels: list[DisputeLevelOut]


@door.get("/dispute-levels", access=SEE, returns=DisputeLevelsOut)
def read_levels(request: Asked) -> dict[str, Any]:
    """Who answers disputes, and how long each side has."""
    return {"levels": charging.dispute_levels(request.actor)}


@door.put("/dispute-levels/{level}", access=RULES, returns=DisputeLevelsOut)
def put_level(request: Asked, level: LEVEL, data: DisputeLevelIn) -> dict[str, Any]:
    """Set a level's days and the person named for it."""
    charging.put_dispute_level(
        actor=request.actor,
        code=level,
        days=data.days,
        agency_days=data.agency_days,
        person_id=data.person_id,
    )
    return {"levels": charging.dispute_levels(request.actor)}


@door.put("/board-meetings", access=RULES, returns=MeetingOut)
def note_meeting(request: Asked, data: MeetingIn) -> charging.BoardMeeting:
    """Record that the board met; the next report of disputes starts on that day."""
    return charging.note_board_meeting(actor=request.actor, held_on=data.held_on)


def _report(row: charging.DisputeReportRow, currency: str) -> dict[str, Any]:
    return {
        "service": row.service,
        "category": row.category,
        "raised": row.raised,
        "open": row.still_open,
        "open_by_age": list(row.open),
        "open_amount": charging.money_text(row.open_minor, currency),
        "resolved": row.resolved,
        "upheld_percent": charging.decimal_of(row.share_upheld, 100),
        "median_days": charging.decimal_of(row.median_days),
        "credited": charging.money_text(row.credited_minor, currency),
    }


@door.get("/dispute-report", access=centre("charging.view_all_bills"), returns=DisputeReportOut)
def read_report(
    request: Asked,
    since: date | None = Query(None, description="A day; else that of the last board meeting."),
) -> dict[str, Any]:
    """Disputes raised, open and resolved, by service and category; no names."""
    found = charging.dispute_report(request.actor, since)
    return {
        "since": found.since,
        "day": found.day,
        "currency": found.currency,
        "rows": [_report(row, found.currency) for row in found.rows],
        "total": _report(found.total, found.currency),
    }


@door.get("/dispute-report.csv", access=centre("charging.view_all_bills"), returns=File("text/csv"))
def download_report(
    request: Asked,
    since: date | None = Query(None, description="A day; else that of the last board meeting."),
) -> HttpResponseBase:
    """The same as CSV."""
    found = charging.dispute_report(request.actor, since)
    return attachment("disputes.csv", "text/csv", charging.dispute_report_csv(found))
