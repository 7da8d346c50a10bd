"""Credits: instalments that add up, each within what is due, and none below zero."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from .basis import Difference, cents_of, differ, number

if TYPE_CHECKING:
    from .basis import Document


IDLE_KINDS = ("idle_pool", "idle_item")


def check_credits(bill: Document, credits: Document, total: int, places: int) -> int:
    """Each credit line is an instalment of a credit that two people decided, no more than is due
    of it by now; credits never take a bill below zero; only a year-end adjustment and idle capacity
    charge instead, the latter with its figures. Returns how many there are."""
    lines = [line for line in bill["lines"] if line["kind"] == "credit"]
    given = 0
    for line in lines:
        where = f"line {line['number']} (credit for {line['charge_item']})"
        found = credits.get(line["credit"])
        if found is None:
            raise Difference(f"{where}: its credit is not in credits.json")
        differ(f"{where}: the line it corrects", line["corrects"], found["line"])
        differ(f"{where}: number of records", line["facts"], 0)
        differ(f"{where}: quantity", number(line["quantity"], where), 0)
        taken = -cents_of(line["amount"], where, places)
        given += max(0, taken)
        check_instalments(found, taken, bill["period"], places, where)
        kind = found.get("kind", "")
        if "idle" in found:
            check_idle(found, credits, places, where)
        elif kind in IDLE_KINDS:
            raise Difference(
                f"{where}: it charges idle capacity and does not say how it came about"
            )
        elif kind != "year_end" and cents_of(found["amount"], where, places) < 0:
            raise Difference(f"{where}: a credit of the kind “{kind}” never charges anything")
        decision = found.get("decision")
        if not decision or decision["state"] != "approved":
            raise Difference(f"{where}: nobody approved it")
        if decision["decided_by"] is not None and decision["proposed_by"] == decision["decided_by"]:
            raise Difference(f"{where}: one person alone proposed and approved it")
        if decision["decided_at"][:10] > bill["issued_on"]:
            raise Difference(f"{where}: it was decided after the bill was issued")
    differ("credits in credits.json", len(credits), len(lines))
    if given and total < 0:
        raise Difference(f"the credits take the bill to {total} minor units, below zero")
    return len(lines)


def check_instalments(found: Document, taken: int, period: str, places: int, where: str) -> None:
    """The instalments are equal but for one minor unit and add up to the credit; with this bill no
    more of it is taken than is due by the bill's month."""
    whole, before = (cents_of(found[name], where, places) for name in ("amount", "before"))
    parts = {month: cents_of(part, where, places) for month, part in found["instalments"].items()}
    differ(f"{where}: sum of the instalments", whole, sum(parts.values()))
    if max(parts.values()) - min(parts.values()) > 1:
        raise Difference(f"{where}: its instalments are not equal")
    due = sum(part for month, part in parts.items() if month <= period)
    side = -1 if whole < 0 else 1
    if not 0 < side * taken <= side * (due - before):
        raise Difference(f"{where}: it takes {taken}, but {due - before} is due by {period}")


def check_idle(found: Document, credits: Document, places: int, where: str) -> None:
    """The idle part of the capacity's cost is 1 - used / practical of it, the agency's part of that
    what it reserved of all that was reserved, each but for one minor unit of rounding (of a charge
    item no more than its own charges left open of its cost); and the portions add up to it."""
    idle = found["idle"]
    cost, part, charged, recovered = (
        cents_of(idle[name], where, places) for name in ("cost", "idle", "charged", "recovered")
    )
    practical, used, own, all_ = (
        Fraction(number(idle[name], where))
        for name in ("practical", "used", "reserved", "reserved_all")
    )
    if practical <= 0 or not 0 < own <= all_:
        raise Difference(f"{where}: its capacity or what was reserved of it is not above zero")
    if abs(cost * max(Fraction(0), 1 - used / practical) - part) > 1:
        raise Difference(f"{where}: {idle['idle']} is not the idle part of {idle['cost']}")
    if found["kind"] == "idle_item":
        part = max(0, min(part, cost - recovered))
    if abs(part * own / all_ - charged) >= 1:
        raise Difference(f"{where}: {idle['charged']} is not the reserved part of {idle['idle']}")
    whole = sum(
        cents_of(each["amount"], where, places)
        for each in credits.values()
        if each["credit"] == found["credit"]
    )
    differ(f"{where}: portions of the charge", whole, -charged)
