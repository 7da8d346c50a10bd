"""Reads of zero-base build-ups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.catalogue.public import ChargeItem
from commonweal.kernel.money.public import Money, exponent
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place, listing

from ..domain.build_up import Built, BuiltRate, build_up, parse_item, parse_line, zero_base_document
from ..domain.rates import quotient
from ..models import AllocationEdge, RateBuild
from .cost_model import VIEW
from .rate_base import cost_run, scale_of


@dataclass(frozen=True)
class BuildView:
    """A build-up worked out anew from what is kept, with the items by code."""

    build: RateBuild
    made: Built
    items: Mapping[str, ChargeItem]


def build_ups(actor: Actor, place: Place = FIRST) -> Listing[RateBuild]:
    """A page of the build-ups, newest first."""
    require(actor, VIEW)
    return listing(RateBuild.objects.select_related("service"), ["-recorded_at", "-id"], place)


def build_view(actor: Actor, build_id: UUID) -> BuildView:
    """One build-up (RATES-523)."""
    require(actor, VIEW)
    row = RateBuild.objects.select_related("service").filter(pk=build_id).first()
    if row is None:
        raise NotFound("RATES-523", "There is no such build-up. See the rate desk.")
    made = build_up(
        [parse_line(each, at) for at, each in enumerate(row.lines, start=1)],
        [parse_item(each) for each in row.items],
    )
    items = ChargeItem.objects.filter(service_id=row.service_id).select_related("service", "unit")
    return BuildView(row, made, {item.code: item for item in items})


def derivation_of(view: BuildView, rate: BuiltRate) -> dict[str, Any]:
    """The derivation of one item's rate, for its proposal."""
    row = view.build
    return zero_base_document(
        view.made,
        rate,
        {
            "build": str(row.pk),
            "version": row.version,
            "service": row.service.code,
            "fiscal_year": row.fiscal_year,
            "currency": row.currency,
        },
    )


def pool_lines_of(actor: Actor, service: str, fiscal_year: int) -> list[dict[str, Any]]:
    """A service's shares of pools in the year's budget allocation, as lines to start from.

    Brought to twelve months, rounded to minor units; shares of shared pools are overhead.
    """
    require(actor, VIEW)
    run = cost_run(fiscal_year)
    if run is None:
        return []
    names = {pool["id"].removeprefix("direct:"): pool["name"] for pool in run.document["pools"]}
    found = []
    edges = AllocationEdge.objects.filter(run=run, target=service).order_by("source", "id")
    for edge in edges:
        exact = Fraction(Money(edge.amount_minor, run.currency).decimal) * scale_of(run)
        pool = edge.source.removeprefix("direct:")
        found.append(
            {
                "kind": "pool",
                "name": names.get(pool, pool),
                "source": f"{run.label}, {run.first_period} to {run.last_period}",
                "reason": f"Shared by {edge.driver}" if edge.driver else "Own cost",
                "amount": quotient(exact, exponent(run.currency), "half_up"),
                "share": "1",
                "overhead": edge.driver not in ("", "direct cost"),
            }
        )
    return found
