"""Dated driver sets, the vocabulary of cost pools and towers, and costs by tower."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.calendar.public import FiscalPeriod, Span
from commonweal.kernel.party.public import centre

from ..domain.cost_terms import VOCABULARY, Drivers, document_parts, parts_over, tower_table
from ..models import CostPool, CostTag, CostTerm, DriverSet
from .cost_model import VIEW, DriverRound, amounts_by_pool

Parts = list[tuple[str, Decimal, Mapping[str, Decimal]]]


def driver_sets(actor: Actor) -> list[DriverSet]:
    """Every dated set of drivers with its parts, by pool, newest first."""
    require(actor, VIEW)
    return _sets()


def _sets() -> list[DriverSet]:
    found = DriverSet.objects.filter(agency_id=centre().agency_id).select_related("pool")
    return list(
        found.prefetch_related("parts__driver").order_by("pool__code", "-starts")
    )  # fmt: skip


def weighted_drivers(
    first: FiscalPeriod, last: FiscalPeriod, rounds: Mapping[UUID, DriverRound],
    pools: Sequence[CostPool],
) -> dict[str, Parts]:  # fmt: skip
    """Pools with several drivers in some months: by code, (name, weight, values)."""
    by_pool: dict[UUID, list[Drivers]] = {}
    for row in _sets():
        parts = [
            (part.driver.name, part.weight, rounds[part.driver_id].values)
            for part in sorted(row.parts.all(), key=lambda part: part.driver.code)
        ]
        by_pool.setdefault(row.pool_id, []).append(Drivers(Span(row.starts, row.ends), parts))
    found = {}
    for pool in pools:
        own = (pool.driver.name, rounds[pool.driver.pk].values) if pool.driver else None
        parts = parts_over(first, last, by_pool.get(pool.pk, []), own)
        if parts:
            found[pool.code] = parts
    return found


def vocabulary(kind: str) -> list[tuple[str, str]]:
    """The words for cost pools or towers, (code, name): the centre's own, or the federal ones."""
    own = CostTerm.objects.filter(agency_id=centre().agency_id, kind=kind)
    return list(own.order_by("place", "code").values_list("code", "name")) or list(VOCABULARY[kind])


def cost_vocabulary(actor: Actor) -> dict[str, list[tuple[str, str]]]:
    """Both lists of words."""
    require(actor, VIEW)
    return {kind: vocabulary(kind) for kind in VOCABULARY}


@dataclass(frozen=True)
class TowerCosts:
    """Costs of some months by tower (rows) and cost pool (columns), in minor units.

    "" is what bears no tag. The sum of all cells is the ledger's.
    """

    towers: Sequence[tuple[str, str]]
    pools: Sequence[tuple[str, str]]
    cells: Mapping[str, Mapping[str, int]]

    @property
    def total(self) -> int:
        """All cells together."""
        return sum(sum(row.values()) for row in self.cells.values())


def cost_tags(actor: Actor) -> dict[tuple[str, str], CostTag]:
    """The tags there are, by (`pool` or `service`, its code)."""
    require(actor, VIEW)
    found = CostTag.objects.filter(agency_id=centre().agency_id)
    tags = {}
    for tag in found.select_related("pool", "service"):
        if tag.pool:
            tags["pool", tag.pool.code] = tag
        elif tag.service:
            tags["service", tag.service.code] = tag
    return tags


def costs_by_tower(actor: Actor, first: str, last: str, basis: str = "actual") -> TowerCosts:
    """Ledger costs of some months by tower and cost pool.

    A pool without a tag of its own bears the one of the service whose own cost it is.
    """
    words = cost_vocabulary(actor)
    tags = cost_tags(actor)
    owner = dict(
        CostPool.objects.filter(agency_id=centre().agency_id, service__isnull=False).values_list(
            "code", "service__code"
        )
    )
    rows = []
    for code, (_, minor) in amounts_by_pool(basis, first, last).items():
        own, service = tags.get(("pool", code)), tags.get(("service", owner.get(code, "")))
        tower = (own.tower if own else "") or (service.tower if service else "")
        pool = (own.cost_pool if own else "") or (service.cost_pool if service else "")
        rows.append((tower, pool, minor))
    codes = {kind: [code for code, _ in words[kind]] for kind in words}
    return TowerCosts(
        words["tower"], words["pool"], tower_table(rows, codes["pool"], codes["tower"])
    )


__all__ = [
    "Parts", "TowerCosts", "cost_tags", "cost_vocabulary", "costs_by_tower", "document_parts",
    "driver_sets", "vocabulary", "weighted_drivers",
]  # fmt: skip
