"""The director's page: charged, recovered, late, disputed, decided next, each with its why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markupsafe import Markup

from commonweal.kernel.access.public import Actor
from commonweal.kernel.authority.public import LIMIT, SECOND, waiting
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import services
from commonweal.kernel.metering.public import SourceCheck, missing_sources, sources
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import Place
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import report
from ..look.charts import Point, ranking
from ..look.page import Stat
from ..requests import Asked
from .base import address, bill_href, last_month, month_asked, show
from .closes import CloseView, closes, month_to_close, view_of
from .glance import glance, worth_stat

VIEW = "charging.view_all_bills"
MOST = 1000
RECOVERY = (
    "charging.PriceReduction",
    "charging.AccountEntry",
    "charging.RecoveryRule",
    "charging.Engagement",
)
"""What waits on the page of recovery's decisions."""


@dataclass(frozen=True)
class Charged:
    """What one agency was charged in the month and the month before; None: no bill there."""

    agency: str
    bill_id: UUID
    number: str
    state: str
    now: int
    before: int | None
    currency: str

    @property
    def change(self) -> int | None:
        """Minor units more than the month before."""
        return None if self.before is None else self.now - self.before

    @property
    def href(self) -> str:
        """The bill's page."""
        return bill_href(self.number, self.bill_id)


@dataclass(frozen=True)
class Recovered:
    """One service in the month. `position` above zero: recovered beyond cost."""

    name: str
    code: str
    revenue: int
    expense: int
    position: int
    known: bool

    @property
    def status(self) -> tuple[str, str]:
        """The shape and the word: what the position means (within one percent counts as even)."""
        if not self.known:
            return "unknown", _("Cannot be determined")
        if abs(self.position) * 100 <= self.expense:
            return "good", _("Recovered")
        if self.position > 0:
            return "watch", _("Over-recovered")
        return "bad", _("Not recovered")


@centre_only(VIEW)
def start(request: Asked) -> HttpResponseRedirect:
    """The centre's first page is its overview."""
    return HttpResponseRedirect(reverse("centre:director"))


@centre_only(VIEW)
@report("the month of the whole centre on one page: a row for each agency and service")
def director(request: Asked) -> HttpResponse:
    """The centre's month on one page: five answers, and the way into each."""
    actor = request.actor
    runs = closes(actor)
    period = month_asked(request, billed_month(runs))
    before = FiscalPeriod.parse(period).shift(-1).code
    charged = charged_rows(actor, period, before)
    recovered = recovered_rows(actor, period)
    queries = charging.queries(actor, state="open")
    decisions = [(row, decision_href(row)) for row in waiting(actor, place=Place(limit=20))]
    is_late = late(actor, runs)
    context = {
        "period": period,
        "months": [run.period for run in runs if run.state == "done"][:13],
        "currency": centre().currency,
        "charged": charged,
        "recovered": recovered,
        "headline": headline(period, before, charged),
        "notes": notes(charged, recovered),
        "undetermined": undetermined(actor, period, recovered),
        "picture": picture(recovered),
        "late": is_late,
        "overdue": charging.overdue_figures(actor),
        "queries": queries,
        "decisions": decisions,
        "glance": [
            *glance(is_late, recovered, queries, decisions),
            *past_due(actor),
            *filter(None, [worth_stat(actor, period)]),
        ],
        "words": charging.Words(centre().currency),
    }
    return show(request, "centre/director.jinja", context)


def past_due(actor: Actor) -> list[Stat]:
    """What agencies owe past its day, with the way to who has not paid."""
    if not actor.may("charging.view_payments"):
        return []
    minor, count = charging.overdue_total(actor)
    note = ngettext("%(num)s agency", "%(num)s agencies", count) % {"num": count}
    return [
        Stat(
            _("Past due"),
            words.short_money(minor, centre().currency),
            note if count else _("Nobody is late"),
            address("owed"),
            "bad" if minor else "good",
        )
    ]


def billed_month(runs: Sequence[charging.CloseRun]) -> str:
    """The newest month whose close is done, else the one being closed, else the last full month."""
    finished = [run.period for run in runs if run.state == "done"]
    if finished:
        return finished[0]
    return runs[0].period if runs else last_month()


def charged_rows(actor: Actor, period: str, before: str) -> list[Charged]:
    """Every agency's bill of the month beside the month before, largest first; two queries."""
    earlier = {
        bill.agency_id: bill.total_minor
        for bill in charging.bills(actor, period=before, place=Place(limit=MOST))
    }
    rows = [
        Charged(
            bill.agency.name,
            bill.id,
            bill.number,
            bill.state,
            bill.total_minor,
            earlier.get(bill.agency_id),
            bill.currency,
        )
        for bill in charging.bills(actor, period=period, place=Place(limit=MOST))
    ]
    return sorted(rows, key=lambda row: (-row.now, row.agency))


def recovered_rows(actor: Actor, period: str) -> list[Recovered]:
    """Every service's revenue, expense and position in the month, worst position first."""
    if not actor.may("charging.view_costs"):
        return []
    names = {service.id: service.name for service in services(actor)}
    rows = [
        Recovered(
            names.get(row.service_id, row.service_code),
            row.service_code,
            row.revenue,
            row.expense,
            row.position,
            bool(row.months),
        )
        for row in charging.service_positions(actor, periods=[period])
    ]
    return sorted(rows, key=lambda row: (row.position, row.code))


def headline(period: str, before: str, charged: Sequence[Charged]) -> str:
    """`June 2026: $2,602,347.53 charged to 13 agencies, $40,102.11 more than May.`"""
    if not charged:
        return _("No bills for %(month)s yet.") % {"month": words.period(period)}
    currency = charged[0].currency
    total = sum(row.now for row in charged)
    said = ngettext(
        "%(month)s: %(total)s charged to %(count)s agency",
        "%(month)s: %(total)s charged to %(count)s agencies",
        len(charged),
    ) % {
        "month": words.period(period),
        "total": words.money(total, currency),
        "count": len(charged),
    }
    known = [row for row in charged if row.before is not None]
    if not known:
        return said + "."
    was = sum(row.before or 0 for row in known)
    same_year = before[:4] == period[:4]
    month = words.month_name(before) if same_year else words.period(before)
    return f"{said}, {words.delta(total - was, month, currency)}."


def notes(charged: Sequence[Charged], recovered: Sequence[Recovered]) -> list[str]:
    """What else a director asks at once: who moved most, which services do not recover."""
    found = []
    moved = max(charged, key=lambda row: abs(row.change or 0), default=None)
    if moved is not None and moved.change:
        shape = (
            _("The largest rise is %(agency)s: %(amount)s.")
            if moved.change > 0
            else _("The largest fall is %(agency)s: %(amount)s.")
        )
        amount = words.money(abs(moved.change), moved.currency)
        found.append(shape % {"agency": moved.agency, "amount": amount})
    short = [row.name for row in recovered if row.status[0] == "bad"]
    if short:
        shape = ngettext(
            "%(services)s did not recover its cost.",
            "%(services)s did not recover their cost.",
            len(short),
        )
        found.append(shape % {"services": words.listing(short)})
    elif recovered and all(row.known for row in recovered):
        found.append(_("Every service recovered its cost."))
    most = max(recovered, key=lambda row: row.position, default=None)
    if most is not None and most.known and most.status[0] == "watch":
        found.append(
            _("%(service)s charged %(amount)s more than it cost.")
            % {"service": most.name, "amount": words.money(most.position, centre().currency)}
        )
    return found


def undetermined(actor: Actor, period: str, recovered: Sequence[Recovered]) -> str:
    """Why nobody can say whether the month's costs were recovered, or nothing."""
    if not recovered or any(row.known for row in recovered):
        return ""
    reason = charging.no_costs_reason(actor, period)
    if reason is None:
        return _("The month's costs are not allocated yet.")
    return _("The month was closed without ledger costs: %(reason)s") % {"reason": reason}


def picture(recovered: Sequence[Recovered]) -> Markup:
    """The services' positions from one zero line, the message as its title."""
    known = [row for row in recovered if row.known]
    if not known:
        return Markup()
    currency = centre().currency
    title = _message(known, currency)
    points = [Point(row.name, row.position, words.money(row.position, currency)) for row in known]
    return ranking(title, points, label=_("Service"), unit=currency)


def _message(known: Sequence[Recovered], currency: str) -> str:
    """What the picture of positions says, worst first."""
    worst, best = known[0], known[-1]
    if worst.status[0] == "bad":
        return _("%(name)s is furthest below its cost") % {"name": worst.name}
    if best.status[0] == "watch":
        more = {"name": best.name, "amount": words.money(best.position, currency)}
        return _("%(name)s charged %(amount)s more than it cost") % more
    return _("Every service is within one percent of its cost")


@dataclass(frozen=True)
class Late:
    """What is late in the month being closed."""

    view: CloseView
    sources: Sequence[SourceCheck]
    waits: bool
    """Whether some source is registered that the close waits for: without one, nothing is known."""

    @property
    def period(self) -> str:
        """The month being closed."""
        return self.view.period

    @property
    def nothing(self) -> bool:
        """All sources are complete and no step stopped."""
        return self.waits and not self.sources and self.view.stopped is None


def late(actor: Actor, runs: Sequence[charging.CloseRun]) -> Late:
    """Missing sources and stopped steps of the month being closed."""
    period = month_to_close(runs)
    view = view_of(period, next((run for run in runs if run.period == period), None))
    if view.done or not actor.may("metering.view"):
        return Late(view, (), waits=False)
    waits = any(row.expected for row in sources(actor, active=True))
    return Late(view, missing_sources(actor, period), waits)


def decision_href(decision: Any) -> str:
    """Where a waiting decision is taken."""
    if decision.subject_type in (LIMIT, SECOND):
        return address("approvers", agency=decision.agency_id)
    if decision.subject_type == "charging.CloseRun":
        return address("close_month", decision.effect["period"])
    if decision.subject_type == charging.REFUND:
        return address("agency_account", decision.subject_id)
    if decision.subject_type == charging.RETURN:
        return address("payment", decision.subject_id)
    if decision.subject_type == "charging.Adjustment":
        return address("adjustment", decision.subject_id)
    if decision.subject_type in RECOVERY:
        return address("recovery_decisions")
    return address("proposals") if decision.subject_type == "charging.RateVersion" else ""
