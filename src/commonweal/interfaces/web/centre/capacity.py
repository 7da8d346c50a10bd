"""Practical capacity, its use, and who bears what lies idle."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from commonweal.kernel.catalogue.public import charge_items
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place, report
from ..requests import Asked
from .base import (
    address,
    agency_choices,
    attempt,
    change,
    day_field,
    decimal_field,
    done,
    local_day,
    optional_day,
    required_id,
    show,
    text,
)
from .costs import cost_tabs

VIEW = "charging.view_costs"
CHANGE = "charging.import_costs"
DECIDE = "charging.approve_rates"


def policy_words() -> dict[str, str]:
    """Each policy about idle capacity in words."""
    return {
        "absorbed": _("The centre bears it, as under-recovery"),
        "reserved": _("Those who reserved it bear it"),
        "spread": _("It is spread over all users"),
    }


@centre_only(VIEW)
@lists("charging.Capacity")
def capacities(request: Asked, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """Every capacity, the latest to begin first, and recording one."""
    rows = charging.capacities(request.actor, place(request))
    pools = [row for row in charging.pools(request.actor) if not row.service_id]
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "policies": policy_words(),
        "things": [
            *((f"pool:{row.code}", _("Pool: %(name)s") % {"name": row.name}) for row in pools),
            *((f"item:{row.code}", _("Charge item: %(name)s") % {"name": row.name})
              for row in charge_items(request.actor, on=local_day())),
        ],
        "tabs": cost_tabs("capacities"),
        "may_change": request.actor.may(CHANGE),
        "asked": request.POST,
    }  # fmt: skip
    return show(request, "centre/capacities.jinja", context, errors)


@centre_only(CHANGE)
def new_capacity(request: Asked) -> HttpResponse:
    """Record a capacity."""
    if request.method != "POST":
        return HttpResponseRedirect(address("capacities"))
    made: list[Any] = []
    errors = attempt(lambda: made.append(put(request)))
    if errors:
        return capacities(request, errors)
    return done(request, _("The capacity is recorded."), "capacity", made[0].pk)


def put(request: Asked) -> Any:
    """The capacity that the form gives."""
    kind, _colon, code = text(request, "of").partition(":")
    return charging.put_capacity(
        actor=request.actor,
        pool=code if kind == "pool" else "",
        charge_item=code if kind == "item" else "",
        quantity=decimal_field(request, "quantity", _("Capacity in a month")),
        unit=text(request, "unit"),
        owner=text(request, "owner"),
        evidence=text(request, "evidence"),
        starts=day_field(request, "starts", _("First day")),
        ends=optional_day(request, "ends", _("First day without it")),
    )


@centre_only(VIEW)
@report("one capacity with its policies, reservations and months of use")
def capacity(request: Asked, capacity_id: UUID, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """One capacity: what was decided about it, who reserved, what was used."""
    found = charging.capacity(request.actor, capacity_id)
    context = {
        "found": found,
        "name": found.pool.name if found.pool else found.charge_item.name,  # type: ignore[union-attr]
        "policies": policy_words(),
        "agencies": agency_choices(request),
        "may_change": request.actor.may(CHANGE),
        "may_decide": request.actor.may(DECIDE),
        "asked": request.POST,
    }
    return show(request, "centre/capacity.jinja", context, errors)


@centre_only(CHANGE, DECIDE)
def change_capacity(request: Asked, capacity_id: UUID) -> HttpResponse:
    """Record use or a reservation, propose a policy, or decide one."""
    writes = {"use": use, "reserve": reserve, "propose": propose, "decide": decide}
    return change(request, writes, capacity, _("Saved."), "capacity", capacity_id)


def use(request: Asked, capacity_id: UUID) -> None:
    """What a month used."""
    charging.record_use(
        actor=request.actor,
        capacity_id=capacity_id,
        period=text(request, "period"),
        used=decimal_field(request, "used", _("Used")),
        evidence=text(request, "evidence"),
    )


def reserve(request: Asked, capacity_id: UUID) -> None:
    """What an agency reserved."""
    charging.reserve_capacity(
        actor=request.actor,
        capacity_id=capacity_id,
        agency_id=required_id(request, "agency", _("Choose the agency.")),
        quantity=decimal_field(request, "reserved", _("Reserved")),
    )


def propose(request: Asked, capacity_id: UUID) -> None:
    """Propose a policy."""
    charging.propose_idle_policy(
        actor=request.actor,
        capacity_id=capacity_id,
        policy=text(request, "policy"),
        reason=text(request, "policy_reason"),
    )


def decide(request: Asked, capacity_id: UUID) -> None:
    """Approve or reject the policy that waits."""
    charging.decide_idle_policy(
        actor=request.actor,
        policy_id=required_id(request, "policy_id", _("Choose the proposal.")),
        approved=text(request, "verdict") == "approve",
        reason=text(request, "verdict_reason"),
    )
