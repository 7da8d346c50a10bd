"""Reduced prices, entries of accounts and limits: listed, proposed; and deciding what waits."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from commonweal.kernel.authority.public import (
    Deciders,
    approve,
    decisions,
    reject,
    withdraw,
)
from commonweal.kernel.catalogue.public import charge_items, services
from commonweal.kernel.party.public import centre
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place
from ..requests import Asked
from .base import (
    address,
    agency_choices,
    as_id,
    attempt,
    day_field,
    decimal_field,
    done,
    local_day,
    money_field,
    optional_day,
    required_id,
    show,
    text,
)
from .rates import mine
from .recovery import APPROVE, PROPOSE, VIEW, recovery_tabs

SUBJECTS = (
    "charging.Adjustment",
    "charging.PriceReduction",
    "charging.AccountEntry",
    "charging.RecoveryRule",
    "charging.Engagement",
)
ENTRIES = ("other_revenue", "transfer_in", "transfer_out", "opening")
LIMITS = ("reserve_days", "allocated_limit", "variance_percent")


@centre_only(VIEW)
@lists("authority.Decision")
def recovery_decisions(request: Asked, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """Proposals about recovery that wait, with the buttons of those that this person may decide."""
    found = decisions(request.actor, types=SUBJECTS, state="proposed", place=place(request))
    deciders = Deciders(request.actor, [])
    context = {
        "rows": [
            {
                "decision": row,
                "deciders": deciders.on(row),
                "why_not": deciders.why_not_on(request.actor, row),
                "withdraw": mine(request, row),
            }
            for row in found
        ],
        "pages": pages(request, found),
        "asked": request.POST,
        "tabs": recovery_tabs(request.actor, "recovery_decisions"),
    }
    return show(request, "centre/recovery_decisions.jinja", context, errors)


@centre_only(APPROVE, PROPOSE, "charging.approve_engagement")
def recovery_decide(request: Asked, decision_id: UUID) -> HttpResponse:
    """Approve, reject or withdraw a proposal about recovery."""
    if request.method != "POST":
        return HttpResponseRedirect(address("recovery_decisions"))
    what, reason = text(request, "decision"), text(request, "reason")
    write, said = {
        "approve": (approve, _("Approved. It holds from now on.")),
        "withdraw": (withdraw, _("Withdrawn.")),
    }.get(what, (reject, _("Rejected.")))
    errors = attempt(lambda: write(actor=request.actor, decision_id=decision_id, reason=reason))
    if errors:
        return recovery_decisions(request, errors)
    return done(request, said, "recovery_decisions")


@centre_only(VIEW)
@lists("charging.PriceReduction")
def reductions(request: Asked) -> HttpResponse:
    """Reduced prices, newest first, and the form that proposes one."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST" and request.actor.may(PROPOSE):
        errors = attempt(lambda: _reduce(request))
        if not errors:
            return done(request, _("Proposed. A second person decides."), "reductions")
    rows = charging.price_reductions(request.actor, place=place(request))
    items = charge_items(request.actor, on=local_day())
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "agencies": agency_choices(request, _("Choose an agency")),
        "items": [
            ("", _("Choose a charge item")),
            *((str(row.pk), f"{row.service.name}: {row.name}") for row in items),
        ],
        "asked": request.POST,
        "said": {problem.field: problem.text for problem in errors},
        "may_propose": request.actor.may(PROPOSE),
        "tabs": recovery_tabs(request.actor, "reductions"),
    }
    return show(request, "centre/reductions.jinja", context, errors)


def _reduce(request: Asked) -> None:
    charging.propose_reduction(
        actor=request.actor,
        agency_id=required_id(request, "agency", _("Choose the agency.")),
        charge_item_id=required_id(request, "item", _("Choose the charge item.")),
        percent=decimal_field(request, "percent", _("Part of the full price that is billed")),
        starts=day_field(request, "starts", _("First day")),
        ends=day_field(request, "ends", _("First day without it")),
        reason=text(request, "reason"),
    )


def _service_choices(request: Asked, first: str) -> list[tuple[str, str]]:
    return [("", first), *((str(row.pk), row.name) for row in services(request.actor))]


@centre_only(VIEW)
@lists("charging.AccountEntry")
def entries(request: Asked) -> HttpResponse:
    """Entries of services' accounts besides bills and costs, and the form that proposes one."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST" and request.actor.may(PROPOSE):
        errors = attempt(lambda: _enter(request))
        if not errors:
            return done(request, _("Proposed. A second person decides."), "entries")
    rows = charging.account_entries(request.actor, place=place(request))
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "services": _service_choices(request, _("Choose a service")),
        "kinds": [(kind, charging.account_entry_words(kind)) for kind in ENTRIES],
        "kind_words": charging.account_entry_words,
        "currency": centre().currency,
        "asked": request.POST,
        "said": {problem.field: problem.text for problem in errors},
        "may_propose": request.actor.may(PROPOSE),
        "tabs": recovery_tabs(request.actor, "entries"),
    }
    return show(request, "centre/entries.jinja", context, errors)


def _enter(request: Asked) -> None:
    charging.propose_entry(
        actor=request.actor,
        service_id=required_id(request, "service", _("Choose the service.")),
        kind=text(request, "kind"),
        period=text(request, "period"),
        amount_minor=money_field(request, "amount", _("Amount")),
        counterparty=text(request, "counterparty"),
        reason=text(request, "reason"),
    )


@centre_only(VIEW)
@lists("charging.RecoveryRule")
def limits(request: Asked) -> HttpResponse:
    """Limits that an authority set, and the form that proposes one."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST" and request.actor.may(PROPOSE):
        errors = attempt(lambda: _limit(request))
        if not errors:
            return done(request, _("Proposed. A second person decides."), "limits")
    rows = charging.recovery_rules(request.actor, place(request))
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "services": _service_choices(request, _("Every service")),
        "kinds": [(kind, charging.rule_words(kind)) for kind in LIMITS],
        "kind_words": charging.rule_words,
        "currency": centre().currency,
        "asked": request.POST,
        "said": {problem.field: problem.text for problem in errors},
        "may_propose": request.actor.may(PROPOSE),
        "tabs": recovery_tabs(request.actor, "limits"),
    }
    return show(request, "centre/limits.jinja", context, errors)


def _limit(request: Asked) -> None:
    charging.propose_rule(
        actor=request.actor,
        kind=text(request, "kind"),
        value=decimal_field(request, "value", _("Limit")),
        starts=day_field(request, "starts", _("First day")),
        ends=optional_day(request, "ends", _("First day without it")),
        service_id=as_id(text(request, "service")),
        reason=text(request, "reason"),
        reference=text(request, "reference"),
    )
