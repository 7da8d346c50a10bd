"""What is done with a case: its state, who has it, what it is, how pressing it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from ...access.public import SYSTEM, Actor, act_as
from ...audit.public import action, record
from ...calendar.public import now
from ...party.public import centre
from ...schema.public import Conflict, NotFound
from ..domain.errors import CaseError
from ..domain.states import MATRIX, Machine, Move, State, machine_of, priority_of
from ..models import (
    Approval,
    Case,
    CaseFee,
    CaseType,
    Category,
    IdentityCheck,
    Queue,
    Task,
    TeamMember,
)
from ..registry import told_closed
from ..rules import require_work, side_of
from .events import append, locked, require_whole


def machine(case: Case) -> Machine:
    """The machine of a case's type."""
    return machine_of(case.case_type.machine)


@action
def move_case(
    *, actor: Actor, case_id: UUID, state: str, resolution: str = "", at: datetime | None = None
) -> Case:
    """Move a case to another state of its type, as one of its moves says.

    Errors: CASE-101 no such state, 102 no such move for this side, 111 merged, 117 no text for the
    requester, 118 tasks open, 119 not approved, 120 nobody checked who asks, 216 a fee is owed.
    """
    case = locked(actor, case_id)
    require_whole(case)
    side = side_of(actor, case)
    if side == "agent":
        require_work(actor, case)
    plan = machine(case)
    move = plan.move(case.state, state, side)
    if resolution.strip():
        case.resolution = resolution.strip()[:2000]
    require_needs(case, move)
    put_state(actor, case, plan.state(state), at=at)
    return case


def require_needs(case: Case, move: Move) -> None:
    """What a move needs, and what a type asks for before anything is done."""
    if "owner" in move.needs:
        raise Conflict(
            "CASE-248",
            "This is decided where the matter itself is kept. Open it there, and decide it.",
        )
    if "resolution" in move.needs and not case.resolution:
        raise CaseError(
            "CASE-117",
            "Say in a sentence what was done: whoever asked reads it.",
            field="resolution",
        )
    if "tasks" in move.needs and case.tasks.filter(state="open").exists():
        raise Conflict(
            "CASE-118", "A task of this case is still open. Do it, or drop it with a reason."
        )
    waits = Approval.objects.filter(case=case).exclude(state__in=["approved", "withdrawn"])
    if "approval" in move.needs and waits.exists():
        raise Conflict(
            "CASE-119", "This case is not approved. Wait for the approval, or ask for it again."
        )
    require_fees(case, None if "fee" in move.needs else move.end)
    if "identity" in move.needs or (case.case_type.needs_identity and move.end == _done(case)):
        require_identity(case)


_FAMILY = """
WITH RECURSIVE family AS (
  SELECT %s::uuid AS id
  UNION
  SELECT gone.id FROM casework_case AS gone JOIN family ON gone.merged_into_id = family.id
) SELECT id FROM family"""


def fees_with(case: Case) -> QuerySet[CaseFee]:
    """The fees of a case and of those that were merged into it."""
    return CaseFee.objects.filter(case_id__in=RawSQL(_FAMILY, [case.pk]))


def require_fees(case: Case, state: str | None = None) -> None:
    """Refuse while a fee is owed; `state`: only those due before it (CASE-216)."""
    rows = fees_with(case).filter(waived=False).exclude(state__in=["paid", "refunded"])
    if state is not None:
        rows = rows.filter(before=state).exclude(before="")
    owed = rows.order_by("charged_at", "id").first()
    if owed is not None:
        raise Conflict(
            "CASE-216",
            f"“{owed.name}” is not paid yet. Wait until it is paid, take it at the counter, or "
            "have it waived with a reason; then do this.",
        )


def _done(case: Case) -> str:
    found = machine(case).in_phase("resolved") or machine(case).in_phase("closed")
    return found.code if found else ""


def require_identity(case: Case) -> None:
    """Refuse access, bank and account changes of somebody whom nobody checked (CASE-120)."""
    passed = IdentityCheck.objects.filter(case=case, state="passed")
    if case.requester_id is None or not passed.filter(contact_id=case.requester_id).exists():
        raise Conflict(
            "CASE-120",
            "Nobody has checked who asks. Call back a number that was known before, or send a "
            "code, and record it; then do this.",
        )


def put_state(actor: Actor, case: Case, state: State, *, at: datetime | None = None) -> None:
    """Put a locked case into a state: its phase, its times, its event with its clocks."""
    before, old = case.state, case.phase
    case.state, case.phase = state.code, state.phase
    moment = at or now()
    if old in ("resolved", "closed") and state.phase in ("open", "waiting"):
        case.reopened += 1
        case.resolved_at = case.closed_at = None
    if state.phase == "resolved":
        case.resolved_at = moment
    if state.phase == "closed":
        case.closed_at = moment
        case.resolved_at = case.resolved_at or moment
    data: dict[str, Any] = {"from": before, "to": state.code, "phase": state.phase}
    if state.reason:
        data["reason"] = state.reason
    append(actor, case, "state", data, at=at)
    if state.phase == "closed" and old != "closed":
        told_closed(actor, case)


@action
def assign_case(
    *, actor: Actor, case_id: UUID, queue: str = "", to: UUID | None = None, take: bool = False
) -> Case:
    """Give a case to another queue, to a member of its team, or take it (CASE-121, 122, 111)."""
    case = locked(actor, case_id)
    require_work(actor, case)
    require_whole(case)
    if queue and queue != case.queue.code:
        found = Queue.objects.filter(code=queue, active=True).first()
        if found is None:
            raise CaseError(
                "CASE-121", f"There is no queue “{queue[:40]}”. Choose one of the list.",
                field="queue",
            )  # fmt: skip
        case.queue, case.team_id, case.assignee = found, found.team_id, None
        append(actor, case, "assigned", {"queue": str(found.pk), "team": str(found.team_id)})
    person = actor.user_id if take else to
    if person is not None and person != case.assignee:
        if (
            not take
            and not TeamMember.objects.filter(team_id=case.team_id, user_id=person).exists()
        ):
            raise CaseError(
                "CASE-122", "They do not belong to the team of this queue. Choose a member of it.",
                field="to",
            )  # fmt: skip
        case.assignee = person
        append(actor, case, "given", {"to": str(person)}, reproject=False)
    elif person is None and not queue:
        case.assignee = None
        append(actor, case, "given", {"to": None}, reproject=False)
    elif person is not None:
        append(actor, case, "given", {"to": str(person)}, reproject=False)
    return case


@action
def classify_case(
    *, actor: Actor, case_id: UUID, impact: str = "", urgency: str = "", category: str = ""
) -> Case:
    """Say how pressing a case is, or what it is about; its clocks follow (CASE-104, 112, 111)."""
    case = locked(actor, case_id)
    require_work(actor, case)
    require_whole(case)
    case.impact, case.urgency = impact or case.impact, urgency or case.urgency
    case.priority = priority_of(case.impact, case.urgency, case.case_type.matrix or MATRIX)
    if category:
        found = Category.objects.filter(
            code=category, active=True, case_type_id=case.case_type_id
        ).first()
        if found is None:
            raise CaseError(
                "CASE-112",
                f"There is no “{category[:60]}” among this kind of case. Choose one of the list.",
                field="category",
            )
        case.category = found
    append(
        actor,
        case,
        "classified",
        {
            "priority": case.priority,
            "impact": case.impact,
            "urgency": case.urgency,
            "category": case.category.code if case.category else "",
        },
    )
    return case


@action
def hand_to_supplier(*, actor: Actor, case_id: UUID, handed: bool, supplier: str = "") -> Case:
    """Note that a supplier has the case, or gave it back: its contract's clock runs in between."""
    case = locked(actor, case_id)
    require_work(actor, case)
    require_whole(case)
    append(actor, case, "supplier", {"handed": handed, "supplier": supplier[:40]})
    return case


@action
def end_task(*, actor: Actor, task_id: UUID, done: bool, reason: str = "") -> Task:
    """A task is done, or dropped with a reason (CASE-123 ended before, 124 no reason)."""
    task = Task.objects.select_related("case").filter(pk=task_id).first()
    if task is None:
        raise NotFound("CASE-405", "There is no such task among those you may see.")
    case = locked(actor, task.case_id)
    require_work(actor, case)
    task.refresh_from_db()
    if task.state != "open":
        raise Conflict("CASE-123", "This task has ended. Add another, if there is more to do.")
    if not done and not reason.strip():
        raise CaseError("CASE-124", "Say why the task is dropped.", field="reason")
    task.state, task.reason = ("done" if done else "dropped"), reason.strip()[:300]
    task.done_at, task.done_by = now(), actor.user_id
    task.save()
    append(actor, case, "task", {"task": str(task.pk), "done": done}, reproject=False)
    return task


@action
def add_task(*, actor: Actor, case_id: UUID, name: str) -> Task:
    """Add a step to a case (CASE-125 without a name)."""
    case = locked(actor, case_id)
    require_work(actor, case)
    require_whole(case)
    if not name.strip():
        raise CaseError("CASE-125", "Say what is to be done.", field="name")
    last = case.tasks.order_by("-position").values_list("position", flat=True).first() or 0
    task = Task.objects.create(
        agency_id=case.agency_id, case=case, position=last + 1, name=name.strip()[:200]
    )
    append(actor, case, "task", {"task": str(task.pk)}, reproject=False)
    return task


@action
def close_quiet(*, actor: Actor, limit: int = 500) -> int:
    """Close cases that were resolved and that nobody said anything to for their type's days."""
    moment, closed = now(), 0
    kinds: dict[int, list[UUID]] = {}
    for kind, days in CaseType.objects.order_by("code").values_list("pk", "closes_after_days"):
        kinds.setdefault(days, []).append(kind)
    with act_as(SYSTEM):
        # Kinds that wait longer keep none of the others from being closed.
        for days, ids in sorted(kinds.items()):
            quiet = Case.objects.filter(
                phase="resolved", case_type_id__in=ids, resolved_at__lte=moment - timedelta(days)
            )
            for row in quiet.order_by("resolved_at", "id")[: limit - closed]:
                case = locked(SYSTEM, row.pk)
                end = machine(case).in_phase("closed")
                if case.phase == "resolved" and end is not None:
                    put_state(SYSTEM, case, end)
                    closed += 1
        _record_quiet(actor, closed)
    return closed


def _record_quiet(who: Actor, closed: int) -> None:
    """Leave the event of a run, also of one that closed nothing."""
    record(
        actor=who,
        verb="case.quiet_closed",
        target=("party.Agency", centre().agency_id),
        payload={"closed": closed},
    )
