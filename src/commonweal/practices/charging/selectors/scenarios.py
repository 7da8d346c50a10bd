"""Reads of scenarios: worked out, side by side, and what an agency is shown of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.party.public import Agency
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place, listing

from ..domain.scenario_documents import parse_assumptions, parse_base
from ..domain.scenarios import (
    Assumptions,
    Base,
    Result,
    Sensitivity,
    ServiceResult,
    play,
    sensitivities,
    volumes_by_item,
)
from ..models import Scenario, ScenarioComment, ScenarioEffect
from ..years import year_months
from .cost_model import VIEW
from .rate_base import Present, present, with_mixes

MOST = 4
READ = "charging.view_bills"


@dataclass(frozen=True)
class Played:
    """A scenario with what it comes to."""

    scenario: Scenario
    base: Base
    assumed: Assumptions
    result: Result

    @property
    def sensitivities(
        self,
    ) -> list[tuple[Sensitivity, Sensitivity, Sensitivity, Any]]:
        """Each service with revenue at 90, 100 and 110 % of its volume, and its break-even."""
        services = [row.service for row in self.result.services if row.revenue and row.known]
        return sensitivities(self.base, self.assumed, self.result, services)

    @property
    def volumes(self) -> Mapping[str, Any]:
        """What everybody uses of each item."""
        return volumes_by_item(self.result.uses)

    def service(self, code: str) -> ServiceResult | None:
        """One service's row."""
        return next((row for row in self.result.services if row.service == code), None)


def work_out(scenario: Scenario) -> Played:
    """A scenario from its own documents alone: the same for ever."""
    base = parse_base(scenario.base)
    months = [month.code for month in year_months(scenario.fiscal_year)]
    assumed = parse_assumptions(scenario.assumptions, base, months)
    return Played(scenario, base, assumed, play(base, assumed))


def try_scenario(
    actor: Actor, fiscal_year: int, assumptions: Mapping[str, Any]
) -> tuple[Present, Result]:
    """Work a scenario out without keeping it."""
    found, assumed = assume(actor, fiscal_year, assumptions)
    return found, play(found.base, assumed)


def assume(
    actor: Actor, fiscal_year: int, assumptions: Mapping[str, Any]
) -> tuple[Present, Assumptions]:
    """The present of a year and what is assumed about it, with how usage falls into the cells of
    present and assumed prices (SCENARIO-101 to 108)."""
    found = present(actor, fiscal_year)
    months = [month.code for month in year_months(fiscal_year)]
    assumed = parse_assumptions(assumptions, found.base, months)
    return with_mixes(actor, found, assumed.prices), assumed


def scenarios(actor: Actor, place: Place = FIRST) -> Listing[Scenario]:
    """A page of the scenarios, newest first, without their documents."""
    require(actor, VIEW)
    rows = Scenario.objects.defer("base", "assumptions")
    return listing(rows, ["-recorded_at", "-id"], place)


def scenario(actor: Actor, scenario_id: UUID) -> Played:
    """One scenario, worked out (SCENARIO-404)."""
    require(actor, VIEW)
    row = Scenario.objects.filter(pk=scenario_id).first()
    if row is None:
        raise _unknown()
    return work_out(row)


def _unknown() -> NotFound:
    return NotFound("SCENARIO-404", "There is no such scenario. See the rate desk.")


def side_by_side(actor: Actor, ids: Sequence[UUID]) -> list[Played]:
    """Two to four scenarios, worked out, in the order asked for."""
    return [scenario(actor, each) for each in list(dict.fromkeys(ids))[:MOST]]


def agency_names(actor: Actor) -> dict[str, str]:
    """Names by code, of the agencies in scope."""
    require(actor, VIEW)
    return dict(Agency.objects.filter(kind="agency").values_list("code", "name"))


def scenario_comments(actor: Actor, scenario_id: UUID) -> list[ScenarioComment]:
    """What agencies said about a scenario, oldest first; at most a few hundred (SCENARIO-404)."""
    require(actor, VIEW)
    rows = ScenarioComment.objects.filter(effect__scenario_id=scenario_id)
    found = list(rows.select_related("effect", "agency").order_by("said_at", "id")[:500])
    if not found and not Scenario.objects.filter(pk=scenario_id).exists():
        raise _unknown()
    return found


def proposed_to(actor: Actor, agency_id: UUID, place: Place = FIRST) -> Listing[ScenarioEffect]:
    """A page of what was published to an agency: its own effects only, newest first."""
    _own(actor, agency_id)
    rows = ScenarioEffect.objects.filter(agency_id=agency_id)
    return listing(rows.prefetch_related("comments"), ["-published_at", "-id"], place)


def scenario_effect(actor: Actor, effect_id: UUID) -> ScenarioEffect:
    """One agency's effect of a published scenario (SCENARIO-405)."""
    row = ScenarioEffect.objects.filter(pk=effect_id).first()
    if row is None or not (actor.may(VIEW) or actor.may(READ, row.agency_id)):
        raise NotFound("SCENARIO-405", "There is no such proposal among yours.")
    return row


def _own(actor: Actor, agency_id: UUID) -> None:
    if not actor.may(VIEW):
        require(actor, READ, agency_id)
