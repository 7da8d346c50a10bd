"""Laying a whole desk at once: what of its plan is not there yet is put; what is there stays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from ...access.public import Actor, require
from ...audit.public import action, record
from ...catalogue.public import ServiceLevel, put_service_level, service_by_code, service_levels
from ...party.public import centre
from ..models import (
    Article,
    CaseType,
    Category,
    ClockDefinition,
    FeeRule,
    Queue,
    ReadyAnswer,
    RoutingRule,
    Team,
)
from ..rules import MANAGE
from .clocks import Promise, put_promise
from .fee_rules import put_fee
from .setup import (
    TypeDraft,
    put_article,
    put_case_type,
    put_category,
    put_queue,
    put_ready_answer,
    put_rule,
    put_team,
)

Row = Mapping[str, Any]
FIRST_RULE = 10


@dataclass(frozen=True)
class DeskPlan:
    """A desk as data. Each row holds what the action of its name takes (`put_team` and so on).

    `promises`: those with `promised` become a service level of the catalogue first, as (target,
    unit); they hold for the cases of the plan's service. `rules`: conditions and queue, in order,
    put behind the rules that are there.
    """

    service: str
    teams: Sequence[Row] = ()
    queues: Sequence[Row] = ()
    types: Sequence[TypeDraft] = ()
    categories: Sequence[Row] = ()
    rules: Sequence[Row] = ()
    answers: Sequence[Row] = ()
    articles: Sequence[Row] = ()
    fees: Sequence[Row] = ()
    promises: Sequence[PlannedPromise] = ()


@dataclass(frozen=True)
class PlannedPromise:
    """A promise, and what it says in the catalogue: its target in a unit of the centre."""

    promise: Promise
    promised: tuple[Decimal, str] | None = None
    teams: Sequence[str] = field(default_factory=tuple)


@action
def lay_desk(*, actor: Actor, plan: DeskPlan) -> int:
    """Put what a plan names and the centre has not; how much was put.

    What has the code of something that is there stays as the centre has it, so that laying a plan
    twice changes nothing. Errors: those of the single actions; CATALOGUE-404 no such service.
    """
    require(actor, MANAGE)
    service = service_by_code(actor, plan.service)
    made = _each(Team, plan.teams, lambda row: put_team(actor=actor, **row))
    known = set(Queue.objects.values_list("code", flat=True))
    fresh = [row for row in plan.queues if row["code"] not in known]
    for row in fresh:
        put_queue(actor=actor, service=plan.service, **{**row, "default_type": ""})
    made += len(fresh)
    types = [{"code": draft.code, "draft": draft} for draft in plan.types]
    made += _each(CaseType, types, lambda row: put_case_type(actor=actor, draft=row["draft"]))
    for row in fresh:  # what mail to a queue becomes; the kinds are there only now
        if row.get("default_type"):
            put_queue(actor=actor, service=plan.service, **row)
    made += _each(Category, plan.categories, lambda row: put_category(actor=actor, **row))
    made += _each(ReadyAnswer, plan.answers, lambda row: put_ready_answer(actor=actor, **row))
    made += _each(Article, plan.articles, lambda row: put_article(actor=actor, **row))
    made += _each(FeeRule, plan.fees, lambda row: put_fee(actor=actor, **row))
    made += _rules(actor, plan.rules)
    made += _promises(actor, plan, str(service.pk))
    record(
        actor=actor,
        verb="casework.desk_laid",
        target=("party.Agency", centre().agency_id),
        payload={"service": plan.service, "made": made},
    )
    return made


def _each(model: Any, rows: Iterable[Row], put: Callable[[Row], Any]) -> int:
    """Put the rows whose code is not there."""
    known = set(model.objects.values_list("code", flat=True))
    fresh = [row for row in rows if row["code"] not in known]
    for row in fresh:
        put(row)
    return len(fresh)


def _rules(who: Actor, rows: Iterable[Row]) -> int:
    held = list(RoutingRule.objects.order_by("position"))
    known = [(rule.queue.code, rule.conditions) for rule in held]
    place = max((rule.position for rule in held), default=0)
    made = 0
    for row in rows:
        named = {key: list(values) for key, values in row["conditions"].items()}
        if (row["queue"], named) not in known:
            place += FIRST_RULE
            put_rule(actor=who, position=place, queue=row["queue"], conditions=named)
            made += 1
    return made


def _promises(who: Actor, plan: DeskPlan, service: str) -> int:
    known = set(ClockDefinition.objects.values_list("code", flat=True))
    levels = {(row.metric, row.starts): row for row in service_levels(who)
              if str(row.service_id) == service}  # fmt: skip
    made = 0
    for each in plan.promises:
        promise = each.promise
        if promise.code in known:
            continue
        conditions = {**promise.conditions, "service": [service]}
        if each.teams:
            rows = Team.objects.filter(code__in=each.teams).order_by("code")
            conditions["team"] = [str(row.pk) for row in rows]
        level = levels.get((promise.code, promise.starts)) or _level(who, plan, each)
        put_promise(actor=who, promise=replace(promise, conditions=conditions, level=level))
        made += 1
    return made


def _level(who: Actor, plan: DeskPlan, planned: PlannedPromise) -> ServiceLevel | None:
    if planned.promised is None:
        return None
    target, unit = planned.promised
    promise = planned.promise
    return put_service_level(
        actor=who,
        service=plan.service,
        name=promise.name,
        metric=promise.code,
        target=target,
        unit=unit,
        calendar=promise.calendar,
        starts=promise.starts,
    )
