"""Writes of scenarios: keeping, publishing for comment, commenting, and proposing their rates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import now, today
from commonweal.kernel.catalogue.public import ChargeItem
from commonweal.kernel.notices.public import notify_role
from commonweal.kernel.party.public import Agency, centre
from commonweal.kernel.schema.public import Conflict, NotFound
from commonweal.kernel.words import public as words

from ..domain.effects import Key
from ..domain.rates import RateError
from ..domain.scenario_documents import ScenarioError, base_document
from ..models import RateVersion, Scenario, ScenarioComment, ScenarioEffect
from ..notice_words import SCENARIO
from ..rate_words import change_words
from ..selectors.scenarios import Played, assume, work_out
from .rates import propose_rate

PROPOSE = "charging.propose_rates"
READ = "charging.view_bills"
SAY = "charging.query_lines"


@action
def put_scenario(
    *,
    actor: Actor,
    name: str,
    fiscal_year: int,
    assumptions: Mapping[str, Any],
    reason: str = "",
    scenario_id: UUID | None = None,
) -> Scenario:
    """Keep a scenario under its name with the present it starts from, or change one's assumptions.

    A published one is not changed (SCENARIO-112): agencies have seen it. Names are unique
    (SCENARIO-111). Errors of the assumptions: SCENARIO-101 to 108.
    """
    require(actor, PROPOSE)
    if not 2000 <= fiscal_year <= 2200:
        raise RateError("CHARGING-221", f"{fiscal_year} is not a fiscal year. Write it like 2027.")
    said = name.strip()[:120]
    if len(said) < 3:
        raise ScenarioError(
            "SCENARIO-110", "A scenario needs a name of at least three letters.", field="name"
        )
    base = assume(actor, fiscal_year, assumptions)[0].base
    row = _draft(scenario_id) if scenario_id else Scenario(agency_id=centre().agency_id)
    row.name, row.fiscal_year, row.reason = said, fiscal_year, reason.strip()[:500]
    row.base, row.assumptions = base_document(base), dict(assumptions)
    row.recorded_at, row.recorded_by = now(), actor.user_id
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as taken:
        raise Conflict(
            "SCENARIO-111",
            f"There is a scenario “{said}” already. Give this one another name.",
            field="name",
        ) from taken
    record(
        actor=actor,
        verb="scenario.put",
        target=row,
        payload={"year": fiscal_year, "assumptions": row.assumptions},
    )
    return row


def _locked(scenario_id: UUID) -> Scenario:
    row = Scenario.objects.select_for_update().filter(pk=scenario_id).first()
    if row is None:
        raise NotFound("SCENARIO-404", "There is no such scenario. See the rate desk.")
    return row


def _draft(scenario_id: UUID) -> Scenario:
    row = _locked(scenario_id)
    if row.state != "draft":
        raise ScenarioError(
            "SCENARIO-112",
            f"“{row.name}” was published, and agencies have seen it. Keep another under a new "
            "name.",
        )
    return row


@action
def publish_scenario(
    *, actor: Actor, scenario_id: UUID, comment_until: date, reason: str
) -> list[ScenarioEffect]:
    """Show a scenario to every agency for comment: proposed, not decided, its own effect only.

    Again with another day, it is another edition. SCENARIO-113: the day is over; -114: no reason.
    """
    require(actor, PROPOSE)
    row = _locked(scenario_id)
    if comment_until < today(centre().zone):
        raise ScenarioError(
            "SCENARIO-113",
            f"{comment_until} is over. Give the agencies a day until which they may comment.",
            field="comment_until",
        )
    if len(reason.strip()) < 10:
        raise ScenarioError(
            "SCENARIO-114",
            "Say in at least ten characters why this is considered; the agencies read it.",
            field="reason",
        )
    played, moment = work_out(row), now()
    codes = {code: pk for code, pk in Agency.objects.values_list("code", "id")}
    row.state = "published" if row.state == "draft" else row.state
    row.comment_until, row.published_at, row.reason = comment_until, moment, reason.strip()[:500]
    row.save()
    edition = ScenarioEffect.objects.filter(scenario=row).order_by("-edition").first()
    made = []
    for effect in played.result.effects:
        if effect.agency not in codes:
            continue  # a customer that is not one yet has nobody to be told
        made.append(
            ScenarioEffect.objects.create(
                agency_id=codes[effect.agency],
                scenario=row,
                edition=edition.edition + 1 if edition else 1,
                name=row.name,
                fiscal_year=row.fiscal_year,
                reason=row.reason,
                before_minor=effect.before,
                after_minor=effect.after,
                currency=played.base.currency,
                items=own_items(played, effect.agency),
                comment_until=comment_until,
                published_at=moment,
            )
        )
    for effect_row in made:
        _tell(actor, effect_row)
    record(
        actor=actor,
        verb="scenario.published",
        target=row,
        payload={"agencies": len(made), "until": comment_until},
    )
    return made


def own_items(played: Played, agency: str) -> list[dict[str, Any]]:
    """One customer's items, before and after, in minor units, the largest change first."""
    names = dict(ChargeItem.objects.values_list("code", "name"))

    def amount(bills: Mapping[Key, int], item: str) -> int:
        return bills.get((agency, item), 0)

    before, after = played.result.before, played.result.after
    items = {item for own, item in before.keys() | after.keys() if own == agency}
    rows = [
        {
            "item": item,
            "name": names.get(item, item),
            "before": amount(before, item),
            "after": amount(after, item),
            "model": played.result.models.get(item),
        }
        for item in items
    ]
    return sorted(rows, key=lambda row: (-abs(row["after"] - row["before"]), row["item"]))


def _tell(actor: Actor, row: ScenarioEffect) -> None:
    notify_role(
        actor=actor,
        agency_id=row.agency_id,
        permission=READ,
        template=SCENARIO.code,
        context={
            "name": row.name,
            "year": row.fiscal_year,
            "before": words.money(row.before_minor, row.currency),
            "after": words.money(row.after_minor, row.currency),
            "change": change_words(row.before_minor, row.after_minor, row.currency),
            "reason": row.reason,
            "until": row.comment_until,
        },
    )


@action
def comment_scenario(*, actor: Actor, effect_id: UUID, text: str) -> ScenarioComment:
    """Say, for an agency, what it thinks of a proposal (SCENARIO-115: late; -116: nothing said)."""
    row = ScenarioEffect.objects.filter(pk=effect_id).first()
    if row is None or not (actor.centre or row.agency_id in actor.agencies):
        raise NotFound("SCENARIO-405", "There is no such proposal among yours.")
    require(actor, SAY, row.agency_id)
    if actor.user_id is None:
        raise RateError("CHARGING-223", "Only a person can sign. Sign in with your own account.")
    if row.comment_until is not None and today(centre().zone) > row.comment_until:
        raise ScenarioError(
            "SCENARIO-115",
            f"Comments were asked for until {row.comment_until}. Write to the centre directly.",
            field="text",
        )
    if len(text.strip()) < 3:
        raise ScenarioError("SCENARIO-116", "Write what you think of it.", field="text")
    made = ScenarioComment.objects.create(
        agency_id=row.agency_id,
        effect=row,
        text=text.strip()[:2000],
        said_by=actor.user_id,
        said_at=now(),
    )
    record(
        actor=actor,
        verb="scenario.commented",
        target=made,
        agency_id=row.agency_id,
        payload={"effect": row.pk},
    )
    return made


@action
def propose_scenario(
    *,
    actor: Actor,
    scenario_id: UUID,
    starts: date,
    reason: str,
    mid_year: bool = False,
    authority_ref: str = "",
    short_notice: str = "",
) -> list[RateVersion]:
    """Propose every price of a scenario that differs from the present one, from a day on.

    All of them or none. SCENARIO-117: none differs. Each is decided by a second person.
    """
    require(actor, PROPOSE)
    played = work_out(_locked(scenario_id))
    items = {row.code: row for row in ChargeItem.objects.all()}
    changed = {
        code: model
        for code, model in played.result.models.items()
        if model != played.base.models.get(code) and code in items
    }
    if not changed:
        raise ScenarioError(
            "SCENARIO-117",
            "No price of this scenario differs from the present one. Let prices recover the cost, "
            "or set one.",
        )
    said = f"{reason.strip()} ({played.scenario.name})" if reason.strip() else ""
    proposed = [
        propose_rate(
            actor=actor,
            charge_item_id=items[code].pk,
            model=changed[code],
            starts=starts,
            reason=said,
            mid_year=mid_year,
            authority_ref=authority_ref,
            short_notice=short_notice,
            from_scenario=scenario_id,
        )
        for code in sorted(changed)
    ]
    Scenario.objects.filter(pk=scenario_id).update(state="proposed")
    record(
        actor=actor,
        verb="scenario.proposed",
        target=played.scenario,
        payload={"rates": [row.code for row in proposed], "starts": starts},
    )
    return proposed
