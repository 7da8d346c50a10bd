"""Capacity with what lies idle, and the register of assets."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from commonweal.kernel.money.public import Money as Amount
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import centre as profile
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import Asked, needs
from ..kit.types import AgencyKey, Day, Done, Exact, In, Money, Out, Page, Period, Text
from .cost_terms import DECIDE, CostVerdictIn, Short, Words
from .costs import IMPORT, SEE, PoolCode, door

__all__ = ["door"]
OWED = needs("charging.view_bills", "charging.view_costs")
AssetCode = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$", examples=["san-2026"])]


def minor(text: str) -> int:
    """An amount in the centre's currency, as minor units."""
    return Amount.exactly(text, profile().currency).minor


class CapacityIn(In):
    """What a pool or a charge item (one of the two) can practically deliver in a month."""

    pool: str = Field("", max_length=40)
    charge_item: str = Field("", max_length=80)
    quantity: Exact
    unit: Annotated[Text, Field(min_length=1, max_length=40)]
    owner: Annotated[Text, Field(min_length=1, max_length=120)]
    evidence: Annotated[Text, Field(min_length=1, max_length=300)]
    starts: Day
    ends: Day | None = None


class PolicyOut(Out):
    """A policy about idle capacity and where its decision stands."""

    id: UUID
    policy: str
    reason: str
    state: str
    decision_id: UUID | None


class CapacityOut(Out):
    """A capacity with what was decided about it."""

    id: UUID
    pool: str | None
    charge_item: str | None
    quantity: Exact
    unit: str
    owner: str
    evidence: str
    starts: Day
    ends: Day | None
    policies: list[PolicyOut]
    reserved: dict[str, Exact]

    @staticmethod
    def resolve_pool(row: Any) -> str | None:
        """Its code."""
        return row.pool.code if row.pool else None

    @staticmethod
    def resolve_charge_item(row: Any) -> str | None:
        """Its code."""
        return row.charge_item.code if row.charge_item else None

    @staticmethod
    def resolve_policies(row: Any) -> list[Any]:
        """Newest first."""
        return list(row.policies.all())

    @staticmethod
    def resolve_reserved(row: Any) -> dict[str, Decimal]:
        """By agency's code."""
        return {each.customer.code: each.quantity for each in row.reservations.all()}


class UseIn(In):
    """What a month used of a pool's capacity."""

    period: Period
    used: Exact
    evidence: Words = ""


class ReservationIn(In):
    """What an agency reserved."""

    agency: AgencyKey
    quantity: Exact


class PolicyIn(In):
    """Who bears what lies idle, and why."""

    policy: Literal["absorbed", "reserved", "spread"]
    reason: Annotated[Text, Field(min_length=10, max_length=500)]


class IdleOut(Out):
    """An idle line of an allocation; `shares`: what agencies bear, where they reserved."""

    capacity_id: UUID
    practical: Exact
    used: Exact
    policy: str
    owner: str
    cost: Money
    idle: Money
    shares: dict[str, Money]


class AssetIn(In):
    """An asset; `contributors`: amounts by agency's code, or by `grant:REFERENCE`."""

    code: AssetCode
    name: Short
    pool: PoolCode
    cost: Exact
    in_service: Day
    life_months: int = Field(ge=1, le=1200)
    contributors: dict[str, Exact] = Field(default_factory=dict)
    evidence: Words = ""


class AssetOut(Out):
    """An asset and what of it is depreciated."""

    code: str
    name: str
    pool: str
    currency: str
    cost: Money
    contributed: Money
    depreciated: Money
    recovered: Money
    in_service: Day
    life_months: int
    disposed_on: Day | None


class CapacityMonthIn(In):
    """A month."""

    period: Period


class Depreciated(Out):
    """What was taken of a month."""

    period: str
    assets: int
    amount: Money
    recoverable: Money


class DisposalIn(In):
    """The end of an asset; agencies that paid for it are credited on their next `bills` bills."""

    day: Day
    proceeds: Exact
    reason: Annotated[Text, Field(min_length=10, max_length=500)]
    bills: int = Field(1, ge=1, le=charging.MOST_CREDIT_MONTHS)


class ProceedsOut(Out):
    """A part of a disposal's proceeds. `way`: pool (the centre's part), credit (on bills to come),
    refund (paid back: no customer any more), held (for a grant), or nothing.

    `left`: what no bill holds of the credit yet; `bills`: those that hold some; `refund_id`: the
    settlement that paid it back. What was given is not taken back: it is put right by a decision of
    its own.
    """

    agency: str
    grant: str
    amount: Money
    way: str
    credit_id: UUID | None
    months: list[str]
    left: Money
    bills: list[str]
    refund_id: UUID | None


class DisposalOut(Out):
    """A disposal, where its decision stands, and what became of each part of its proceeds."""

    id: UUID
    day: Day
    proceeds: Money
    reason: str
    state: str
    parts: dict[str, Any]
    shares: list[ProceedsOut]


class OwedOut(ProceedsOut):
    """A contributor's part of an asset's proceeds, and what became of it."""

    id: UUID
    asset: str
    currency: str
    recorded_at: datetime


@door.get("/capacities", access=SEE, returns=Page[CapacityOut])
def list_capacities(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Practical capacities, the latest to begin first."""
    return paging.answer(charging.capacities(request.actor, paging.place(after, limit)))


@door.post("/capacities", access=IMPORT, returns=CapacityOut, status=201)
def put_capacity(request: Asked, data: CapacityIn) -> Any:
    """Record a practical capacity with its evidence and the owner of what lies idle."""
    return charging.put_capacity(actor=request.actor, **data.model_dump())


@door.get("/capacities/{capacity_id}", access=SEE, returns=CapacityOut)
def read_capacity(request: Asked, capacity_id: UUID) -> Any:
    """One capacity."""
    return charging.capacity(request.actor, capacity_id)


@door.post("/capacities/{capacity_id}/uses", access=IMPORT, returns=Done)
def record_use(request: Asked, capacity_id: UUID, data: UseIn) -> dict[str, Any]:
    """Record what a month used."""
    charging.record_use(actor=request.actor, capacity_id=capacity_id, **data.model_dump())
    return {"done": True}


@door.post("/capacities/{capacity_id}/reservations", access=IMPORT, returns=Done)
def reserve(request: Asked, capacity_id: UUID, data: ReservationIn) -> dict[str, Any]:
    """Record what an agency reserved."""
    charging.reserve_capacity(
        actor=request.actor,
        capacity_id=capacity_id,
        agency_id=find_agency(request.actor, data.agency).pk,
        quantity=data.quantity,
    )
    return {"done": True}


@door.post("/capacities/{capacity_id}/policies", access=IMPORT, returns=PolicyOut, status=201)
def propose_policy(request: Asked, capacity_id: UUID, data: PolicyIn) -> Any:
    """Propose who bears what lies idle; a second person decides."""
    return charging.propose_idle_policy(
        actor=request.actor, capacity_id=capacity_id, policy=data.policy, reason=data.reason
    )


@door.post("/idle-policies/{policy_id}/decision", access=DECIDE, returns=PolicyOut)
def decide_policy(request: Asked, policy_id: UUID, data: CostVerdictIn) -> Any:
    """Approve or reject a policy, as a second person."""
    return charging.decide_idle_policy(
        actor=request.actor, policy_id=policy_id, approved=data.approved, reason=data.reason
    )


@door.get("/allocation-runs/{run_id}/idle", access=SEE, returns=Page[IdleOut])
def list_idle(
    request: Asked,
    run_id: UUID,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The idle lines of an allocation, largest first."""
    run = charging.allocation_run(request.actor, run_id)

    def text(amount: int) -> str:
        return charging.money_text(amount, run.currency)

    rows = [
        {
            "capacity_id": row.capacity_id,
            "practical": row.practical,
            "used": row.used,
            "policy": row.policy,
            "owner": row.capacity.owner,
            "cost": text(row.cost_minor),
            "idle": text(row.idle_minor),
            "shares": {key: text(amount) for key, amount in row.shares.items()},
        }
        for row in charging.idle_costs(request.actor, run_id)
    ]
    return paging.part_of(rows, after, limit, lambda row: row["capacity_id"])


def asset_out(view: charging.AssetView) -> dict[str, Any]:
    """An asset as it travels."""
    asset = view.asset

    def text(amount: int) -> str:
        return charging.money_text(amount, asset.currency)

    return {
        "code": asset.code,
        "name": asset.name,
        "pool": asset.pool.code,
        "currency": asset.currency,
        "cost": text(asset.cost_minor),
        "contributed": text(view.contributed_minor),
        "depreciated": text(view.depreciated_minor),
        "recovered": text(view.recovered_minor),
        "in_service": asset.in_service,
        "life_months": asset.life_months,
        "disposed_on": asset.disposed_on,
    }


@door.get("/assets", access=SEE, returns=Page[AssetOut])
def list_assets(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """The register of assets, by code."""
    found = charging.assets(request.actor, paging.place(after, limit))
    return {**paging.answer(found), "items": [asset_out(view) for view in found]}


@door.post("/assets", access=IMPORT, returns=AssetOut, status=201)
def put_asset(request: Asked, data: AssetIn) -> dict[str, Any]:
    """Register an asset with what others paid of it."""
    given = data.model_dump(exclude={"cost", "contributors"})
    charging.put_asset(
        actor=request.actor,
        cost_minor=minor(str(data.cost)),
        contributors={who: minor(str(amount)) for who, amount in data.contributors.items()},
        **given,
    )
    return asset_out(charging.asset_view(request.actor, data.code))


@door.get("/assets/{asset}", access=SEE, returns=AssetOut)
def read_asset(request: Asked, asset: AssetCode) -> dict[str, Any]:
    """One asset."""
    return asset_out(charging.asset_view(request.actor, asset))


@door.post("/depreciation", access=IMPORT, returns=Depreciated)
def depreciate(request: Asked, data: CapacityMonthIn) -> dict[str, Any]:
    """Take a month's depreciation into the ledger costs; each asset once."""
    made = charging.depreciate(actor=request.actor, period=data.period)
    currency = profile().currency
    return {
        "period": data.period,
        "assets": len(made),
        "amount": charging.money_text(sum(row.amount_minor for row in made), currency),
        "recoverable": charging.money_text(sum(row.recoverable_minor for row in made), currency),
    }


def share_out(share: charging.ShareOut, currency: str) -> dict[str, Any]:
    """A part of the proceeds as it travels."""
    return {
        "agency": share.code,
        "grant": share.grant,
        "amount": charging.money_text(share.minor, currency),
        "way": share.way,
        "credit_id": share.credit.pk if share.credit else None,
        "months": share.credit.months if share.credit else [],
        "left": charging.money_text(share.left, currency),
        "bills": list(share.bills),
        "refund_id": share.refund.pk if share.refund else None,
    }


def disposal_out(request: Asked, row: Any) -> dict[str, Any]:
    """A disposal as it travels."""
    currency = row.asset.currency
    return {
        "id": row.pk,
        "day": row.day,
        "proceeds": charging.money_text(row.proceeds_minor, currency),
        "reason": row.reason,
        "state": row.state,
        "parts": row.parts,
        "shares": [
            share_out(share, currency) for share in charging.proceeds_of(request.actor, row)
        ],
    }


@door.get("/assets/{asset}/disposals", access=SEE, returns=Page[DisposalOut])
def list_disposals(
    request: Asked,
    asset: AssetCode,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """What was proposed about an asset's end, newest first, and what became of the proceeds."""
    found = charging.asset_by_code(request.actor, asset)
    rows = [disposal_out(request, row) for row in charging.disposals(request.actor, found)]
    return paging.part_of(rows, after, limit, lambda row: row["id"])


@door.post("/assets/{asset}/disposals", access=IMPORT, returns=DisposalOut, status=201)
def propose_disposal(request: Asked, asset: AssetCode, data: DisposalIn) -> dict[str, Any]:
    """Propose an asset's end; a second person decides."""
    made = charging.propose_disposal(
        actor=request.actor,
        code=asset,
        day=data.day,
        proceeds_minor=minor(str(data.proceeds)),
        reason=data.reason,
        bills=data.bills,
    )
    return disposal_out(request, made)


@door.post("/disposals/{disposal_id}/decision", access=DECIDE, returns=DisposalOut)
def decide_disposal(request: Asked, disposal_id: UUID, data: CostVerdictIn) -> dict[str, Any]:
    """Approve or reject a disposal, as a second person; what contributors get is given with it."""
    made = charging.decide_disposal(
        actor=request.actor, disposal_id=disposal_id, approved=data.approved, reason=data.reason
    )
    return disposal_out(request, made)


@door.get("/contributor-credits", access=OWED, returns=Page[OwedOut])
def list_owed(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Contributors' parts of the proceeds of assets and what became of them, newest first."""
    found = charging.contributor_credits(request.actor, paging.place(after, limit))
    rows = [
        {
            **share_out(each.share, each.row.currency),
            "id": each.row.pk,
            "asset": each.row.asset_name,
            "currency": each.row.currency,
            "recorded_at": each.row.recorded_at,
        }
        for each in charging.given(request.actor, found)
    ]
    return {**paging.answer(found), "items": rows}
