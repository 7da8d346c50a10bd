"""Samples of an auditor: monetary-unit sampling, seeded, in whole numbers alone. Pure.

Every minor unit has the same chance: items stand in a fixed order, each as long as its amount; from
a start that the seed gives, every `interval`-th unit picks the item it lies in (systematic
probability-proportional-to-size selection, AICPA Audit Sampling guide). Items as large as the
interval are always picked and stand apart. papers/check_sample.py says the same in a plain script.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .recovery import RecoveryError


@dataclass(frozen=True)
class Item:
    """One item of a population: its id and its amount in minor units (its size is without sign)."""

    id: str
    amount: int


@dataclass(frozen=True)
class Selection:
    """What was picked. `top`: items of at least the interval; `picked`: (item, the unit hit).

    `count` and `total` are the control totals of the population; `size` is the sum without signs.
    `nothing`: items of zero, which no unit can pick.
    """

    seed: str
    interval: int
    start: int
    count: int
    total: int
    size: int
    nothing: int
    top: Sequence[Item]
    picked: Sequence[tuple[Item, int]]


def interval_for(size: int, wanted: int) -> int:
    """The interval that picks about so many items of a population of this size."""
    if wanted < 1:
        raise RecoveryError(
            "RECOVERY-502", "A sample has at least one item. Enter how many you want to see."
        )
    return max(1, -(-size // wanted))


def start_of(seed: str, interval: int) -> int:
    """The unit (1 to interval) with which a seed begins: its SHA-256 modulo the interval."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big") % interval + 1


def select(items: Iterable[Item], interval: int, seed: str) -> Selection:
    """Pick by monetary units, exactly; the order of `items` does not matter.

    RECOVERY-501 if an id is there twice, RECOVERY-503 for an interval below one or no seed.
    """
    ordered = sorted(items, key=lambda item: item.id)
    if len({item.id for item in ordered}) != len(ordered):
        raise RecoveryError("RECOVERY-501", "Two items of the population have the same id.")
    if interval < 1 or not seed.strip():
        raise RecoveryError(
            "RECOVERY-503", "A sample needs a seed and an interval of at least one minor unit."
        )
    start = start_of(seed, interval)
    top = [item for item in ordered if abs(item.amount) >= interval]
    picked, reached, following = [], 0, start
    for item in ordered:
        if 0 < abs(item.amount) < interval:
            reached += abs(item.amount)
            if following <= reached:
                picked.append((item, following))
                following += interval
    return Selection(
        seed=seed,
        interval=interval,
        start=start,
        count=len(ordered),
        total=sum(item.amount for item in ordered),
        size=sum(abs(item.amount) for item in ordered),
        nothing=sum(1 for item in ordered if item.amount == 0),
        top=top,
        picked=picked,
    )
