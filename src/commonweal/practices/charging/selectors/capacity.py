"""Practical capacities, what of them was used, and what lies idle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, Sum

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.authority.public import decision_document
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place, listing

from ..domain.cost_terms import reserved_shares
from ..models import BillLine, Capacity, CapacityUse, IdleCost, IdlePolicy, Reservation
from .cost_model import VIEW


def _rows() -> Any:
    policies = IdlePolicy.objects.order_by("-recorded_at", "-id")
    return (
        Capacity.objects.filter(agency_id=centre().agency_id)
        .select_related("pool", "charge_item", "charge_item__service")
        .prefetch_related(Prefetch("policies", policies), "reservations__customer", "uses")
    )


def capacities(actor: Actor, place: Place = FIRST) -> Listing[Capacity]:
    """A page of capacities, the latest to begin first, with policies, reservations and use."""
    require(actor, VIEW)
    return listing(_rows(), ["-starts", "-id"], place)


def capacity(actor: Actor, capacity_id: UUID) -> Capacity:
    """One capacity (COSTS-410)."""
    require(actor, VIEW)
    found: Capacity | None = _rows().filter(pk=capacity_id).first()
    if found is None:
        raise NotFound("COSTS-410", "There is no such capacity. Choose one from the list.")
    return found


def capacity_on(day: date, **of: Any) -> Capacity | None:
    """The capacity of a pool or a charge item on a day, for callers that checked the actor."""
    inside = Q(starts__lte=day) & (Q(ends__isnull=True) | Q(ends__gt=day))
    found: Capacity | None = _rows().filter(inside, **of).first()
    return found


def policy_of(found: Capacity) -> IdlePolicy | None:
    """The approved policy of a capacity, or None."""
    return next((row for row in found.policies.all() if row.state == "approved"), None)


def months_of(first: FiscalPeriod, last: FiscalPeriod) -> list[FiscalPeriod]:
    """Every month from the first to the last."""
    found = [first]
    while found[-1] < last:
        found.append(found[-1].shift(1))
    return found


@dataclass(frozen=True)
class Reach:
    """A capacity over some months: what it can deliver in them, and what was used of it.

    `used` None: some month's use is not known, so nothing can be said of what is idle.
    """

    capacity: Capacity
    practical: Decimal
    used: Decimal | None


def reach(found: Capacity, first: FiscalPeriod, last: FiscalPeriod) -> Reach:
    """A capacity's months between two; the use of a charge item is what was billed of it."""
    months = [month.code for month in months_of(first, last)]
    practical = found.quantity * len(months)
    if found.charge_item_id:
        billed = BillLine.objects.filter(
            charge_item_id=found.charge_item_id, charge_period__in=months
        ).exclude(kind="fixed")
        return Reach(found, practical, billed.aggregate(used=Sum("quantity"))["used"])
    known = dict(
        CapacityUse.objects.filter(capacity=found, period__in=months).values_list("period", "used")
    )
    used = sum(known.values(), Decimal(0)) if len(known) == len(months) else None
    return Reach(found, practical, used)


def pool_reaches(first: FiscalPeriod, last: FiscalPeriod) -> dict[str, Reach]:
    """The capacities of pools that reach over some months, by the pool's code."""
    found = _rows().filter(
        Q(ends__isnull=True) | Q(ends__gte=last.end_day),
        pool__isnull=False,
        starts__lte=first.first_day,
    )
    return {row.pool.code: reach(row, first, last) for row in found}


def item_reaches(first: FiscalPeriod, last: FiscalPeriod) -> list[Reach]:
    """The same for charge items."""
    found = _rows().filter(
        Q(ends__isnull=True) | Q(ends__gte=last.end_day),
        charge_item__isnull=False,
        starts__lte=first.first_day,
    )
    return [reach(row, first, last) for row in found]


def reserved_now(of: Capacity) -> dict[str, Decimal]:
    """What each agency has reserved as recorded now, by id; it counts once two people decided."""
    return {str(row.customer_id): row.quantity for row in of.reservations.all() if row.quantity}


def reserved_by(policy: IdlePolicy) -> dict[str, Decimal]:
    """What each agency reserved when two people decided that it bears what lies idle, by id;
    nobody unless the policy is for who reserved. For callers that checked the actor."""
    if policy.policy != "reserved" or policy.decision_id is None:
        return {}
    found = decision_document(policy.decision_id)
    kept = found["effect"]["reserved"] if found else {}
    return {agency: Decimal(quantity) for agency, quantity in kept.items()}


def idle_shares(reserved: Mapping[str, Decimal], policy: str, idle_minor: int) -> dict[str, int]:
    """Who of the agencies bears an idle cost, by id; nobody unless it is for who reserved."""
    return reserved_shares(idle_minor, reserved) if policy == "reserved" else {}


def idle_costs(actor: Actor, run_id: UUID) -> Sequence[IdleCost]:
    """The idle lines of an allocation, largest first."""
    require(actor, VIEW)
    found = IdleCost.objects.filter(run_id=run_id, agency_id=centre().agency_id)
    found = found.select_related(
        "capacity", "capacity__pool", "capacity__charge_item", "capacity__charge_item__service"
    )
    return list(found.order_by("-idle_minor", "id"))


__all__ = [
    "Reach", "Reservation", "capacities", "capacity", "capacity_on", "idle_costs", "idle_shares",
    "item_reaches", "policy_of", "pool_reaches", "reach", "reserved_by", "reserved_now",
]  # fmt: skip
