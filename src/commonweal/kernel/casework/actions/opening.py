"""Opening cases, through whatever channel they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from ...access.public import Actor, require
from ...audit.public import action, record
from ...calendar.public import now, today
from ...party.public import Agency, centre
from ...schema.public import NotFound, alone
from ..domain.errors import CaseError
from ..domain.forms import AnswerProblem, check_answers, form_of
from ..domain.numbers import code_hash, code_of, number_text, tracking_code
from ..domain.routing import queue_for, rule_of, who_takes
from ..domain.states import MATRIX, machine_of, priority_of
from ..models import (
    Approval,
    Case,
    CaseType,
    Category,
    Contact,
    Interaction,
    Queue,
    RoutingRule,
    Task,
    TeamMember,
    Watcher,
)
from ..rules import ASK, OPEN, WORK, is_citizen
from ..search import index_case
from ..workload import loads
from .events import append
from .fees import charge_rules

LONGEST_SUBJECT = 200
LONGEST_TEXT = 20_000
DRAFT = "draft"
"""The source of a case that was kept as a draft on a device until it could be sent."""


class AnswersWrong(CaseError):
    """Answers of a form that cannot be kept; `problems` says of each what is wrong (CASE-110)."""

    def __init__(self, problems: Sequence[AnswerProblem]) -> None:
        first = problems[0]
        super().__init__("CASE-110", first.message, field=first.field)
        self.problems = list(problems)


@dataclass(frozen=True)
class NewCase:
    """What opens a case. `requester`: for whom; `reporter`: who asks for them, if another does.

    `opened_at`: when it came, if that was before now (a letter, an import). `source`, `source_id`:
    the same pair never opens a second case. A `DRAFT` was kept on somebody's device; its id, which
    nobody else knows, gives the same code each time it is sent.
    """

    case_type: str
    subject: str
    text: str = ""
    channel: str = "web"
    category: str = ""
    requester: Contact | None = None
    reporter: Contact | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    impact: str = ""
    urgency: str = ""
    place: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    opened_at: datetime | None = None
    source: str = ""
    source_id: str = ""
    html: str = ""
    folded: str = ""
    message_id: str = ""
    queue: str = ""


@dataclass(frozen=True)
class Opened:
    """The case, and the code with which somebody without an account follows it ("": none).
    `said`: the words that it was opened with, if it had any and is new."""

    case: Case
    tracking_code: str = ""
    fresh: bool = True
    said: Interaction | None = None


@action
def open_case(*, actor: Actor, agency_id: UUID, new: NewCase) -> Opened:
    """Open a case of an agency: numbered, routed, with its tasks, approvals and clocks.

    The same source and id give the earlier case. Errors: CASE-112 unknown type or category, 113 no
    subject, 110 answers, 114 a place that is needed or is none, 115 a text that is too long; who
    may open which is said by the type's audience (ACCESS-403). What is ordered has an action of its
    own, which shows the price first (CASE-242).
    """
    case_type, category = _kind(new)
    if case_type.family == "dispute":
        raise CaseError(
            "CASE-249",
            "A charge is disputed at its line: open the bill, then the line, and dispute it there.",
            field="category" if category else "case_type",
        )
    if case_type.family == "order":
        raise CaseError(
            "CASE-242",
            f"“{(category or case_type).name}” is ordered, with its price shown first. Open it in "
            "the list of what can be ordered.",
            field="category",
        )
    require_may_open(actor, agency_id, case_type)
    _require_offered(actor, agency_id, category)
    return open_of(actor, agency_id, new, case_type, category)


def open_of(
    actor: Actor, agency_id: UUID, new: NewCase, case_type: CaseType, category: Category | None
) -> Opened:
    """Open a case of a kind, inside the action that offers it."""
    known = _known(agency_id, new)
    if known is not None:
        record(actor=actor, verb="case.repeated", target=known, agency_id=agency_id)
        return Opened(known, _code(new) if known.tracking_hash else "", fresh=False)
    new = replace(new, answers=_answers(case_type, category, new.answers))
    _check(new, category)
    case = _row(actor, agency_id, new, case_type, category)
    code = ""
    if case_type.audience != "agency":
        code = _code(new) or tracking_code()
        case.tracking_hash = code_hash(code, settings.SECRET_KEY)
    case.save(force_insert=True)
    _around(actor, case, case_type)
    said = _first_words(actor, case, new)
    index_case(case, [new.text])
    append(actor, case, "opened", _opened(actor, case), at=case.opened_at)
    charge_rules(actor, case)
    _take_up(actor, case, case_type, category)
    return Opened(case, code, said=said)


def _code(new: NewCase) -> str:
    """The code that a draft's id gives, again and again; "" where the case came otherwise."""
    return code_of(new.source_id, settings.SECRET_KEY) if new.source == DRAFT else ""


def _kind(new: NewCase) -> tuple[CaseType, Category | None]:
    category = None
    if new.category:
        category = (
            Category.objects.select_related("case_type", "queue")
            .filter(code=new.category, active=True)
            .first()
        )
        if category is None or new.case_type not in ("", category.case_type.code):
            raise CaseError(
                "CASE-112",
                f"There is no “{new.category[:60]}” to ask for. Choose one of the list.",
                field="category",
            )
        return category.case_type, category
    found = CaseType.objects.filter(code=new.case_type, active=True).first()
    if found is None:
        raise CaseError(
            "CASE-112",
            f"There is no kind of case “{new.case_type[:40]}”. Choose one of the list.",
            field="case_type",
        )
    return found, None


def require_may_open(actor: Actor, agency_id: UUID, case_type: CaseType) -> None:
    """Refuse those who may not open such a case of this agency (ACCESS-403, CASE-112)."""
    if actor.kind == "system":
        return
    if is_citizen(actor):
        require(actor, OPEN, agency_id)
        if case_type.audience == "agency":
            raise CaseError(
                "CASE-112",
                "This is asked for by people of agencies only. Choose another kind of request.",
                field="case_type",
            )
    elif actor.centre:
        require(actor, WORK)
    else:
        require(actor, ASK, agency_id)


def _require_offered(actor: Actor, agency_id: UUID, category: Category | None) -> None:
    """Refuse a subject that another agency offers to its own (CASE-112); agents choose freely."""
    if actor.centre or category is None or not category.agency_code:
        return
    if not Agency.objects.filter(pk=agency_id, code=category.agency_code).exists():
        raise CaseError(
            "CASE-112",
            f"There is no “{category.code[:60]}” to ask for. Choose one of the list.",
            field="category",
        )


def _known(agency_id: UUID, new: NewCase) -> Case | None:
    if not new.source:
        return None
    alone(f"case {agency_id} {new.source} {new.source_id}")
    return Case.objects.filter(
        agency_id=agency_id, source=new.source, source_id=new.source_id
    ).first()


def _answers(
    case_type: CaseType, category: Category | None, given: Mapping[str, Any]
) -> dict[str, Any]:
    fields = [*form_of(case_type.form), *(form_of(category.form) if category else ())]
    kept, problems = check_answers(fields, given)
    if problems:
        raise AnswersWrong(problems)
    return kept


def _check(new: NewCase, category: Category | None) -> None:
    if not new.subject.strip():
        raise CaseError(
            "CASE-113", "The subject is empty. Say in a few words what it is about.",
            field="subject",
        )  # fmt: skip
    if len(new.text) > LONGEST_TEXT and new.channel != "email":
        raise CaseError(
            "CASE-115",
            f"The text has {len(new.text)} characters. Shorten it to {LONGEST_TEXT}, or attach it.",
            field="text",
        )
    placed = new.latitude is not None and new.longitude is not None
    if placed and not _on_earth(new.latitude or Decimal(), new.longitude or Decimal()):
        raise CaseError(
            "CASE-114",
            "The place is not on earth. Give a latitude of -90 to 90, a longitude of -180 to 180.",
            field="place",
        )
    if category is not None and category.needs_place and not (placed or new.place.strip()):
        raise CaseError(
            "CASE-114",
            "Say where it is: an address, or a point on the map.",
            field="place",
        )


def _on_earth(latitude: Decimal, longitude: Decimal) -> bool:
    return abs(latitude) <= 90 and abs(longitude) <= 180


def _row(
    actor: Actor, agency_id: UUID, new: NewCase, case_type: CaseType, category: Category | None
) -> Case:
    agency = Agency.objects.filter(pk=agency_id).first()
    if agency is None:
        raise NotFound("CASE-430", "There is no such agency. Ask one that takes cases here.")
    if category is not None and category.agency_code not in ("", agency.code):
        raise CaseError(
            "CASE-112",
            f"{agency.name} does not offer “{category.name}”. Choose one of its own list.",
            field="category",
        )
    impact = new.impact or case_type.default_impact
    urgency = new.urgency or case_type.default_urgency
    priority = priority_of(impact, urgency, case_type.matrix or MATRIX)
    queue = _queue(agency, new, case_type, category, priority)
    state = machine_of(case_type.machine).first
    moment = now()
    opened = min(new.opened_at or moment, moment)
    return Case(
        agency=agency,
        number=_number(agency),
        case_type=case_type,
        category=category,
        subject=" ".join(new.subject.replace("\x00", "").split())[:LONGEST_SUBJECT],
        state=state.code,
        phase=state.phase,
        impact=impact,
        urgency=urgency,
        priority=priority,
        queue=queue,
        team_id=queue.team_id,
        channel=new.channel,
        requester=new.requester,
        reporter=new.reporter,
        answers=new.answers,
        place=new.place.strip()[:300],
        latitude=new.latitude,
        longitude=new.longitude,
        source=new.source,
        source_id=new.source_id,
        opened_at=opened,
        recorded_at=moment,
        updated_at=opened,
        published=case_type.publication == "public" and bool(category and category.public),
    )


_NEXT = """
INSERT INTO casework_casenumber (id, agency_id, year, last)
VALUES (gen_random_uuid(), %s, %s, 1)
ON CONFLICT (agency_id, year) DO UPDATE SET last = casework_casenumber.last + 1
RETURNING last"""


def _number(agency: Agency) -> str:
    year = today(centre().zone).year
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [agency.pk, year])
        (last,) = cursor.fetchone()
    return number_text(agency.code, year, last)


def _queue(
    agency: Agency, new: NewCase, case_type: CaseType, category: Category | None, priority: str
) -> Queue:
    """The queue named, else the first rule's, the category's, the type's (CASE-116)."""
    if new.queue:
        named = Queue.objects.filter(code=new.queue, active=True).first()
        if named is not None:
            return named
    rows = RoutingRule.objects.order_by("position").values_list("conditions", "queue_id")
    facts = {
        "case_type": case_type.code,
        "category": category.code if category else "",
        "agency": agency.code,
        "channel": new.channel,
        "priority": priority,
        "service": str(case_type.service_id),
    }
    chosen = queue_for(
        [rule_of(data, queue) for data, queue in rows], facts, f"{new.subject} {new.text}"
    )
    found = chosen or (category and category.queue_id) or case_type.queue_id
    if found is None:
        raise CaseError(
            "CASE-116",
            f"No queue takes “{case_type.name}”. Give the kind of case a queue, or add a rule.",
        )
    return Queue.objects.get(pk=found)


def _around(actor: Actor, case: Case, case_type: CaseType) -> None:
    """The tasks and the approval that a case of its type has, and who watches it."""
    for place, row in enumerate(case_type.tasks, start=1):
        Task.objects.create(
            agency_id=case.agency_id, case=case, position=place, name=str(row["name"])[:200]
        )
    if case_type.approval:
        Approval.objects.create(
            agency_id=case.agency_id,
            case=case,
            permission=case_type.approval,
            asked_by=actor.user_id,
        )
    if actor.user_id is not None and not actor.centre:
        Watcher.objects.create(agency_id=case.agency_id, case=case, user_id=actor.user_id)


def _first_words(actor: Actor, case: Case, new: NewCase) -> Interaction | None:
    if not (new.text.strip() or new.html):
        return None
    return Interaction.objects.create(
        agency_id=case.agency_id,
        case=case,
        at=case.opened_at,
        channel=new.channel,
        direction="in",
        author=actor.user_id,
        contact=new.reporter or new.requester,
        text=new.text.replace("\x00", ""),
        folded=new.folded.replace("\x00", ""),
        html=new.html,
        message_id=new.message_id[:250],
    )


def _opened(actor: Actor, case: Case) -> dict[str, Any]:
    return {
        "by": "agent" if actor.centre and actor.kind != "system" else "requester",
        "channel": case.channel,
        "state": case.state,
        "phase": case.phase,
        "priority": case.priority,
        "team": str(case.team_id),
        "queue": str(case.queue_id),
    }


def _take_up(actor: Actor, case: Case, case_type: CaseType, category: Category | None) -> None:
    """Give a new case to the member of its team who has the skills asked for and the least open."""
    wanted = frozenset(case_type.skills) | frozenset(category.skills if category else ())
    if not wanted:
        return
    members = list(TeamMember.objects.filter(team_id=case.team_id, user_id__isnull=False))
    taken = who_takes(loads(members), wanted)
    if taken is not None:
        case.assignee = taken
        append(actor, case, "given", {"to": str(taken)}, reproject=False)
