"""The monthly close: start, advance, look, stop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.access.public import Actor
from commonweal.practices.charging import public as charging

from ..authority.doors import DeciderOut, VerdictIn
from ..kit import paging
from ..kit.doors import Asked, Door, centre
from ..kit.types import Code, Day, In, Money, Out, Page, Period, Text

SEE, RUN = centre("charging.view_all_bills"), centre("charging.run_close")
APPROVE = centre("charging.approve_bills")
STEPS = tuple(rule.code for rule in charging.CLOSE_STEPS)
door = Door("close", "The close of a month: from usage to issued bills and posted journals.")


class StepOut(Out):
    """One step; `detail` holds what it found, or why it stopped with the rows that show it."""

    code: str
    state: str
    started_at: datetime | None
    finished_at: datetime | None
    detail: dict[str, Any]


class WorkOut(Out):
    """The background work of a close: who asked, how far it is, and why it failed if it did.

    `step` is done now, `done` of `total` parts of it; `last_error` is a code or a class of error.
    """

    id: UUID
    state: str
    asked_by: UUID | None
    since: datetime
    step: str = Field(alias="progress_note")
    done: int = Field(alias="progress_done")
    total: int | None = Field(alias="progress_total")
    last_error: str

    @staticmethod
    def resolve_since(row: Any) -> datetime:
        """When its newest attempt began, or is due."""
        return row.started_at or row.run_at  # type: ignore[no-any-return]


class RecoveryOut(Out):
    """What the drafts charge for a service beside what it cost; `cost` null: not known."""

    service: str
    charged: Money
    cost: Money | None


class DisputeOut(Out):
    """A line that an agency disputes and nobody has answered."""

    id: UUID
    line_id: UUID
    agency: str
    charge_item: str
    amount: Money
    text: str


class ApprovalOut(Out):
    """What a second person approves before the month's bills are issued.

    While it is `proposed`, a signed-in person decides it by `POST /closes/{period}/approve` or
    `/reject`: open disputes take a reason. `why_not`: why you may not; `deciders`: who may.
    """

    id: UUID
    state: str
    statement: str
    bills: int
    total: Money
    currency: str
    services: list[RecoveryOut]
    disputes: list[DisputeOut]
    preview_ends: Day | None
    ends_preview: bool
    preview_reason: str
    reason: str
    decided_at: datetime | None
    deciders: list[DeciderOut]
    why_not: str


class SkippedOut(Out):
    """Earlier months with usage or costs that were not closed first."""

    months: list[str]
    reason: str


class CloseOut(Out):
    """A month's close; `input_hash` identifies the run together with the engine's version.

    `work` is its newest background work, which may have ended; none: it never had any.
    """

    id: UUID
    period: str
    state: str
    engine_version: str
    input_hash: str
    preview_ends: Day | None
    started_at: datetime
    finished_at: datetime | None
    cancel_requested: bool
    skipped: SkippedOut | None = Field(description="Earlier months that were left open, and why.")
    steps: list[StepOut]
    work: WorkOut | None = None
    approval: ApprovalOut | None = Field(None, description="Only where one month is read.")

    @staticmethod
    def resolve_skipped(row: Any) -> Any:
        """Nothing where no month was left open."""
        return row.skipped or None

    @staticmethod
    def resolve_steps(row: Any) -> list[Any]:
        """In order."""
        return sorted(row.steps.all(), key=lambda step: step.order)


class StartIn(In):
    """Why earlier months with usage or costs are left open, if there are any (CLOSE-105)."""

    skip_reason: Annotated[Text, Field(max_length=500)] = ""


class AdvanceIn(In):
    """What a person decides about a close. `until`: the last step to do."""

    until: Literal[STEPS] = STEPS[-1]  # type: ignore[valid-type]
    waived: list[Annotated[Code, Field(max_length=40)]] = Field(default_factory=list, max_length=50)
    waive_reason: Annotated[Text, Field(max_length=500)] = ""
    preview_days: int | None = Field(None, ge=0, le=60)
    end_preview: bool = False
    preview_reason: Annotated[Text, Field(max_length=500)] = Field(
        "", description="Why agencies have less than five working days; whoever approves reads it."
    )
    no_costs_reason: Annotated[Text, Field(max_length=500)] = ""
    skip_reason: Annotated[Text, Field(max_length=500)] = ""


class BillsVerdictIn(VerdictIn):
    """What was decided about which proposal: the `id` of the close's `approval` as it was read."""

    decision: UUID


class MonthOut(Out):
    """A month in figures."""

    period: str
    bills: int
    draft: int
    preview: int
    issued: int
    total: Money
    currency: str
    questions: int
    disputes: int


def with_work(actor: Actor, rows: Sequence[charging.CloseRun]) -> list[charging.CloseRun]:
    """Closes with their background work; one query."""
    jobs = charging.close_jobs(actor, [row.period for row in rows])
    for row in rows:
        row.work = jobs.get(row.period)  # type: ignore[attr-defined]
    return list(rows)


def one(actor: Actor, period: str) -> charging.CloseRun:
    """One month's close with its work and the approval of its bills."""
    found = with_work(actor, [charging.close_run(actor, period)])[0]
    found.approval = approval(actor, found)  # type: ignore[attr-defined]
    return found


def approval(actor: Actor, run: charging.CloseRun) -> dict[str, Any] | None:
    """What the second person is shown, or was."""
    found = charging.issue_approval(actor, run)
    if found is None:
        return None
    decision, effect = found.decision, found.decision.effect
    text = partial(charging.money_text, currency=decision.currency)
    return {
        "id": decision.pk,
        "state": decision.state,
        "statement": decision.statement,
        "bills": effect["bills"],
        "total": text(effect["total_minor"]),
        "currency": decision.currency,
        "services": [
            {
                "service": row["service"],
                "charged": text(row["charged"]),
                "cost": None if row["cost"] is None else text(row["cost"]),
            }
            for row in found.services
        ],
        "disputes": [
            {
                "id": query.pk,
                "line_id": query.line_id,
                "agency": query.agency.code,
                "charge_item": query.line.charge_item.code,
                "amount": text(query.disputed_minor or query.line.amount_minor),
                "text": query.text,
            }
            for query in found.disputes
        ],
        "preview_ends": run.preview_ends,
        "ends_preview": effect["ends_preview"],
        "preview_reason": effect["preview_reason"],
        "reason": decision.reason,
        "decided_at": decision.decided_at,
        "deciders": found.deciders,
        "why_not": found.why_not,
    }


@door.get("/closes", access=SEE, returns=Page[CloseOut])
def list_closes(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Every month's close, newest first."""
    rows = charging.closes(request.actor, paging.place(after, limit))
    with_work(request.actor, rows)
    return paging.answer(rows)


@door.get("/closes/{period}", access=SEE, returns=CloseOut)
def read_close(request: Asked, period: Period) -> charging.CloseRun:
    """One month's close with its steps, and how far its background work is."""
    return one(request.actor, period)


@door.get("/closes/{period}/summary", access=SEE, returns=MonthOut)
def summarise_month(request: Asked, period: Period) -> dict[str, Any]:
    """The month's bills, their sum, and what is asked or disputed."""
    from commonweal.kernel.party.public import centre as profile

    currency = profile().currency
    found = charging.month_summary(request.actor, period)
    total = charging.money_text(found["total"], currency)
    return {**found, "total": total, "period": period, "currency": currency}


@door.post("/closes/{period}", access=RUN, returns=CloseOut, status=201)
def start_close(request: Asked, period: Period, data: StartIn | None = None) -> charging.CloseRun:
    """Start a month's close, or find the one there is; nothing is done yet."""
    reason = data.skip_reason if data else ""
    charging.start_close(actor=request.actor, period=period, skip_reason=reason)
    return one(request.actor, period)


@door.post("/closes/{period}/advance", access=RUN, returns=CloseOut, status=202)
def advance_close(request: Asked, period: Period, data: AdvanceIn) -> charging.CloseRun:
    """Have the next steps done in the background, up to and including `until`, as you.

    Read the close to follow `work`. Where something is wrong the close stops: its step says what,
    what was done stays done, and the same call goes on after the remedy. 409 (CLOSE-409) names
    whoever runs the month's close already.
    """
    options = charging.CloseOptions(
        waived=tuple(data.waived),
        waive_reason=data.waive_reason,
        preview_days=data.preview_days,
        end_preview=data.end_preview,
        preview_reason=data.preview_reason,
        no_costs_reason=data.no_costs_reason,
        skip_reason=data.skip_reason,
    )
    charging.ask_close(actor=request.actor, period=period, options=options, until=data.until)
    return one(request.actor, period)


@door.post("/closes/{period}/stop", access=RUN, returns=CloseOut)
def stop_close(request: Asked, period: Period) -> charging.CloseRun:
    """Stop a running close: what is done stays, the step that runs is taken back."""
    charging.request_stop(actor=request.actor, period=period)
    return one(request.actor, period)


@door.post("/closes/{period}/approve", access=APPROVE, returns=CloseOut)
def approve_bills(request: Asked, period: Period, data: BillsVerdictIn) -> charging.CloseRun:
    """Approve that the month's bills are issued, as a signed-in second person.

    `decision` is the proposal that was read; another one is refused (CLOSE-511). Open disputes take
    a reason (CLOSE-504). Background work that was asked for goes on.
    """
    charging.approve_bills(
        actor=request.actor, period=period, reason=data.reason, seen=data.decision
    )
    return one(request.actor, period)


@door.post("/closes/{period}/reject", access=APPROVE, returns=CloseOut)
def reject_bills(request: Asked, period: Period, data: BillsVerdictIn) -> charging.CloseRun:
    """Reject that the month's bills are issued, with a reason; the close stops with it."""
    charging.reject_bills(
        actor=request.actor, period=period, reason=data.reason, seen=data.decision
    )
    return one(request.actor, period)


class PositionOut(Out):
    """A service's own account: what it charged, what it cost, what is left. Nothing is netted."""

    service: str = Field(alias="service_code")
    revenue: Money
    expense: Money
    position: Money
    currency: str
    months: list[str]
    missing: list[str]


@door.get("/positions", access=centre("charging.view_costs"), returns=Page[PositionOut])
def list_positions(
    request: Asked,
    fiscal_year: Annotated[int, Field(ge=1970, le=2199)] = Query(..., examples=[2027]),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Revenue, expense and position of every service over a fiscal year."""
    rows = [
        {
            "service_code": row.service_code,
            "revenue": charging.money_text(row.revenue, row.currency),
            "expense": charging.money_text(row.expense, row.currency),
            "position": charging.money_text(row.position, row.currency),
            "currency": row.currency,
            "months": list(row.months),
            "missing": list(row.missing),
        }
        for row in charging.service_positions(request.actor, fiscal_year=fiscal_year)
    ]
    return paging.part_of(rows, after, limit, lambda row: row["service_code"])
