"""The register of assets: who paid, what is depreciated, and their end."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from commonweal.kernel.money.public import Money
from commonweal.kernel.party.public import centre
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place
from ..requests import Asked
from .base import (
    FormError,
    address,
    attempt,
    change,
    day_field,
    done,
    last_month,
    money_field,
    months_back,
    required_id,
    show,
    text,
    whole_field,
)
from .costs import cost_tabs

VIEW = "charging.view_costs"
CHANGE = "charging.import_costs"
DECIDE = "charging.approve_rates"


@centre_only(VIEW)
@lists("charging.Asset")
def assets(request: Asked, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """The register, by code, and putting an asset in."""
    rows = charging.assets(request.actor, place(request))
    pools = charging.pools(request.actor)
    context = {
        "rows": [row_of(view) for view in rows],
        "pages": pages(request, rows),
        "pools": [(row.code, row.name) for row in pools],
        "months": months_back(last_month(), 13),
        "currency": centre().currency,
        "tabs": cost_tabs("assets"),
        "may_change": request.actor.may(CHANGE),
        "asked": request.POST,
    }
    return show(request, "centre/assets.jinja", context, errors)


def row_of(view: charging.AssetView) -> dict[str, Any]:
    """A row of the register."""
    asset = view.asset
    return {
        "code": asset.code, "name": asset.name, "pool": asset.pool.name,
        "in_service": asset.in_service, "disposed_on": asset.disposed_on,
        "cost": asset.cost_minor, "contributed": view.contributed_minor, "left": view.left_minor,
    }  # fmt: skip


@centre_only(CHANGE)
def change_assets(request: Asked) -> HttpResponse:
    """Put an asset into the register, or depreciate a month."""
    if request.method != "POST":
        return HttpResponseRedirect(address("assets"))
    if text(request, "what") == "depreciate":
        made: list[Any] = []
        errors = attempt(
            lambda: made.extend(
                charging.depreciate(actor=request.actor, period=text(request, "period"))
            )
        )
        if errors:
            return assets(request, errors)
        said = _("%(count)s assets were depreciated.") % {"count": len(made)}
        return done(request, said, "assets")
    errors = attempt(lambda: put_asset(request))
    if errors:
        return assets(request, errors)
    return done(request, _("The asset is registered."), "asset", text(request, "code"))


def put_asset(request: Asked) -> None:
    """The asset that the form gives; contributors one a line, amount last (FORM-108)."""
    contributors: dict[str, int] = {}
    for number, line in enumerate(text(request, "contributors").splitlines(), start=1):
        who, _gap, amount = line.strip().rpartition(" ")
        if line.strip() and not who:
            raise FormError(
                "FORM-108",
                _("Line %(number)s: write who paid, then the amount.") % {"number": number},
                field="contributors",
            )
        if who:
            plain = amount.replace(",", "")
            contributors[who.strip()] = Money.exactly(plain, centre().currency).minor
    charging.put_asset(
        actor=request.actor,
        code=text(request, "code"),
        name=text(request, "name"),
        pool=text(request, "pool"),
        cost_minor=money_field(request, "cost", _("Cost")),
        in_service=day_field(request, "in_service", _("In service from")),
        life_months=whole_field(request, "life_months", _("Useful life in months")),
        contributors=contributors,
        evidence=text(request, "evidence"),
    )


@centre_only(VIEW)
@lists("charging.AssetMonth")
def asset(request: Asked, code: str, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """One asset: contributors, months, and what was proposed about its end."""
    view = charging.asset_view(request.actor, code)
    months = charging.asset_months(request.actor, view.asset, place(request))
    ends = charging.disposals(request.actor, view.asset)
    context = {
        "view": view,
        "asset": view.asset,
        "shares": [share_row(row) for row in view.asset.shares.all()],
        "rows": months,
        "pages": pages(request, months),
        "ends": ends,
        "proceeds": {row.pk: charging.proceeds_of(request.actor, row) for row in ends},
        "sees_bills": request.actor.may("charging.view_all_bills"),
        "most_bills": charging.MOST_CREDIT_MONTHS,
        "waiting": next((row for row in ends if row.state == "proposed"), None),
        "may_change": request.actor.may(CHANGE) and view.asset.disposed_on is None,
        "may_decide": request.actor.may(DECIDE),
        "asked": request.POST,
    }
    return show(request, "centre/asset.jinja", context, errors)


def share_row(row: Any) -> dict[str, Any]:
    """A contributor."""
    grant = _("Grant %(ref)s") % {"ref": row.grant}
    return {"name": row.customer.name if row.customer else grant, "amount": row.amount_minor}


@centre_only(CHANGE, DECIDE)
def dispose(request: Asked, code: str) -> HttpResponse:
    """Propose an asset's end, or decide it."""
    writes = {"propose": propose, "decide": decide}
    return change(request, writes, asset, _("Saved."), "asset", code)


def propose(request: Asked, code: str) -> None:
    """Propose a disposal."""
    charging.propose_disposal(
        actor=request.actor,
        code=code,
        day=day_field(request, "day", _("Day")),
        proceeds_minor=money_field(request, "proceeds", _("Proceeds")),
        reason=text(request, "reason"),
        bills=whole_field(request, "bills", _("Bills"), default=1),
    )


def decide(request: Asked, code: str) -> None:
    """Approve or reject the disposal that waits."""
    charging.decide_disposal(
        actor=request.actor,
        disposal_id=required_id(request, "disposal", _("Choose the proposal.")),
        approved=text(request, "verdict") == "approve",
        reason=text(request, "verdict_reason"),
    )
