"""What the decision about a month's bills does: let the close go on, or keep it where it is."""

from __future__ import annotations

from uuid import UUID

from commonweal.kernel.access.public import Actor
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.authority.public import Decision, NotYours, approve, reject
from commonweal.kernel.calendar.public import now
from commonweal.kernel.party.public import actor_of_account
from commonweal.kernel.schema.public import Conflict

from ..closing.approval import (
    ENOUGH,
    ApprovalError,
    dispute_rows,
    disputes,
    drafted_by,
    drafts_digest,
    latest,
)
from ..closing.held import hold
from ..domain.close import CODES, next_step
from ..models import CloseRun, CloseStep
from ..selectors.closes import busy, existing
from .close import APPROVAL, RUN, enqueue_close


@action
def approve_bills(
    *, actor: Actor, period: str, reason: str = "", seen: UUID | None = None
) -> Decision:
    """Approve that a month's bills are issued, as a second person (CLOSE-508 if nothing waits).

    `seen`: the proposal that the person read; another one is refused (CLOSE-511).
    """
    return approve(actor=actor, decision_id=_asked(actor, period, seen), reason=reason)


@action
def reject_bills(*, actor: Actor, period: str, reason: str, seen: UUID | None = None) -> Decision:
    """Reject that a month's bills are issued, with a reason (CLOSE-508 if nothing waits)."""
    return reject(actor=actor, decision_id=_asked(actor, period, seen), reason=reason)


def _asked(actor: Actor, period: str, seen: UUID | None) -> UUID:
    run = existing(period)
    decision = latest(actor, run)
    if decision is None or decision.state != "proposed":
        raise Conflict(
            "CLOSE-508", f"No bills of {period} wait for an approval. Read the close page."
        )
    if seen is not None and seen != decision.pk:
        raise Conflict(
            "CLOSE-511",
            f"The proposal to issue the bills of {period} is another than the one you read. Read "
            "it, then decide.",
        )
    record(actor=actor, verb="close.decision_asked", target=run, payload={"period": period})
    return decision.pk


def bills_approved(actor: Actor, decision: Decision) -> None:
    """Let the bills go out; whoever drafted them cannot approve them (CLOSE-503).

    Called by authority in the transaction of the decision. Open disputes take a reason of the
    approver's own (CLOSE-504). Background work that was asked for goes on.
    """
    run = _held(actor, decision)
    drafted = CloseStep.objects.get(run=run, code="draft").run_by
    if drafted_by(actor, drafted, decision.agency_id):
        raise NotYours(
            "CLOSE-503", "You drafted these bills, so somebody else must approve that they go out."
        )
    if decision.effect["drafts"] != drafts_digest(run):
        raise Conflict(
            "CLOSE-505", "The drafts are others than those that were proposed. Ask again."
        )
    open_disputes = disputes(run)
    if open_disputes and len(decision.reason) < ENOUGH:
        named = ", ".join(
            f"{row['agency']}: {row['item']} {row['amount']}"
            for row in dispute_rows(open_disputes)[:5]
        )
        raise ApprovalError(
            "CLOSE-504",
            f"{len(open_disputes)} lines are disputed ({named}). Say in at least ten characters "
            "why the bills go out all the same, or have the disputes answered first.",
            field="reason",
            rows=dispute_rows(open_disputes),
        )
    CloseStep.objects.filter(run=run, code=APPROVAL).update(
        state="done",
        started_at=decision.proposed_at,
        finished_at=now(),
        run_by=actor.user_id,
        detail={
            "bills": decision.effect["bills"],
            "total_minor": decision.effect["total_minor"],
            "decision": str(decision.pk),
            "disputes": len(open_disputes),
            "seen": [str(query.pk) for query in open_disputes],
            "reason": decision.reason,
        },
    )
    CloseRun.objects.filter(pk=run.pk).update(state="open")
    record(
        actor=actor,
        verb="close.approve_done",
        target=run,
        payload={
            "period": run.period,
            "decision": decision.pk,
            "disputes": [query.pk for query in open_disputes],
        },
    )
    _go_on(run)


def bills_not_approved(actor: Actor, decision: Decision) -> None:
    """Keep a rejected month where it is, with the reason; a withdrawn proposal just waits."""
    run = CloseRun.objects.get(pk=decision.subject_id)
    if decision.state == "rejected":
        why = ApprovalError(
            "CLOSE-506",
            f"The bills were rejected: {decision.reason} Answer that, then ask for the approval "
            "again.",
        )
        CloseStep.objects.filter(run=run, code=APPROVAL).update(
            state="stopped",
            started_at=decision.proposed_at,
            finished_at=now(),
            detail={"code": why.code, "message": why.message},
        )
        CloseRun.objects.filter(pk=run.pk).update(state="stopped")
    record(
        actor=actor,
        verb="close.approve_refused",
        target=run,
        payload={"period": run.period, "decision": decision.pk, "state": decision.state},
    )


def _held(actor: Actor, decision: Decision) -> CloseRun:
    run = CloseRun.objects.get(pk=decision.subject_id)
    if not hold(run.period):
        raise busy(actor, run)
    states = dict(CloseStep.objects.filter(run=run).values_list("code", "state"))
    if next_step(states) != APPROVAL:
        raise Conflict(
            "CLOSE-410", f"The close of {run.period} does not wait for an approval. Read its page."
        )
    return run


def _go_on(run: CloseRun) -> None:
    """Queue what was asked for in the background, as whoever asked, with their rights of now."""
    asked = run.background
    if not asked or CODES.index(asked["until"]) <= CODES.index(APPROVAL):
        return
    asker = actor_of_account(UUID(asked["asked_by"]))
    if asked["scopes"] is not None:
        asker = asker.limited_to(frozenset(asked["scopes"]))
    if asker.may(RUN):
        enqueue_close(asker, run, asked["until"])
