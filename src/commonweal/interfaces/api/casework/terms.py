"""What setting up sends: state machines, questions of forms, promises about time."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from commonweal.kernel.access.public import Actor
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.schema.public import NotFound

from ..kit.types import Code, Day, In, Out, Text
from .shapes import Word

Pause = Literal[
    "requester", "third_party", "change_window", "force_majeure", "appointment", "approval"
]
StateCode = Annotated[Code, Field(max_length=40)]
Said = Annotated[Text, Field(min_length=1, max_length=120)]


class State(In):
    """A state. `reason`: of a waiting one, for which the clocks may stop."""

    code: StateCode
    name: Said
    phase: Literal["open", "waiting", "resolved", "closed"]
    reason: Literal[""] | Pause = ""


class Move(In):
    """A move from a state to another: by which sides, and what it needs."""

    start: StateCode = Field(alias="from")
    end: StateCode = Field(alias="to")
    name: Said
    by: Annotated[list[Literal["agent", "requester", "system"]], Field(min_length=1)]
    needs: list[Literal["resolution", "tasks", "approval", "identity"]] = Field(
        default_factory=list
    )


class Machine(In):
    """States and the moves between them; the first state is where a case begins."""

    states: Annotated[list[State], Field(min_length=1, max_length=40)]
    moves: Annotated[list[Move], Field(max_length=200)]


class Question(In):
    """One question of a form. `options`: pairs of key and words, for the two kinds of lists."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    label: Annotated[Text, Field(min_length=1, max_length=200)]
    kind: Literal[
        "string", "text", "number", "datetime", "singlevaluelist", "multivaluelist", "yesno",
        "email",
    ]  # fmt: skip
    required: bool = False
    help: Annotated[Text, Field(max_length=500)] = ""
    options: Annotated[
        list[Annotated[list[Word], Field(min_length=2, max_length=2)]], Field(max_length=200)
    ] = Field(default_factory=list)
    secret: bool = False


class LevelKey(In):
    """The agreement's service level that a promise keeps: its service and metric."""

    service: Annotated[Code, Field(max_length=40)]
    metric: Word


class Escalation(In):
    """What a clock sets off: an offset in working seconds or days from due, or percent of it."""

    code: Annotated[Code, Field(max_length=40)]
    unit: Literal["seconds", "days", "percent"]
    offset: int = Field(ge=-31_536_000, le=31_536_000)
    permission: Word | None = None
    person_id: UUID | None = None
    words: Annotated[Text, Field(max_length=200)] | None = None


class PromiseIn(In):
    """A promise about time from a day on: a target in seconds or in working days."""

    name: Annotated[Text, Field(min_length=1, max_length=160)]
    metric: Literal[
        "first_response", "next_response", "update", "resolution", "fulfilment", "waiting",
        "callback",
    ]  # fmt: skip
    calendar: Annotated[Code, Field(max_length=60)]
    starts: Day
    kind: Literal["sla", "ola", "uc"] = "sla"
    level: LevelKey | None = None
    conditions: dict[Word, Annotated[list[Word], Field(max_length=200)]] = Field(
        default_factory=dict
    )
    target_seconds: int | None = Field(None, ge=1, le=315_360_000)
    target_days: int | None = Field(None, ge=1, le=3650)
    end_of_day: bool = False
    pauses: Annotated[list[Pause | Literal["hold"]], Field(max_length=7)] = Field(
        default_factory=list
    )
    pause_cap: int | None = Field(None, ge=0, le=315_360_000)
    reopen: Literal["resume", "new_cycle"] = "resume"
    reclassify: Literal["retroactive", "from_now"] = "retroactive"
    levels: Annotated[list[Escalation], Field(max_length=20)] = Field(default_factory=list)
    ends: Day | None = None


class PromiseOut(Out):
    """One version of a promise; it is never changed once in force."""

    id: UUID
    code: str
    name: str
    kind: str
    metric: str
    calendar: str
    conditions: dict[str, list[str]]
    target_seconds: int | None
    target_days: int | None
    end_of_day: bool
    pauses: list[str]
    pause_cap: int | None
    reopen: str
    reclassify: str
    levels: list[dict[str, Any]]
    starts: date
    ends: date | None


def level_of(actor: Actor, data: PromiseIn) -> catalogue.ServiceLevel | None:
    """The service level that a promise keeps, in force on its first day (CASE-174)."""
    if data.level is None:
        return None
    service = catalogue.service_by_code(actor, data.level.service)
    for row in catalogue.service_levels(actor, service.pk, data.starts):
        if row.metric == data.level.metric:
            return row
    raise NotFound(
        "CASE-174",
        f"{data.level.service} has no service level “{data.level.metric}” on {data.starts}. "
        "Read /service-levels.",
    )
