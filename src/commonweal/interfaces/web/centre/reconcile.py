"""From the ledger to the bills on one page: each sum beside its parts, each difference named."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import report
from ..requests import Asked
from .base import address, attachment, last_month, months_back, show
from .costs import cost_tabs

VIEW = "charging.view_costs"
WHOLE_YEAR = "year"


@dataclass(frozen=True)
class RowView:
    """An equation as people read it, with the page where its figures come from."""

    step: charging.TraceStep
    label: str
    parts: str
    means: str
    href: str


def labels() -> dict[str, str]:
    """Each equation in words."""
    return {
        "cost": _("Ledger cost = allocated to services + not allocated"),
        "shares": _("A service's cost = the shares of the pools that reach it"),
        "recovery": _("A service's cost = charged − recovered beyond cost"),
        "lines": _("Totals of the bills = their lines"),
        "funding": _("Lines of the bills = what each funding source pays"),
        "revenue": _("Lines of the bills = the centre's journals (4100, 2320)"),
        "expense": _("Lines of the bills = the agencies' journals (6100, 1320)"),
    }


def part_names() -> dict[str, str]:
    """The parts of the equations in words."""
    return {
        "allocated": _("allocated"),
        "unallocated": _("not allocated"),
        "edges": _("shares"),
        "billed": _("charged"),
        "not_recovered": _("not recovered"),
        "lines": _("lines"),
        "funding": _("funding sources"),
        "revenue": _("centre's journals"),
        "expense": _("agencies' journals"),
    }


def meaning(step: charging.TraceStep, currency: str) -> str:
    """What an equation's state says."""
    if step.state == "equal":
        return _("Equal to the cent")
    if step.state == "unknown":
        return _("Cannot be determined: the month has no allocation of its own costs.")
    amount = words.money(step.difference, currency)
    if step.code == "cost":
        return (
            _("Differs by %(amount)s: ledger lines came after the month was allocated.")
            if (step.difference or 0) > 0
            else _("Differs by %(amount)s: more was allocated than the ledger holds.")
        ) % {"amount": amount}
    return _("Differs by %(amount)s. Ask the administrator to check the books and the audit.") % {
        "amount": amount
    }


def asked_periods(request: Asked) -> tuple[str, list[str]]:
    """The month of the address, or the fiscal year of it (`?period=2026-10&span=year`)."""
    try:
        month = FiscalPeriod.parse(request.GET.get("period", ""))
    except CommonwealError:
        month = FiscalPeriod.parse(last_month())
    if request.GET.get("span") != WHOLE_YEAR:
        return month.code, [month.code]
    start = centre().fiscal_year_start_month
    first = FiscalPeriod(month.year if month.month >= start else month.year - 1, start)
    return month.code, [first.shift(step).code for step in range(12)]


def rows_of(trace: charging.Trace) -> list[RowView]:
    """The equations of every month, in words."""
    names, parts = labels(), part_names()
    runs = {month.period: month.run_id for month in trace.months}
    return [
        RowView(
            step,
            names[step.code],
            " + ".join(
                f"{parts[name]} {words.money(minor, trace.currency) if minor is not None else '–'}"
                for name, minor in step.parts
            ),
            meaning(step, trace.currency),
            _href(step, runs.get(step.period)),
        )
        for step in trace.steps
    ]


def _href(step: charging.TraceStep, run_id: object) -> str:
    """The page with the figures behind an equation."""
    if step.code in ("cost", "shares"):
        return address("allocation", run_id) if run_id else address("costs", period=step.period)
    if step.code == "recovery":
        return address("director", period=step.period) + "#recovered"
    return address("bills", period=step.period)


def headline(trace: charging.Trace) -> str:
    """Whether everything adds up, in a sentence."""
    if not trace.months:
        return _("No month asked for is closed yet, so nothing can be compared.")
    count, wrong, unknown = len(trace.steps), len(trace.differences), len(trace.unknown)
    if not wrong and not unknown:
        return ngettext(
            "From the ledger to the bills %(num)s sum was compared, and it is equal to the cent.",
            "From the ledger to the bills %(num)s sums were compared, and all are equal to the"
            " cent.",
            count,
        ) % {"num": count}
    return _("%(wrong)s of %(count)s sums differ, and %(unknown)s cannot be determined.") % {
        "wrong": wrong,
        "count": count,
        "unknown": unknown,
    }


@centre_only(VIEW)
@report("a row for each sum of some months: at most twelve months of every service")
def reconcile(request: Asked) -> HttpResponse:
    """Every sum from the ledger to the bills beside what it must equal."""
    period, periods = asked_periods(request)
    trace = charging.ledger_to_bills(request.actor, periods)
    context = {
        "period": period,
        "span": request.GET.get("span", ""),
        "months": months_back(last_month()),
        "trace": trace,
        "rows": rows_of(trace),
        "total": trace.total if len(trace.months) > 1 else [],
        "labels": labels(),
        "services": {
            **charging.service_names(request.actor),
            **{f"idle:{pool.code}": _("Idle capacity") for pool in charging.pools(request.actor)},
        },
        "headline": headline(trace),
        "tabs": cost_tabs("reconcile"),
    }
    return show(request, "centre/reconcile.jinja", context)


@centre_only(VIEW)
def reconcile_csv(request: Asked) -> HttpResponse:
    """The same as CSV, an equation in each row."""
    period, periods = asked_periods(request)
    trace = charging.ledger_to_bills(request.actor, periods)
    header, rows = charging.trace_table(trace)
    return attachment(
        f"ledger-to-bills-{period}.csv",
        "text/csv; charset=utf-8",
        charging.write_csv(header, rows),
    )
