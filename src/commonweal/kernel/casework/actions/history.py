"""Loading a history of cases at once: rows and events in bulk, clocks by the engine, once a case.

Nobody is told and nothing is counted as used: what is loaded has happened elsewhere. One audit
event for each agency carries how much was loaded and a digest over its events.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Model

from ...access.public import Actor, require
from ...audit.public import action, record
from ...calendar.public import now
from ...party.public import Agency, centre
from ..clocks.definitions import Reader, all_definitions
from ..clocks.past import past_clocks
from ..copying import copy_rows, copy_words
from ..domain.errors import CaseError
from ..domain.forms import check_answers, form_of
from ..domain.numbers import number_text
from ..domain.states import MATRIX, Machine, machine_of, priority_of
from ..importing.load import reserve
from ..models import (
    Approval,
    Case,
    CaseEvent,
    CaseType,
    Category,
    Clock,
    ClockDefinition,
    ClockFiring,
    Contact,
    IdentityCheck,
    Interaction,
    Task,
)
from ..rules import MANAGE
from ..search import words_of

SAYS = {"in": "requester", "out": "agent", "note": "agent"}


@dataclass(frozen=True)
class Step:
    """What happened next. `what`: in, out or note (a text), state (its code), given (an account in
    `by`), rated (1 to 5 in `value`), supplier (yes or no) or callback (yes or no)."""

    at: datetime
    what: str
    value: str = ""
    channel: str = ""
    by: UUID | None = None


@dataclass(frozen=True)
class Past:
    """A case as it went: who asked for what, when and how, and what happened until now."""

    agency_id: UUID
    case_type: str
    category: str
    subject: str
    text: str
    channel: str
    opened_at: datetime
    requester: Contact | None = None
    opened_by: UUID | None = None
    by_agent: bool = False
    impact: str = ""
    urgency: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    place: str = ""
    resolution: str = ""
    source: str = ""
    source_id: str = ""
    steps: Sequence[Step] = ()


@dataclass
class _Made:
    """Everything that is written, by table."""

    cases: list[Case] = field(default_factory=list)
    events: list[CaseEvent] = field(default_factory=list)
    said: list[Interaction] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    firings: list[ClockFiring] = field(default_factory=list)
    around: dict[Any, list[Any]] = field(default_factory=lambda: defaultdict(list))
    words: list[tuple[UUID, str, UUID]] = field(default_factory=list)


@dataclass(frozen=True)
class _Known:
    """What cases refer to, read once."""

    types: dict[str, CaseType]
    categories: dict[str, Category]
    machines: dict[str, Machine]
    definitions: list[ClockDefinition]
    read: Reader
    agencies: dict[UUID, Agency]
    moment: datetime


@action
def load_history(*, actor: Actor, cases: Sequence[Past]) -> int:
    """Load cases with everything that happened to them; how many.

    Cases of a source whose id is there already are left out. Errors: CASE-112 no such kind or
    category, 106 and 110 answers, 180 a step before the case came, in the future, or out of order;
    101 and 102 states.
    """
    require(actor, MANAGE)
    known = _read()
    fresh = sorted(_new(cases), key=lambda past: past.opened_at)
    numbers = _numbers(fresh, known)
    made = _Made()
    for past in fresh:
        _one(past, next(numbers[_key(past)]), known, made)
    _write(made)
    _record(actor, made)
    return len(made.cases)


def _read() -> _Known:
    kinds = CaseType.objects.select_related("queue", "service")
    types = {row.code: row for row in kinds}
    return _Known(
        types,
        {row.code: row for row in Category.objects.select_related("queue")},
        {code: machine_of(row.machine) for code, row in types.items()},
        all_definitions(),
        Reader(),
        {row.pk: row for row in Agency.objects.all()},
        now(),
    )


def _new(cases: Sequence[Past]) -> list[Past]:
    ids = [past.source_id for past in cases if past.source]
    rows = Case.objects.filter(source_id__in=ids).values_list("agency_id", "source", "source_id")
    there = set(rows)
    return [past for past in cases if (past.agency_id, past.source, past.source_id) not in there]


def _key(past: Past) -> tuple[UUID, int]:
    return past.agency_id, past.opened_at.astimezone(ZoneInfo(centre().zone)).year


def _numbers(cases: Sequence[Past], known: _Known) -> dict[tuple[UUID, int], Any]:
    """Numbers of each agency and year, in the order in which the cases came."""
    wanted: dict[tuple[UUID, int], int] = defaultdict(int)
    for past in cases:
        wanted[_key(past)] += 1
    found = {}
    for (agency, year), many in sorted(wanted.items(), key=str):
        before, code = reserve(agency, year, many), known.agencies[agency].code
        texts = [number_text(code, year, before + each + 1) for each in range(many)]
        found[agency, year] = iter(texts)
    return found


def _one(past: Past, number: str, known: _Known, made: _Made) -> None:
    """One case with its events, its messages and its clocks."""
    _check_order(past, known.moment)
    case = _row(past, number, known)
    made.cases.append(case)
    events = [_event(case, past.opened_at, "opened", _opened(past, case), past.opened_by,
                     "agent" if past.by_agent else "requester")]  # fmt: skip
    _say(case, made, past.opened_at, "in", past.text, past.channel, past.opened_by)
    texts = [number, past.subject, past.place, past.text]
    for step in past.steps:
        events += _step(case, step, known, made)
        if step.what in ("in", "out"):
            texts.append(step.value)
    _around(past, case, made)
    made.events += events
    made.words += [(case.agency_id, word, case.pk) for word in words_of(texts)]
    _clocks(case, events, known, made)


def _check_order(past: Past, moment: datetime) -> None:
    at = [past.opened_at, *(step.at for step in past.steps)]
    if at != sorted(at) or at[-1] > moment:
        raise CaseError(
            "CASE-180",
            f"What happened to “{past.subject[:60]}” is not in order, or lies in the future. Give "
            "every step after the one before it.",
            field="steps",
        )


def _row(past: Past, number: str, known: _Known) -> Case:
    kind, category = known.types.get(past.case_type), known.categories.get(past.category)
    if kind is None or (past.category and category is None):
        raise CaseError(
            "CASE-112",
            f"There is no “{(past.category or past.case_type)[:60]}” to ask for. Choose one of the "
            "list.",
            field="case_type",
        )
    impact, urgency = past.impact or kind.default_impact, past.urgency or kind.default_urgency
    queue = (category.queue if category else None) or kind.queue
    if queue is None:
        raise CaseError(
            "CASE-116",
            f"No queue takes “{kind.name}”. Give the kind of case a queue, or add a rule.",
        )
    first = known.machines[kind.code].first
    return Case(
        agency_id=past.agency_id,
        number=number,
        case_type=kind,
        category=category,
        subject=past.subject[:200],
        state=first.code,
        phase=first.phase,
        impact=impact,
        urgency=urgency,
        priority=priority_of(impact, urgency, kind.matrix or MATRIX),
        queue=queue,
        team_id=queue.team_id,
        channel=past.channel,
        requester=past.requester,
        answers=_answers(past, kind, category),
        place=past.place[:300],
        resolution="",
        source=past.source,
        source_id=past.source_id,
        published=kind.publication == "public" and bool(category and category.public),
        opened_at=past.opened_at,
        recorded_at=past.opened_at,
        updated_at=past.opened_at,
    )


def _answers(past: Past, kind: CaseType, category: Category | None) -> dict[str, Any]:
    fields = [*form_of(kind.form), *(form_of(category.form) if category else ())]
    kept, problems = check_answers(fields, past.answers)
    if problems:
        first = problems[0]
        raise CaseError("CASE-110", first.message, field=first.field)
    return kept


def _opened(past: Past, case: Case) -> dict[str, Any]:
    return {
        "by": "agent" if past.by_agent else "requester",
        "channel": case.channel,
        "state": case.state,
        "phase": case.phase,
        "priority": case.priority,
        "team": str(case.team_id),
        "queue": str(case.queue_id),
    }


def _event(
    case: Case, at: datetime, kind: str, data: dict[str, Any], by: UUID | None, side: str
) -> CaseEvent:
    case.last_event += 1
    case.updated_at = max(case.updated_at, at)
    if by is None and side == "requester":
        side = "citizen"
    return CaseEvent(
        agency_id=case.agency_id, case=case, seq=case.last_event, at=at, recorded_at=at, kind=kind,
        actor_kind="person" if by else "system" if side == "agent" else side, actor_id=by,
        data=data,
    )  # fmt: skip


def _say(
    case: Case, made: _Made, at: datetime, direction: str, text: str, channel: str, by: UUID | None
) -> Interaction:
    row = Interaction(
        agency_id=case.agency_id, case=case, at=at, channel=channel or case.channel,
        direction=direction, author=by, text=text,
        contact=case.requester if direction != "note" else None,
    )  # fmt: skip
    made.said.append(row)
    return row


def _step(case: Case, step: Step, known: _Known, made: _Made) -> list[CaseEvent]:
    """The events of one step, and what it does to the row."""
    if step.what in SAYS:
        row = _say(case, made, step.at, step.what, step.value, step.channel, step.by)
        side = SAYS[step.what]
        if step.what == "note":
            return [_event(case, step.at, "note", {"interaction": str(row.pk)}, step.by, side)]
        case.contacts += step.what == "in"
        data = {"direction": step.what, "human": True, "public": True, "channel": row.channel,
                "interaction": str(row.pk)}  # fmt: skip
        return [_event(case, step.at, "message", data, step.by, side)]
    if step.what == "state":
        return [_move(case, step, known)]
    if step.what == "given":
        case.assignee = step.by
        return [_event(case, step.at, "given", {"to": str(step.by)}, step.by, "agent")]
    if step.what == "rated":
        case.score = int(step.value)
        return [_event(case, step.at, "rated", {"score": case.score}, step.by, "requester")]
    yes = step.value == "yes"
    flags: dict[str, dict[str, Any]] = {
        "supplier": {"handed": yes, "supplier": ""}, "callback": {"promised": yes},
    }  # fmt: skip
    return [_event(case, step.at, step.what, flags[step.what], step.by, "agent")]


def _move(case: Case, step: Step, known: _Known) -> CaseEvent:
    """A move, if the machine of the case has it for anybody."""
    machine = known.machines[case.case_type.code]
    state = machine.state(step.value)
    if not any(
        move.start == case.state and move.end == state.code
        for side in ("agent", "requester", "system")
        for move in machine.moves_from(case.state, side)
    ):
        machine.move(case.state, state.code, "agent")  # says which move is not there
    data: dict[str, Any] = {"from": case.state, "to": state.code, "phase": state.phase}
    if state.reason:
        data["reason"] = state.reason
    if case.phase in ("resolved", "closed") and state.phase in ("open", "waiting"):
        case.reopened += 1
        case.resolved_at = case.closed_at = None
    if state.phase == "resolved":
        case.resolved_at = step.at
    if state.phase == "closed":
        case.closed_at, case.resolved_at = step.at, case.resolved_at or step.at
    case.state, case.phase = state.code, state.phase
    return _event(case, step.at, "state", data, step.by, "agent")


def _around(past: Past, case: Case, made: _Made) -> None:
    """Tasks, approval and identity check of its kind, done where the case is done."""
    done = case.phase in ("resolved", "closed")
    kind, when, who = case.case_type, case.resolved_at, case.assignee
    if done:
        case.resolution = past.resolution[:2000]
    made.around[Task] += [
        Task(agency_id=case.agency_id, case=case, position=place, name=str(row["name"])[:200],
             state="done" if done else "open", done_at=when, done_by=who if done else None)
        for place, row in enumerate(kind.tasks, start=1)
    ]  # fmt: skip
    if kind.approval:
        made.around[Approval].append(
            Approval(agency_id=case.agency_id, case=case, permission=kind.approval,
                     asked_by=past.opened_by, asked_at=past.opened_at, decided_at=when,
                     state="approved" if done else "open")
        )  # fmt: skip
    if kind.needs_identity and done and case.requester is not None:
        made.around[IdentityCheck].append(
            IdentityCheck(agency_id=case.agency_id, case=case, contact=case.requester,
                          method="call_back", state="passed", begun_at=past.opened_at,
                          expires_at=when or past.opened_at, checked_at=when, checked_by=who)
        )  # fmt: skip


def _clocks(case: Case, events: list[CaseEvent], known: _Known, made: _Made) -> None:
    clocks, firings = past_clocks(case, events, known.definitions, known.moment, known.read)
    made.clocks += clocks
    made.firings += firings


def _write(made: _Made) -> None:
    """By the same writer as files of cases, which every trigger and rule of the tables sees."""
    tables: list[tuple[type[Model], Sequence[Model]]] = [
        (Case, made.cases), (Interaction, made.said), (CaseEvent, made.events),
        (Clock, made.clocks), (ClockFiring, made.firings), *made.around.items(),
    ]  # fmt: skip
    for model, rows in tables:
        copy_rows(model, rows)
    copy_words(made.words)


def _record(who: Actor, made: _Made) -> None:
    """One event for each agency, with a digest over everything that its cases' events say."""
    parts: dict[UUID, list[CaseEvent]] = defaultdict(list)
    for event in made.events:
        parts[event.agency_id].append(event)
    many: dict[UUID, int] = defaultdict(int)
    for case in made.cases:
        many[case.agency_id] += 1
    for agency, events in sorted(parts.items(), key=lambda each: each[0].bytes):
        digest = sha256()
        for row in events:
            line = [str(row.case_id), row.seq, row.at.isoformat(), row.kind, row.data]
            digest.update(json.dumps(line, sort_keys=True, default=str).encode() + b"\n")
        record(
            actor=who,
            verb="casework.history_loaded",
            target=("party.Agency", agency),
            agency_id=agency,
            payload={
                "cases": many[agency], "events": len(events), "digest": digest.hexdigest(),
            },
        )  # fmt: skip
    if not parts:
        record(
            actor=who, verb="casework.history_loaded", target=("party.Agency", centre().agency_id),
            payload={"cases": 0, "events": 0},
        )  # fmt: skip
