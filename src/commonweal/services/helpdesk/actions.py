"""Setting the help desk up."""

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

from .desk import ANSWERS, ARTICLES, CATEGORIES, QUEUES, RULES, TEAMS, types
from .promises import promises

Items = Mapping[str, Mapping[str, str]]


@action
def set_up(
    *,
    actor: Actor,
    service: str = "helpdesk",
    starts: date | None = None,
    items: Items = MappingProxyType({}),
    address: str = "",
) -> int:
    """Put what the help desk needs and the centre has not; how much was put.

    `starts`: the first day of its promises (today). `items`: by kind of case, the charge item that
    a closed case of a channel uses one of. `address`: of the help desk's mail; what comes there
    becomes an incident. Errors: CATALOGUE-404 no such service, those of single actions.
    """
    first = starts or today(centre().zone)
    plan = DeskPlan(
        service=service,
        teams=TEAMS,
        queues=[{**row, "address": address if row["code"] == "helpdesk" else ""} for row in QUEUES],
        types=[replace(each, items=items.get(each.code, {})) for each in types(service)],
        categories=CATEGORIES,
        rules=RULES,
        answers=ANSWERS,
        articles=ARTICLES,
        promises=promises(first),
    )
    return lay_desk(actor=actor, plan=plan)
