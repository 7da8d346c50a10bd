"""Rates: the public rate book, forecasts, proposals and their decision."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.calendar.public import today
from commonweal.kernel.catalogue.public import item_by_code
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import centre as profile
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import ALL, Asked, Door, centre, needs
from ..kit.types import AgencyKey, Code, Day, Exact, In, Money, Out, Page, Text, Year

COSTS = centre("charging.view_costs")
DECIDE = centre("charging.approve_rates")
door = Door("rates", "The public rate book, forecasts, and how rates are proposed and decided.")
ItemCode = Annotated[Code, Field(max_length=60)]
RateKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]


class RateOut(Out):
    """A rate version. `model` is the price model that the engine reads."""

    id: UUID
    code: str
    charge_item: str
    model: dict[str, Any]
    currency: str
    starts: Day
    ends: Day | None
    state: str
    life: str = Field(
        description="drafted, proposed, approved, announced, in_force, ended, or what became of it"
    )
    reason: str
    mid_year: bool
    authority_ref: str
    short_notice: str
    announced_at: datetime | None
    rate: str
    sentences: list[str]
    decided: str
    decided_by: str
    approved_at: datetime | None
    derivation: dict[str, Any]


class ItemRates(Out):
    """A charge item with the rate in force, those to come, and those before."""

    charge_item: str
    name: str
    unit: str
    now: RateOut | None
    coming: list[RateOut]
    past: list[RateOut]


class Position(Out):
    """What a service charged and what it cost this fiscal year, in the `months` of which both are
    known, and for how many days of its cash expense its balance would pay."""

    revenue: Money
    expense: Money
    position: Money
    currency: str
    months: list[str]
    missing: list[str]
    reserve_days: Exact | None
    reserve_limit: Exact


class ServiceRates(Out):
    """A service in the rate book."""

    service: str
    name: str
    items: list[ItemRates]
    position: Position | None


class ForecastOut(Out):
    """What an agency expects to use in a fiscal year."""

    id: UUID
    agency_id: UUID
    agency: str
    charge_item: str
    fiscal_year: int
    quantity: Exact
    signed_at: datetime | None

    @staticmethod
    def resolve_agency(row: Any) -> str:
        """Its agency's code."""
        return str(row.agency.code)

    @staticmethod
    def resolve_charge_item(row: Any) -> str:
        """Its item's code."""
        return str(row.charge_item.code)


class ForecastIn(In):
    """A forecast; a change needs a new signature."""

    agency: AgencyKey
    charge_item: ItemCode
    fiscal_year: Year
    quantity: Exact


class AdjustmentIn(In):
    """Something besides cost that the rate recovers or gives back."""

    name: Annotated[Text, Field(min_length=1, max_length=120)]
    amount: Exact
    reason: Annotated[Text, Field(min_length=1, max_length=300)]


class DerivationIn(In):
    """Service cost in an allocation run × share ÷ volume."""

    charge_item: ItemCode
    run_id: UUID
    share: Annotated[str, Field(pattern=r"^\d{1,9}(/\d{1,9}|\.\d{1,9})?$", examples=["1/4"])] = "1"
    share_reason: Annotated[Text, Field(max_length=300)] = Field(
        "", description="Why this part of the cost; needed unless it is the whole."
    )
    fiscal_year: Year | None = None
    volume: Exact | None = None
    volume_reason: Annotated[Text, Field(max_length=300)] = ""
    allow_unsigned: bool = False
    adjustments: list[AdjustmentIn] = Field(default_factory=list, max_length=20)
    places: int = Field(4, ge=0, le=9)
    policy: Literal["half_up", "half_even", "up", "down"] = "half_up"
    cost_base: Literal["full", "allowable"] = "full"
    at_capacity: bool = False


class ProposalIn(In):
    """A price from a day on, with the derivation that gives it or the reason for it."""

    charge_item: ItemCode
    model: dict[str, Any] = Field(examples=[{"kind": "per_unit", "rate": "4.10"}])
    starts: Day
    ends: Day | None = None
    derivation: dict[str, Any] | None = None
    reason: Annotated[Text, Field(max_length=500)] = ""
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = Field(
        "", description="Another than the book currency; its charges are converted."
    )
    mid_year: bool = Field(False, description="It changes a price within the year in progress.")
    authority_ref: Annotated[Text, Field(max_length=200)] = ""
    short_notice: Annotated[Text, Field(max_length=500)] = Field(
        "", description="Why agencies know it later than the notice period."
    )


class RateVerdictIn(In):
    """Why; a rejection needs at least ten characters."""

    reason: Annotated[Text, Field(max_length=1000)] = ""


class Derivation(Out):
    """The derivation with everything that went in; give it to a proposal as it is."""

    derivation: dict[str, Any]


def shown(version: charging.RateVersion) -> dict[str, Any]:
    """A version with its words."""
    words = charging.rate_entry(version)
    return {
        "id": version.pk,
        "code": version.code,
        "charge_item": version.charge_item.code,
        "model": version.model,
        "currency": version.currency,
        "starts": version.starts,
        "ends": version.ends,
        "state": version.state,
        "life": charging.rate_life(version),
        "reason": version.reason,
        "mid_year": version.mid_year,
        "authority_ref": version.authority_ref,
        "short_notice": version.short_notice,
        "announced_at": version.announced_at,
        "rate": words.rate,
        "sentences": list(words.sentences),
        "decided": words.decided,
        "decided_by": version.decided_by_label,
        "approved_at": version.approved_at,
        "derivation": version.derivation,
    }


def _item_rates(found: Any) -> dict[str, Any]:
    return {
        "charge_item": found.item.code,
        "name": found.item.name,
        "unit": found.item.unit_id,
        "now": shown(found.now.version) if found.now else None,
        "coming": [shown(each.version) for each in found.coming],
        "past": [shown(each.version) for each in found.past],
    }


def _position(found: Any) -> dict[str, Any] | None:
    if found is None:
        return None
    counted = found.counted
    return {
        "revenue": charging.money_text(counted.revenue, found.currency),
        "expense": charging.money_text(counted.expense, found.currency),
        "position": charging.money_text(counted.position, found.currency),
        "currency": found.currency,
        "months": list(counted.months),
        "missing": list(counted.missing),
        "reserve_days": found.reserve_days,
        "reserve_limit": found.reserve_limit,
    }


@door.get("/rate-book", access=ALL, returns=Page[ServiceRates])
def read_rate_book(
    request: Asked,
    on: Day | None = Query(None, description="As of this day; today if left out."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(20),
) -> dict[str, Any]:
    """Charge items by service: rates in force and to come, where each comes from, who decided it.

    A page holds so many items; a service with more goes on on the next. Rates of before: see the
    item.
    """
    day = on or today(profile().zone)
    book = charging.rate_book(request.actor, day, place=paging.place(after, limit))
    rows = [
        {
            "service": entry.service.code,
            "name": entry.service.name,
            "items": [_item_rates(item) for item in entry.items],
            "position": _position(entry.position),
        }
        for entry in book.services
    ]
    return {**paging.answer(book.services), "items": rows}


@door.get("/rate-book/{charge_item}", access=ALL, returns=ItemRates)
def read_item_rates(
    request: Asked, charge_item: ItemCode, on: Day | None = Query(None)
) -> dict[str, Any]:
    """One charge item's rates: in force, to come, and before."""
    return _item_rates(charging.rate_history(request.actor, charge_item, on))


@door.get("/rates/{rate}", access=ALL, returns=RateOut)
def read_rate(request: Asked, rate: RateKey) -> dict[str, Any]:
    """One rate in force or before, by code, with its derivation."""
    return shown(charging.rate_version(request.actor, rate))


@door.get("/rate-proposals", access=COSTS, returns=Page[RateOut])
def list_proposals(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Proposals that wait for a decision, oldest first."""
    found = paging.answer(charging.rate_proposals(request.actor, paging.place(after, limit)))
    return {**found, "items": [shown(row) for row in found["items"]]}


@door.post("/rate-proposals", access=centre("charging.propose_rates"), returns=RateOut, status=201)
def propose_rate(request: Asked, data: ProposalIn) -> dict[str, Any]:
    """Propose a price; it charges nothing until a second person approves it."""
    item = item_by_code(request.actor, data.charge_item)
    given = data.model_dump(exclude={"charge_item"})
    return shown(charging.propose_rate(actor=request.actor, charge_item_id=item.pk, **given))


@door.post("/rate-proposals/derive", access=COSTS, returns=Derivation)
def derive_rate(request: Asked, data: DerivationIn) -> dict[str, Any]:
    """Work out a rate from an allocation run's cost and a volume. Nothing is written."""
    volume = charging.Volume(
        quantity=data.volume,
        reason=data.volume_reason,
        fiscal_year=data.fiscal_year,
        allow_unsigned=data.allow_unsigned,
    )
    found = charging.derive_rate(
        request.actor,
        charge_item_id=item_by_code(request.actor, data.charge_item).pk,
        run_id=data.run_id,
        volume=volume,
        share=data.share,
        share_reason=data.share_reason,
        adjustments=[charging.Adjustment(**each.model_dump()) for each in data.adjustments],
        places=data.places,
        policy=data.policy,
        terms=charging.RateTerms(data.cost_base, data.at_capacity),
    )
    return {"derivation": found}


class RateEffectOut(Out):
    """What a rate means to one agency's year, as it was when it was proposed."""

    agency: str
    before: Money
    after: Money
    change: Money
    quantity: Exact


@door.get("/rate-proposals/{rate_id}/effects", access=COSTS, returns=Page[RateEffectOut])
def list_effects(
    request: Asked,
    rate_id: UUID,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """What a proposed or decided rate means to every agency's year, the largest change first."""
    version = charging.rate_version(request.actor, rate_id)

    def money(minor: int) -> str:
        return charging.money_text(minor, version.currency)

    rows = [
        {
            "agency": row.agency.code,
            "before": money(row.before_minor),
            "after": money(row.after_minor),
            "change": money(row.after_minor - row.before_minor),
            "quantity": row.quantity,
        }
        for row in charging.effects_of(request.actor, [version.pk])[version.pk]
    ]
    return paging.part_of(rows, after, limit, lambda row: row["agency"])


@door.post("/rate-proposals/{rate_id}/approve", access=DECIDE, returns=RateOut)
def approve_rate(request: Asked, rate_id: UUID, data: RateVerdictIn) -> dict[str, Any]:
    """Approve a proposed rate as the second person; from its first day on it charges."""
    return shown(
        charging.approve_rate(actor=request.actor, rate_version_id=rate_id, reason=data.reason)
    )


@door.post("/rate-proposals/{rate_id}/reject", access=DECIDE, returns=RateOut)
def reject_rate(request: Asked, rate_id: UUID, data: RateVerdictIn) -> dict[str, Any]:
    """Reject a proposed rate as the second person, with a reason."""
    return shown(
        charging.reject_rate(actor=request.actor, rate_version_id=rate_id, reason=data.reason)
    )


@door.get(
    "/forecasts",
    access=needs("charging.view_bills", "charging.view_costs", "charging.sign_forecast"),
    returns=Page[ForecastOut],
)
def list_forecasts(
    request: Asked,
    fiscal_year: Year,
    agency: Annotated[str, Field(max_length=40)] = Query("", description="Code or id; else all."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Forecast volumes of a fiscal year: your agency's, or for the centre everyone's."""
    agency_id = find_agency(request.actor, agency).pk if agency else None
    rows = charging.forecasts(
        request.actor, fiscal_year, agency_id=agency_id, place=paging.place(after, limit)
    )
    return paging.answer(rows)


@door.put(
    "/forecasts",
    access=needs("charging.sign_forecast", "charging.propose_rates"),
    returns=ForecastOut,
)
def put_forecast(request: Asked, data: ForecastIn) -> charging.Forecast:
    """Enter or change what an agency expects to use in a year."""
    return charging.put_forecast(
        actor=request.actor,
        agency_id=find_agency(request.actor, data.agency).pk,
        charge_item_id=item_by_code(request.actor, data.charge_item).pk,
        fiscal_year=data.fiscal_year,
        quantity=data.quantity,
    )


@door.post(
    "/forecasts/{forecast_id}/sign", access=needs("charging.sign_forecast"), returns=ForecastOut
)
def sign_forecast(request: Asked, forecast_id: UUID) -> charging.Forecast:
    """Sign your agency's forecast."""
    return charging.sign_forecast(actor=request.actor, forecast_id=forecast_id)
