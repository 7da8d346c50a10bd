"""How expected quantities fall into the cells of a price by dimensions."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from commonweal.practices.charging.domain.effects import Use
from commonweal.practices.charging.domain.mixes import (
    Mix,
    cell_shares,
    cell_sums,
    narrowed,
    split,
    takes_dearest,
)
from commonweal.practices.charging.domain.scenario_documents import NEW, base_document, parse_base
from commonweal.practices.charging.domain.scenarios import (
    Assumptions,
    Base,
    Move,
    play,
    sensitivities,
)
from commonweal.practices.charging.engine.price import from_document
from commonweal.practices.charging.engine.shared_models import Matrix

from .test_ratedesk_domain import ITEMS, MODELS, sample

CHANNEL: dict[str, Any] = {
    "kind": "channel",
    "channels": {
        "phone": {"kind": "per_unit", "rate": "20"},
        "web": {"kind": "per_unit", "rate": "2.5"},
    },
    "otherwise": {"kind": "per_unit", "rate": "7"},
}
RECORDED: Mix = (
    ({"channel": "phone"}, Decimal(3)),
    ({"channel": "web"}, Decimal(4)),
    ({"channel": "fax"}, Decimal(2)),
)


def by_channel(mixes: dict[tuple[str, str], Mix]) -> Base:
    """PARKS and ROADS with 108 cases a year each, priced by channel."""
    uses = {(code, "desk.case"): (Use(Decimal(108)),) for code in ("PARKS", "ROADS")}
    models = {**MODELS, "desk.case": CHANNEL}
    return Base(ITEMS, uses, models, sample().parts, "USD", mixes)


def test_a_price_by_channel_counts_the_mix_that_a_customer_recorded() -> None:
    """By hand: nine cases a month are 3 × 20 + 4 × 2.50 + 2 × 7 = 84, twelve months 1,008. ROADS
    has recorded nothing and is taken at the dearest cell: 9 × 20 × 12 = 2,160."""
    base = by_channel({("PARKS", "desk.case"): RECORDED})
    result = play(base, Assumptions())
    assert result.before == {("PARKS", "desk.case"): 100_800, ("ROADS", "desk.case"): 216_000}
    assert result.dearest == (("ROADS", "desk.case"),)
    # Ten percent more of everything: 1,108.80; the mix goes along.
    (desk,) = [row for row in sensitivities(base, Assumptions(), result, ["desk"])]
    assert desk[2].revenue - desk[1].revenue == 10_080 + 21_600
    # Without fax a price knows two cells: 9 × 3/7 × 20 + 9 × 4/7 × 2.50 = 90 a month.
    two = {**CHANNEL, "otherwise": "refuse"}
    refusing = play(base, Assumptions(prices={"desk.case": two}))
    assert refusing.after["PARKS", "desk.case"] == 12 * 9_000
    # By another dimension, nothing is recorded: the dearest.
    north = {"values": ["north"], "model": {"kind": "per_unit", "rate": "30"}}
    place = {"kind": "matrix", "dimensions": ["place"], "otherwise": "refuse", "cells": [north]}
    placed = play(base, Assumptions(prices={"desk.case": place}))
    assert placed.after["PARKS", "desk.case"] == 12 * 9 * 3_000
    assert placed.dearest == (("PARKS", "desk.case"), ("ROADS", "desk.case"))


def test_who_leaves_and_who_arrives_among_prices_by_channel() -> None:
    """A customer that leaves half-way pays half of 1,008; one that arrives with nothing recorded
    pays the dearest price: 9 cases a month at 20."""
    base = by_channel({("PARKS", "desk.case"): RECORDED})
    moves = (
        Move("PARKS", "leaves", 6),
        Move(NEW + "Water", "arrives", 0, {"desk.case": Decimal(108)}),
    )
    result = play(base, Assumptions(moves=moves))
    assert result.after["PARKS", "desk.case"] == 50_400
    assert result.after[NEW + "Water", "desk.case"] == 216_000
    assert (NEW + "Water", "desk.case") in result.dearest


AMOUNTS = st.integers(-(10**8), 10**12).map(lambda micro: Decimal(micro).scaleb(-6))
USED = st.lists(st.tuples(st.sampled_from(["phone", "web", "fax", ""]), AMOUNTS), max_size=6)


@given(AMOUNTS.map(abs), USED)
def test_a_mix_splits_every_quantity_exactly(
    quantity: Decimal, recorded: list[tuple[str, Decimal]]
) -> None:
    mix = [({"channel": channel} if channel else {}, amount) for channel, amount in recorded]
    model = from_document(CHANNEL)
    assert isinstance(model, Matrix)
    shares = cell_shares(model, mix)
    assert sum(shares.values()) == (1 if shares else 0)
    parts = split(quantity, shares)
    assert sum(parts.values()) == (quantity if parts else 0)
    assert all(part >= 0 for part in parts.values())
    assert cell_sums(model, narrowed(mix, ["channel"])) == cell_sums(model, mix)
    assert takes_dearest(model, mix) == (not shares)


def test_a_mix_survives_the_document_that_a_scenario_keeps() -> None:
    mixed = by_channel({("PARKS", "desk.case"): RECORDED})
    document = json.loads(json.dumps(base_document(mixed)))
    assert parse_base(document) == mixed
    assert play(parse_base(document), Assumptions()) == play(mixed, Assumptions())
    document.pop("mixes")  # a scenario kept before mixes were is worked out as it was then
    assert parse_base(document) == by_channel({})
