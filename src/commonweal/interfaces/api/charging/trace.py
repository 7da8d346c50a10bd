"""The reconciliation from the ledger to the bills."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from ninja import Query

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.party.public import centre as profile
from commonweal.practices.charging import public as charging

from ..kit.doors import Asked, Door, File, attachment, centre
from ..kit.types import Money, Out, Period

COSTS = centre("charging.view_costs")
door = Door("reconciliation", "From the ledger to the bills: every sum and what it must equal.")


class TracePartOut(Out):
    """A part of the second sum."""

    name: str
    amount: Money | None


class EquationOut(Out):
    """Two sums that must be equal; `difference` is null where one of them is not there."""

    code: str
    period: str
    service: str
    left: Money | None
    parts: list[TracePartOut]
    right: Money | None
    difference: Money | None
    state: str


class TraceOut(Out):
    """Some months from the ledger to the bills; `open` months are not closed, so not counted."""

    currency: str
    months: list[str]
    open: list[str]
    differences: int
    unknown: int
    total: list[EquationOut]
    equations: list[EquationOut]


def _equation(step: charging.TraceStep, currency: str) -> dict[str, Any]:
    def text(minor: int | None) -> str | None:
        return None if minor is None else charging.money_text(minor, currency)

    return {
        "code": step.code,
        "period": step.period,
        "service": step.service,
        "left": text(step.left),
        "parts": [{"name": name, "amount": text(minor)} for name, minor in step.parts],
        "right": text(step.right),
        "difference": text(step.difference),
        "state": step.state,
    }


def _trace(request: Asked, period: str, year: bool) -> charging.Trace:
    month = FiscalPeriod.parse(period)
    periods = [month.code]
    if year:
        start = profile().fiscal_year_start_month
        first = FiscalPeriod(month.year if month.month >= start else month.year - 1, start)
        periods = [first.shift(step).code for step in range(12)]
    return charging.ledger_to_bills(request.actor, periods)


WHOLE = Query(False, description="The whole fiscal year of the month.")


@door.get("/reconciliation/{period}", access=COSTS, returns=TraceOut)
def read_reconciliation(request: Asked, period: Period, year: bool = WHOLE) -> dict[str, Any]:
    """Ledger, allocation, bills, lines, funding and both books, each against what it must equal."""
    found = _trace(request, period, year)
    return {
        "currency": found.currency,
        "months": [month.period for month in found.months],
        "open": list(found.open),
        "differences": len(found.differences),
        "unknown": len(found.unknown),
        "total": [_equation(step, found.currency) for step in found.total],
        "equations": [_equation(step, found.currency) for step in found.steps],
    }


@door.get("/reconciliation/{period}/equations.csv", access=COSTS, returns=File("text/csv"))
def download_reconciliation(request: Asked, period: Period, year: bool = WHOLE) -> HttpResponseBase:
    """The same as CSV, an equation in each row."""
    header, rows = charging.trace_table(_trace(request, period, year))
    data = charging.write_csv(header, rows)
    return attachment(f"ledger-to-bills-{period}.csv", "text/csv; charset=utf-8", data)
