"""How casework is set up: teams, queues, kinds of cases, what can be asked for, rules, promises."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from commonweal.kernel.casework import public as casework
from commonweal.kernel.jobs.public import Job

from ..kit import paging
from ..kit.doors import Asked, Door, centre
from ..kit.types import Code, Day, Done, In, Name, Out, Page, Text
from .desk import OfferCode, OfferOut
from .desk import door as desk
from .shapes import Word
from .terms import Machine, PromiseIn, PromiseOut, Question, level_of

WORK, MANAGE = centre("casework.work"), centre("casework.manage")
door = Door("desk-set-up", "Teams, queues, kinds of cases, forms, rules and promises as data.")
Short = Annotated[Code, Field(max_length=40)]
MaybeShort = Annotated[Text, Field(max_length=40)]
Words = Annotated[list[Word], Field(max_length=60)]


class TeamOut(Out):
    """People of the centre who work on cases together."""

    code: str
    name: str
    active: bool


class TeamIn(In):
    """A team's name."""

    name: Annotated[Name, Field(max_length=120)]
    active: bool = True


class MemberOut(Out):
    """Who belongs to a team, and the skills by which work is given out."""

    person_id: UUID
    skills: list[str]
    lead: bool


class MemberIn(In):
    """The skills of a member."""

    skills: Words = Field(default_factory=list)
    lead: bool = False


class QueueOut(Out):
    """Where cases wait for a team."""

    code: str
    name: str
    team: str
    service: str
    address: str
    agency: str = Field(alias="agency_code")
    active: bool

    @staticmethod
    def resolve_team(row: Any) -> str:
        """Its code."""
        return str(row.team.code)

    @staticmethod
    def resolve_service(row: Any) -> str:
        """Its code."""
        return str(row.service.code)


class QueueIn(In):
    """What a queue shall be. `agency`: the one that it serves, as which it speaks; empty: all."""

    name: Annotated[Name, Field(max_length=120)]
    team: Short
    service: Short
    address: Annotated[Text, Field(max_length=254, pattern=r"^([^@\s]+@[^@\s]+)?$")] = ""
    agency: Annotated[Text, Field(max_length=20)] = ""
    default_type: MaybeShort = ""
    active: bool = True


class TypeOut(Out):
    """A kind of case."""

    code: str
    name: str
    description: str
    family: str
    audience: str
    service: str
    machine: dict[str, Any]
    form: list[dict[str, Any]]
    approval: str
    needs_identity: bool
    publication: str
    closes_after_days: int
    retention_days: int
    active: bool

    @staticmethod
    def resolve_service(row: Any) -> str:
        """Its code."""
        return str(row.service.code)


class StepIn(In):
    """A step that every case of the kind has."""

    name: Annotated[Text, Field(min_length=1, max_length=200)]


class TypeIn(In):
    """What a kind of case shall be: its states and moves, its form, what it needs. `items`: the
    charge item of each closed case by channel (`*`: every other); with `contact:` before the
    channel, of each contact by it."""

    name: Annotated[Name, Field(max_length=120)]
    description: Text = ""
    family: Literal[
        "incident", "request", "problem", "change", "service", "complaint", "permit",
        "appointment", "order", "dispute",
    ]  # fmt: skip
    audience: Literal["agency", "citizen", "both"]
    service: Short
    machine: Machine
    queue: MaybeShort = ""
    form: Annotated[list[Question], Field(max_length=60)] = Field(default_factory=list)
    matrix: dict[Word, Literal["P1", "P2", "P3", "P4", "P5"]] | None = None
    default_impact: Literal["high", "medium", "low"] = "low"
    default_urgency: Literal["high", "medium", "low"] = "medium"
    skills: Words = Field(default_factory=list)
    tasks: Annotated[list[StepIn], Field(max_length=60)] = Field(default_factory=list)
    approval: Word = ""
    needs_identity: bool = False
    publication: Literal["private", "agency", "public"] = "private"
    items: dict[Word, Word] = Field(default_factory=dict)
    closes_after_days: int = Field(7, ge=0, le=3660)
    retention_days: int = Field(1095, ge=1, le=36600)
    active: bool = True


class OfferIn(In):
    """What can be asked for, in plain words; a public one is a service of Open311.
    `order_item`: the charge item that is ordered by it, once or monthly (`order_recurs`)."""

    name: Annotated[Name, Field(max_length=120)]
    case_type: Short
    description: Text = ""
    group: Annotated[Text, Field(max_length=80)] = ""
    queue: MaybeShort = ""
    agency: Annotated[Text, Field(max_length=20)] = ""
    form: Annotated[list[Question], Field(max_length=60)] = Field(default_factory=list)
    keywords: Words = Field(default_factory=list)
    skills: Words = Field(default_factory=list)
    needs_place: bool = False
    public: bool = False
    order_item: Annotated[Text, Field(max_length=60)] = ""
    order_recurs: Literal["", "once", "monthly"] = ""
    active: bool = True


class DeskRuleOut(Out):
    """The first rule, by position, whose conditions fit a new case gives its queue."""

    position: int
    queue: str
    conditions: dict[str, list[str]]

    @staticmethod
    def resolve_queue(row: Any) -> str:
        """Its code."""
        return str(row.queue.code)


class DeskRuleIn(In):
    """A queue, and what sends cases there: values of case_type, category, agency, channel,
    priority, service, or words."""

    queue: Short
    conditions: dict[Word, Words]


class DeskReadyOut(Out):
    """An answer that agents give often."""

    code: str
    name: str
    text: str


class ReadyIn(In):
    """What the answer says, and of which team it is (empty: everybody's)."""

    name: Annotated[Name, Field(max_length=120)]
    text: Annotated[Text, Field(min_length=1)]
    team: MaybeShort = ""


@door.get("/case-teams", access=WORK, returns=Page[TeamOut])
def list_teams(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Every team, by name."""
    return paging.part_of(casework.teams(request.actor), after, limit, lambda row: row.code)


@door.put("/case-teams/{team}", access=MANAGE, returns=TeamOut)
def put_team(request: Asked, team: Short, data: TeamIn) -> casework.Team:
    """Make a team, or change its name."""
    return casework.put_team(actor=request.actor, code=team, **data.model_dump())


@door.get("/case-teams/{team}/members", access=WORK, returns=Page[MemberOut])
def list_members(
    request: Asked,
    team: Short,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Who belongs to a team."""
    found = [each for each in casework.teams(request.actor) if each.code == team]
    rows = casework.members(request.actor, found[0]) if found else []
    return paging.part_of(rows, after, limit, lambda row: row.person_id)


@door.put("/case-teams/{team}/members/{person_id}", access=MANAGE, returns=Done)
def put_member(request: Asked, team: Short, person_id: UUID, data: MemberIn) -> dict[str, Any]:
    """Put a person of the centre into a team."""
    casework.put_member(actor=request.actor, team=team, person_id=person_id, **data.model_dump())
    return {}


@door.delete("/case-teams/{team}/members/{person_id}", access=MANAGE, returns=Done)
def drop_member(request: Asked, team: Short, person_id: UUID) -> dict[str, Any]:
    """Take somebody out of a team."""
    casework.put_member(actor=request.actor, team=team, person_id=person_id, member=False)
    return {}


@door.get("/case-queues", access=WORK, returns=Page[QueueOut])
def list_queues(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Every queue, by name."""
    return paging.part_of(casework.queues(request.actor), after, limit, lambda row: row.code)


@door.put("/case-queues/{queue}", access=MANAGE, returns=QueueOut)
def put_queue(request: Asked, queue: Short, data: QueueIn) -> casework.Queue:
    """Make a queue, or change it."""
    return casework.put_queue(actor=request.actor, code=queue, **data.model_dump())


@door.get("/case-types", access=WORK, returns=Page[TypeOut])
def list_types(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """The kinds of cases in use, by name."""
    return paging.part_of(casework.case_types(request.actor), after, limit, lambda row: row.code)


@door.put("/case-types/{case_type}", access=MANAGE, returns=TypeOut)
def put_type(request: Asked, case_type: Short, data: TypeIn) -> casework.CaseType:
    """Make a kind of case, or change it."""
    given = data.model_dump(by_alias=True)
    if given["matrix"] is None:
        del given["matrix"]
    draft = casework.TypeDraft(code=case_type, **given)
    return casework.put_case_type(actor=request.actor, draft=draft)


@desk.put("/case-offers/{category}", access=MANAGE, returns=OfferOut)
def put_offer(request: Asked, category: OfferCode, data: OfferIn) -> casework.Category:
    """Make something that can be asked for, or change it."""
    return casework.put_category(actor=request.actor, code=category, **data.model_dump())


@door.get("/case-rules", access=MANAGE, returns=Page[DeskRuleOut])
def list_rules(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """The rules of routing, in their order."""
    return paging.part_of(casework.rules(request.actor), after, limit, lambda row: row.position)


Position = Annotated[int, Field(ge=1, le=1_000_000)]


@door.put("/case-rules/{position}", access=MANAGE, returns=DeskRuleOut)
def put_rule(request: Asked, position: Position, data: DeskRuleIn) -> Any:
    """Put a rule at a position; one that names nothing is refused."""
    return casework.put_rule(actor=request.actor, position=position, **data.model_dump())


@door.delete("/case-rules/{position}", access=MANAGE, returns=Done)
def drop_rule(request: Asked, position: Position) -> dict[str, Any]:
    """Take a rule away."""
    casework.drop_rule(actor=request.actor, position=position)
    return {}


@door.get("/ready-answers", access=WORK, returns=Page[DeskReadyOut])
def list_ready_answers(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Answers that agents give often, by name."""
    rows = casework.ready_answers(request.actor)
    return paging.part_of(rows, after, limit, lambda row: row.code)


@door.put("/ready-answers/{ready_answer}", access=MANAGE, returns=DeskReadyOut)
def put_ready_answer(request: Asked, ready_answer: Short, data: ReadyIn) -> casework.ReadyAnswer:
    """Make a ready answer, or change it."""
    return casework.put_ready_answer(actor=request.actor, code=ready_answer, **data.model_dump())


@door.get("/case-promises", access=WORK, returns=Page[PromiseOut])
def list_promises(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Every version of every promise about time."""
    return paging.part_of(casework.promises(request.actor), after, limit, lambda row: row.pk)


@door.post("/case-promises/{promise}/versions", access=MANAGE, returns=PromiseOut, status=201)
def put_promise(request: Asked, promise: OfferCode, data: PromiseIn) -> casework.ClockDefinition:
    """Put a version of a promise in force from a day on; the one before it ends there.

    Open cases keep what they had until `/case-promises/apply`.
    """
    given = data.model_dump(exclude={"level", "levels"})
    levels = [each.model_dump(mode="json", exclude_none=True) for each in data.levels]
    level = level_of(request.actor, data)
    made = casework.Promise(code=promise, level=level, levels=levels, **given)
    return casework.put_promise(actor=request.actor, promise=made)


class PromiseEndIn(In):
    """The first day without it."""

    ends: Day


@door.post("/case-promises/{promise}/end", access=MANAGE, returns=PromiseOut)
def end_promise(request: Asked, promise: OfferCode, data: PromiseEndIn) -> casework.ClockDefinition:
    """A promise holds no more from a day on."""
    return casework.end_promise(actor=request.actor, code=promise, ends=data.ends)


class ReplacedOut(Out):
    """What the promises in force today would do to the open cases: how many cases go by others, and
    how many promises move which way or stay (`same`), are missed by it, end without another, or
    begin."""

    cases: int
    earlier: int
    later: int
    same: int
    newly_passed: int
    no_longer_passed: int
    withdrawn: int
    begun: int


@door.get("/case-promises/changes", access=MANAGE, returns=ReplacedOut)
def get_promise_changes(request: Asked) -> Any:
    """What putting the promises in force today on the open cases would do; nothing is written."""
    return casework.promise_changes(request.actor)


class PuttingOnOut(Out):
    """How far the work is that puts promises on open cases: `state` as of background work, or
    `none`; how many cases go by other promises so far."""

    state: str
    cases: int

    @staticmethod
    def of(job: Job | None) -> dict[str, Any]:
        """As it is shown."""
        return {"state": job.state if job else "none", "cases": job.progress_done if job else 0}


@door.get("/case-promises/apply", access=MANAGE, returns=PuttingOnOut)
def get_promises_put_on(request: Asked) -> dict[str, Any]:
    """How far the work is that last put promises on open cases."""
    return PuttingOnOut.of(casework.putting_on(request.actor))


@door.post("/case-promises/apply", access=MANAGE, returns=PuttingOnOut)
def put_promises_on(request: Asked) -> dict[str, Any]:
    """Have the promises in force today put on every open case that goes by others."""
    return PuttingOnOut.of(casework.put_promises_on(actor=request.actor))


class RecomputedOut(Out):
    """What a calendar's hours changed for its open clocks."""

    clocks: int
    earlier: int
    later: int
    same: int
    newly_passed: int
    no_longer_passed: int


@door.post("/case-calendars/{calendar}/apply", access=MANAGE, returns=RecomputedOut)
def apply_calendar(request: Asked, calendar: OfferCode) -> Any:
    """Compute every open clock of a calendar anew, as the calendar is now."""
    return casework.apply_calendar(actor=request.actor, code=calendar)
