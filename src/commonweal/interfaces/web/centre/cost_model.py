"""Pools, rules and drivers; allocations with their edges; a pool's ledger lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.catalogue.public import services
from commonweal.kernel.money.public import Money
from commonweal.kernel.party.public import centre
from commonweal.practices.charging import public as charging

from ..access import centre_only
from ..lists import lists, pages, place, report
from ..requests import Asked
from .base import (
    FormError,
    attempt,
    done,
    last_month,
    local_day,
    month_asked,
    months_back,
    required_id,
    show,
    text,
    whole_field,
)
from .base import change as apply_change
from .capacity import policy_words
from .costs import cost_tabs

VIEW = "charging.view_costs"
CHANGE = "charging.import_costs"


@centre_only(VIEW)
@report("the cost model as a whole: every pool, rule and driver")
def model(request: Asked, errors: tuple[Any, ...] = ()) -> HttpResponse:
    """The cost model in force: pools, the rules that fill them, drivers and their values."""
    period = month_asked(request, last_month())
    named = [(row.code, row.name) for row in services(request.actor)]
    drivers = charging.drivers(request.actor, period)
    pools = charging.pools(request.actor)
    context = {
        "period": period,
        "pools": pools,
        "rules": rules_of(pools),
        "drivers": drivers,
        "services": [("", _("Shared")), *named],
        "driver_choices": [
            ("", _("Not shared")),
            *((row.driver.code, row.driver.name) for row in drivers),
        ],
        "tabs": cost_tabs("model"),
        "may_change": request.actor.may(CHANGE),
        "months": months_back(last_month(), 13),
        "asked": request.POST,
    }
    return show(request, "centre/model.jinja", context, errors)


def rules_of(pools: Sequence[Any]) -> list[Any]:
    """The rules of pools that were read with them, in the order in which they are tried."""
    found = [rule for row in pools for rule in row.rules.all()]
    return sorted(found, key=lambda rule: (rule.order, rule.pk))


@centre_only(CHANGE)
def change(request: Asked) -> HttpResponse:
    """Put a pool, a rule, a driver or a measurement; take a rule out."""
    writes = {
        "pool": put_pool,
        "rule": put_rule,
        "driver": put_driver,
        "values": put_values,
        "remove": remove_rule,
    }
    return apply_change(request, writes, model, _("The cost model was changed."), "model")


def put_pool(request: Asked) -> None:
    """Create or change a pool."""
    charging.put_pool(
        actor=request.actor,
        code=text(request, "code"),
        name=text(request, "name"),
        service=text(request, "service"),
        driver=text(request, "driver"),
        step=whole_field(request, "step", _("Place in the step-down"), default=0),
    )


def put_rule(request: Asked) -> None:
    """Add a rule."""
    charging.put_rule(
        actor=request.actor,
        pool=text(request, "pool"),
        order=whole_field(request, "order", _("Order"), default=0),
        unit=text(request, "unit"),
        category=text(request, "category"),
        account_prefix=text(request, "account_prefix"),
        kind=text(request, "kind"),
    )


def remove_rule(request: Asked) -> None:
    """Take a rule out."""
    rule_id = required_id(request, "rule", _("Choose a rule."))
    charging.remove_rule(actor=request.actor, rule_id=rule_id)


def put_driver(request: Asked) -> None:
    """Create or change a driver."""
    charging.put_driver(
        actor=request.actor,
        code=text(request, "code"),
        name=text(request, "name"),
        unit=text(request, "unit"),
    )


def put_values(request: Asked) -> None:
    """Record one measurement of a driver, one target a line (FORM-108)."""
    values: dict[str, str] = {}
    for number, line in enumerate(text(request, "values").splitlines(), start=1):
        target, _gap, value = line.strip().rpartition(" ")
        if not target and line.strip():
            raise FormError(
                "FORM-108",
                _("Line %(number)s: write a pool's or service's code, then its value.")
                % {"number": number},
                field="values",
            )
        if target:
            values[target.strip()] = value.replace(",", "")
    charging.set_driver_values(
        actor=request.actor,
        driver=text(request, "driver"),
        period=text(request, "period"),
        values=values,
        evidence=text(request, "evidence"),
    )


@centre_only(VIEW)
@lists("charging.CostLine")
def pool(request: Asked, code: str) -> HttpResponse:
    """A pool's ledger lines in a month or between two."""
    period = month_asked(request, last_month())
    last = request.GET.get("last", "") or period
    basis = "budget" if request.GET.get("basis") == "budget" else "actual"
    rows = charging.pool_lines(request.actor, code, period, last, basis=basis, place=place(request))
    context = {
        "code": code,
        "name": pool_name(request, code),
        "period": period,
        "last": last,
        "basis": basis,
        "rows": rows,
        "currency": centre().currency,
        "pages": pages(request, rows),
    }
    return show(request, "centre/pool.jinja", context)


def pool_name(request: Asked, code: str) -> str:
    """A pool's name."""
    if code == charging.UNASSIGNED:
        return _("Not assigned by any rule")
    return next((row.name for row in charging.pools(request.actor) if row.code == code), code)


@centre_only(VIEW)
@lists("charging.AllocationRun")
def allocations(request: Asked) -> HttpResponse:
    """Allocation runs, newest first, and running one."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        made: list[charging.AllocationRun] = []
        errors = attempt(lambda: made.append(allocate(request)))
        if not errors:
            return done(request, _("The costs are allocated."), "allocation", made[0].pk)
    rows = charging.allocation_runs(request.actor, place=place(request))
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "tabs": cost_tabs("allocations"),
        "decided": method_words()[charging.allocation_method_in_force(request.actor, local_day())],
        "may_allocate": request.actor.may(CHANGE),
        "months": months_back(last_month()),
        "asked": request.POST,
        "currency": centre().currency,
        "methods": [("", _("As decided for the first month")), *method_words().items()],
    }
    return show(request, "centre/allocations.jinja", context, errors)


def method_words() -> dict[str, str]:
    """Each way in which pools give to pools, in words."""
    return {
        "step_down": _("Step-down: each pool also charges the pools after it"),
        "double_step_down": _("Double step-down: first all other pools, then those after it"),
        "reciprocal": _("Reciprocal: all pools charge one another, and the circle is solved"),
        "direct": _("Direct: pools charge services only"),
    }


def allocate(request: Asked) -> charging.AllocationRun:
    """Run the allocation that the form asks for."""
    first = text(request, "first_period")
    last = text(request, "last_period") or first
    return charging.allocate(
        actor=request.actor,
        basis=text(request, "basis") or "budget",
        first_period=first,
        last_period=last,
        label=text(request, "label") or f"{first} – {last}",
        method=text(request, "method"),
    )


@centre_only(VIEW)
@lists("charging.AllocationEdge")
def allocation(request: Asked, run_id: UUID) -> HttpResponse:
    """One allocation: does it reconcile, what each service got, every share with its parts."""
    target = request.GET.get("service", "")
    check = charging.reconciliation(request.actor, run_id)
    run = check.run
    names = {pool["id"].removeprefix("direct:"): pool["name"] for pool in run.document["pools"]}
    names[charging.UNASSIGNED] = _("Not assigned by any rule")
    titles = {entry["id"]: entry["name"] for entry in run.document["targets"]}
    target = target if target in titles else ""
    edges = charging.edges(request.actor, run_id, target, place(request))
    context = {
        "run": run,
        "check": check,
        "names": names,
        "titles": titles,
        "target": target,
        "targets": [("", _("All services")), *sorted(titles.items())],
        "totals": totals_of(run, titles),
        "method": method_words().get(run.method, run.method),
        "allowable": allowable_of(run, titles),
        "idle": charging.idle_costs(request.actor, run_id),
        "policies": policy_words(),
        "edges": edges,
        "pages": pages(request, edges),
    }
    return show(request, "centre/allocation.jinja", context)


def allowable_of(run: charging.AllocationRun, titles: dict[str, str]) -> list[dict[str, Any]]:
    """Each service's full cost beside what grants allow; nothing where no line was marked."""
    part = run.result.get("allowable")
    if not part:
        return []
    allowed = {
        entry["target"]: charging_minor(entry["amount"], run.currency) for entry in part["totals"]
    }
    return [
        {**row, "allowed": allowed[row["code"]], "difference": row["amount"] - allowed[row["code"]]}
        for row in totals_of(run, titles)
    ]


def totals_of(run: charging.AllocationRun, titles: dict[str, str]) -> list[dict[str, Any]]:
    """What each service got in all."""
    return [
        {
            "name": titles.get(entry["target"], entry["target"]),
            "code": entry["target"],
            "amount": charging_minor(entry["amount"], run.currency),
        }
        for entry in run.result["totals"]
        if entry["target"] in titles
    ]


def charging_minor(amount: str, currency: str) -> int:
    """Minor units of an amount written by the engine."""
    return Money.exactly(amount, currency).minor
