"""Many cases changed together, all or none, and undone together while that may be done.

Undoing writes further events: what happened stays in the history. A case to which something else
happened since then is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from ...access.public import Actor, require
from ...audit.public import action, record
from ...calendar.public import now
from ...party.public import centre
from ...schema.public import Conflict, NotFound
from ..domain.errors import CaseError
from ..models import Case, CaseBatch, CaseLink, CaseUsage
from ..rules import WORK, require_work
from .events import append, locked
from .linking import link_cases
from .moving import assign_case, classify_case, machine, move_case, put_state

MOST = 50
WINDOW = timedelta(minutes=10)
"""How long what was done together can be undone. What leaves the house because of it (usage, the
question how it went) waits as long."""


@dataclass(frozen=True)
class Together:
    """What is done with each case. `what`: take, give_back, move (to `state`, with `resolution`
    where that needs one), classify (`impact`, `urgency`), or part_of (the case `parent`)."""

    what: str
    state: str = ""
    resolution: str = ""
    impact: str = ""
    urgency: str = ""
    parent: UUID | None = None


@action
def change_cases(*, actor: Actor, case_ids: Sequence[UUID], change: Together) -> CaseBatch:
    """Do the same with up to fifty cases; if one refuses, none is changed.

    Errors: CASE-263 none or too many, 264 nothing to do, else those of the single change, with the
    case's number before them.
    """
    require(actor, WORK)
    ids = sorted(set(case_ids))
    if not 0 < len(ids) <= MOST:
        raise CaseError("CASE-263", f"Choose 1 to {MOST} cases of the list.", field="cases")
    act = _ACTS.get(change.what)
    if act is None:
        raise CaseError("CASE-264", "Choose what to do with the cases.", field="what")
    rows = []
    for each in ids:
        case = locked(actor, each)
        before = _before(case)
        try:
            link = act(actor, case, change)
        except (CaseError, Conflict) as error:
            raise CaseError(
                error.code, f"{case.number}: {error.message}", **error.details
            ) from error
        case = locked(actor, each)
        rows.append({"case": str(each), "seq": case.last_event, "before": before, "link": link})
    moment = now()
    batch = CaseBatch.objects.create(
        agency_id=centre().agency_id, what=change.what, rows=rows, done_at=moment,
        done_by=actor.user_id, until=moment + WINDOW,
    )  # fmt: skip
    record(
        actor=actor, verb="casework.changed_together", target=batch,
        payload={"what": change.what, "cases": len(rows)},
    )  # fmt: skip
    return batch


def _before(case: Case) -> dict[str, Any]:
    return {
        "state": case.state,
        "assignee": str(case.assignee) if case.assignee else None,
        "impact": case.impact,
        "urgency": case.urgency,
        "priority": case.priority,
        "reopened": case.reopened,
        "resolved_at": case.resolved_at.isoformat() if case.resolved_at else None,
        "closed_at": case.closed_at.isoformat() if case.closed_at else None,
        "resolved": bool(case.resolution),
        "used": _used(case).exists(),
    }


def _take(actor: Actor, case: Case, change: Together) -> str:
    assign_case(actor=actor, case_id=case.pk, take=True)
    return ""


def _give_back(actor: Actor, case: Case, change: Together) -> str:
    assign_case(actor=actor, case_id=case.pk)
    return ""


def _move(actor: Actor, case: Case, change: Together) -> str:
    move_case(actor=actor, case_id=case.pk, state=change.state, resolution=change.resolution)
    return ""


def _classify(actor: Actor, case: Case, change: Together) -> str:
    classify_case(actor=actor, case_id=case.pk, impact=change.impact, urgency=change.urgency)
    return ""


def _part_of(actor: Actor, case: Case, change: Together) -> str:
    if change.parent is None:
        raise CaseError("CASE-265", "Name the case that they are part of.", field="parent")
    known = CaseLink.objects.filter(case=case, other_id=change.parent, kind="part_of").exists()
    made = link_cases(actor=actor, case_id=case.pk, other_id=change.parent, kind="part_of")
    return "" if known else str(made.pk)


_ACTS: dict[str, Callable[[Actor, Case, Together], str]] = {
    "take": _take,
    "give_back": _give_back,
    "move": _move,
    "classify": _classify,
    "part_of": _part_of,
}


@action
def undo_changes(*, actor: Actor, batch_id: UUID) -> CaseBatch:
    """Put the cases of a batch back as they were, while its window is open, by whoever did it.

    `kept` of the batch then says how many were left alone. CASE-419 no such batch, 266 too late or
    undone before.
    """
    require(actor, WORK)
    batch = CaseBatch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None or batch.done_by != actor.user_id:
        raise NotFound("CASE-419", "There is nothing of yours to undo here.")
    if batch.undone_at is not None or now() > batch.until:
        raise Conflict(
            "CASE-266",
            "This cannot be undone any more: it was undone before, or more than ten minutes ago. "
            "Change the cases one by one.",
        )
    kept = 0
    for row in batch.rows:
        case = locked(actor, UUID(row["case"]))
        require_work(actor, case)
        if case.last_event != row["seq"] or not _undo(actor, case, batch.what, row):
            kept += 1
    batch.undone_at, batch.kept = now(), kept
    batch.save()
    record(
        actor=actor, verb="casework.undone_together", target=batch,
        payload={"cases": len(batch.rows) - kept, "kept": kept},
    )  # fmt: skip
    return batch


def _undo(actor: Actor, case: Case, what: str, row: dict[str, Any]) -> bool:
    """Put one case back; False where that is not possible any more."""
    before = row["before"]
    if what in ("take", "give_back"):
        case.assignee = UUID(before["assignee"]) if before["assignee"] else None
        append(actor, case, "given", {"to": before["assignee"], "undo": True}, reproject=False)
        return True
    if what == "classify":
        case.impact, case.urgency = before["impact"], before["urgency"]
        case.priority = before["priority"]
        data = {name: before[name] for name in ("priority", "impact", "urgency")}
        code = case.category.code if case.category else ""
        append(actor, case, "classified", {**data, "category": code, "undo": True})
        return True
    if what == "part_of":
        link = (
            CaseLink.objects.filter(case=case, pk=UUID(row["link"])).first()
            if row["link"]
            else None
        )
        if link is not None:
            data = {"other": str(link.other_id), "kind": link.kind, "undo": True}
            link.delete()
            append(actor, case, "unlinked", data, reproject=False)
        return True
    return _undo_move(actor, case, before)


def _used(case: Case) -> QuerySet[CaseUsage]:
    """What was used by finishing a case; contacts were had, whatever becomes of it."""
    return CaseUsage.objects.filter(case=case).exclude(period__startswith="c")


def _undo_move(actor: Actor, case: Case, before: dict[str, Any]) -> bool:
    """The state as it was: what the move wrote of solving, closing and usage goes with it."""
    usage = _used(case)
    if not before["used"] and usage.exclude(state="waiting").exists():
        return False
    if not before["used"]:
        usage.delete()
    if not before["resolved"]:
        case.resolution = ""
    put_state(actor, case, machine(case).state(before["state"]))
    case.reopened = before["reopened"]
    case.resolved_at = _moment(before["resolved_at"])
    case.closed_at = _moment(before["closed_at"])
    case.save()
    return True


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
