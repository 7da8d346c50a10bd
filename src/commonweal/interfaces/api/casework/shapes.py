"""How cases and what belongs to them travel."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, PlainSerializer, WithJsonSchema

from commonweal.kernel.casework import public as casework
from commonweal.kernel.money.public import Money as Amount

from ..kit.doors import Asked, needs
from ..kit.types import Day, Exact, In, Money, Out, Text

SEE = needs("casework.work", "casework.ask")
WORK = needs("casework.work")
CaseKey = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", examples=["LWD-26-000123"],
          description="Number or id of a case."),
]  # fmt: skip
Word = Annotated[Text, Field(max_length=60)]
Level = Literal["high", "medium", "low"]
MaybeLevel = Literal["", "high", "medium", "low"]
Degrees = Annotated[
    Decimal,
    PlainSerializer(lambda value: format(value, "f"), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d{1,3}(\.\d{1,6})?$"}),
]
Answer = Annotated[Text, Field(max_length=5000)] | Annotated[list[Word], Field(max_length=100)]
Channel = Literal["api", "phone", "counter", "letter", "email", "web", "mobile"]


class CaseOut(Out):
    """A case. `phase`: open, waiting, resolved or closed, whatever its `state` is called.

    `due_at` is the nearest promise's moment; `merged_into` the case that it goes on in.
    """

    id: UUID
    number: str
    agency: str
    case_type: str
    category: str
    subject: str
    state: str
    phase: str
    impact: str
    urgency: str
    priority: str
    queue: str
    assignee: UUID | None
    channel: str
    place: str
    latitude: Degrees | None
    longitude: Degrees | None
    resolution: str
    published: bool
    opened_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    due_at: datetime | None
    breached: bool
    reopened: int
    score: int | None
    merged_into: UUID | None = Field(alias="merged_into_id")

    @staticmethod
    def resolve_agency(row: Any) -> str:
        """Its code."""
        return str(row.agency.code)

    @staticmethod
    def resolve_case_type(row: Any) -> str:
        """Its code."""
        return str(row.case_type.code)

    @staticmethod
    def resolve_category(row: Any) -> str:
        """Its code, or nothing."""
        return str(row.category.code) if row.category else ""

    @staticmethod
    def resolve_queue(row: Any) -> str:
        """Its code."""
        return str(row.queue.code)


class CaseContactOut(Out):
    """Who asks, or is told. Personal data."""

    id: UUID
    kind: str
    name: str
    email: str
    phone: str
    address: str
    language: str
    register_number: str
    verified_at: datetime | None


class MoveOut(Out):
    """A state that the case may go to now, and what that needs."""

    state: str
    name: str
    needs: list[str]


class TaskOut(Out):
    """A step of a case. `state`: open, done or dropped."""

    id: UUID
    position: int
    name: str
    state: str
    reason: str
    due_on: Day | None
    done_at: datetime | None


class DeskApprovalOut(Out):
    """A yes or no that a case needs. `state`: open, approved, refused or withdrawn."""

    id: UUID
    case_id: UUID
    permission: str
    state: str
    asked_at: datetime
    decided_at: datetime | None
    reason: str


class ConsentOut(Out):
    """That somebody agreed that another acts for them (null: whoever recorded it)."""

    id: UUID
    person_id: UUID
    agent_id: UUID | None
    scope: str
    how: str
    given_at: datetime
    ends_on: Day | None
    ended_at: datetime | None


class CheckOut(Out):
    """Whether who asks was checked. `state`: open, passed, failed or expired."""

    id: UUID
    method: str
    state: str
    begun_at: datetime
    expires_at: datetime
    checked_at: datetime | None
    tries_left: int


class CaseFileOut(Out):
    """A file of a case. `verdict`: ok, or quarantine (opened by nobody) with its reason."""

    id: UUID
    name: str
    media_type: str
    size: int
    verdict: str
    reason: str
    is_picture: bool
    public: bool
    added_at: datetime

    @staticmethod
    def resolve_is_picture(row: Any) -> bool:
        """Whether `?show=` gives a picture."""
        return row.shown_id is not None


class CaseLinkOut(Out):
    """How a case stands to another. `id` is null where it is read from the other side."""

    id: UUID | None
    kind: str
    case_id: UUID
    number: str


class ClockOut(Out):
    """One cycle of a clock, computed from the case's events. Microseconds of working time."""

    id: UUID
    promise: str
    name: str
    kind: str
    metric: str
    cycle: int
    state: str
    started_at: datetime
    due_at: datetime | None
    stopped_at: datetime | None
    elapsed_us: int
    paused_us: int
    breached_at: datetime | None
    reason: str

    @staticmethod
    def resolve_promise(row: Any) -> str:
        """The code of what was promised."""
        return str(row.definition.code)

    @staticmethod
    def resolve_name(row: Any) -> str:
        """What was promised, in words."""
        return str(row.definition.name)


class IntervalOut(Out):
    """A part of a clock's time. `kind`: working, outside, stopped, or paused:REASON."""

    starts: datetime
    ends: datetime
    kind: str
    microseconds: int


class CaseEventOut(Out):
    """One thing that happened: codes, ids and figures, never a name or a text."""

    seq: int
    at: datetime
    recorded_at: datetime
    kind: str
    data: dict[str, Any]


class SaidOut(Out):
    """One message or note. `direction`: in, out, or note. `folded`: the quoted part of a mail."""

    id: UUID
    at: datetime
    channel: str
    direction: str
    human: bool
    author: UUID | None
    text: str
    folded: str
    files: list[UUID]

    @staticmethod
    def resolve_files(row: Any) -> list[UUID]:
        """The ids of its files."""
        return [each.pk for each in row.attachments.all()]


class CaseOrderOut(Out):
    """What a case ordered. `state`: asked, ordered, in_service, ended, refused or cancelled;
    `year`: the yearly price that was shown; `promised_at`: what was promised, had it been approved
    at once."""

    case_id: UUID
    number: str
    offer: str
    charge_item: str
    quantity: Exact
    recurs: str
    state: str
    rate: str
    currency: str
    first: Money
    year: Money
    ordered_at: datetime
    promised_at: datetime | None
    in_service_at: datetime | None
    ended_at: datetime | None

    @staticmethod
    def resolve_number(row: Any) -> str:
        """The case's number."""
        return str(row.case.number)

    @staticmethod
    def resolve_offer(row: Any) -> str:
        """The code of what was ordered."""
        return str(row.case.category.code)

    @staticmethod
    def resolve_first(row: Any) -> str:
        """What it costs once, or cost in the month of the order."""
        return Amount(row.first_minor, row.currency).text

    @staticmethod
    def resolve_year(row: Any) -> str:
        """What it costs once, or in twelve months."""
        return Amount(row.year_minor, row.currency).text


class CaseDetail(Out):
    """A case with what stands around it. Consents and checks: for those who work on it."""

    case: CaseOut
    requester: CaseContactOut | None
    reporter: CaseContactOut | None
    answers: dict[str, Any]
    order: CaseOrderOut | None
    moves: list[MoveOut]
    tasks: list[TaskOut]
    approvals: list[DeskApprovalOut]
    files: list[CaseFileOut]
    links: list[CaseLinkOut]
    consents: list[ConsentOut]
    checks: list[CheckOut]


class ContactIn(In):
    """Who asks: a name, an address or a number at least. What was known stays known."""

    name: Annotated[Text, Field(max_length=160)] = ""
    email: Annotated[Text, Field(max_length=254)] = ""
    phone: Annotated[Text, Field(max_length=40)] = ""
    address: Annotated[Text, Field(max_length=300)] = ""
    kind: Literal["person", "business"] = "person"
    register_number: Annotated[Text, Field(max_length=40)] = ""
    language: Annotated[Text, Field(max_length=8)] = ""


def found(request: Asked, key: str) -> casework.Case:
    """A case by its number or id (CASE-404)."""
    try:
        return casework.case(request.actor, UUID(key))
    except ValueError:
        return casework.case_by_number(request.actor, key)


def links(request: Asked, case: casework.Case) -> list[dict[str, Any]]:
    """The links of a case whose other end may be seen too."""
    own = {(row.kind, row.other_id): row.pk for row in case.links.all()}
    return [
        {"id": own.get((kind, other.pk)), "kind": kind, "case_id": other.pk, "number": other.number}
        for kind, other in casework.links_of(request.actor, case)
    ]


def detail(request: Asked, key: str) -> dict[str, Any]:
    """A case with what stands around it."""
    case, actor = found(request, key), request.actor
    fields = [*case.case_type.form, *(case.category.form if case.category else [])]
    secret = {row["code"] for row in fields if row.get("secret")}
    answers = {
        code: value
        for code, value in case.answers.items()
        if actor.centre or code not in secret
    }  # fmt: skip
    return {
        "case": case,
        "requester": case.requester,
        "reporter": case.reporter,
        "answers": answers,
        "order": casework.order_of(actor, case),
        "moves": [
            {"state": move.end, "name": move.name, "needs": list(move.needs)}
            for move in casework.moves_of(actor, case)
        ],
        "tasks": list(case.tasks.order_by("position", "id")),
        "approvals": list(case.approvals.order_by("asked_at", "id")),
        "files": casework.files_of(actor, case),
        "links": links(request, case),
        "consents": casework.consents_of(actor, case),
        "checks": list(case.identity_checks.order_by("begun_at", "id")) if actor.centre else [],
    }
