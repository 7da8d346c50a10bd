"""From one case of a file to its rows: the case, its events with their times, its clocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ...party.public import Agency
from ...schema.public import uuid7
from ..clocks.definitions import Reader, all_definitions
from ..clocks.past import past_clocks
from ..domain.errors import CaseError
from ..domain.states import LEVELS, MATRIX, PRIORITIES, Machine, State, machine_of
from ..models import (
    Case,
    CaseEvent,
    CaseType,
    Category,
    Clock,
    ClockDefinition,
    ClockFiring,
    Contact,
    Interaction,
    Queue,
)
from ..models.cases import CHANNELS
from ..search import words_of
from .mapping import Activity, CaseMapping, code_of
from .readers import LONGEST_CELL, Found

CHANNEL_CODES = frozenset(code for code, _name in CHANNELS)


class Reference:
    """What rows refer to, read once for a whole file."""

    def __init__(self) -> None:
        self.agencies = {row.code: row for row in Agency.objects.all()}
        self.types = {
            row.code: row for row in CaseType.objects.select_related("queue").filter(active=True)
        }
        self.categories = {
            row.code: row for row in Category.objects.select_related("queue").filter(active=True)
        }
        self.queues = {row.code: row for row in Queue.objects.filter(active=True)}
        self.definitions: list[ClockDefinition] = all_definitions()
        self.read = Reader()
        self.machines: dict[str, Machine] = {
            code: machine_of(row.machine) for code, row in self.types.items()
        }


@dataclass
class Built:
    """The rows of one case."""

    case: Case
    events: list[CaseEvent]
    contact: Contact | None = None
    interaction: Interaction | None = None
    clocks: list[Clock] = field(default_factory=list)
    firings: list[ClockFiring] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        """What it is found by."""
        text = self.interaction.text if self.interaction else ""
        return words_of([self.case.number, self.case.subject, text])


def agency_of(found: Found, known: Reference) -> Agency:
    """The agency that a case of a file names (CASE-186)."""
    row: Agency = _one(found, known.agencies, "agency")
    return row


def _one(found: Found, rows: dict[str, Any], name: str) -> Any:
    code = found.values.get(name, "")
    row = rows.get(code)
    if row is None:
        raise CaseError(
            "CASE-186", f"There is no {name.replace('_', ' ')} “{code[:60]}”. Correct it, or set "
            "it up first.", field=name,
        )  # fmt: skip
    return row


def build(
    found: Found, known: Reference, mapping: CaseMapping, source: str, moment: datetime
) -> Built:
    """The rows of a case but for its number. Errors: CASE-185 to 189, of the one case only."""
    if found.problem is not None:
        raise CaseError(*found.problem)
    values = found.values
    name = values.get("id", "")
    if not name or len(name) > 120:
        raise CaseError("CASE-187", "Give every case an id of at most 120 characters.", field="id")
    case = _case(found, known, source, moment)
    case.source_id = name
    machine = known.machines[case.case_type.code]
    if mapping.kind == "cases":
        steps = _steps_of_row(values, mapping, moment)
    else:
        steps = _steps_of_log(found, mapping, moment)
    built = Built(case, _events(case, machine, steps, moment))
    _people(built, values)
    return built


def _case(found: Found, known: Reference, source: str, moment: datetime) -> Case:
    values = found.values
    agency = agency_of(found, known)
    kind: CaseType = _one(found, known.types, "case_type")
    category = _one(found, known.categories, "category") if values.get("category") else None
    named = _one(found, known.queues, "queue") if values.get("queue") else None
    queue = named or (category.queue if category else None) or kind.queue
    if queue is None:
        raise CaseError("CASE-186", "No queue takes this case. Name one.", field="queue")
    channel = values.get("channel", "web")
    matrix = kind.matrix or MATRIX
    priority = values.get("priority") or matrix[f"{kind.default_impact}/{kind.default_urgency}"]
    if channel not in CHANNEL_CODES or priority not in PRIORITIES:
        raise CaseError(
            "CASE-188", "The channel or the priority is unknown. Use their codes, such as email "
            "and P3.", field="channel",
        )  # fmt: skip
    impact, urgency = _levels(matrix, priority, kind)
    subject = " ".join(values.get("subject", "").replace("\x00", "").split())[:200]
    return Case(
        id=uuid7(), agency=agency, case_type=kind, category=category, queue=queue,
        team_id=queue.team_id, subject=subject or kind.name, channel=channel, priority=priority,
        impact=impact, urgency=urgency, source=source, recorded_at=moment,
    )  # fmt: skip


def _levels(matrix: dict[str, str], priority: str, kind: CaseType) -> tuple[str, str]:
    if matrix[f"{kind.default_impact}/{kind.default_urgency}"] == priority:
        return kind.default_impact, kind.default_urgency
    for impact in LEVELS:
        for urgency in LEVELS:
            if matrix[f"{impact}/{urgency}"] == priority:
                return impact, urgency
    return kind.default_impact, kind.default_urgency


Step = tuple[datetime, str, Activity]


def _moment(text: str, mapping: CaseMapping, latest: datetime, name: str) -> datetime:
    try:
        found = mapping.moment(text)
    except ValueError:
        raise CaseError(
            "CASE-189", f"“{text[:40]}” is not a moment. Write it like 2026-10-01T09:30:00Z.",
            field=name,
        ) from None  # fmt: skip
    if found > latest or found.year < 1970:
        raise CaseError(
            "CASE-189", f"“{text[:40]}” is to come, or before 1970. Correct it.", field=name
        )
    return found


def _steps_of_row(values: dict[str, str], mapping: CaseMapping, latest: datetime) -> list[Step]:
    steps = [(_moment(values.get("opened_at", ""), mapping, latest, "opened_at"), "", Activity())]
    for name, phase in (("resolved_at", "resolved"), ("closed_at", "closed")):
        if values.get(name):
            at = _moment(values[name], mapping, latest, name)
            if at < steps[-1][0]:
                raise CaseError("CASE-189", f"{name} is before what came first.", field=name)
            steps.append((at, "", Activity(phase)))
    return steps


def _steps_of_log(found: Found, mapping: CaseMapping, latest: datetime) -> list[Step]:
    steps = [
        (_moment(at, mapping, latest, "at"), name, mapping.activities.get(name, Activity()))
        for _row, name, at in found.events
    ]
    if not steps:
        raise CaseError("CASE-189", "The case has no event. Take it out.", field="at")
    return sorted(steps, key=lambda step: step[0])


def _events(case: Case, machine: Machine, steps: list[Step], moment: datetime) -> list[CaseEvent]:
    """The events, each at its own time; the case comes to the state of the last."""
    first = machine.first
    case.state, case.phase = first.code, first.phase
    case.opened_at = case.updated_at = steps[0][0]
    rows: list[CaseEvent] = []

    def add(at: datetime, kind: str, data: dict[str, Any]) -> None:
        rows.append(
            CaseEvent(
                id=uuid7(), agency_id=case.agency_id, case=case, seq=len(rows) + 1, at=at,
                recorded_at=moment, kind=kind, actor_kind="system", data=data,
            )
        )  # fmt: skip

    opening = {
        "by": "requester", "channel": case.channel, "state": case.state, "phase": case.phase,
        "priority": case.priority, "team": str(case.team_id), "queue": str(case.queue_id),
    }  # fmt: skip
    add(case.opened_at, "opened", opening)
    for at, name, meaning in steps:
        if meaning.direction:
            data = {"direction": meaning.direction, "human": True, "public": True,
                    "channel": case.channel}  # fmt: skip
            add(at, "message", data)
        if meaning.phase and (meaning.phase != case.phase or meaning.reason):
            state = _state(machine, meaning)
            add(at, "state", _moved(case, state, at))
        elif name and not meaning.direction:
            add(at, "activity", {"activity": code_of(name)})
    case.updated_at, case.last_event = rows[-1].at, len(rows)
    return rows


def _state(machine: Machine, meaning: Activity) -> State:
    for each in machine.states:
        if each.phase == meaning.phase and each.reason == meaning.reason:
            return each
    raise CaseError(
        "CASE-186",
        f"This kind of case has no state “{meaning.phase} {meaning.reason}”. Correct the mapping.",
        field="activity",
    )


def _moved(case: Case, state: State, at: datetime) -> dict[str, Any]:
    data = {"from": case.state, "to": state.code, "phase": state.phase}
    if state.reason:
        data["reason"] = state.reason
    if case.phase in ("resolved", "closed") and state.phase in ("open", "waiting"):
        case.reopened += 1
        case.resolved_at = case.closed_at = None
    if state.phase in ("resolved", "closed"):
        case.resolved_at = case.resolved_at or at
    if state.phase == "closed":
        case.closed_at = at
    case.state, case.phase = state.code, state.phase
    return data


def _people(built: Built, values: dict[str, str]) -> None:
    case = built.case
    name, email = values.get("requester_name", "")[:160], values.get("requester_email", "")
    if name or email:
        email = email.lower() if "@" in email and len(email) <= 254 else ""
        built.contact = Contact(id=uuid7(), agency_id=case.agency_id, name=name, email=email)
    text = values.get("text", "").replace("\x00", "")
    if text:
        built.interaction = Interaction(
            id=uuid7(), agency_id=case.agency_id, case=case, at=case.opened_at, direction="in",
            channel=case.channel, text=text[:LONGEST_CELL],
        )  # fmt: skip


def time_clocks(built: Built, known: Reference, moment: datetime) -> None:
    """Compute the clocks of a case as of now; what is history sets nothing off."""
    built.clocks, built.firings = past_clocks(
        built.case, built.events, known.definitions, moment, known.read
    )
