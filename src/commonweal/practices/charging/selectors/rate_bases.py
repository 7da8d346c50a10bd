"""Both bases of a rate's cost, and the capacity that may stand in for its volume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import ChargeItem

from ..domain.cost_model import total_of
from ..domain.rates import RateError, RateInputs, derive, quotient, ratio, text
from ..models import AllocationRun
from .capacity import capacity_on, months_of, policy_of

BASES = ("full", "allowable")


@dataclass(frozen=True)
class RateTerms:
    """On which cost a rate stands: `full` or what grants allow (`allowable`); and whether the
    practical capacity of its item is the denominator (`at_capacity`)."""

    cost_base: str = "full"
    at_capacity: bool = False


def base_costs(run: AllocationRun, service: str) -> dict[str, Decimal]:
    """A service's cost in a run on both bases; the same where nothing was marked."""
    full = Decimal(total_of(run.result, service))
    allowable = run.result.get("allowable")
    return {
        "full": full,
        "allowable": Decimal(total_of(allowable, service)) if allowable else full,
    }


def terms_applied(
    inputs: RateInputs, run: AllocationRun, item: ChargeItem, terms: RateTerms
) -> tuple[RateInputs, dict[str, Any]]:
    """A rate's inputs on the chosen terms, and what its derivation says of the others.

    Nothing is added where no cost was marked and no capacity is known. Errors: CHARGING-231 base,
    -232 no capacity, -233 nobody decided who bears the idle cost, -234 it is spread.
    """
    if terms.cost_base not in BASES:
        raise RateError(
            "CHARGING-231",
            f"“{terms.cost_base}” is not a basis of cost. Use full or allowable.",
            field="cost_base",
        )
    costs = base_costs(run, item.service.code)
    chosen = replace(inputs, cost=costs[terms.cost_base])
    facts: dict[str, Any] = {}
    chosen, capacity = _at_capacity(chosen, run, item, terms.at_capacity)
    facts |= capacity
    if run.result.get("allowable"):
        facts["cost_base"] = terms.cost_base
        facts["bases"] = {
            base: {
                "cost": format(cost, "f"),
                "rate": format(derive(replace(chosen, cost=cost)).rate, "f"),
            }
            for base, cost in costs.items()
        }
    return chosen, facts


def _at_capacity(
    inputs: RateInputs, run: AllocationRun, item: ChargeItem, wanted: bool
) -> tuple[RateInputs, Mapping[str, Any]]:
    first, last = FiscalPeriod.parse(run.first_period), FiscalPeriod.parse(run.last_period)
    found = capacity_on(first.first_day, charge_item=item)
    if found is None:
        if wanted:
            raise RateError(
                "CHARGING-232",
                f"No practical capacity of {item.code} is recorded for {run.first_period}. Record "
                "it with its evidence first.",
                field="at_capacity",
            )
        return inputs, {}
    decided = policy_of(found)
    if wanted and decided is None:
        raise RateError(
            "CHARGING-233",
            "Nobody decided yet who bears the idle capacity. Propose a policy, and have a second "
            "person decide.",
            field="at_capacity",
        )
    if wanted and decided is not None and decided.policy == "spread":
        raise RateError(
            "CHARGING-234",
            "It was decided that idle capacity is spread over all users, so the rate goes by the "
            "expected volume. Leave the capacity out, or have another policy decided.",
            field="at_capacity",
        )
    months = len(months_of(first, last))
    exact = Fraction(found.quantity) * months * inputs.scale
    practical = quotient(exact, 6, "half_up")
    unused = max(Fraction(0), Fraction(practical) - Fraction(inputs.volume))
    idle = derive(inputs).numerator * unused / Fraction(practical)
    denominator = max(practical, inputs.volume) if wanted else inputs.volume
    at = derive(replace(inputs, volume=practical)).rate
    return replace(inputs, volume=denominator), {
        "capacity": {
            "practical": text(practical),
            "unit": found.unit,
            "expected_volume": text(inputs.volume),
            "evidence": found.evidence,
            "owner": found.owner,
            "policy": decided.policy if decided else "",
            "decision": str(decided.decision_id) if decided else "",
            "denominator": "capacity" if wanted else "volume",
            "idle": ratio(idle),
            "idle_cost": format(quotient(idle, 2, "half_up"), "f"),
            "rate_at_capacity": format(at, "f"),
        }
    }
