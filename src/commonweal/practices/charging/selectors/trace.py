"""The reconciliation from the ledger to the bills: each figure read at its own place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Sum

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.ledger.public import Posting
from commonweal.kernel.money.public import Money
from commonweal.kernel.party.public import centre

from ..closing.posting import DUE, EXPENSE, OWED, REVENUE
from ..domain.cost_model import UNALLOCATED
from ..domain.trace import Step, Sums, steps_of, whole
from ..models import (
    AllocationEdge,
    AllocationRun,
    Bill,
    BillLine,
    CloseRun,
    CostLine,
    LineFunding,
)
from .cost_model import VIEW
from .credits import unearned_lines
from .rates import service_positions

Book = dict[str, dict[str, int]]


@dataclass(frozen=True)
class MonthTrace:
    """A closed month's equations; `run_id`: the allocation that they read (None: it has none)."""

    period: str
    steps: Sequence[Step]
    run_id: UUID | None


@dataclass(frozen=True)
class Trace:
    """Some months from ledger to bills. `open`: months that are not closed, so not counted."""

    months: Sequence[MonthTrace]
    open: Sequence[str]
    total: Sequence[Step]
    currency: str

    @property
    def steps(self) -> list[Step]:
        """Every equation of every month."""
        return [step for month in self.months for step in month.steps]

    @property
    def differences(self) -> list[Step]:
        """The equations that do not hold."""
        return [step for step in self.steps if step.state == "differs"]

    @property
    def unknown(self) -> list[Step]:
        """The equations of which a side is not there."""
        return [step for step in self.steps if step.state == "unknown"]


def ledger_to_bills(actor: Actor, periods: Sequence[str]) -> Trace:
    """Ledger cost, allocation, recovery, bills, lines, funding and both books for some months.

    Every figure is read where it is kept: cost lines, the month's newest allocation and its edges,
    bills, their lines and funding, the postings of the centre's 4100 and the agencies' 6100 (2320
    and 1320 for lines that hand on what was owed already).
    """
    require(actor, VIEW)
    states = dict(CloseRun.objects.filter(period__in=periods).values_list("period", "state"))
    closed = [period for period in sorted(periods) if states.get(period) == "done"]
    runs = _runs(closed)
    sums = _sums(actor, closed, runs)
    months = [
        MonthTrace(found.period, steps_of(found), runs[found.period].pk if found.period in runs
                   else None)
        for found in sums
    ]  # fmt: skip
    return Trace(
        months,
        [period for period in sorted(periods) if period not in closed],
        whole(month.steps for month in months),
        centre().currency,
    )


def _runs(periods: Sequence[str]) -> dict[str, AllocationRun]:
    """Each month's own newest allocation of actual costs."""
    rows = AllocationRun.objects.filter(
        agency_id=centre().agency_id, basis="actual", label__in=periods
    ).order_by("recorded_at", "id")
    return {row.label: row for row in rows if row.first_period == row.last_period == row.label}


def _sums(actor: Actor, periods: Sequence[str], runs: dict[str, AllocationRun]) -> list[Sums]:
    own = centre().agency_id
    costs = _pairs(
        CostLine.objects.filter(agency_id=own, basis="actual", period__in=periods)
        .values_list("period")
        .annotate(Sum("amount_minor"))
        .order_by()
    )
    bills = _pairs(
        Bill.objects.filter(period__in=periods, state="issued")
        .values_list("period")
        .annotate(Sum("total_minor"))
        .order_by()
    )
    funding = _pairs(
        LineFunding.objects.filter(line__bill__period__in=periods, line__bill__state="issued")
        .values_list("line__bill__period")
        .annotate(Sum("amount_minor"))
        .order_by()
    )
    lines = _book(
        BillLine.objects.filter(bill__period__in=periods, bill__state="issued")
        .values_list("bill__period", "service__code")
        .annotate(Sum("amount_minor"))
        .order_by()
    )
    unearned = _book(
        BillLine.objects.filter(bill__period__in=periods, bill__state="issued")
        .filter(id__in=unearned_lines())
        .values_list("bill__period", "service__code")
        .annotate(Sum("amount_minor"))
        .order_by()
    )
    edges = _edges(runs)
    revenue = _postings(periods, (REVENUE, OWED), own)
    expense = _postings(periods, (EXPENSE, DUE), None)
    found = []
    for period in periods:
        run = runs.get(period)
        found.append(
            Sums(
                period=period,
                ledger=costs.get(period, 0),
                allocated=None if run is None else _allocated(run),
                edges=edges.get(period, {}),
                unallocated=None if run is None else run.unallocated_minor,
                positions=_positions(actor, period),
                bills=bills.get(period, 0),
                lines=lines.get(period, {}),
                funding=funding.get(period, 0),
                revenue={key: -value for key, value in revenue.get(period, {}).items()},
                expense=expense.get(period, {}),
                unearned=unearned.get(period, {}),
            )
        )
    return found


def _pairs(rows: Iterable[tuple[Any, ...]]) -> dict[str, int]:
    return {period: int(amount) for period, amount in rows}


def _book(rows: Iterable[tuple[Any, ...]]) -> Book:
    found: Book = defaultdict(dict)
    for period, service, amount in rows:
        found[period][service] = int(amount)
    return found


def _allocated(run: AllocationRun) -> dict[str, int]:
    return {
        entry["target"]: Money.exactly(entry["amount"], run.currency).minor
        for entry in run.result["totals"]
        if entry["target"] != UNALLOCATED
    }


def _edges(runs: dict[str, AllocationRun]) -> Book:
    of_run = {run.pk: period for period, run in runs.items()}
    rows = (
        AllocationEdge.objects.filter(run_id__in=of_run)
        .values_list("run_id", "target")
        .annotate(Sum("amount_minor"))
        .order_by()
    )
    return _book((of_run[run], target, amount) for run, target, amount in rows)


def _postings(periods: Sequence[str], accounts: Sequence[str], books: UUID | None) -> Book:
    """The bills' postings of accounts by month and service; `books` None: every agency's."""
    rows = Posting.objects.filter(
        account__code__in=accounts,
        journal__source="charging",
        journal__idempotency_key__startswith="bill:",
        period__code__in=periods,
    )
    rows = (
        rows.exclude(agency_id=centre().agency_id)
        if books is None
        else rows.filter(agency_id=books)
    )
    return _book(
        rows.values_list("period__code", "service_code").annotate(Sum("amount")).order_by()
    )


def _positions(actor: Actor, period: str) -> dict[str, int]:
    """What each service's own account says for the month, as the rate book publishes it."""
    return {
        row.service_code: row.position
        for row in service_positions(actor, periods=[period])
        if row.months
    }
