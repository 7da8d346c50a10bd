"""Dated drivers, marks on ledger lines, and towers of the cost model."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.party.public import centre as profile
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import Asked, centre
from ..kit.types import Day, Done, Exact, In, Money, Out, Page, Period, Text
from .costs import BASIS, IMPORT, SEE, Method, PoolCode, door

__all__ = ["door"]
DECIDE = centre("charging.approve_rates")
Words = Annotated[Text, Field(max_length=300)]
Short = Annotated[Text, Field(max_length=120)]
Kind = Literal["pool", "tower"]


class DriverSetIn(In):
    """Several drivers of a pool from a month on; weights by driver's code, together 1."""

    pool: PoolCode
    starts: Day
    ends: Day | None = None
    parts: dict[str, Exact] = Field(examples=[{"headcount": "0.6", "devices": "0.4"}])
    reason: Words = ""


class DriverSetOut(Out):
    """A dated set of drivers."""

    id: UUID
    pool: str
    starts: Day
    ends: Day | None
    parts: dict[str, Exact]
    reason: str

    @staticmethod
    def resolve_pool(row: Any) -> str:
        """Its code."""
        return str(row.pool.code)

    @staticmethod
    def resolve_parts(row: Any) -> dict[str, Decimal]:
        """Weight by driver's code."""
        return {part.driver.code: part.weight for part in row.parts.all()}


class MarkIn(In):
    """Which ledger lines bear a mark, and why; every field that is set must match."""

    mark: Literal["unallowable", "personal"]
    reason: Annotated[Text, Field(min_length=1, max_length=200)]
    rule: Annotated[Text, Field(max_length=80)] = Field("", examples=["2 CFR 200.450"])
    unit: Short = ""
    category: Short = ""
    account_prefix: Annotated[Text, Field(max_length=60)] = ""
    kind: Annotated[Text, Field(max_length=40)] = ""


class MarkOut(Out):
    """A mark."""

    id: UUID
    mark: str
    reason: str
    rule: str
    unit: str
    category: str
    account_prefix: str
    kind: str


class MethodIn(In):
    """How pools give to pools from the first of a month on, and why."""

    method: Method
    starts: Day
    reason: Annotated[Text, Field(min_length=10, max_length=500)]


class MethodOut(Out):
    """A method of allocation and where its decision stands."""

    id: UUID
    method: str
    starts: Day
    reason: str
    state: str
    decision_id: UUID | None


class CostVerdictIn(In):
    """A second person's decision; a rejection needs its reason."""

    approved: bool
    reason: Words = ""


class MethodCosts(Out):
    """What a service cost under each method; null where the costs cannot be shared so."""

    service: str
    direct: Money | None
    step_down: Money | None
    double_step_down: Money | None
    reciprocal: Money | None


class MethodEffectOut(Out):
    """The last allocated month under every method; `refused` says why one cannot be used."""

    period: Period | None
    currency: str
    services: list[MethodCosts]
    refused: dict[str, str]


class Term(Out):
    """A word of the vocabulary."""

    code: str
    name: str


class TermIn(In):
    """A word of the vocabulary."""

    code: Annotated[str, Field(max_length=40)]
    name: Annotated[Text, Field(min_length=1, max_length=120)]


class TermsIn(In):
    """The words in order; none: the US federal ones again."""

    terms: list[TermIn] = Field(default_factory=list, max_length=200)


class Vocabulary(Out):
    """The words for cost pools and towers."""

    pool: list[Term]
    tower: list[Term]


class TagIn(In):
    """Which words a pool or a service (one of the two) bears."""

    pool: str = Field("", max_length=40)
    service: str = Field("", max_length=60)
    cost_pool: str = Field("", max_length=40)
    tower: str = Field("", max_length=40)


class Cell(Out):
    """What a tower cost of one cost pool; empty words: not tagged."""

    tower: str
    cost_pool: str
    amount: Money


class Towers(Out):
    """Costs by tower and cost pool."""

    currency: str
    total: Money
    cells: list[Cell]


@door.get("/driver-sets", access=SEE, returns=Page[DriverSetOut])
def list_driver_sets(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Pools with several drivers, by dates."""
    rows = charging.driver_sets(request.actor)
    return paging.part_of(rows, after, limit, lambda row: row.pk)


@door.post("/driver-sets", access=IMPORT, returns=DriverSetOut, status=201)
def put_driver_set(request: Asked, data: DriverSetIn) -> Any:
    """Let a pool go out by several drivers from a month on."""
    return charging.put_driver_set(actor=request.actor, **data.model_dump())


@door.delete("/driver-sets/{set_id}", access=IMPORT, returns=Done)
def remove_driver_set(request: Asked, set_id: UUID) -> dict[str, Any]:
    """Take a set back whose months are all open."""
    charging.remove_driver_set(actor=request.actor, set_id=set_id)
    return {"done": True}


@door.get("/line-marks", access=SEE, returns=Page[MarkOut])
def list_marks(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Rules that mark ledger lines."""
    return paging.part_of(charging.line_marks(request.actor), after, limit, lambda row: row.pk)


@door.post("/line-marks", access=IMPORT, returns=MarkOut, status=201)
def put_mark(request: Asked, data: MarkIn) -> Any:
    """Mark ledger lines as not allowable for grants, or as personal."""
    return charging.put_line_mark(actor=request.actor, **data.model_dump())


@door.delete("/line-marks/{mark_id}", access=IMPORT, returns=Done)
def remove_mark(request: Asked, mark_id: UUID) -> dict[str, Any]:
    """Take a mark out."""
    charging.remove_line_mark(actor=request.actor, mark_id=mark_id)
    return {"done": True}


@door.get("/cost-vocabulary", access=SEE, returns=Vocabulary)
def read_vocabulary(request: Asked) -> dict[str, Any]:
    """The words for cost pools and towers: the US federal ones, or the centre's own."""
    return words_out(request)


def words_out(request: Asked) -> dict[str, Any]:
    """Both lists of words."""
    return {
        kind: [{"code": code, "name": name} for code, name in terms]
        for kind, terms in charging.cost_vocabulary(request.actor).items()
    }


@door.put("/cost-vocabulary/{vocabulary}", access=IMPORT, returns=Vocabulary)
def put_vocabulary(request: Asked, vocabulary: Kind, data: TermsIn) -> dict[str, Any]:
    """Replace one list of words."""
    terms = [(term.code, term.name) for term in data.terms]
    charging.put_vocabulary(actor=request.actor, kind=vocabulary, terms=terms)
    return words_out(request)


@door.put("/cost-tags", access=IMPORT, returns=Done)
def put_tag(request: Asked, data: TagIn) -> dict[str, Any]:
    """Tag a pool or a service with a cost pool and a tower."""
    charging.tag_cost(actor=request.actor, **data.model_dump())
    return {"done": True}


@door.get("/costs-by-tower", access=SEE, returns=Towers)
def read_towers(
    request: Asked, first: Period, last: Period, basis: BASIS = Query("actual")
) -> dict[str, Any]:
    """Ledger costs of some months by tower and cost pool."""
    found, currency = charging.costs_by_tower(request.actor, first, last, basis), profile().currency
    return {
        "currency": currency,
        "total": charging.money_text(found.total, currency),
        "cells": [
            {"tower": tower, "cost_pool": pool, "amount": charging.money_text(amount, currency)}
            for tower, row in found.cells.items()
            for pool, amount in row.items()
        ],
    }


@door.get("/allocation-methods", access=SEE, returns=Page[MethodOut])
def list_allocation_methods(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Methods that were proposed and decided, the latest to begin first."""
    return paging.answer(charging.allocation_methods(request.actor, paging.place(after, limit)))


@door.get("/allocation-methods/effect", access=SEE, returns=MethodEffectOut)
def read_method_effect(request: Asked) -> dict[str, Any]:
    """What each service cost in the last allocated month under every method."""
    found = charging.method_effect(request.actor)
    if found is None:
        return {"period": None, "currency": profile().currency, "services": [], "refused": {}}

    def text(minor: int | None) -> str | None:
        return None if minor is None else charging.money_text(minor, found.currency)

    return {
        "period": found.period,
        "currency": found.currency,
        "services": [
            {
                "service": row.code,
                **dict(zip(found.methods, (text(each) for each in row.amounts), strict=True)),
            }
            for row in found.rows
        ],
        "refused": found.refused,
    }


@door.post("/allocation-methods", access=IMPORT, returns=MethodOut, status=201)
def propose_allocation_method(request: Asked, data: MethodIn) -> Any:
    """Propose how pools give to pools from a month on; a second person decides."""
    return charging.propose_allocation_method(actor=request.actor, **data.model_dump())


@door.post("/allocation-methods/{method_id}/decision", access=DECIDE, returns=MethodOut)
def decide_allocation_method(request: Asked, method_id: UUID, data: CostVerdictIn) -> Any:
    """Approve or reject a method, as a second person."""
    return charging.decide_allocation_method(
        actor=request.actor, method_id=method_id, approved=data.approved, reason=data.reason
    )
