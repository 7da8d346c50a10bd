"""The rate desk: zero-base build-ups, scenarios, and the rules for rates."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.party.public import agency as find_agency
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import Asked, Door, centre, needs
from ..kit.types import AgencyKey, Day, In, Money, Out, Page, Text, Year
from .rates import RateOut, shown

COSTS, PROPOSE = centre("charging.view_costs"), centre("charging.propose_rates")
RULES = centre("charging.set_rate_rules")
door = Door("rate-desk", "Build-ups, scenarios and the rules for rates, before a rate is proposed.")


class TimingIn(In):
    """When the rates start, and what a change at that time needs."""

    starts: Day
    reason: Annotated[Text, Field(max_length=500)] = ""
    mid_year: bool = False
    authority_ref: Annotated[Text, Field(max_length=200)] = ""
    short_notice: Annotated[Text, Field(max_length=500)] = ""


class ScenarioIn(In):
    """A scenario. `assumptions`: volumes, growth, costs, variable, idle, prices, moves
    (docs/how-to/rate-desk.md)."""

    name: Annotated[Text, Field(min_length=1, max_length=120)]
    fiscal_year: Year
    assumptions: dict[str, Any] = Field(examples=[{"prices": {"payroll.payslip": "recover"}}])
    reason: Annotated[Text, Field(max_length=500)] = ""


class TryIn(In):
    """A scenario to work out without keeping it."""

    fiscal_year: Year
    assumptions: dict[str, Any] = Field(examples=[{"growth": {"payroll.payslip": "-10%"}}])


class ScenarioOut(Out):
    """A kept scenario."""

    id: UUID
    name: str
    fiscal_year: int
    state: str
    reason: str
    comment_until: Day | None
    recorded_at: datetime


class EffectOut(Out):
    """What it means to one customer's year."""

    customer: str
    before: Money
    after: Money
    change: Money


class ServiceResultOut(Out):
    """One service in it. `stranded`: revenue lost whose cost stays."""

    service: str
    cost_known: bool
    cost_before: Money
    cost: Money
    revenue_before: Money
    revenue: Money
    position: Money
    lost: Money
    gone: Money
    stranded: Money
    idle: Money


class PlayedOut(Out):
    """A scenario worked out; effects add up to the change of revenue. `dearest`: customer and item
    whose price by dimensions is the dearest, as no usage is recorded."""

    currency: str
    models: dict[str, Any]
    effects: list[EffectOut]
    services: list[ServiceResultOut]
    revenue_change: Money
    unscaled: list[str]
    unpaid: list[str]
    dearest: list[tuple[str, str]]


class ScenarioDetail(ScenarioOut):
    """A kept scenario, worked out."""

    assumptions: dict[str, Any]
    result: PlayedOut


class PublishIn(In):
    """Until when agencies may comment, and why this is considered."""

    comment_until: Day
    reason: Annotated[Text, Field(max_length=500)]


class ProposedOut(Out):
    """What a published scenario would mean to one agency: proposed, not decided."""

    id: UUID
    agency_id: UUID
    name: str
    fiscal_year: int
    edition: int
    reason: str
    before: Money
    after: Money
    currency: str
    items: list[dict[str, Any]]
    comment_until: Day | None
    published_at: datetime


class CommentIn(In):
    """What your agency thinks of it."""

    text: Annotated[Text, Field(min_length=1, max_length=2000)]


class CommentOut(Out):
    """A comment."""

    id: UUID
    agency_id: UUID
    text: str
    said_at: datetime


def played_out(result: charging.Result, currency: str) -> dict[str, Any]:
    """A scenario's result as it travels: amounts in major units as text."""

    def money(minor: int) -> str:
        return charging.money_text(minor, currency)

    names = set(ServiceResultOut.model_fields) - {"service", "cost_known"}
    return {
        "currency": currency,
        "models": {code: dict(model) for code, model in sorted(result.models.items())},
        "effects": [
            {
                "customer": effect.agency,
                "before": money(effect.before),
                "after": money(effect.after),
                "change": money(effect.change),
            }
            for effect in result.effects
        ],
        "services": [
            {
                "service": row.service,
                "cost_known": row.known,
                **{name: money(getattr(row, name)) for name in sorted(names)},
            }
            for row in result.services
        ],
        "revenue_change": money(result.revenue_change),
        "unscaled": list(result.unscaled),
        "unpaid": list(result.unpaid),
        "dearest": list(result.dearest),
    }


def _proposed(row: charging.ScenarioEffect) -> dict[str, Any]:
    def money(minor: int) -> str:
        return charging.money_text(minor, row.currency)

    plain = ("agency_id", "name", "fiscal_year", "edition", "reason", "currency",
             "comment_until", "published_at")  # fmt: skip
    return {
        "id": row.pk,
        **{name: getattr(row, name) for name in plain},
        "before": money(row.before_minor),
        "after": money(row.after_minor),
        "items": [
            {**each, "before": money(each["before"]), "after": money(each["after"])}
            for each in row.items
        ],
    }


@door.get("/scenarios", access=COSTS, returns=Page[ScenarioOut])
def list_scenarios(
    request: Asked, after: str = paging.after_query(), limit: int = paging.limit_query()
) -> dict[str, Any]:
    """Kept scenarios, newest first."""
    return paging.answer(charging.scenarios(request.actor, paging.place(after, limit)))


@door.post("/scenarios", access=PROPOSE, returns=ScenarioDetail, status=201)
def put_scenario(request: Asked, data: ScenarioIn) -> dict[str, Any]:
    """Keep a scenario with the present it starts from."""
    row = charging.put_scenario(actor=request.actor, **data.model_dump())
    return _scenario(charging.scenario(request.actor, row.pk))


@door.post("/scenarios/try", access=COSTS, returns=PlayedOut)
def try_scenario(request: Asked, data: TryIn) -> dict[str, Any]:
    """Work a scenario out; nothing is kept. A customer that leaves or arrives is one, too."""
    found, result = charging.try_scenario(request.actor, data.fiscal_year, data.assumptions)
    return played_out(result, found.base.currency)


def _scenario(played: charging.Played) -> dict[str, Any]:
    row = played.scenario
    plain = ("name", "fiscal_year", "state", "reason", "comment_until", "recorded_at",
             "assumptions")  # fmt: skip
    return {
        "id": row.pk,
        **{name: getattr(row, name) for name in plain},
        "result": played_out(played.result, played.base.currency),
    }


@door.get("/scenarios/{scenario_id}", access=COSTS, returns=ScenarioDetail)
def read_scenario(request: Asked, scenario_id: UUID) -> dict[str, Any]:
    """One scenario, worked out: prices, effects on every customer, services."""
    return _scenario(charging.scenario(request.actor, scenario_id))


@door.put("/scenarios/{scenario_id}", access=PROPOSE, returns=ScenarioDetail)
def change_scenario(request: Asked, scenario_id: UUID, data: ScenarioIn) -> dict[str, Any]:
    """Change a draft's assumptions; a published one stays as agencies saw it."""
    charging.put_scenario(actor=request.actor, scenario_id=scenario_id, **data.model_dump())
    return _scenario(charging.scenario(request.actor, scenario_id))


@door.post("/scenarios/{scenario_id}/publish", access=PROPOSE, returns=ScenarioDetail)
def publish_scenario(request: Asked, scenario_id: UUID, data: PublishIn) -> dict[str, Any]:
    """Show every agency its own effect for comment: proposed, not decided."""
    charging.publish_scenario(actor=request.actor, scenario_id=scenario_id, **data.model_dump())
    return _scenario(charging.scenario(request.actor, scenario_id))


@door.post("/scenarios/{scenario_id}/propose", access=PROPOSE, returns=Page[RateOut], status=201)
def propose_scenario(request: Asked, scenario_id: UUID, data: TimingIn) -> dict[str, Any]:
    """Propose every price of a scenario that differs from the present one."""
    found = charging.propose_scenario(
        actor=request.actor, scenario_id=scenario_id, **data.model_dump()
    )
    return {"items": [shown(row) for row in found], "after": None}


@door.get("/scenarios/{scenario_id}/comments", access=COSTS, returns=Page[CommentOut])
def list_comments(
    request: Asked,
    scenario_id: UUID,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """What agencies said about a scenario, oldest first."""
    rows = charging.scenario_comments(request.actor, scenario_id)
    return paging.part_of(rows, after, limit, lambda row: row.pk)


@door.get(
    "/proposed-rates",
    access=needs("charging.view_bills", "charging.view_costs"),
    returns=Page[ProposedOut],
)
def list_proposed(
    request: Asked,
    agency: AgencyKey = Query(..., description="Code or id of an agency."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Published scenarios with what they would mean to one agency: proposed, not decided."""
    own = find_agency(request.actor, agency).pk
    found = paging.answer(charging.proposed_to(request.actor, own, paging.place(after, limit)))
    return {**found, "items": [_proposed(row) for row in found["items"]]}


class ComingRateOut(Out):
    """An approved rate that is still to come, and what it means to the agency's year."""

    rate: str
    charge_item: str
    starts: Day
    mid_year: bool
    reason: str
    before: Money
    after: Money
    currency: str


@door.get(
    "/agencies/{agency}/coming-rates",
    access=needs("charging.view_bills", "charging.view_all_bills"),
    returns=Page[ComingRateOut],
)
def list_coming(
    request: Asked,
    agency: AgencyKey,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Approved rates that begin after today, with what they mean to the agency's year."""
    own = find_agency(request.actor, agency).pk
    rows = [
        {
            "rate": news.version.code,
            "charge_item": news.version.charge_item.code,
            "starts": news.version.starts,
            "mid_year": news.version.mid_year,
            "reason": news.version.reason,
            "before": charging.money_text(news.effect.before, news.version.currency),
            "after": charging.money_text(news.effect.after, news.version.currency),
            "currency": news.version.currency,
        }
        for news in charging.coming_rates(request.actor, own)
    ]
    return paging.part_of(rows, after, limit, lambda row: row["rate"])


@door.post(
    "/proposed-rates/{effect_id}/comments",
    access=needs("charging.query_lines"),
    returns=CommentOut,
    status=201,
)
def comment_scenario(request: Asked, effect_id: UUID, data: CommentIn) -> Any:
    """Say what your agency thinks of a proposal."""
    return charging.comment_scenario(actor=request.actor, effect_id=effect_id, text=data.text)
