"""Every kind of price: read from documents, refused when wrong, priced alike by three formulas."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..building import KINDS
from ..charges import charge, pool_parts, prorate, rate_pool, share_parts
from ..errors import EngineError
from ..exact import exact_sum, r9
from ..models import PriceModel
from ..pieces import MICRO, compile_price
from ..price import (
    Fact,
    cell_key,
    cell_price,
    fixed_share,
    flat,
    from_document,
    gather,
    lump_sum,
    minimum,
    peak,
    per_unit,
    pooled,
    price,
    prorated,
    rate_facts,
    volume,
)
from ..shared_models import Pooled
from ..totals import price_of_total
from .samples import ALL, BY_QUANTITY, POOLED, QUANTITIES, tiers
from .test_price import facts

D = Decimal


def by_pieces(model: PriceModel, quantity: Decimal) -> Fraction:
    """What the kernel does, in fractions."""
    compiled = compile_price(model)
    x = Fraction(quantity)
    if compiled.block is not None:
        x = Fraction(-(-int(quantity * MICRO) // compiled.block))
    piece = next(found for found in reversed(compiled.pieces) if x > found.above)
    return piece.base + piece.rate * x


@given(BY_QUANTITY, QUANTITIES)
def test_three_formulas_agree(model: PriceModel, quantity: Decimal) -> None:
    exact = price(model, quantity)
    assert by_pieces(model, quantity) == Fraction(exact)
    assert price_of_total(model, quantity) == r9(exact)


@given(BY_QUANTITY, st.data())
def test_three_formulas_agree_where_pieces_meet(model: PriceModel, data: st.DataObject) -> None:
    """At the last quantity of a piece, and at the first of the next."""
    compiled = compile_price(model)
    piece = data.draw(st.sampled_from(compiled.pieces))
    unit = Fraction(1, MICRO) if compiled.block is None else Fraction(compiled.block, MICRO)
    steps = piece.above * (MICRO if compiled.block is None else 1)
    for micro in (steps, steps + 1):
        quantity = Decimal(int(max(micro, 0) * unit * MICRO)).scaleb(-6)
        exact = price(model, quantity)
        assert by_pieces(model, quantity) == Fraction(exact)
        assert price_of_total(model, quantity) == r9(exact)


@given(ALL)
def test_documents_round_trip(model: PriceModel) -> None:
    document = model.document()
    assert document["kind"] == model.kind in KINDS
    assert from_document(document).document() == document


@given(BY_QUANTITY, st.lists(QUANTITIES, max_size=9))
def test_facts_add_up_for_every_price(model: PriceModel, amounts: list[Decimal]) -> None:
    rated = rate_facts(reversed(facts(amounts)), model)
    assert exact_sum(fact.amount for fact in rated) == r9(price(model, gather(model, amounts)))


@given(BY_QUANTITY, st.lists(QUANTITIES, min_size=2, max_size=9))
def test_an_opening_splits_a_year(model: PriceModel, amounts: list[Decimal]) -> None:
    """Priced month by month with what came before, a year costs what it costs at once."""
    first, rest = facts(amounts)[:1], facts(amounts)[1:]
    opening = gather(model, [fact.quantity for fact in first])
    parts = [*rate_facts(first, model), *rate_facts(rest, model, opening)]
    assert exact_sum(fact.amount for fact in parts) == r9(price(model, gather(model, amounts)))


@given(POOLED, st.dictionaries(st.sampled_from("abcd"), st.lists(QUANTITIES, max_size=5)))
def test_a_pool_is_shared_to_the_last_billionth(
    model: Pooled, quantities: dict[str, list[Decimal]]
) -> None:
    by_agency = {agency: facts(amounts) for agency, amounts in quantities.items()}
    rated = rate_pool(by_agency, model)
    totals = {agency: exact_sum(amounts) for agency, amounts in quantities.items()}
    whole = exact_sum(totals.values())
    parts = pool_parts(model, totals)
    assert exact_sum(parts.values()) == r9(price(model, whole))
    for agency, part in parts.items():
        assert exact_sum(fact.amount for fact in rated[agency]) == part
        exact = Fraction(price(model, whole)) * Fraction(totals[agency]) / Fraction(whole or 1)
        assert abs(Fraction(part) - exact) <= Fraction(1, 10**9)
    turned = {agency: found[::-1] for agency, found in by_agency.items()}
    assert rate_pool(turned, model) == rated


def test_a_pool_by_hand() -> None:
    """Three agencies use 700, 500 and 300: 1,000 at 10 and 500 at 8 is 14,000, 9.33… a unit."""
    tiers_ = {"kind": "graduated", "tiers": [
        {"from": "0", "to": "1000", "rate": "10"}, {"from": "1000", "rate": "8"},
    ]}  # fmt: skip
    model = from_document({"kind": "pooled", "model": tiers_})
    assert isinstance(model, Pooled)
    parts = pool_parts(model, {"a": D(700), "b": D(500), "c": D(300)})
    assert parts == {
        "a": D("6533.333333333"), "b": D("4666.666666667"), "c": D("2800.000000000"),
    }  # fmt: skip
    with pytest.raises(EngineError, match="RATE-202"):
        rate_pool({"a": facts([D(1)]), "b": facts([D(1), D(-2)])}, model)


def test_peaks_take_the_largest_and_no_changes() -> None:
    model = peak(per_unit(D(2)))
    rated = rate_facts(facts([D(5), D(3), D(8), D(8)]), model)
    assert [fact.amount for fact in rated] == [D(10), D(0), D(6), D(0)]
    assert [fact.quantity_before for fact in rated] == [D(0), D(5), D(5), D(8)]
    with pytest.raises(EngineError, match="RATE-210") as error:
        rate_facts(facts([D(5), D(-1)]), model)
    assert "id-0001" in error.value.message


def test_cells() -> None:
    model = from_document(
        {
            "kind": "channel",
            "channels": {"web": {"kind": "per_unit", "rate": "1"}},
            "otherwise": {"kind": "per_unit", "rate": "9"},
        }
    )
    assert cell_price(model, cell_key(model, {"channel": "web"})) == per_unit(D(1))
    assert cell_price(model, cell_key(model, {})) == per_unit(D(9))
    strict = from_document(model.document() | {"otherwise": "refuse"})
    with pytest.raises(EngineError, match="RATE-208") as error:
        cell_key(strict, {"channel": "fax"})
    assert "channel “fax”" in error.value.message
    with pytest.raises(EngineError, match="RATE-208"):
        cell_price(strict, ())
    with pytest.raises(EngineError, match="RATE-212"):
        price(model, D(1))


def test_charges_without_usage() -> None:
    assert charge(flat(D("9.99"))) == D("9.99")
    assert charge(minimum(D(500), per_unit(D(3)))) == D(500)
    assert charge(pooled(per_unit(D(3)))) == D(0)
    enacted = lump_sum({"parks": D(12000), "roads": D(0)})
    assert (charge(enacted, agency="parks"), charge(enacted, agency="roads")) == (D(12000), D(0))
    thirds = fixed_share(D(100), {name: Fraction(1, 3) for name in "abc"})
    assert share_parts(thirds) == {
        "a": D("33.333333333"), "b": D("33.333333334"), "c": D("33.333333333"),
    }  # fmt: skip
    assert charge(thirds, agency="b") == D("33.333333334")
    assert charge(prorated(D(310)), covered=12, days=31) == D(120)
    for wrong in (enacted, thirds):
        with pytest.raises(EngineError, match="RATE-209"):
            charge(wrong, agency="courts")


@given(st.integers(1, 366), st.data())
def test_parts_of_a_period_add_up(days: int, data: st.DataObject) -> None:
    model: Any = prorated(data.draw(QUANTITIES.filter(lambda amount: amount < 10**9)))
    cut = data.draw(st.integers(0, days))
    parts = prorate(model, cut, days) + prorate(model, days - cut, days, cut)
    assert parts == model.amount


@pytest.mark.parametrize(
    "wrong", [{}, {"covered": 3}, {"covered": 3, "days": 0}, {"covered": -1, "days": 9}]
)
def test_days_that_cannot_be(wrong: dict[str, int]) -> None:
    with pytest.raises(EngineError, match="RATE-211"):
        charge(prorated(D(1)), **wrong)
    with pytest.raises(EngineError, match="RATE-211"):
        prorate(prorated(D(1)), 20, 30, 11)  # type: ignore[arg-type]


@given(tiers())
def test_a_volume_price_belongs_to_the_tier_of_its_quantity(drawn: list[Any]) -> None:
    """Half-open: the bound has the rate of the tier that starts there."""
    for tier in drawn:
        assert price(volume(drawn), tier.lo) == tier.lo * tier.rate


UNIT = {"kind": "per_unit", "rate": "1"}


@pytest.mark.parametrize(
    ("document", "code", "where"),
    [
        ({"kind": "tiered"}, "RATE-107", "kind"),
        ({"kind": ["flat"]}, "RATE-107", "kind"),
        ({"kind": "volume", "tiers": [{"from": "1", "rate": "1"}]}, "RATE-104", "tiers/0/from"),
        ({"kind": "package", "size": "0", "price": "1"}, "RATE-111", "size"),
        ({"kind": "package", "size": "0.0000001", "price": "1"}, "RATE-111", "size"),
        ({"kind": "package", "size": "1"}, "RATE-106", "price"),
        ({"kind": "step", "size": "1", "price": "-1"}, "RATE-101", "price"),
        ({"kind": "step", "size": "1", "price": "1", "over": "week"}, "RATE-119", "over"),
        ({"kind": "percentage", "percent": "1", "floor": "9", "cap": "8"}, "RATE-112", "cap"),
        ({"kind": "percentage", "percent": "1000000"}, "RATE-101", "percent"),
        ({"kind": "percentage", "percent": "0.00000001"}, "RATE-101", "percent"),
        ({"kind": "at_cost", "overhead": "5", "cap": "-1"}, "RATE-101", "cap"),
        ({"kind": "minimum", "amount": "1"}, "RATE-106", "model"),
        ({"kind": "minimum", "amount": "1", "model": {"kind": "flat"}}, "RATE-106", "model/amount"),
        (
            {"kind": "minimum", "amount": "1", "model": {"kind": "peak", "model": UNIT}},
            "RATE-113",
            "model/kind",
        ),
        (
            {"kind": "peak", "model": {"kind": "peak", "model": UNIT}},
            "RATE-113",
            "model/kind",
        ),
        ({"kind": "pooled", "model": {"kind": "flat", "amount": "1"}}, "RATE-113", "model/kind"),
        ({"kind": "pooled", "model": UNIT | {"fixed": "1"}}, "RATE-118", "model/fixed"),
        (
            {"kind": "pooled", "model": {"kind": "percentage", "percent": "1", "floor": "1"}},
            "RATE-118",
            "model/floor",
        ),
        (
            {"kind": "pooled", "model": {"kind": "at_cost", "overhead": "1", "over": "year"}},
            "RATE-119",
            "model/over",
        ),
        ({"kind": "channel", "channels": {"web": UNIT}}, "RATE-120", "otherwise"),
        ({"kind": "channel", "channels": {}, "otherwise": "refuse"}, "RATE-102", "cells"),
        (
            {"kind": "channel", "channels": {"w": {"kind": "flat"}}, "otherwise": UNIT},
            "RATE-106",
            "channels/w/amount",
        ),
        (
            {
                "kind": "channel",
                "channels": {"w": UNIT},
                "otherwise": {"kind": "step", "size": "1", "price": "1", "over": "year"},
            },
            "RATE-119",
            "otherwise/over",
        ),
        ({"kind": "matrix", "cells": [], "otherwise": UNIT}, "RATE-115", "dimensions"),
        (
            {"kind": "matrix", "dimensions": ["a", "a"], "otherwise": UNIT},
            "RATE-115",
            "dimensions",
        ),
        ({"kind": "matrix", "dimensions": ["A b"], "otherwise": UNIT}, "RATE-115", "dimensions/0"),
        (
            {
                "kind": "matrix",
                "dimensions": ["a", "b"],
                "cells": [{"values": ["x"], "model": UNIT}],
                "otherwise": "refuse",
            },
            "RATE-115",
            "cells/0/values",
        ),
        (
            {
                "kind": "matrix",
                "dimensions": ["a"],
                "cells": [{"values": ["x"], "model": UNIT}, {"values": ["x"], "model": UNIT}],
                "otherwise": "refuse",
            },
            "RATE-114",
            "cells/1",
        ),
        ({"kind": "fixed_share", "amount": "1", "shares": {}}, "RATE-117", "shares"),
        ({"kind": "fixed_share", "amount": "1", "shares": {"a": "1/0"}}, "RATE-116", "shares/a"),
        ({"kind": "fixed_share", "amount": "1", "shares": {"a": "3/2"}}, "RATE-116", "shares/a"),
        (
            {"kind": "fixed_share", "amount": "1", "shares": {"a": "2/3", "b": "2/3"}},
            "RATE-116",
            "shares",
        ),
        ({"kind": "lump_sum", "amounts": {}}, "RATE-117", "amounts"),
        ({"kind": "lump_sum", "amounts": {"a": "x"}}, "MONEY-103", "amounts/a"),
        ({"kind": "prorated"}, "RATE-106", "amount"),
    ],
)
def test_bad_models(document: dict[str, Any], code: str, where: str) -> None:
    with pytest.raises(EngineError) as error:
        from_document(document)
    assert (error.value.code, error.value.where) == (code, where)
    assert error.value.message.endswith(".")


def test_a_pool_of_nothing_costs_nothing() -> None:
    model: Any = pooled(per_unit(D(3)))
    assert pool_parts(model, {"a": D(0), "b": D(0)}) == {"a": D(0), "b": D(0)}
    assert rate_pool({"a": [Fact(facts([D(0)])[0].from_time, "s", "i", D(0))]}, model)["a"][
        0
    ].amount == D(0)
