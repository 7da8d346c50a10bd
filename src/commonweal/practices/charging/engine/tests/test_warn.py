"""What is unusual about a price is said, with the figures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from ..models import Tier
from ..price import from_document, price, volume
from ..warn import warnings
from .samples import ALL, tiers

D = Decimal


def unit(rate: str) -> dict[str, Any]:
    return {"kind": "per_unit", "rate": rate}


def two(kind: str, first: str, second: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "tiers": [{"from": "0", "to": "1000", "rate": first}, {"from": "1000", "rate": second}],
    }


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (unit("1"), []),
        (unit("0"), [("RATE-401", "rate")]),
        ({"kind": "flat", "amount": "0"}, [("RATE-401", "amount")]),
        (two("graduated", "2", "0"), [("RATE-401", "tiers/1/rate")]),
        (two("graduated", "2", "2"), [("RATE-406", "tiers/1")]),
        (two("graduated", "2", "1"), []),
        (two("volume", "10", "9"), [("RATE-402", "tiers/1")]),
        (two("volume", "9", "10"), [("RATE-403", "tiers/1")]),
        ({"kind": "package", "size": "1", "price": "0"}, [("RATE-401", "price")]),
        ({"kind": "step", "size": "1", "price": "9", "cap": "8"}, [("RATE-404", "cap")]),
        (
            {"kind": "step", "size": "1", "price": "9", "cap": "0"},
            [("RATE-404", "cap"), ("RATE-401", "cap")],
        ),
        ({"kind": "step", "size": "1", "price": "9", "cap": "90"}, []),
        ({"kind": "percentage", "percent": "0"}, [("RATE-401", "percent")]),
        (
            {"kind": "percentage", "percent": "1", "floor": "5", "cap": "5"},
            [("RATE-404", "cap")],
        ),
        ({"kind": "at_cost", "overhead": "0"}, []),
        ({"kind": "at_cost", "overhead": "0", "cap": "0"}, []),
        ({"kind": "at_cost", "overhead": "0", "cap": "5"}, [("RATE-404", "cap")]),
        ({"kind": "at_cost", "overhead": "5", "cap": "0"}, [("RATE-404", "cap")]),
        (
            {"kind": "minimum", "amount": "0", "model": unit("0")},
            [("RATE-404", "amount"), ("RATE-401", "model/rate")],
        ),
        ({"kind": "minimum", "amount": "5", "model": unit("1")}, []),
        ({"kind": "peak", "model": two("volume", "10", "9")}, [("RATE-402", "model/tiers/1")]),
        ({"kind": "pooled", "model": unit("0")}, [("RATE-401", "model/rate")]),
        (
            {"kind": "channel", "channels": {"web": unit("0")}, "otherwise": unit("0")},
            [("RATE-401", "channels/web/rate"), ("RATE-401", "otherwise/rate")],
        ),
        (
            {"kind": "matrix", "dimensions": ["a"], "otherwise": "refuse",
             "cells": [{"values": ["x"], "model": unit("0")}]},
            [("RATE-401", "cells/0/model/rate")],
        ),
        ({"kind": "lump_sum", "amounts": {"a": "0", "b": "1"}}, [("RATE-401", "amounts/a")]),
        (
            {"kind": "fixed_share", "amount": "0", "shares": {"a": "0/1", "b": "1/2"}},
            [("RATE-401", "shares/a"), ("RATE-401", "amount"), ("RATE-405", "shares")],
        ),
        ({"kind": "fixed_share", "amount": "1", "shares": {"a": "1/2", "b": "1/2"}}, []),
        ({"kind": "prorated", "amount": "0"}, [("RATE-401", "amount")]),
        ({"kind": "prorated", "amount": "1"}, []),
    ],
)  # fmt: skip
def test_what_is_said(document: dict[str, Any], found: list[tuple[str, str]]) -> None:
    said = warnings(from_document(document))
    assert [(each.code, each.where) for each in said] == found
    assert all(each.message.endswith(".") for each in said)


def test_a_cliff_says_from_where_on_more_is_cheaper() -> None:
    (cliff,) = warnings(from_document(two("volume", "10", "9")))
    assert dict(cliff.details) == {
        "bound": "1000", "at": "9000", "just_before": "10000", "from": "900",
    }  # fmt: skip
    assert "more than 900 and less than 1000 pays less by using more" in cliff.message


@given(tiers())
def test_cliffs_are_where_more_costs_less(drawn: list[Tier]) -> None:
    """Said exactly where the whole gets cheaper at a bound."""
    model = volume(drawn)
    said = {each.where for each in warnings(model) if each.code == "RATE-402"}
    for number, tier in enumerate(drawn[1:], 1):
        falls = tier.lo * tier.rate < tier.lo * drawn[number - 1].rate
        assert (f"tiers/{number}" in said) is falls
        if falls:
            just_before = price(model, tier.lo - D("0.000001"))
            limit = tier.lo * drawn[number - 1].rate
            assert limit - just_before <= drawn[number - 1].rate * D("0.000001")


@given(ALL)
def test_every_price_can_be_looked_at(model: Any) -> None:
    for each in warnings(model):
        assert each.code.startswith("RATE-40")
