"""Every kind of price can be written in the form, and comes out as the engine reads it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from commonweal.interfaces.web.centre.base import FormError
from commonweal.interfaces.web.centre.price_form import kinds, price_of
from commonweal.practices.charging.engine import from_document
from commonweal.practices.charging.engine.building import KINDS

TIERS = {"tiers": "0 3\n1,000 2"}
WRITTEN: dict[str, dict[str, str]] = {
    "per_unit": {"rate": "2.50"},
    "graduated": TIERS,
    "volume": TIERS,
    "package": {"size": "10", "rate": "4.5"},
    "step": {"size": "500,000", "rate": "3000", "cap": "25000", "over": "year"},
    "percentage": {"percent": "2.5", "floor": "1", "cap": "60"},
    "at_cost": {"percent": "8.26", "cap": "9"},
    "minimum": {"amount": "30", "rate": "2"},
    "peak": {"inner": "graduated", **TIERS},
    "pooled": {"inner": "volume", **TIERS},
    "flat": {"amount": "99"},
    "prorated": {"amount": "99"},
    "fixed_share": {"amount": "100", "shares": "PARKS 1/3\nROADS 2/3"},
    "lump_sum": {"amounts": "PARKS 1,200.01\nROADS 9706"},
}


def asked(**fields: str) -> Any:
    return RequestFactory().post("/", fields)


@pytest.mark.parametrize("kind", WRITTEN)
def test_every_kind_is_read_from_the_form(kind: str) -> None:
    model = price_of(asked(kind=kind, **WRITTEN[kind]), {})
    assert model["kind"] == kind
    assert from_document(from_document(model).document()) == from_document(model)


def test_channels_and_other_dimensions() -> None:
    channel = price_of(asked(kind="matrix", cells="phone 20\nweb 2.5", otherwise="7"), {})
    assert from_document(channel).document() == {
        "kind": "channel",
        "channels": {
            "phone": {"kind": "per_unit", "rate": "20"},
            "web": {"kind": "per_unit", "rate": "2.5"},
        },
        "otherwise": {"kind": "per_unit", "rate": "7"},
    }
    matrix = price_of(
        asked(kind="matrix", dimensions="channel, region", cells="phone, north 20.00"), {}
    )
    assert matrix["cells"][0]["values"] == ["phone", "north"]
    assert matrix["otherwise"] == "refuse"
    assert from_document(matrix).kind == "matrix"


def test_the_form_knows_every_kind_of_the_engine() -> None:
    assert {code for code, _ in kinds()} | {"channel"} == set(KINDS)


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"kind": "nonsense"}, "FORM-105", "kind"),
        ({"kind": "peak", "inner": "lump_sum"}, "FORM-105", "kind"),
        ({"kind": "matrix", "cells": "phone"}, "FORM-125", "cells"),
        ({"kind": "lump_sum", "amounts": ""}, "FORM-125", "amounts"),
        ({"kind": "lump_sum", "amounts": "PARKS much"}, "FORM-125", "amounts"),
        ({"kind": "package", "size": "", "rate": "4"}, "FORM-103", "size"),
    ],
)
def test_what_is_missing_is_said_at_its_field(
    fields: dict[str, str], code: str, field: str
) -> None:
    with pytest.raises(FormError) as refused:
        price_of(asked(**fields), {})
    assert (refused.value.code, refused.value.details["field"]) == (code, field)
