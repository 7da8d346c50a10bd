"""Reads of what rates mean to each agency: before a decision for the centre, after it for its own.

An agency sees the effects of approved rates alone, and only its own (row-level security besides).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.calendar.public import today
from commonweal.kernel.party.public import centre

from ..domain.effects import Effect
from ..models import RateEffect, RateVersion
from .budgets import require_own
from .cost_model import VIEW


def effects_of(actor: Actor, versions: Sequence[UUID]) -> dict[UUID, list[RateEffect]]:
    """What some versions mean to every agency's year, the largest change first."""
    require(actor, VIEW)
    found: dict[UUID, list[RateEffect]] = {key: [] for key in versions}
    rows = RateEffect.objects.filter(rate_version_id__in=list(versions))
    for row in rows.select_related("agency"):
        found[row.rate_version_id].append(row)
    for own in found.values():
        own.sort(key=lambda row: (-abs(row.after_minor - row.before_minor), row.agency.code))
    return found


@dataclass(frozen=True)
class RateNews:
    """An approved rate that is still to come, and what it means to one agency's year."""

    version: RateVersion
    effect: Effect


def coming_rates(actor: Actor, agency_id: UUID) -> list[RateNews]:
    """Approved rates that begin after today, with the agency's own effect; the next first."""
    require_own(actor, agency_id)
    rows = RateEffect.objects.filter(
        agency_id=agency_id,
        rate_version__state="approved",
        rate_version__starts__gt=today(centre().zone),
    )
    found = rows.select_related(
        "rate_version__charge_item__service", "rate_version__charge_item__unit"
    ).order_by("rate_version__starts", "rate_version__code")
    return [
        RateNews(row.rate_version, Effect(str(agency_id), row.before_minor, row.after_minor))
        for row in found[:100]
    ]
