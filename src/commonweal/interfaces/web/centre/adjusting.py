"""The year-end adjustment of one service: worked out, proposed, decided, carried out."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from commonweal.kernel.authority.public import Deciders, open_proposals
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place
from ..requests import Asked
from .base import (
    address,
    attachment,
    attempt,
    decimal_field,
    done,
    local_day,
    money_field,
    optional_day,
    problems,
    show,
    text,
    whole_field,
)
from .rates import mine
from .recovery import APPROVE, PROPOSE, VIEW, recovery_tabs

METHODS = ("refund", "credit", "future_rates", "allocated")
SUBJECT = "charging.Adjustment"


@centre_only(VIEW)
@lists("charging.Adjustment")
def adjustments(request: Asked) -> HttpResponse:
    """Every year-end adjustment, newest first."""
    rows = charging.adjustments(request.actor, place=place(request))
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "currency": centre().currency,
        "method_words": charging.method_words,
        "tabs": recovery_tabs(request.actor, "adjustments"),
    }
    return show(request, "centre/adjustments.jinja", context)


@centre_only(PROPOSE)
def adjust(request: Asked, code: str) -> HttpResponse:
    """Work the adjustment of a service out and propose it; nothing of another service goes in."""
    found = charging.recovery(request.actor, code)
    errors: tuple[Any, ...] = ()
    worked: charging.Worked | None = None
    if request.method == "POST":
        try:
            year, choices = asked_year(request), choices_of(request)
            if text(request, "do") == "propose":
                row = charging.propose_adjustment(
                    actor=request.actor,
                    service_id=found.service.pk,
                    fiscal_year=year,
                    choices=choices,
                    reason=text(request, "reason"),
                )
                return done(request, _("Proposed. A second person decides."), "adjustment", row.pk)
            worked = charging.work_out(
                request.actor, service=code, fiscal_year=year, choices=choices
            )
        except (NotFound, Forbidden):
            raise
        except CommonwealError as error:
            errors = problems(error)
    first = FiscalPeriod.of_date(local_day())
    context = {
        "service": found.service,
        "years": [(str(year), str(year)) for year in charging.recovery_years(request.actor)],
        "methods": [(method, charging.method_words(method)) for method in METHODS],
        "months": ", ".join(first.shift(step).code for step in (1, 2, 3)),
        "asked": request.POST if request.method == "POST" else request.GET,
        "worked": worked,
        "said": {problem.field: problem.text for problem in errors},
        "currency": centre().currency,
    }
    return show(request, "centre/adjust.jinja", context, errors)


def asked_year(request: Asked) -> int:
    """The fiscal year of the form."""
    return whole_field(request, "year", _("Fiscal year"))


def choices_of(request: Asked) -> charging.Choices:
    """What the form says about the adjustment."""
    rate: Decimal | None = None
    starts: date | None = None
    ends: date | None = None
    if text(request, "rate"):
        rate = decimal_field(request, "rate", _("Interest, percent a year"))
        starts = optional_day(request, "interest_from", _("Interest from"))
        ends = optional_day(request, "interest_to", _("Interest until"))
    written = text(request, "months").replace(",", " ").split()
    return charging.Choices(
        method=text(request, "method"),
        kept_minor=money_field(request, "kept", _("Kept as a reserve"))
        if text(request, "kept")
        else 0,
        reserve_disputed=bool(text(request, "reserve_disputed")),
        refund_grants=bool(text(request, "refund_grants")),
        rate=rate,
        interest_from=starts,
        interest_to=ends,
        months=tuple(written) if text(request, "method") == "credit" else (),
        into_year=whole_field(request, "into_year", _("Fiscal year that takes it up"))
        if text(request, "into_year")
        else None,
    )


@centre_only(VIEW)
@lists("charging.AdjustmentPart")
def adjustment(request: Asked, adjustment_id: UUID, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """One adjustment: what it gives back to whom, grant by grant, and how it was worked out."""
    row = charging.adjustment(request.actor, adjustment_id)
    parts = charging.adjustment_parts(request.actor, row.pk, place(request))
    decision = open_proposals(request.actor, SUBJECT, [row.pk]).get(row.pk)
    deciders = Deciders(request.actor, [])
    context = {
        "row": row,
        "inputs": row.document["inputs"],
        "outcome": row.document["outcome"],
        "parts": parts,
        "pages": pages(request, parts),
        "grants": charging.grant_shares(request.actor, row.pk),
        "currency": row.currency,
        "how": charging.method_words(row.method),
        "decision": decision,
        "deciders": deciders.on(decision) if decision else [],
        "why_not": deciders.why_not_on(request.actor, decision) if decision else "",
        "withdraw": mine(request, decision),
        "may_decide": request.actor.may(APPROVE),
        "may_carry_out": request.actor.may(PROPOSE)
        and row.state == "approved"
        and row.carried_out_on is None,
        "method_words": charging.method_words,
    }
    return show(request, "centre/adjustment.jinja", context, errors)


@centre_only(VIEW)
def adjustment_file(request: Asked, adjustment_id: UUID) -> HttpResponse:
    """Everything that went into an adjustment and came out, as JSON."""
    row = charging.adjustment(request.actor, adjustment_id)
    body = json.dumps(row.document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    name = f"adjustment-{row.service.code}-{row.fiscal_year}.json"
    return attachment(name, "application/json", body.encode())


@centre_only(PROPOSE)
def carry_out(request: Asked, adjustment_id: UUID) -> HttpResponse:
    """Carry an approved adjustment out."""
    if request.method == "POST":
        errors = attempt(
            lambda: charging.carry_out_adjustment(actor=request.actor, adjustment_id=adjustment_id)
        )
        if errors:
            return adjustment(request, adjustment_id, errors)
        return done(request, _("Carried out: journals are posted."), "adjustment", adjustment_id)
    return HttpResponseRedirect(address("adjustment", adjustment_id))
