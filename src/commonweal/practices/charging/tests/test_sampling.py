"""Monetary-unit samples: exact, seeded, blind to the order of the items; the script agrees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.practices.charging.domain.recovery import RecoveryError
from commonweal.practices.charging.domain.sampling import Item, interval_for, select, start_of
from commonweal.practices.charging.papers.check_sample import draw

AMOUNTS = st.dictionaries(
    st.text("abcdef0123456789", min_size=1, max_size=8),
    st.integers(-10_000, 10_000),
    max_size=40,
)


@given(AMOUNTS, st.integers(1, 5_000), st.text(min_size=1, max_size=20).filter(str.strip))
def test_every_unit_is_looked_at_once(amounts: dict[str, int], interval: int, seed: str) -> None:
    """Against a plain reference that lays out every single unit."""
    items = [Item(key, amount) for key, amount in amounts.items()]
    found = select(items, interval, seed)
    units: list[str] = []
    for key in sorted(amounts):
        if abs(amounts[key]) < interval:
            units += [key] * abs(amounts[key])
    hit = units[found.start - 1 :: interval]
    assert [item.id for item, _unit in found.picked] == hit
    assert {item.id for item in found.top} == {
        key for key, amount in amounts.items() if abs(amount) >= interval
    }
    assert found.count == len(amounts)
    assert found.total == sum(amounts.values())
    assert found.size == sum(map(abs, amounts.values()))
    assert found.nothing == sum(1 for amount in amounts.values() if amount == 0)
    assert select(reversed(items), interval, seed) == found


@given(AMOUNTS, st.integers(1, 5_000), st.text(min_size=1, max_size=20).filter(str.strip))
def test_the_plain_script_draws_the_same(amounts: dict[str, int], interval: int, seed: str) -> None:
    found = select([Item(key, amount) for key, amount in amounts.items()], interval, seed)
    start, top, picked = draw(list(amounts.items()), interval, seed)
    assert start == found.start == start_of(seed, interval)
    assert top == [[item.id, item.amount] for item in found.top]
    assert picked == [[item.id, item.amount, unit] for item, unit in found.picked]


def test_an_interval_for_so_many_items() -> None:
    assert interval_for(1000, 10) == 100
    assert interval_for(1001, 10) == 101
    assert interval_for(0, 3) == 1
    with pytest.raises(RecoveryError) as refused:
        interval_for(10, 0)
    assert refused.value.code == "RECOVERY-502"


@pytest.mark.parametrize(
    ("items", "interval", "seed", "code"),
    [
        ([Item("a", 1), Item("a", 2)], 5, "x", "RECOVERY-501"),
        ([Item("a", 1)], 0, "x", "RECOVERY-503"),
        ([Item("a", 1)], 5, " ", "RECOVERY-503"),
    ],
)
def test_what_cannot_be_drawn(items: list[Item], interval: int, seed: str, code: str) -> None:
    with pytest.raises(RecoveryError) as refused:
        select(items, interval, seed)
    assert refused.value.code == code
