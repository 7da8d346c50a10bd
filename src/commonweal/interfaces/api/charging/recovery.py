"""Recovery: each service's account, reserve, year-end adjustments, reduced prices, limits."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.catalogue.public import item_by_code, service_by_code
from commonweal.kernel.money.public import Money as Amount
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import centre as profile
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import ALL, Asked, Door, centre, needs
from ..kit.types import Code, Page, Year
from .recovery_types import (
    AdjustmentOut,
    AdjustmentPartOut,
    AdjustmentRead,
    ChoicesIn,
    EntryIn,
    RecoveryAccountOut,
    RecoveryEntryOut,
    ReductionIn,
    ReductionOut,
    ReserveTestOut,
    RuleIn,
    RuleOut,
    ServicePositionOut,
    WorkedOut,
    YearEndAdjustmentIn,
    account_out,
    adjustment_out,
    choices_of,
    money,
    part_out,
)

SEE, PROPOSE = centre("charging.view_costs"), centre("charging.propose_recovery")
OWN = needs("charging.view_bills", "charging.view_all_bills")
door = Door("recovery", "What each service recovers, its reserve, and its year-end adjustments.")


@door.get("/service-positions", access=ALL, returns=Page[ServicePositionOut])
def list_positions(
    request: Asked, fiscal_year: Year | None = Query(None, description="The present one.")
) -> dict[str, Any]:
    """Every service's position this fiscal year, for everybody: totals alone."""
    rows = charging.public_positions(request.actor, fiscal_year)
    return {
        "after": None,
        "items": [
            {
                "service": row.service_code,
                "name": row.service_name,
                "fiscal_year": row.fiscal_year,
                "through": row.through,
                "currency": row.currency,
                **{
                    name: money(getattr(row, name), row.currency)
                    for name in ("opening", "revenue", "cost", "result", "closing")
                },
                "reserve_days": row.reserve_days,
                "reserve_limit": row.reserve_limit,
                "state": row.state,
                "missing": list(row.missing),
            }
            for row in rows
        ],
    }


@door.get("/recovery", access=SEE, returns=Page[RecoveryAccountOut])
def list_accounts(request: Asked, fiscal_year: Year | None = Query(None)) -> dict[str, Any]:
    """Every service's own account; nothing is added up between services."""
    rows = charging.recoveries(request.actor, fiscal_year)
    return {"items": [account_out(row) for row in rows], "after": None}


@door.get("/recovery/{service}", access=SEE, returns=RecoveryAccountOut)
def read_account(
    request: Asked, service: Code, fiscal_year: Year | None = Query(None)
) -> dict[str, Any]:
    """One service's account, month by month."""
    return account_out(charging.recovery(request.actor, service, fiscal_year))


@door.get("/recovery/{service}/reserve-tests", access=SEE, returns=Page[ReserveTestOut])
def list_reserve_tests(
    request: Asked,
    service: Code,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The daily reserve tests of a service, newest day first."""
    found = service_by_code(request.actor, service)
    return paging.answer(
        charging.reserve_tests(request.actor, found.pk, paging.place(after, limit))
    )


@door.get("/adjustments", access=SEE, returns=Page[AdjustmentOut])
def list_adjustments(
    request: Asked,
    service: Annotated[str, Field(max_length=80)] = Query(""),
    fiscal_year: Year | None = Query(None),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Year-end adjustments, newest first."""
    rows = charging.adjustments(
        request.actor, service=service, fiscal_year=fiscal_year, place=paging.place(after, limit)
    )
    return {**paging.answer(rows), "items": [adjustment_out(row) for row in rows]}


@door.post("/adjustments/work-out", access=SEE, returns=WorkedOut)
def work_adjustment_out(request: Asked, data: ChoicesIn) -> dict[str, Any]:
    """Work an adjustment out. Nothing is written."""
    found = charging.work_out(
        request.actor,
        service=data.service,
        fiscal_year=data.fiscal_year,
        choices=choices_of(data),
    )
    return {"document": found.document}


@door.post("/adjustments", access=PROPOSE, returns=AdjustmentOut, status=201)
def propose_adjustment(request: Asked, data: YearEndAdjustmentIn) -> dict[str, Any]:
    """Propose the year-end adjustment of one service. A second person decides (decisions)."""
    row = charging.propose_adjustment(
        actor=request.actor,
        service_id=service_by_code(request.actor, data.service).pk,
        fiscal_year=data.fiscal_year,
        choices=choices_of(data),
        reason=data.reason,
    )
    return adjustment_out(row)


@door.get("/adjustments/{adjustment_id}", access=SEE, returns=AdjustmentRead)
def read_adjustment(request: Asked, adjustment_id: UUID) -> dict[str, Any]:
    """One adjustment with everything that went in and came out."""
    row = charging.adjustment(request.actor, adjustment_id)
    parts = charging.adjustment_parts(request.actor, row.pk)
    return {
        **adjustment_out(row),
        "document": row.document,
        "parts": [part_out(part) for part in parts],
    }


@door.post("/adjustments/{adjustment_id}/carry-out", access=PROPOSE, returns=AdjustmentOut)
def carry_out_adjustment(request: Asked, adjustment_id: UUID) -> dict[str, Any]:
    """Carry an approved adjustment out: journals, credits, refunds."""
    row = charging.carry_out_adjustment(actor=request.actor, adjustment_id=adjustment_id)
    return adjustment_out(row)


@door.get("/own-adjustments", access=OWN, returns=Page[AdjustmentPartOut])
def list_own_adjustments(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Your agency's part of approved year-end adjustments, newest first."""
    rows = charging.own_adjustments(request.actor, place=paging.place(after, limit))
    return {**paging.answer(rows), "items": [part_out(row) for row in rows]}


@door.get("/price-reductions", access=OWN, returns=Page[ReductionOut])
def list_reductions(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Reduced prices, newest first: every one for the centre, else your agency's."""
    return paging.answer(charging.price_reductions(request.actor, place=paging.place(after, limit)))


@door.post("/price-reductions", access=PROPOSE, returns=ReductionOut, status=201)
def propose_reduction(request: Asked, data: ReductionIn) -> charging.PriceReduction:
    """Propose a reduced price. A second person decides (decisions)."""
    return charging.propose_reduction(
        actor=request.actor,
        agency_id=find_agency(request.actor, data.agency).pk,
        charge_item_id=item_by_code(request.actor, data.charge_item).pk,
        percent=data.percent,
        starts=data.starts,
        ends=data.ends,
        reason=data.reason,
    )


@door.get("/account-entries", access=SEE, returns=Page[RecoveryEntryOut])
def list_entries(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Entries of services' accounts besides bills and costs, newest first."""
    return paging.answer(charging.account_entries(request.actor, place=paging.place(after, limit)))


@door.post("/account-entries", access=PROPOSE, returns=RecoveryEntryOut, status=201)
def propose_entry(request: Asked, data: EntryIn) -> charging.AccountEntry:
    """Propose an entry of a service's account. A second person decides (decisions)."""
    return charging.propose_entry(
        actor=request.actor,
        service_id=service_by_code(request.actor, data.service).pk,
        kind=data.kind,
        period=data.period,
        amount_minor=Amount.exactly(str(data.amount), profile().currency).minor,
        counterparty=data.counterparty,
        reason=data.reason,
    )


@door.get("/recovery-limits", access=SEE, returns=Page[RuleOut])
def list_rules(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Limits of recovery, newest first."""
    return paging.answer(charging.recovery_rules(request.actor, paging.place(after, limit)))


@door.post("/recovery-limits", access=PROPOSE, returns=RuleOut, status=201)
def propose_rule(request: Asked, data: RuleIn) -> charging.RecoveryRule:
    """Propose another limit. A second person decides (decisions)."""
    service = service_by_code(request.actor, data.service).pk if data.service else None
    return charging.propose_rule(
        actor=request.actor,
        kind=data.kind,
        value=data.value,
        starts=data.starts,
        ends=data.ends,
        service_id=service,
        reason=data.reason,
        reference=data.reference,
    )
