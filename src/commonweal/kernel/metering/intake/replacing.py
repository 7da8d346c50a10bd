"""Records that replace earlier ones: checked against what is recorded, in the order of chains."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..domain import Fact
from ..domain.facts import quantity_text
from ..domain.problems import Refused, refuse
from ..models import Source
from ..storage.keys import Index
from ..storage.load import Setting, Stored, copy_lines, store
from ..storage.recorded import Recorded, contents, targets


@dataclass
class Replaced:
    """What became of replacing records, by position in the list given."""

    stored: Stored = field(default_factory=Stored)
    refused: list[tuple[int, Refused]] = field(default_factory=list)


def _fit(fact: Fact, target: Recorded) -> None:
    name = fact.replaces
    if target.agency_id != fact.agency_id:
        raise refuse("replaces", "USAGE-123", value=name)
    if target.item_id != fact.charge_item_id:
        raise refuse("replaces", "USAGE-124", value=name)
    if target.replaced:
        raise refuse("replaces", "USAGE-125", value=name)
    if target.period != fact.period:
        raise refuse("replaces", "USAGE-126", value=name, period=target.period)


def store_replacing(facts: list[Fact], source: Source, setting: Setting, index: Index) -> Replaced:
    """Store replacing records wave by wave: a record waits until the one it replaces is there."""
    result = Replaced()
    waiting = list(enumerate(facts))
    while waiting:
        waiting = _known(waiting, source, index, result.stored)
        found = targets(source, (fact.replaces for _, fact in waiting), index)
        ready, waiting = _wave(waiting, set(found))
        if not ready:
            for position, fact in waiting:
                refusal = refuse("replaces", "USAGE-123", value=fact.replaces)
                result.refused.append((position, refusal))
            break
        taken = []
        for position, fact in ready:
            target = found[fact.replaces]
            try:
                _fit(fact, target)
            except Refused as refused:
                result.refused.append((position, refused))
                continue
            taken.append(replace(fact, replaced_quantity=quantity_text(target.quantity)))
        if taken:
            result.stored.accepted += store(copy_lines(taken), len(taken), setting).accepted
    return result


def _known(
    waiting: list[tuple[int, Fact]], source: Source, index: Index, stored: Stored
) -> list[tuple[int, Fact]]:
    """Those not recorded yet; the others are duplicates or conflicts."""
    known = contents(source, [fact.external_id for _, fact in waiting], index)
    rest = []
    for position, fact in waiting:
        recorded = known.get(fact.external_id)
        if recorded is None:
            rest.append((position, fact))
        elif recorded == fact.payload_hash:
            stored.duplicates += 1
        else:
            stored.conflicts.append((position, recorded))
    return rest


def _wave(
    waiting: list[tuple[int, Fact]], found: set[str]
) -> tuple[list[tuple[int, Fact]], list[tuple[int, Fact]]]:
    """The records that can go now: one for each target and id, the first of them."""
    ready: list[tuple[int, Fact]] = []
    later: list[tuple[int, Fact]] = []
    ids: set[str] = set()
    names: set[str] = set()
    for position, fact in waiting:
        if fact.replaces in found and fact.replaces not in names and fact.external_id not in ids:
            ready.append((position, fact))
            names.add(fact.replaces)
        else:
            later.append((position, fact))
        ids.add(fact.external_id)
    return ready, later
