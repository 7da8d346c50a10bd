"""Zero-base build-ups of a service's rates."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import Asked
from ..kit.types import Code, Day, Exact, In, Money, Out, Page, Text, Year
from .rate_desk import COSTS, PROPOSE, TimingIn, door
from .rates import ItemCode, RateOut, shown

__all__ = ["door"]
Ratio = dict[str, str]


class BuildTimingIn(TimingIn):
    """The same; the rates of a build-up may have an end."""

    ends: Day | None = None


class BuildLineIn(In):
    """A line of a build-up. Numbers by kind: position (count, salary), depreciation (cost,
    residual, years), all others (amount)."""

    kind: Literal["position", "purchase", "depreciation", "pool", "revenue", "prior", "reserve"]
    name: Annotated[Text, Field(max_length=300)]
    source: Annotated[Text, Field(max_length=300)]
    reason: Annotated[Text, Field(max_length=300)]
    amount: Exact | None = None
    count: Exact | None = None
    salary: Exact | None = None
    cost: Exact | None = None
    residual: Exact | None = None
    years: Exact | None = None
    share: Annotated[Text, Field(max_length=40)] = "1"
    overhead: bool = False


class BuildItemIn(In):
    """A charge item's share of the cost, and the volume that shall bear it."""

    item: ItemCode
    share: Annotated[Text, Field(max_length=40)] = "1"
    volume: Exact
    volume_reason: Annotated[Text, Field(max_length=300)]
    places: int = Field(4, ge=0, le=9)


class BuildIn(In):
    """A service's build-up for a fiscal year; it is kept as the next version."""

    service: Code
    fiscal_year: Year
    lines: list[BuildLineIn] = Field(max_length=500)
    items: list[BuildItemIn] = Field(max_length=100)
    note: Annotated[Text, Field(max_length=300)] = ""


class BuiltRateOut(Out):
    """An item's rate: numerator ÷ denominator, and what rounding leaves of the cost."""

    charge_item: str
    share: Ratio
    numerator: Ratio
    denominator: Exact
    rate: Exact
    remainder: Ratio
    rate_at_90_percent: Exact
    rate_at_110_percent: Exact


class BuildOut(Out):
    """A version of a build-up."""

    id: UUID
    service: str
    fiscal_year: int
    version: int
    total: Money
    currency: str
    note: str
    recorded_at: datetime


class BuildDetail(BuildOut):
    """The same with its lines and the rates that follow."""

    lines: list[dict[str, Any]]
    rates: list[BuiltRateOut]


def _build(row: charging.RateBuild) -> dict[str, Any]:
    return {
        "id": row.pk,
        "service": row.service.code,
        "fiscal_year": row.fiscal_year,
        "version": row.version,
        "total": charging.money_text(row.total_minor, row.currency),
        "currency": row.currency,
        "note": row.note,
        "recorded_at": row.recorded_at,
    }


def _ratio(value: Any) -> Ratio:
    return {"numerator": str(value.numerator), "denominator": str(value.denominator)}


def _detail(view: charging.BuildView) -> dict[str, Any]:
    rates = [
        {
            "charge_item": rate.item.item,
            "share": _ratio(rate.item.share),
            "numerator": _ratio(rate.numerator),
            "denominator": rate.item.volume,
            "rate": rate.rate,
            "remainder": _ratio(rate.remainder),
            "rate_at_90_percent": rate.at(charging.LESS),
            "rate_at_110_percent": rate.at(charging.MORE),
        }
        for rate in view.made.rates
    ]
    lines = [line.document() for line in view.made.lines]
    return {**_build(view.build), "lines": lines, "rates": rates}


@door.get("/rate-build-ups", access=COSTS, returns=Page[BuildOut])
def list_build_ups(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Versions of build-ups, newest first."""
    found = paging.answer(charging.build_ups(request.actor, paging.place(after, limit)))
    return {**found, "items": [_build(row) for row in found["items"]]}


@door.post("/rate-build-ups", access=PROPOSE, returns=BuildDetail, status=201)
def put_build_up(request: Asked, data: BuildIn) -> dict[str, Any]:
    """Keep a service's zero-base build-up as its next version; the rates follow from it."""
    row = charging.put_build_up(
        actor=request.actor,
        service=data.service,
        fiscal_year=data.fiscal_year,
        lines=[_given(line) for line in data.lines],
        items=[_given(item) for item in data.items],
        note=data.note,
    )
    return _detail(charging.build_view(request.actor, row.pk))


def _given(part: In) -> dict[str, Any]:
    values = part.model_dump(exclude_none=True)
    return {
        name: format(value, "f") if isinstance(value, Decimal) else value
        for name, value in values.items()
    }


@door.get("/rate-build-ups/{build_id}", access=COSTS, returns=BuildDetail)
def read_build_up(request: Asked, build_id: UUID) -> dict[str, Any]:
    """One version with its lines and rates."""
    return _detail(charging.build_view(request.actor, build_id))


@door.post("/rate-build-ups/{build_id}/propose", access=PROPOSE, returns=Page[RateOut], status=201)
def propose_build_up(request: Asked, build_id: UUID, data: BuildTimingIn) -> dict[str, Any]:
    """Propose the rate of every item; each is decided by a second person."""
    found = charging.propose_build_up(actor=request.actor, build_id=build_id, **data.model_dump())
    return {"items": [shown(row) for row in found], "after": None}
