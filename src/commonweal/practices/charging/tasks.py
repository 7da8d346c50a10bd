"""Jobs of charging."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, require
from commonweal.kernel.jobs.public import Cancelled, report, stepwise
from commonweal.kernel.metering.public import kept_file
from commonweal.kernel.schema.public import CommonwealError, Forbidden

from .actions.acceptance import accept_due_bills
from .actions.budgets import tell_budgets
from .actions.cost_files import IMPORT, locked_file, note_imported, note_refused
from .actions.costs import import_costs
from .actions.disputes import MANY, open_dispute_cases, run_clocks
from .actions.packages import make_package, note_package_refused
from .actions.reserves import test_reserves
from .domain.costs import ColumnMapping, CostError
from .import_costs.files import FileOptions
from .import_costs.reading import CostRequest
from .models import BudgetAmount, CostFile
from .running import go_on
from .years import present_year


@stepwise
def close_month(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Run a close's next steps as the person who asked; resumable, shows progress, can be stopped.

    payload: `period`, `until` (a step's code). What the person decided is kept with the close.
    """

    def figures(code: str, done: int, total: int | None) -> None:
        report(job_id, done=done, total=total, note=code)

    go_on(actor, payload["period"], until=payload["until"], figures=figures)


@stepwise
def import_file(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Import a kept ledger file as whoever asked: all of it in one transaction, or nothing.

    A worker that is killed leaves nothing of it; the next one begins anew.
    """
    require(actor, IMPORT)
    file_id = UUID(payload["file"])

    def tell(done: int, total: int) -> None:
        report(job_id, done, total)

    try:
        with act_as(actor):
            file = locked_file(file_id)
            if file.cost_import_id is not None:
                return
            made = import_costs(actor=actor, request=request_of(file), tell=tell)
            note_imported(actor=actor, file_id=file_id, cost_import=made.cost_import)
    except (Cancelled, Forbidden):
        raise
    except CommonwealError as error:
        with act_as(actor):
            note_refused(actor=actor, file_id=file_id, error=error)
        raise
    kept_file(file_id).unlink(missing_ok=True)


@stepwise
def yearly_package(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Make the package that somebody asked for: all of it in one transaction, or nothing."""
    package_id = UUID(payload["package"])

    def tell(done: int, total: int) -> None:
        report(job_id, done, total)

    try:
        with act_as(actor):
            make_package(actor=actor, package_id=package_id, tell=tell)
    except (Cancelled, Forbidden):
        raise
    except CommonwealError as error:
        with act_as(actor):
            note_package_refused(actor=actor, package_id=package_id, error=error)
        raise


@stepwise
def daily_reserves(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Test every service's reserve and keep the result of the day."""
    with act_as(actor):
        test_reserves(actor=actor)


def run_dispute_clocks(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Take overdue disputes to the next level, once each; close those that were let stand; give
    those from before there were cases theirs, some at a time."""
    run_clocks(actor=actor)
    while open_dispute_cases(actor=actor) == MANY:
        pass


def accept_due(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """Accept by their orders' terms the bills whose days to pay have passed without a word."""
    with act_as(actor):
        accept_due_bills(actor=actor)


def request_of(file: CostFile) -> CostRequest:
    """What the person asked, with the file's bytes (COSTS-114)."""
    asked = file.asked
    try:
        data = kept_file(file.id).read_bytes()
    except FileNotFoundError:
        raise CostError("COSTS-114", "The file is not kept any more. Upload it again.") from None
    return CostRequest(
        filename=file.filename,
        data=data,
        mapping=asked["mapping"],
        given=ColumnMapping(**asked["given"]),
        accept_as=asked["accept_as"],
        period=asked["period"],
        currency=asked["currency"],
        basis=asked["basis"],
        late_reason=asked["late_reason"],
        keep_repeats=asked["keep_repeats"],
        options=FileOptions(**asked["options"]),
    )


def look_at_budgets(**_: Any) -> int:
    """Tell agencies which percentages of their budgets are spent; a transaction each. Idempotent.

    Only agencies that entered a budget for the year in progress.
    """
    with act_as(SYSTEM):
        year = present_year()
        rows = BudgetAmount.objects.filter(fiscal_year=year).values_list("agency_id", flat=True)
        agencies = sorted(set(rows))
    told = 0
    for agency_id in agencies:
        with act_as(SYSTEM):
            told += tell_budgets(actor=SYSTEM, agency_id=agency_id, fiscal_year=year)
    return told
