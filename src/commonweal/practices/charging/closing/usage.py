"""Freeze, allocate, rate, prove, draft: from usage to draft bills."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.metering.public import (
    freeze_period,
    missing_sources,
    seal_period,
    write_partitions,
)
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError

from ..actions.bills import draft_bill
from ..actions.costs import allocate
from ..engine import ENGINE_VERSION
from ..models import CloseRun
from ..selectors.cost_model import ledger_lines
from . import rating
from .anomalies import forget_holds, hold_unusual
from .credits import add_credits
from .drafting import draft_lines
from .exchange import in_book_currency
from .reductions import with_reductions

Tell = Callable[[int, int | None], None]


class SourcesMissing(CommonwealError):
    """Usage is missing from sources that are expected."""


class CostsMissing(CommonwealError):
    """The month has no ledger costs."""


def freeze(*, actor: Actor, run: CloseRun, options: Any, tell: Tell) -> dict[str, Any]:
    """Name missing sources; then freeze the period, write its files and seal them."""
    checks = missing_sources(actor, run.period)
    unwaived = [check for check in checks if check.source.code not in options.waived]
    if unwaived:
        names = ", ".join(check.source.name for check in unwaived)
        raise SourcesMissing(
            "CLOSE-201",
            f"Usage is missing or incomplete from: {names}. "
            "Load it, or go on without it and say why.",
            sources=[{"code": check.source.code, "problem": check.sentence} for check in unwaived],
        )
    if checks and len(options.waive_reason.strip()) < 10:
        raise SourcesMissing(
            "CLOSE-202",
            "Say in at least ten characters why the close goes on without these sources.",
        )
    freeze_period(actor=actor, period=run.period)
    files = write_partitions(actor=actor, period=run.period, progress=tell)
    seal_period(actor=actor, period=run.period)
    return {
        "records": sum(file.rows for file in files if file.kind == "usage"),
        "waived": [check.source.code for check in checks],
        "waive_reason": options.waive_reason,
    }


def allocate_costs(*, actor: Actor, run: CloseRun, options: Any, tell: Tell) -> dict[str, Any]:
    """Allocate the month's ledger costs to services, for each service's position.

    A month without any is refused; going on with a reason allocates nothing, so that nobody reads
    of cost that was recovered (design law 6).
    """
    if not ledger_lines(run.period):
        _require_reason(run.period, options.no_costs_reason)
        return {"no_costs_reason": options.no_costs_reason.strip()}
    done = allocate(
        actor=actor,
        basis="actual",
        first_period=run.period,
        last_period=run.period,
        label=run.period,
    )
    return {
        "run": str(done.id),
        "total_minor": done.total_minor,
        "unallocated_minor": done.unallocated_minor,
    }


def _require_reason(period: str, reason: str) -> None:
    if len(reason.strip()) >= 10:
        return
    if reason.strip():
        raise CostsMissing(
            "CLOSE-204",
            "Say in at least ten characters why the close goes on without the month's costs.",
            field="no_costs_reason",
        )
    before = FiscalPeriod.parse(period).shift(-1).code
    raise CostsMissing(
        "CLOSE-203",
        f"{period} has no ledger costs. The month before, {before}, has {ledger_lines(before)} "
        "ledger lines. Import the month's costs, or go on without them and say why.",
        rows=[{"month": code, "lines": ledger_lines(code)} for code in (before, period)],
        field="no_costs_reason",
    )


def rate(*, actor: Actor, run: CloseRun, options: Any, tell: Tell) -> dict[str, Any]:
    """Price every record exactly, write the rated lines; refuse charges without cause (law 5)."""
    prepared = rating.prepare(actor, run.period)
    run.input_hash = prepared.input_hash
    run.engine_version = ENGINE_VERSION
    with rating.Workspace() as work:
        rating.load(work, prepared)
        rating.require_causes(work, prepared)
        rows = rating.write_rated(work, prepared, actor, run.period, tell)
    return {"records": rows, "input_hash": prepared.input_hash}


def prove(*, actor: Actor, run: CloseRun, options: Any, tell: Tell) -> dict[str, Any]:
    """Price the totals again by other code and compare to the last decimal (law 3)."""
    compared = rating.prove(actor, run.period)
    return {"groups": compared.groups, "total": compared.total}


def draft(*, actor: Actor, run: CloseRun, options: Any, tell: Tell) -> dict[str, Any]:
    """Round each line once, split it by funding source, write the draft bills."""
    currency = centre().currency
    prepared = rating.prepare(actor, run.period)
    if prepared.input_hash != run.input_hash:  # an order or a rate was signed since
        rate(actor=actor, run=run, options=options, tell=tell)
        prove(actor=actor, run=run, options=options, tell=tell)
    groups = in_book_currency(rating.groups(actor, run.period, prepared), currency)
    lines = with_reductions(draft_lines(groups, prepared.funding, currency), run.period, currency)
    credited = add_credits(lines, run.period, currency)
    forget_holds(run)
    total = 0
    for number, agency_id in enumerate(sorted(lines, key=str)):
        tell(number, len(lines))
        bill = draft_bill(
            actor=actor, run=run, agency_id=agency_id, currency=currency, lines=lines[agency_id]
        )
        total += bill.total_minor
    return {
        "bills": len(lines),
        "total_minor": total,
        "credits_minor": credited.taken_minor,
        "credits_moved_minor": credited.moved_minor,
        "holds": hold_unusual(run),
    }
