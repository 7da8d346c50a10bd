"""Questions about bill lines and disputes of them, raised and answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.money.public import Money as Exactly
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import Asked, needs
from ..kit.types import Exact, In, Out, Page, Text
from .bills import SEE, door

__all__ = ["door"]


class QueryOut(Out):
    """A question or dispute about a line, and the centre's answer."""

    id: UUID
    agency_id: UUID
    line_id: UUID
    bill: str
    kind: str
    text: str
    state: str
    raised_at: datetime
    answer: str
    answered_at: datetime | None

    @staticmethod
    def resolve_bill(row: Any) -> str:
        """The bill's number, or its id before it is issued."""
        return row.line.bill.number or str(row.line.bill_id)


class QueryIn(In):
    """What you would like to know, or do not agree with. `amount`: how much of the line is
    disputed, in major units; without one, all of it, or the dispute that is open is joined."""

    kind: Literal["question", "dispute"]
    text: Annotated[Text, Field(min_length=1)]
    category: Literal[
        "", "quantity", "rate", "agency", "service", "funding", "duplicate", "other"
    ] = ""
    amount: Exact | None = None


class AnswerIn(In):
    """The centre's answer."""

    answer: Annotated[Text, Field(min_length=1)]


@door.post(
    "/bill-lines/{line_id}/queries",
    access=needs("charging.query_lines"),
    returns=QueryOut,
    status=201,
)
def raise_query(request: Asked, line_id: UUID, data: QueryIn) -> charging.LineQuery:
    """Ask about a line, or dispute it, during preview or after issue."""
    found = charging.line(request.actor, line_id)
    amount = data.amount
    return charging.raise_query(
        actor=request.actor,
        line_id=line_id,
        kind=data.kind,
        text=data.text,
        category=data.category,
        amount_minor=(
            None if amount is None else Exactly.exactly(str(amount), found.bill.currency).minor
        ),
    )


@door.get("/queries", access=SEE, returns=Page[QueryOut])
def list_queries(
    request: Asked,
    bill: Annotated[str, Field(max_length=80)] = Query("", description="Number or id; else all."),
    state: Literal["", "open", "answered", "closed"] = Query(""),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Questions and disputes, oldest first."""
    bill_id = charging.bill(request.actor, bill).pk if bill else None
    place = paging.place(after, limit)
    return paging.answer(charging.queries(request.actor, bill_id=bill_id, state=state, place=place))


@door.post("/queries/{query_id}/answer", access=needs("charging.answer_queries"), returns=QueryOut)
def answer_query(request: Asked, query_id: UUID, data: AnswerIn) -> charging.LineQuery:
    """Answer a question or dispute."""
    return charging.answer_query(actor=request.actor, query_id=query_id, answer=data.answer)
