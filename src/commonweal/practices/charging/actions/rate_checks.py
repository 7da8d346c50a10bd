"""What a rate passes before it is proposed and before it binds: timing, caps, effects.

Called inside the actions of rates.py, in their transaction and in the centre's scope.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import today
from commonweal.kernel.catalogue.public import ChargeItem
from commonweal.kernel.party.public import centre
from commonweal.kernel.words import public as words

from ..domain.rate_rules import Asked, check_freeze, check_notice
from ..domain.rates import RateError
from ..models import RateEffect, RateVersion
from ..selectors.rate_base import change_of
from ..selectors.rate_rules import (
    changes_within_year,
    notice_days,
    over_caps,
    rules_in_force,
)


def check_timing(item_id: UUID, asked: Asked) -> bool:
    """Whether the rate changes a price within the year; refused where the rules say so."""
    within = changes_within_year(item_id, asked.starts)
    if within:
        check_freeze(asked, rules_in_force())
    elif asked.mid_year:
        raise RateError(
            "RATES-506",
            f"{asked.starts} changes no price within a fiscal year in progress, so it is not a "
            "mid-year change. Leave the mark out.",
            field="mid_year",
        )
    check_notice(asked, today(centre().zone), notice_days(item_id, asked.starts))
    return within


def check_notice_again(version: RateVersion) -> None:
    """The same notice, on the day of the decision: a proposal may have waited too long."""
    asked = Asked(version.starts, short_notice=version.short_notice)
    days = notice_days(version.charge_item_id, version.starts)
    check_notice(asked, today(centre().zone), days)


def check_caps(item: ChargeItem, model: Mapping[str, Any], derivation: Mapping[str, Any],
               starts: date) -> None:  # fmt: skip
    """Refuse what is above a cap that refuses (RATES-505)."""
    for cap, actual in over_caps(item, dict(model), dict(derivation), starts):
        if cap.refuse:
            percent = cap.kind == "overhead"
            limit = words.percent(cap.limit, 2) if percent else words.rate(cap.limit)
            raise RateError(
                "RATES-505",
                f"{item.name} is above the limit {cap.code} of {limit} ({cap.source}). "
                "Lower it, or have the limit changed by whoever sets it.",
                field="rate",
                actual=str(actual),
            )


def keep_effects(actor: Actor, version: RateVersion) -> int:
    """Keep what the proposal means to every agency's year; minor units more altogether."""
    item = version.charge_item
    change = change_of(actor, item, version.model, version.starts)
    RateEffect.objects.bulk_create(
        RateEffect(
            rate_version=version,
            agency_id=effect.agency,
            fiscal_year=change.fiscal_year,
            quantity=change.quantities[effect.agency],
            before_minor=effect.before,
            after_minor=effect.after,
        )
        for effect in change.effects
    )
    return sum(effect.change for effect in change.effects)
