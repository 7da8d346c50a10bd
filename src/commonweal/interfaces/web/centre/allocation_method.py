"""How pools give to pools: the decided method, what each would give, proposing and deciding."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place
from ..requests import Asked
from .base import change, day_field, local_day, required_id, show, text
from .cost_model import method_words

VIEW = "charging.view_costs"
CHANGE = "charging.import_costs"
DECIDE = "charging.approve_rates"


@centre_only(VIEW)
@lists("charging.AllocationMethod")
def method(request: Asked, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """The method that counts today, the last month under each, and what was decided."""
    rows = charging.allocation_methods(request.actor, place(request))
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "words": method_words(),
        "short": short_words(),
        "counts": charging.allocation_method_in_force(request.actor, local_day()),
        "effect": charging.method_effect(request.actor),
        "may_change": request.actor.may(CHANGE),
        "may_decide": request.actor.may(DECIDE),
        "asked": request.POST,
        "said": {each.field: each.text for each in errors},
    }
    return show(request, "centre/allocation_method.jinja", context, errors)


def short_words() -> dict[str, str]:
    """Each method as a column's head."""
    return {
        "direct": _("Direct"),
        "step_down": _("Step-down"),
        "double_step_down": _("Double step-down"),
        "reciprocal": _("Reciprocal"),
    }


@centre_only(CHANGE, DECIDE)
def change_method(request: Asked) -> HttpResponse:
    """Propose a method, or decide about one."""
    writes = {"propose": propose, "decide": decide}
    return change(request, writes, method, _("Saved."), "allocation_method")


def propose(request: Asked) -> None:
    """Propose a method."""
    charging.propose_allocation_method(
        actor=request.actor,
        method=text(request, "method"),
        starts=day_field(request, "starts", _("First day")),
        reason=text(request, "reason"),
    )


def decide(request: Asked) -> None:
    """Approve or reject the proposal."""
    charging.decide_allocation_method(
        actor=request.actor,
        method_id=required_id(request, "method_id", _("Choose the proposal.")),
        approved=text(request, "verdict") == "approve",
        reason=text(request, "verdict_reason"),
    )
