"""For whoever works on many cases, and whoever leads them: views, changes together, figures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.calendar.public import today
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import centre as centre_of
from commonweal.kernel.schema.public import NotFound

from ..kit import paging
from ..kit.doors import Asked, centre
from ..kit.types import Day, Done, In, Long, MaybePeriod, Out, Page, Text
from .desk import WORK, door
from .shapes import SEE, CaseKey, CaseOut, MaybeLevel, found

LEAD = centre("casework.view_all")
MaybeCode = Annotated[Text, Field(max_length=40)]


class ViewFilters(Out):
    """What a list of cases shows; what is left out is the list's default."""

    show: Literal["", "mine", "queue", "unassigned", "all"] = ""
    queue: str = ""
    standing: Literal["", "live", "done"] = ""
    order: Literal["", "due", "newest", "oldest", "updated", "priority"] = ""
    priority: Literal["", "P1", "P2", "P3", "P4", "P5"] = ""
    late: bool = False


class CaseViewOut(Out):
    """A saved view: yours, or that of a team of yours (`team`: its code)."""

    id: UUID
    name: str
    team: str
    filters: ViewFilters

    @staticmethod
    def resolve_team(row: Any) -> str:
        """The team's code ("": yours)."""
        return str(row.team.code) if row.team else ""


class ViewFiltersIn(In):
    """What the list shows."""

    show: Literal["", "mine", "queue", "unassigned", "all"] = ""
    queue: MaybeCode = ""
    standing: Literal["", "live", "done"] = ""
    order: Literal["", "due", "newest", "oldest", "updated", "priority"] = ""
    priority: Literal["", "P1", "P2", "P3", "P4", "P5"] = ""
    late: bool = False


class CaseViewIn(In):
    """A view to save. `team`: of that team of yours; empty: only yours."""

    name: Annotated[Text, Field(min_length=1, max_length=60)]
    team: MaybeCode = ""
    filters: ViewFiltersIn


@door.get("/case-views", access=WORK, returns=Page[CaseViewOut])
def list_case_views(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """The views that you or your teams saved."""
    rows = casework.saved_views(request.actor)
    return paging.part_of(rows, after, limit, lambda row: str(row.pk))


@door.get("/case-views/{case_view_id}", access=WORK, returns=CaseViewOut)
def read_case_view(request: Asked, case_view_id: UUID) -> casework.SavedView:
    """One of these views."""
    return casework.saved_view(request.actor, case_view_id)


@door.post("/case-views", access=WORK, returns=CaseViewOut, status=201)
def save_case_view(request: Asked, data: CaseViewIn) -> casework.SavedView:
    """Save a list under a name; the same name is replaced."""
    return casework.save_view(
        actor=request.actor, name=data.name, team=data.team, filters=data.filters.model_dump()
    )


@door.delete("/case-views/{case_view_id}", access=WORK, returns=Done)
def drop_case_view(request: Asked, case_view_id: UUID) -> dict[str, bool]:
    """Take a view away."""
    casework.drop_view(actor=request.actor, view_id=case_view_id)
    return {"done": True}


class CaseBatchIn(In):
    """What to do with several cases: all are changed or none. `move` needs `state`, `classify` an
    impact or urgency, `part_of` a `parent`."""

    cases: Annotated[list[CaseKey], Field(min_length=1, max_length=50)]
    what: Literal["take", "give_back", "move", "classify", "part_of"]
    state: MaybeCode = ""
    resolution: Annotated[Long, Field(max_length=2000)] = ""
    impact: MaybeLevel = ""
    urgency: MaybeLevel = ""
    parent: CaseKey | None = None


class CaseBatchOut(Out):
    """What was done at once; it can be undone `until` then. `kept`: of undoing, how many were left
    as they are because something else had happened to them."""

    id: UUID
    what: str
    cases: int
    until: datetime
    undone_at: datetime | None
    kept: int

    @staticmethod
    def resolve_cases(row: Any) -> int:
        """How many."""
        return len(row.rows)


@door.post("/case-batches", access=WORK, returns=CaseBatchOut, status=201)
def change_cases(request: Asked, data: CaseBatchIn) -> casework.CaseBatch:
    """Do the same with up to fifty cases; if one refuses, none is changed."""
    return casework.change_cases(
        actor=request.actor,
        case_ids=[found(request, each).pk for each in data.cases],
        change=casework.Together(
            data.what,
            data.state,
            data.resolution,
            data.impact,
            data.urgency,
            found(request, data.parent).pk if data.parent else None,
        ),
    )


@door.get("/case-batches/{case_batch_id}", access=WORK, returns=CaseBatchOut)
def read_case_batch(request: Asked, case_batch_id: UUID) -> casework.CaseBatch:
    """What you did with several cases at once."""
    return casework.batch_of(request.actor, case_batch_id)


@door.post("/case-batches/{case_batch_id}/undo", access=WORK, returns=CaseBatchOut)
def undo_case_batch(request: Asked, case_batch_id: UUID) -> casework.CaseBatch:
    """Put these cases back as they were, within ten minutes."""
    return casework.undo_changes(actor=request.actor, batch_id=case_batch_id)


class SimilarOut(Out):
    """Cases that share words with a text, the likest first."""

    cases: list[CaseOut]


@door.get("/case-similar", access=SEE, returns=SimilarOut)
def similar_cases(
    request: Asked, text: Annotated[Text, Field(min_length=1, max_length=500)] = Query(...)
) -> dict[str, Any]:
    """Cases that you may see and that are like what a text says, five at most."""
    return {"cases": casework.similar_cases(request.actor, text)}


class FiguresOut(Out):
    """Sums of a queue, account or channel: `live` and `late` are now, the others of the month."""

    key: str
    came: int
    live: int
    late: int
    done: int
    first: int
    again: int
    rated: int
    score: int
    pleased: int


class AgeOut(Out):
    """How many live cases are of a class of age: day, week, month, quarter, older."""

    age: str
    cases: int


class DeskFiguresOut(Out):
    """A month of the desk. Keys: a queue's code, an account's id ("": nobody), a channel."""

    month: Day
    whole: FiguresOut
    queues: list[FiguresOut]
    agents: list[FiguresOut]
    channels: list[FiguresOut]
    ages: list[AgeOut]


def _queue(request: Asked, code: str) -> UUID | None:
    known = {each.code: each.pk for each in casework.own_queues(request.actor)}
    if code and code not in known:
        raise NotFound("CASE-414", f"You work on no queue “{code}”. Read /case-queues.")
    return known.get(code)


def _figures(request: Asked, period: str | None, queue: str) -> casework.DeskFigures:
    month = date.fromisoformat(f"{period}-01") if period else today(centre_of().zone)
    return casework.desk_figures(request.actor, month, _queue(request, queue))


@door.get("/desk-figures", access=LEAD, returns=DeskFiguresOut)
def read_desk_figures(
    request: Asked,
    period: MaybePeriod = Query("", description="A month; empty: this one."),
    queue: MaybeCode = Query("", description="Code of a queue; empty: all."),
) -> dict[str, Any]:
    """Load, ages, first contacts, reopening and answers, from kept sums."""
    row = _figures(request, period, queue)
    codes = {str(each.pk): each.code for each in casework.own_queues(request.actor)}
    return {
        "month": row.month,
        "whole": row.whole,
        "queues": [{**vars(each), "key": codes.get(each.key, each.key)} for each in row.queues],
        "agents": row.agents,
        "channels": row.channels,
        "ages": [{"age": name, "cases": count} for name, count in row.ages],
    }


class AheadOut(Out):
    """What is open at the end of a working day: expected, and between `low` and `high` in eight of
    ten futures."""

    day: Day
    expected: int
    low: int
    high: int


class BacklogOut(Out):
    """The backlog ahead. `enough`: false where too little was done in the last eight weeks to say;
    nothing else is said then. `clears_on`: when no more than a day's work is open;
    `agents_needed`: so many would clear it by the last day (null: no number would)."""

    enough: bool
    agents_now: int
    agents: int
    steady: bool
    clears_on: Day | None
    agents_needed: int | None
    days: list[AheadOut]


@door.get("/backlog-forecast", access=LEAD, returns=BacklogOut)
def forecast_backlog(
    request: Asked,
    agents: int | None = Query(
        None, ge=0, le=1000, description="How many people work on it then; empty: as many as now."
    ),
    change_on: int = Query(0, ge=0, le=60, description="From which working day on; 0: the next."),
    queue: MaybeCode = Query("", description="Code of a queue; empty: all."),
) -> dict[str, Any]:
    """How what is open goes on if the number of people changes."""
    now_on = max(casework.agents_of(request.actor, _queue(request, queue)), 1)
    then = now_on if agents is None else agents
    staffing = casework.Staffing(now_on, then, change_on)
    figures = _figures(request, None, queue)
    try:
        question = casework.backlog_question(request.actor, figures, staffing)
    except casework.BacklogError:
        return {
            "enough": False, "agents_now": now_on, "agents": then, "steady": False,
            "clears_on": None, "agents_needed": None, "days": [],
        }  # fmt: skip
    ahead = casework.forecast_backlog(question)
    return {
        "enough": True,
        "agents_now": now_on,
        "agents": then,
        "steady": ahead.steady,
        "clears_on": ahead.clears_on,
        "agents_needed": casework.agents_to_clear(question),
        "days": [
            {"day": each.day, "expected": round(each.expected), "low": each.low, "high": each.high}
            for each in ahead.days
        ],
    }
