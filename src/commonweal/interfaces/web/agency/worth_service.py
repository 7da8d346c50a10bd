"""One service of one agency: its year, its baseline, own costs and claims, and changing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.catalogue.public import charge_items, service_by_code
from commonweal.kernel.money.public import Money
from commonweal.kernel.party.public import Agency
from commonweal.practices.consolidation import public as worth

from ..access import anyone_with
from ..centre.base import FormError, attempt, money_field, text, whole_field
from ..lists import report
from ..look.page import Problem
from ..requests import Asked
from . import worth_words as say
from .worth import VIEW, rights, worth_agency, worth_choices, year_asked, years


def here(name: str, code: str, agency: Agency, year: int) -> str:
    """The address of a page about an agency's service in a year."""
    return reverse(f"agency:{name}", args=[code]) + f"?agency={agency.code}&year={year}"


@anyone_with(VIEW)
@report("the costs that the agency entered for one service in one fiscal year")
def service(request: Asked, code: str) -> HttpResponse:
    """Baseline, charges, own costs, saving or loss; and the forms for what is still to be done."""
    agency, year = worth_agency(request), year_asked(request)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        errors = attempt(lambda: _do(request, agency, code, year))
        if not errors:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(here("worth_service", code, agency, year))
    view = worth.year_view(request.actor, agency, code, year)
    row = view.baseline
    claims = [each for each in (view.claim, view.open_claim) if each is not None]
    own = worth.own_cost_rows(request.actor, agency.pk, view.service)
    context = {
        **worth_choices(request, agency),
        **rights(request.actor, agency),
        "view": view,
        "year": year,
        "years": years(year),
        "papers": worth.evidence(request.actor, row) if row else [],
        "claims": [(each, worth.evidence(request.actor, each)) for each in claims],
        "own": own,
        "own_choices": [
            (str(each.pk), f"{each.period}: {say.own_kinds()[each.kind]}")
            for each in own
            if each.superseded_at is None
        ],
        "figures": list(view.figures.values()),
        "picture": say.picture(view),
        "say": say,
        "given": request.POST,
        "errors": errors,
        "wrong": {problem.field: problem.text for problem in errors},
        "action": here("worth_service", code, agency, year),
    }
    status = 422 if errors else 200
    return render(request, "agency/worth_service.jinja", context, status=status)


def _do(request: Asked, agency: Agency, code: str, year: int) -> None:
    """The one thing that was asked for."""
    wanted = text(request, "do")
    does: dict[str, Callable[[], Any]] = {
        "cost": lambda: _cost(request, agency, code),
        "cost_paper": lambda: worth.add_cost_evidence(
            actor=request.actor, own_cost_id=_id(request, "cost"), **_paper(request)
        ),
        "paper": lambda: worth.add_evidence(
            actor=request.actor, baseline_id=_id(request, "baseline"), **_paper(request)
        ),
        "propose": lambda: worth.propose_baseline(
            actor=request.actor, baseline_id=_id(request, "baseline")
        ),
        "sign": lambda: worth.sign_baseline(
            actor=request.actor, baseline_id=_id(request, "baseline")
        ),
        "refuse": lambda: worth.refuse_baseline(
            actor=request.actor,
            baseline_id=_id(request, "baseline"),
            reason=text(request, "reason"),
        ),
        "withdraw": lambda: worth.withdraw_baseline(
            actor=request.actor, baseline_id=_id(request, "baseline")
        ),
        **_claims(request, year),
    }
    if wanted not in does:
        raise FormError("FORM-105", _("Choose one of the buttons of this page."))
    does[wanted]()


def _claims(request: Asked, year: int) -> dict[str, Callable[[], Any]]:
    actor = request.actor
    return {
        "claim": lambda: worth.propose_claim(
            actor=actor,
            baseline_id=_id(request, "baseline"),
            fiscal_year=year,
            cashable_minor=money_field(request, "cashable", _("The cashable part")),
            budget_minor=money_field(request, "budget", _("The budget reduction")),
            attributed_to=text(request, "attributed_to"),
        ),
        "confirm": lambda: worth.confirm_claim(actor=actor, claim_id=_id(request, "claim")),
        "refuse_claim": lambda: worth.refuse_claim(
            actor=actor, claim_id=_id(request, "claim"), reason=text(request, "reason")
        ),
        "withdraw_claim": lambda: worth.withdraw_claim(actor=actor, claim_id=_id(request, "claim")),
        "claim_paper": lambda: worth.add_claim_evidence(
            actor=actor, claim_id=_id(request, "claim"), **_paper(request)
        ),
    }


def _id(request: Asked, name: str) -> UUID:
    try:
        return UUID(text(request, name))
    except ValueError:
        raise FormError("FORM-101", _("The page is old. Read it again, then go on.")) from None


def _paper(request: Asked) -> dict[str, Any]:
    found = request.FILES.get("evidence")
    if found is None:
        raise FormError("FORM-106", _("Choose the paper to add."), field="evidence")
    return {
        "filename": found.name or "paper",
        "media_type": found.content_type or "",
        "data": found.read(),
    }


def _cost(request: Asked, agency: Agency, code: str) -> None:
    worth.put_own_cost(
        actor=request.actor,
        agency_id=agency.pk,
        service=code,
        period=text(request, "period"),
        kind=text(request, "kind"),
        amount_minor=money_field(request, "amount", _("The amount")),
        note=text(request, "note"),
    )


@anyone_with("consolidation.enter")
def baseline(request: Asked, code: str) -> HttpResponse:
    """Write the draft of a baseline: what the service cost alone, its volume and level."""
    agency, year = worth_agency(request), year_asked(request)
    known = worth.baseline_of(request.actor, agency.pk, code)
    errors: tuple[Problem, ...] = ()
    if request.method == "POST":
        errors = attempt(lambda: _put(request, agency, code))
        if not errors:
            messages.success(
                request, _("The draft is saved. Add the papers, then propose it for signature.")
            )
            return HttpResponseRedirect(here("worth_service", code, agency, year))
    of = service_by_code(request.actor, code)
    context = {
        **worth_choices(request, agency),
        "service": of,
        "row": known,
        "given": request.POST if request.method == "POST" else _values(known),
        "kinds": say.cost_kinds(),
        "indices": [("", _("Choose an index")),
                    *((row.code, row.name) for row in worth.indices(request.actor))],
        "items": [("", _("The volume was not counted")),
                  *((row.code, row.name) for row in charge_items(request.actor, of.pk))],
        "errors": errors,
        "wrong": {problem.field: problem.text for problem in errors},
        "action": here("worth_baseline", code, agency, year),
        "back_href": here("worth_service", code, agency, year),
    }  # fmt: skip
    return render(request, "agency/worth_baseline.jinja", context, status=422 if errors else 200)


def _values(row: worth.Baseline | None) -> dict[str, str]:
    """A draft as the fields of its form."""
    if row is None:
        return {}
    found = {
        "service_level": row.service_level,
        "price_year": str(row.price_year),
        "index": row.index.code,
        "charge_item": row.charge_item.code if row.charge_item else "",
        "volume": f"{row.volume.normalize():f}" if row.volume is not None else "",
        "forecast": Money(row.forecast_minor, row.currency).text if row.forecast_minor else "",
    }
    for line in row.lines.all():
        found[f"{line.kind}-amount"] = Money(line.amount_minor, row.currency).text
        found[f"{line.kind}-text"] = line.text
        found[f"{line.kind}-varies"] = "1" if line.varies else ""
    return found


def _put(request: Asked, agency: Agency, code: str) -> None:
    names = say.cost_kinds()
    lines = [
        worth.NewCost(
            kind,
            text(request, f"{kind}-text"),
            money_field(request, f"{kind}-amount", names[kind]),
            text(request, f"{kind}-varies") == "1",
        )
        for kind in worth.COST_KINDS
        if text(request, f"{kind}-amount") or text(request, f"{kind}-text")
    ]
    forecast = text(request, "forecast")
    worth.put_baseline(
        actor=request.actor,
        agency_id=agency.pk,
        service=code,
        given=worth.NewBaseline(
            lines=lines,
            service_level=" ".join(text(request, "service_level").split()),
            price_year=whole_field(request, "price_year", _("The price year")),
            index=text(request, "index"),
            charge_item=text(request, "charge_item"),
            volume=text(request, "volume").replace(",", "") or None,
            forecast_minor=money_field(request, "forecast", _("The promised saving"))
            if forecast
            else None,
        ),
    )
