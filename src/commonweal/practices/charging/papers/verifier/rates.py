"""Decisions on rates, and their derivation."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from .basis import WIDE, Difference, covers, differ, minor, number, ratio

if TYPE_CHECKING:
    from .basis import Document


def check_decisions(bill: Document, rates: list[Document]) -> None:
    """Each rate is what was decided: this price from this day, by two people, before the issue."""
    months: dict[str, set[str]] = defaultdict(set)
    for line in bill["lines"]:
        months[line["rate_version"]].add(line["charge_period"])
    for rate in rates:
        where = f"rate {rate['code']}"
        decision = rate.get("decision")
        if not decision or decision["state"] != "approved":
            raise Difference(f"{where}: nobody approved it")
        differ(f"{where}: price decided", decision["effect"]["model"], rate["model"])
        differ(f"{where}: first day decided", decision["effect"]["starts"], rate["starts"])
        differ(f"{where}: rate decided", decision["effect"]["rate"], rate["code"])
        if decision["decided_at"][:10] > bill["issued_on"]:
            raise Difference(f"{where}: it was decided after the bill was issued")
        if decision["proposed_by"] == decision["decided_by"]:
            raise Difference(f"{where}: one person alone proposed and approved it")
        for month in sorted(months[rate["code"]]):
            covers(rate, month, where)


def check_rates(
    rates: list[Document], costs: dict[str, dict[str, int]], places: int
) -> tuple[int, list[str]]:
    """A derived rate is its part of a service's cost, adjusted, over the volume, rounded once.

    Returns how many were derived again, and the prices that were decided for a reason instead."""
    checked, decided = 0, []
    for rate in rates:
        derivation = rate.get("derivation") or {}
        if derivation.get("kind") != "cost_over_volume":
            decided.append(rate["code"])
            continue
        where = f"rate {rate['code']}"
        cost = number(derivation["service_cost"], where)
        run = costs.get(str(derivation.get("run")))
        if derivation.get("cost_base") == "allowable":
            run = costs.get(f"{derivation.get('run')} allowable")
        if run is None:
            raise Difference(f"{where}: its cost allocation is not in allocation.json")
        service = derivation["service"]
        differ(f"{where}: cost of {service}", minor(cost, places), run.get(service))
        exact = Fraction(cost) * ratio(derivation["share"], where)
        exact *= ratio(derivation["scale"], where)
        for entry in derivation["adjustments"]:
            exact += Fraction(number(entry["amount"], where))
        differ(f"{where}: cost to recover", ratio(derivation["numerator"], where), exact)
        exact /= Fraction(number(derivation["denominator"], where))
        shift = int(derivation["places"])
        if not 0 <= shift <= 20:
            raise Difference(f"{where}: it is rounded to {shift} decimals")
        scaled = exact * 10**shift
        whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
        found = Decimal(whole).scaleb(-shift, WIDE)
        if derivation["rounding"] == "half_up":
            differ(f"{where}: cost over volume", number(derivation["rate"], where), found)
        model = rate["model"]
        stated = model.get("rate", model.get("amount", "0"))
        if "tiers" in model or number(stated, where) != number(derivation["rate"], where):
            if not rate.get("reason"):
                differ(f"{where}: price", stated, derivation["rate"])
            decided.append(rate["code"])
        checked += 1
    return checked, decided
