"""Around the cases: what can be asked for, queues with their counters, contacts, knowledge."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import agency as find_agency

from ..kit import paging
from ..kit.doors import Asked, Door, centre, needs
from ..kit.types import AgencyKey, Code, In, Long, Out, Page, Text
from .shapes import SEE, CaseContactOut, ContactIn

WORK = centre("casework.work")
door = Door("desk", "What can be asked for, the desk's queues, contacts and knowledge.")
OfferCode = Annotated[Code, Field(max_length=60)]


class QuestionOut(Out):
    """One question of a form. `options`: pairs of key and words."""

    code: str
    label: str
    kind: str
    required: bool = False
    help: str = ""
    options: list[list[str]] = Field(default_factory=list)


class OfferOut(Out):
    """Something that can be asked for, with the questions that it asks."""

    code: str
    name: str
    description: str
    group: str
    case_type: str
    audience: str
    agency: str = Field(alias="agency_code")
    needs_place: bool
    public: bool
    order_item: str
    order_recurs: str
    form: list[QuestionOut]

    @staticmethod
    def resolve_case_type(row: Any) -> str:
        """Its code."""
        return str(row.case_type.code)

    @staticmethod
    def resolve_audience(row: Any) -> str:
        """Who may ask for it."""
        return str(row.case_type.audience)

    @staticmethod
    def resolve_form(row: Any) -> list[Any]:
        """The questions of its kind of case, then its own."""
        return [*row.case_type.form, *row.form]


class ExpectedOut(Out):
    """How long the last such cases took, in seconds; null: too few were done to say."""

    half_seconds: int | None
    most_seconds: int | None
    cases: int


class QueueCountsOut(Out):
    """A queue that you work on, with its kept counters."""

    code: str
    name: str
    team: str
    live: int
    breached: int
    done: int


class QueueCounts(Out):
    """The queues that you work on."""

    queues: list[QueueCountsOut]


class CaseCountsOut(Out):
    """Cases of an agency, from the kept counters."""

    live: int
    breached: int
    done: int


class ContactsOut(Out):
    """The contacts found, ten at most."""

    contacts: list[CaseContactOut]


class ArticleOut(Out):
    """A piece of knowledge. `audience`: staff, agency or public."""

    code: str
    title: str
    text: str
    audience: str
    words: list[str]
    active: bool
    updated_at: datetime


class FoundOut(Out):
    """The articles that fit, the best first."""

    articles: list[ArticleOut]


class ArticleIn(In):
    """What an article shall say."""

    title: Annotated[Text, Field(min_length=1, max_length=160)]
    text: Annotated[Long, Field(min_length=1)]
    audience: Literal["staff", "agency", "public"] = "staff"
    category: Annotated[Text, Field(max_length=60)] = ""
    words: Annotated[list[Annotated[Text, Field(max_length=60)]], Field(max_length=60)] = Field(
        default_factory=list
    )
    active: bool = True


@door.get("/case-offers", access=SEE, returns=Page[OfferOut])
def list_offers(
    request: Asked,
    agency: Annotated[str, Field(max_length=40)] = Query("", description="What it offers."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """What can be asked for, by name."""
    code = find_agency(request.actor, agency).code if agency else ""
    rows = casework.categories(request.actor, agency_code=code)
    return paging.part_of(rows, after, limit, lambda row: row.code)


@door.get("/case-offers/{category}", access=SEE, returns=OfferOut)
def read_offer(request: Asked, category: OfferCode) -> casework.Category:
    """One thing that can be asked for, and its questions."""
    return casework.category(request.actor, category)


def _seconds(span: timedelta) -> int:
    return span.days * 86_400 + span.seconds


@door.get("/case-offers/{category}/expected-time", access=SEE, returns=ExpectedOut)
def read_expected_time(request: Asked, category: OfferCode) -> dict[str, Any]:
    """How long such cases took: half of them, and eight of ten, within so long."""
    row = casework.expected_time(request.actor, casework.category(request.actor, category))
    if row is None:
        return {"half_seconds": None, "most_seconds": None, "cases": 0}
    return {
        "half_seconds": _seconds(row.half),
        "most_seconds": _seconds(row.most),
        "cases": row.cases,
    }


@door.get("/case-counts", access=WORK, returns=QueueCounts)
def read_queue_counts(request: Asked) -> dict[str, Any]:
    """The queues that you work on, with what is live, late and done in each."""
    counts = casework.queue_counts(request.actor)
    return {
        "queues": [
            {"code": row.code, "name": row.name, "team": row.team.code, **counts[row.pk]}
            for row in casework.own_queues(request.actor)
        ]
    }


@door.get(
    "/agencies/{agency}/case-counts",
    access=needs("casework.view", "casework.view_all"),
    returns=CaseCountsOut,
)
def read_counts(request: Asked, agency: AgencyKey) -> dict[str, int]:
    """What is live, late and done of an agency."""
    return casework.counts(request.actor, find_agency(request.actor, agency).pk)


@door.get("/agencies/{agency}/contacts", access=WORK, returns=ContactsOut)
def find_contacts(
    request: Asked,
    agency: AgencyKey,
    text: Annotated[Text, Field(min_length=2, max_length=100)] = Query(...),
) -> dict[str, Any]:
    """Contacts whose name, address or number begins so, ten at most."""
    agency_id = find_agency(request.actor, agency).pk
    return {"contacts": casework.contacts_like(request.actor, agency_id, text)}


@door.get("/agencies/{agency}/contacts/{contact_id}", access=WORK, returns=CaseContactOut)
def read_contact(request: Asked, agency: AgencyKey, contact_id: UUID) -> casework.Contact:
    """One contact of an agency."""
    return casework.contact(request.actor, find_agency(request.actor, agency).pk, contact_id)


@door.post("/agencies/{agency}/contacts", access=WORK, returns=CaseContactOut, status=201)
def put_contact(request: Asked, agency: AgencyKey, data: ContactIn) -> casework.Contact:
    """The contact with this address or number, changed by what is given, or made."""
    agency_id = find_agency(request.actor, agency).pk
    return casework.put_contact(actor=request.actor, agency_id=agency_id, **data.model_dump())


@door.get("/knowledge", access=SEE, returns=FoundOut)
def find_articles(
    request: Asked,
    text: Annotated[Text, Field(min_length=1, max_length=500)] = Query(...),
    limit: int = Query(5, ge=1, le=20),
) -> dict[str, Any]:
    """Articles that you may read and that share words with a text."""
    return {"articles": casework.articles_for(request.actor, text, limit)}


@door.get("/articles", access=WORK, returns=Page[ArticleOut])
def list_articles(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Every piece of knowledge, by title."""
    return paging.answer(casework.articles(request.actor, paging.place(after, limit)))


@door.get("/articles/{article}", access=SEE, returns=ArticleOut)
def read_article(request: Asked, article: Code) -> casework.Article:
    """One article that you may read."""
    return casework.article(request.actor, article)


@door.put("/articles/{article}", access=centre("casework.write_knowledge"), returns=ArticleOut)
def put_article(request: Asked, article: Code, data: ArticleIn) -> casework.Article:
    """Make an article, or change it."""
    return casework.put_article(actor=request.actor, code=article, **data.model_dump())
