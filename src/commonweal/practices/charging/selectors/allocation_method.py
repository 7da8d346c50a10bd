"""How pools give to pools: the method in force, what was decided, and what each would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.money.public import Money
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import (
    FIRST,
    CommonwealError,
    Listing,
    NotFound,
    Place,
    listing,
)

from ..domain.cost_model import by_method
from ..domain.cost_terms import DEFAULT_METHOD, METHODS
from ..engine.documents import run_allocate
from ..models import AllocationMethod, AllocationRun
from .cost_model import VIEW


def method_on(day: date) -> str:
    """The method that counts on a day, for callers that checked the actor."""
    found = AllocationMethod.objects.filter(
        agency_id=centre().agency_id, state="approved", starts__lte=day
    )
    last = found.order_by("starts", "id").last()
    return last.method if last else DEFAULT_METHOD


def allocation_methods(actor: Actor, place: Place = FIRST) -> Listing[AllocationMethod]:
    """A page of what was proposed and decided, the latest to begin first."""
    require(actor, VIEW)
    found = AllocationMethod.objects.filter(agency_id=centre().agency_id)
    return listing(found, ["-starts", "-id"], place)


def allocation_method_in_force(actor: Actor, day: date) -> str:
    """The method that counts on a day."""
    require(actor, VIEW)
    return method_on(day)


def proposed_method(actor: Actor, method_id: UUID) -> AllocationMethod:
    """One proposal (COSTS-414)."""
    require(actor, VIEW)
    found = AllocationMethod.objects.filter(pk=method_id, agency_id=centre().agency_id).first()
    if found is None:
        raise NotFound("COSTS-414", "There is no such proposal. Choose one of the list.")
    return found


@dataclass(frozen=True)
class ServiceByMethod:
    """What a service (or a pool's idle part) would cost, minor units by method, in their order."""

    code: str
    name: str
    amounts: Sequence[int | None]


@dataclass(frozen=True)
class MethodEffect:
    """The last allocated month's cost of every service under every method.

    `refused`: by method, why the costs cannot be shared so (then its amounts are None).
    """

    period: str
    currency: str
    methods: Sequence[str]
    rows: Sequence[ServiceByMethod]
    refused: dict[str, str]


def last_allocation() -> AllocationRun | None:
    """The newest allocation of actual costs of the last month that has one, without its result."""
    found = AllocationRun.objects.filter(agency_id=centre().agency_id, basis="actual")
    return found.defer("result", "ledger").order_by("last_period", "recorded_at", "id").last()


def method_effect(actor: Actor) -> MethodEffect | None:
    """Every method tried on the last month that was allocated; None before the first."""
    require(actor, VIEW)
    last = last_allocation()
    if last is None:
        return None
    refused: dict[str, str] = {}
    found: dict[str, dict[str, int] | None] = {}
    for method in METHODS:
        try:
            result = run_allocate(by_method(last.document, method))
        except CommonwealError as problem:
            refused[method], found[method] = problem.message, None
            continue
        found[method] = {
            row["target"]: Money.exactly(row["amount"], last.currency).minor
            for row in result["totals"]
        }

    def amounts(code: str) -> list[int | None]:
        return [None if (each := found[m]) is None else each.get(code, 0) for m in METHODS]

    rows = [
        ServiceByMethod(target["id"], target["name"], amounts(target["id"]))
        for target in last.document["targets"]
    ]
    rest = ServiceByMethod("unallocated", "", amounts("unallocated"))
    if any(rest.amounts):
        rows.append(rest)
    return MethodEffect(last.last_period, last.currency, METHODS, rows, refused)
