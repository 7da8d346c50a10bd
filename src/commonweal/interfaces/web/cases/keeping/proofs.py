"""The nightly proof of clocks, frozen months and their restatement, and usage that was refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.schema.public import NotFound

from ...access import centre_only
from ...centre.base import as_id, attempt, said_on, show, text
from ...lists import lists, pages, place, report
from ...look.page import Problem
from ...requests import Asked
from ..said import metrics
from .base import MANAGE, names_of, tabs_of


@centre_only(MANAGE)
@lists("casework.ClockAudit")
def proofs(request: Asked) -> HttpResponse:
    """Each night's proof: how many clocks were computed anew from events, how many differed."""
    rows = casework.clock_audits(request.actor, place(request))
    context = {
        "rows": rows,
        "last": None if request.GET.get("at") else next(iter(rows), None),
        "pages": pages(request, rows),
        "tabs_of": tabs_of("proofs"),
    }
    return show(request, "cases/keeping/proofs.jinja", context)


@centre_only(MANAGE)
@lists("casework.ClockDrift")
def drifts(request: Asked) -> HttpResponse:
    """What a clock's row held, and what its events say."""
    rows = casework.clock_drifts(request.actor, place(request))
    context = {
        "rows": rows,
        "fields": field_words(),
        "pages": pages(request, rows),
        "tabs_of": tabs_of("proofs"),
    }
    return show(request, "cases/keeping/drifts.jinja", context)


def field_words() -> dict[str, str]:
    """What of a clock can differ."""
    return {
        "state": _("State"),
        "started_at": _("Started"),
        "due_at": _("Due"),
        "stopped_at": _("Ended"),
        "elapsed_us": _("Time counted (microseconds)"),
        "paused_us": _("Time paused (microseconds)"),
        "breached_at": _("Passed its time"),
        "month": _("Month in which it counts"),
    }


@centre_only(MANAGE)
@lists("casework.ClockFreeze")
def months(request: Asked) -> HttpResponse:
    """Months as they were counted when they had ended, and as they were counted again."""
    rows = casework.clock_freezes(request.actor, place=place(request))
    context = {
        "rows": [(row, *_sums(row.counts)) for row in rows],
        "pages": pages(request, rows),
        "tabs_of": tabs_of("months"),
    }
    return show(request, "cases/keeping/months.jinja", context)


def _sums(counts: Mapping[str, Any]) -> tuple[int, int]:
    """Clocks that were met and missed."""
    return sum(row["met"] for row in counts.values()), sum(row["missed"] for row in counts.values())


@centre_only(MANAGE)
@report("the versions of one frozen month")
def month(request: Asked, agency: str, month: str) -> HttpResponse:
    """One agency's month: its versions, what differs from today's count, and counting it again."""
    actor = request.actor
    agency_id = find_agency(actor, agency).pk
    day = _month(month)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        errors = attempt(
            lambda: casework.restate_clocks(
                actor=actor, agency_id=agency_id, month=day, reason=text(request, "reason")
            )
        )
        if not errors:
            said = _("The month is counted again. The versions before it stay.")
            return said_on(request, "keeping:month", said, agency, month)
    rows = casework.clock_freezes(actor, agency_id, day)
    if not rows:
        raise NotFound("CASE-409", _("This month was not frozen for this agency."))
    context = {
        "rows": rows,
        "last": rows[0],
        "lines": lines_of(rows[0].counts, casework.counts_now(actor, rows[0])),
        "differs": casework.differs_now(actor, rows[0]),
        "names": names_of(actor, {row.recorded_by for row in rows}),
        "asked": request.POST,
        "tabs_of": tabs_of("months"),
    }
    return show(request, "cases/keeping/month.jinja", context, errors)


def _month(given: str) -> date:
    try:
        return date.fromisoformat(f"{given}-01")
    except ValueError:
        raise NotFound("CASE-409", _("This month was not frozen for this agency.")) from None


def lines_of(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Promise by promise: what was counted then, and what would be counted today."""
    found, words = [], metrics()
    none = {"met": 0, "missed": 0}
    for name in sorted({*then, *now}):
        metric, code, starts = name.split(" ")
        before, after = then.get(name, none), now.get(name, none)
        found.append(
            {
                "name": _("%(metric)s: %(code)s from %(starts)s")
                % {"metric": words.get(metric, metric), "code": code, "starts": starts},
                "then": before,
                "now": after,
                "differs": before != after,
            }
        )
    return found


@centre_only(MANAGE)
@lists("casework.CaseUsage")
def usage(request: Asked) -> HttpResponse:
    """Closed cases whose usage was refused, and having one or all of it tried again."""
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        counts: list[int] = []
        one = as_id(text(request, "usage"))
        errors = attempt(
            lambda: counts.append(casework.retry_usage(actor=request.actor, usage_id=one))
        )
        if not errors:
            said = ngettext(
                "%(n)s record is tried again within minutes.",
                "%(n)s records are tried again within minutes.",
                counts[0],
            ) % {"n": counts[0]}
            return said_on(request, "keeping:usage", said)
    rows = casework.refused_usage(request.actor, place(request))
    context = {"rows": rows, "pages": pages(request, rows), "tabs_of": tabs_of("usage")}
    return show(request, "cases/keeping/usage.jinja", context, errors)
