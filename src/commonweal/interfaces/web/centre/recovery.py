"""Recovery: what each service charged, cost and holds; never two of them added up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markupsafe import Markup

from commonweal.kernel.access.public import Actor
from commonweal.kernel.catalogue.public import service_by_code
from commonweal.kernel.party.public import centre
from commonweal.kernel.words import public as words
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place, report
from ..look.charts import Point, line
from ..look.page import Link
from ..requests import Asked
from .base import open_links, show

VIEW = "charging.view_costs"
PROPOSE = "charging.propose_recovery"
APPROVE = "charging.approve_recovery"


def recovery_tabs(actor: Actor, here: str) -> list[Link]:
    """The pages of recovery that the actor may open."""
    found = (
        ("recovery", _("By service")),
        ("recovery_decisions", _("Waiting for a decision")),
        ("adjustments", _("Year-end adjustments")),
        ("reductions", _("Reduced prices")),
        ("entries", _("Other revenue and transfers")),
        ("limits", _("Limits")),
        ("packages", _("Yearly package")),
        ("room", _("Data room")),
    )
    return open_links(actor, here, found)


def state_words(row: charging.ServiceRecovery) -> tuple[str, str]:
    """The shape and the word of a service's position."""
    if row.state == "unknown":
        return "unknown", _("Cannot be determined")
    if row.reserve.state == "bad":
        return "bad", _("Reserve above its limit")
    if row.reserve.state == "watch":
        return "watch", _("Reserve near its limit")
    if row.outlook is not None and row.outlook.beyond:
        if row.outlook.over < 0:
            return "bad", _("Will not recover its cost")
        return "watch", _("Will recover too much")
    return "good", _("Within its limits")


def year_asked(request: Asked, years: Sequence[int]) -> int:
    """The fiscal year of `?year=`, or the newest with a closed month."""
    given = request.GET.get("year", "")
    if given.isdigit() and int(given) in years:
        return int(given)
    return years[0]


def headline(rows: Sequence[charging.ServiceRecovery]) -> str:
    """`3 of 6 services need your attention.`"""
    if not rows:
        return _("No service has an account yet")
    wrong = [row for row in rows if row.state in {"bad", "watch"}]
    unknown = [row for row in rows if row.state == "unknown"]
    if wrong:
        return ngettext(
            "%(count)s service needs attention",
            "%(count)s services need attention",
            len(wrong),
        ) % {"count": len(wrong)}
    if unknown:
        return ngettext(
            "The position of %(count)s service cannot be determined",
            "The positions of %(count)s services cannot be determined",
            len(unknown),
        ) % {"count": len(unknown)}
    return _("Every service is within its limits")


@centre_only(VIEW)
@report("a row for each service, which are few")
def recovery(request: Asked) -> HttpResponse:
    """Every service's own account in a fiscal year, side by side and never added up."""
    years = charging.recovery_years(request.actor)
    year = year_asked(request, years)
    rows = charging.recoveries(request.actor, year)
    context = {
        "headline": headline(rows),
        "year": year,
        "years": [(str(each), str(each)) for each in years],
        "currency": centre().currency,
        "rows": [row_of(row) for row in rows],
        "through": max((row.account.last for row in rows), default=""),
        "tabs": recovery_tabs(request.actor, "recovery"),
        "may_propose": request.actor.may(PROPOSE),
    }
    return show(request, "centre/recovery.jinja", context)


def row_of(row: charging.ServiceRecovery) -> dict[str, Any]:
    """A service's row in the table."""
    account = row.account
    return {
        "name": account.name,
        "code": account.service,
        "revenue": account.of("revenue"),
        "cost": account.of("cost"),
        "result": account.result,
        "closing": account.closing,
        "days": charging.days_text(row.reserve.days),
        "limit": charging.days_text(row.reserve.limit),
        "status": state_words(row),
        "missing": account.missing,
    }


@centre_only(VIEW)
@lists("charging.ReserveTest")
def tests(request: Asked, code: str) -> HttpResponse:
    """A service's daily reserve tests, newest first."""
    found = service_by_code(request.actor, code)
    rows = charging.reserve_tests(request.actor, found.pk, place(request))
    context = {"service": found, "tests": rows, "pages": pages(request, rows)}
    return show(request, "centre/recovery_tests.jinja", context)


@centre_only(VIEW)
@report("one service's account of a year: twelve months, and a few adjustments")
def service(request: Asked, code: str) -> HttpResponse:
    """One service's account: position, months, reserve in days, what must be done."""
    years = charging.recovery_years(request.actor)
    year = year_asked(request, years)
    found = charging.recovery(request.actor, code, year)
    account = found.account
    context = {
        "row": row_of(found),
        "found": found,
        "account": account,
        "reserve": found.reserve,
        "days": charging.days_text(found.reserve.days),
        "limit": charging.days_text(found.reserve.limit),
        "year": year,
        "years": [(str(each), str(each)) for each in years],
        "currency": account.currency,
        "sentence": sentence(found),
        "todo": todo(found),
        "picture": picture(found),
        "months": [
            {
                "period": month.period,
                "billed": month.billed,
                "imputed": month.imputed,
                "other": month.other,
                "cost": month.cost,
                "result": month.result,
                "balance": balance,
            }
            for month, (_period, balance) in zip(account.months, account.balances(), strict=True)
        ],
        "adjustments": found.adjustments[:12],
        "method_words": charging.method_words,
        "may_propose": request.actor.may(PROPOSE),
    }
    return show(request, "centre/recovery_service.jinja", context)


def sentence(found: charging.ServiceRecovery) -> str:
    """`Payroll holds $41,200.00, 18.2 days of its cash expense; up to 60 days are allowed.`"""
    account = found.account
    if account.closing is None:
        months = words.listing([words.period(month) for month in account.missing])
        return _("The position of %(service)s cannot be determined: no costs of %(months)s.") % {
            "service": account.name,
            "months": months,
        }
    if not account.last:
        return _("No month of %(service)s is closed yet.") % {"service": account.name}
    named = {
        "service": account.name,
        "amount": words.money(abs(account.closing), account.currency),
        "month": words.period(account.last),
        "days": charging.days_text(found.reserve.days),
        "limit": charging.days_text(found.reserve.limit),
    }
    if account.closing < 0:
        return _("%(service)s has recovered %(amount)s less than its cost up to %(month)s.") % named
    if found.reserve.days is None:
        return _("%(service)s holds %(amount)s after %(month)s.") % named
    return (
        _(
            "%(service)s holds %(amount)s after %(month)s: %(days)s days of its cash expense, of "
            "%(limit)s allowed."
        )
        % named
    )


def todo(found: charging.ServiceRecovery) -> list[str]:
    """What must be done about a service, most urgent first."""
    account, outlook, said = found.account, found.outlook, []
    if account.missing:
        months = words.listing([words.period(month) for month in account.missing])
        said.append(_("Import and allocate the costs of %(months)s.") % {"months": months})
    excess = found.reserve.excess
    if excess:
        said.append(
            _(
                "Give back %(amount)s: the reserve is above its limit. The grants' share goes back "
                "in cash."
            )
            % {"amount": words.money(excess, account.currency)}
        )
    if outlook is not None and outlook.beyond:
        shape = (
            _("By the year's end it would recover %(amount)s too much (%(percent)s of cost).")
            if outlook.over > 0
            else _("By the year's end it would lack %(amount)s (%(percent)s of cost).")
        )
        share = outlook.percent
        said.append(
            shape
            % {
                "amount": words.money(abs(outlook.over), account.currency),
                "percent": words.percent(abs(share) / 100 if share is not None else None),
            }
        )
        if outlook.factor is not None and outlook.factor > 0:
            said.append(
                _(
                    "Propose new rates from a coming month at %(factor)s of the present ones, plan "
                    "a credit or charge at the year's end, or carry the difference on."
                )
                % {"factor": words.percent(outlook.factor)}
            )
    return said


def picture(found: charging.ServiceRecovery) -> Markup:
    """The balance after each month of the year, the message as its title."""
    account = found.account
    if not account.months:
        return Markup()
    points = [
        Point(
            words.month(month),
            value,
            words.money(value, account.currency) if value is not None else "",
        )
        for month, value in account.balances()
    ]
    allowed = found.reserve.allowed
    return line(
        _("Balance of %(service)s after each month") % {"service": account.name},
        points,
        label=_("Month"),
        unit=account.currency,
        target=allowed,
        target_text=_("largest reserve allowed"),
        zero=True,
    )
