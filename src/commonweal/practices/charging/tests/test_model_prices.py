"""Every price model in words; the stand-alone verifier prices quantities as the engine does."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given

from commonweal.practices.charging.engine import PriceModel, price
from commonweal.practices.charging.engine.tests.samples import ALL, MINIMUM, QUANTITIES, SIMPLE
from commonweal.practices.charging.model_words import model_text
from commonweal.practices.charging.papers.verifier import prices


@given(SIMPLE | MINIMUM, QUANTITIES)
def test_the_verifier_prices_like_the_engine(model: PriceModel, quantity: Decimal) -> None:
    assert prices.price(model.document(), quantity) == price(model, quantity)


def test_the_verifier_says_what_it_does_not_know() -> None:
    with pytest.raises(prices.Difference, match="unknown price model barter"):
        prices.price({"kind": "barter"}, Decimal(1))


@given(ALL)
def test_every_price_has_words(model: PriceModel) -> None:
    said = model_text(model.document(), "USD")
    assert said
    assert "%(" not in said


def test_some_words() -> None:
    unit = {"kind": "per_unit", "rate": "4.10"}
    step = {"kind": "step", "size": "500000", "price": "3000", "cap": "60000"}
    said = {
        "$4.10": unit,
        "$4.10, at least $500.00": {"kind": "minimum", "amount": "500", "model": unit},
        "$4.10, for the largest quantity": {"kind": "peak", "model": unit},
        "$3,000.00 for every 500,000 begun, at most $60,000.00": step,
    }
    assert [model_text(model, "USD") for model in said.values()] == list(said)
