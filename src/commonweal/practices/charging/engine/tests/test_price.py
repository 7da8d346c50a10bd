"""The oracle: tiers, telescoping, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..errors import EngineError
from ..price import (
    Fact,
    PriceModel,
    Tier,
    exact_sum,
    flat,
    from_document,
    graduated,
    per_unit,
    price,
    r9,
    rate_facts,
)
from ..totals import price_of_total
from .samples import MODELS, QUANTITIES

D = Decimal
START = datetime(2026, 10, 1, tzinfo=UTC)


def facts(quantities: list[Decimal]) -> list[Fact]:
    return [
        Fact(START + timedelta(hours=n // 2), f"s{n % 3}", f"id-{n:04d}", q)
        for n, q in enumerate(quantities)
    ]


@given(MODELS, st.lists(QUANTITIES, max_size=12))
def test_facts_add_up_to_the_price_of_the_total(model: PriceModel, amounts: list[Decimal]) -> None:
    rated = rate_facts(reversed(facts(amounts)), model)
    whole = exact_sum(amounts) if amounts else None
    assert exact_sum(fact.amount for fact in rated) == r9(price(model, whole))
    assert [fact.fact.place for fact in rated] == sorted(fact.fact.place for fact in rated)
    for fact in rated:
        assert fact.amount >= 0
        assert fact.amount.as_tuple().exponent == -9


@given(MODELS, QUANTITIES)
def test_the_second_formula_agrees(model: PriceModel, quantity: Decimal) -> None:
    assert price_of_total(model, quantity) == r9(price(model, quantity))


@given(MODELS)
def test_documents_round_trip(model: PriceModel) -> None:
    assert from_document(model.document()).document() == model.document()


def test_known_prices() -> None:
    tiers = graduated([Tier(D(0), D(100), D("1.5")), Tier(D(100), None, D("0.000000001"))])
    assert price(tiers, D(0)) == 0
    assert price(tiers, D(100)) == D(150)
    assert price(tiers, D("100.000001")) == D("150.000000000000001")
    assert price(flat(D("9.99")), D(0)) == D("9.99")
    assert price(flat(D("9.99")), None) == 0
    assert price(per_unit(D("4.10"), D(5)), D(1204)) == D("4941.40")
    assert r9(D("0.0000000005")) == D("0.000000001")


def test_a_fixed_charge_falls_on_the_first_fact_even_of_zero() -> None:
    rated = rate_facts(facts([D(0), D(3)]), flat(D(10)))
    assert [fact.amount for fact in rated] == [D(10), D(0)]


def test_reductions() -> None:
    rated = rate_facts(facts([D(5), D(-2), D(1)]), per_unit(D(2)))
    assert [fact.amount for fact in rated] == [D(10), D(-4), D(2)]
    with pytest.raises(EngineError) as error:
        rate_facts(facts([D(1), D(-2), D(5)]), per_unit(D(2)))
    assert error.value.code == "RATE-202"
    assert "id-0001" in error.value.message
    with pytest.raises(EngineError):
        price(per_unit(D(1)), D(-1))


def tier(start: str, end: str | None, rate: str = "1") -> dict[str, Any]:
    return {"from": start, "rate": rate} | ({} if end is None else {"to": end})


@pytest.mark.parametrize(
    ("document", "code", "where"),
    [
        ({"kind": "tiered"}, "RATE-107", "kind"),
        ({"kind": "per_unit"}, "RATE-106", "rate"),
        ({"kind": "per_unit", "rate": 4.1}, "RATE-106", "rate"),
        ({"kind": "per_unit", "rate": "1e3"}, "MONEY-103", "rate"),
        ({"kind": "per_unit", "rate": "-1"}, "RATE-101", "tiers/0/rate"),
        ({"kind": "per_unit", "rate": "1000000000"}, "RATE-101", "tiers/0/rate"),
        ({"kind": "flat", "amount": "0.0000000001"}, "RATE-101", "amount"),
        ({"kind": "graduated", "tiers": []}, "RATE-102", "tiers"),
        ({"kind": "graduated", "tiers": [tier("1", None)]}, "RATE-104", "tiers/0/from"),
        ({"kind": "graduated", "tiers": [tier("0", "9")]}, "RATE-105", "tiers/0/to"),
        (
            {"kind": "graduated", "tiers": [tier("0", "9"), tier("10", None)]},
            "RATE-104",
            "tiers/1/from",
        ),
        (
            {"kind": "graduated", "tiers": [tier("0", None), tier("10", None)]},
            "RATE-104",
            "tiers/1",
        ),
        (
            {"kind": "graduated", "tiers": [tier("0", "0"), tier("0", None)]},
            "RATE-103",
            "tiers/0/to",
        ),
        (
            {"kind": "graduated", "tiers": [tier("0", "0.0000001"), tier("0.0000001", None)]},
            "RATE-103",
            "tiers/0/to",
        ),
    ],
)
def test_bad_models(document: dict[str, Any], code: str, where: str) -> None:
    with pytest.raises(EngineError) as error:
        from_document(document)
    assert (error.value.code, error.value.where) == (code, where)


def test_floats_are_refused() -> None:
    with pytest.raises(TypeError):
        per_unit(4.1)  # type: ignore[arg-type]
