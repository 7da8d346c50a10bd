"""Setting citizen service up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from commonweal.kernel.access.public import Actor
from commonweal.kernel.audit.public import action
from commonweal.kernel.calendar.public import today
from commonweal.kernel.casework.public import DeskPlan, lay_desk
from commonweal.kernel.party.public import centre

from .desk import ANSWERS, TEAMS, articles, categories, fees, queues, rules, types
from .promises import promises

Items = Mapping[str, Mapping[str, str]]


@action
def set_up(
    *,
    actor: Actor,
    agencies: Mapping[str, str],
    service: str = "citizen",
    starts: date | None = None,
    items: Items = MappingProxyType({}),
    addresses: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """Put what citizen service needs and the centre has not; how much was put.

    `agencies`: the code of the agency that answers for each topic (streets, homes, parking, visits,
    business, complaints); a topic that is left out is not offered. `starts`: the first day of its
    promises (today). `items`: by kind of case, the charge item that a closed case of a channel uses
    one of. `addresses`: by topic, where its mail comes: it becomes a report, a complaint, or a
    question. Errors: CATALOGUE-404 no such service, those of the single actions.
    """
    first = starts or today(centre().zone)
    plan = DeskPlan(
        service=service,
        teams=TEAMS,
        queues=queues(agencies, addresses),
        types=[replace(each, items=items.get(each.code, {})) for each in types(service, agencies)],
        categories=categories(agencies),
        rules=rules(agencies),
        answers=ANSWERS,
        articles=articles(agencies),
        fees=fees(agencies),
        promises=promises(first),
    )
    return lay_desk(actor=actor, plan=plan)
