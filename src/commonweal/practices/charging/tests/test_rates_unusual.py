"""What takes a reason about a rate, and what is signed for good."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.catalogue.public import put_charge_item
from commonweal.kernel.schema.public import NotFound
from commonweal.practices.charging.actions.rates import sign_forecast, sign_forecasts
from commonweal.practices.charging.domain.rates import RateError, largest_jump
from commonweal.practices.charging.engine import from_document
from commonweal.practices.charging.models import AllocationRun, Forecast
from commonweal.practices.charging.selectors import lines, rates

from .costs_scene import Scene, scene
from .test_rates_decisions import decided, derive, propose, run, sign

__all__ = ["run", "scene"]


def test_a_part_of_the_cost_says_why_it_is_that_part(scene: Scene, run: AllocationRun) -> None:
    sign(scene)
    with pytest.raises(RateError) as bare:
        derive(scene, run, share="1/2")
    assert (bare.value.code, bare.value.details["field"]) == ("CHARGING-226", "share_reason")
    derivation = derive(scene, run, share="1/2", share_reason="Half of the hours go into it")
    version = propose(scene, derivation=derivation)
    told = " ".join(rates.entry(version).sentences)
    assert "50.0% of it is recovered by this item: Half of the hours go into it." in told


def test_what_is_unusual_takes_a_reason_that_stays_with_the_rate(
    scene: Scene, run: AllocationRun
) -> None:
    sign(scene)
    derivation = derive(scene, run, places=2)  # cost of the fiscal year 2018, volume of 2019
    first = decided(scene, derivation=derivation, reason="The budget of 2018 is all there is")
    kept = lines.rate_decision(first)
    assert kept is not None
    assert kept["warnings"] == [
        "The cost is of the fiscal year 2018, and the forecast volume of 2019."
    ]
    assert kept["statement"].endswith("The budget of 2018 is all there is")
    dearer = {"kind": "per_unit", "rate": "5.7"}
    later = {"starts": date(2018, 10, 1), "model": dearer}
    with pytest.raises(RateError) as jump:
        propose(scene, **later, reason="dearer")
    assert (jump.value.code, jump.value.details["field"]) == ("CHARGING-225", "reason")
    assert jump.value.details["warnings"] == [
        "The price is up to 26.7% higher than that of payroll.payslip-2018-04-01, which it follows."
    ]
    within = {"kind": "per_unit", "rate": "5.6"}
    assert propose(scene, starts=date(2018, 11, 1), model=within, reason="dearer").pk
    version = decided(scene, **later, reason="The new contract costs more")
    kept = lines.rate_decision(version)
    assert kept is not None
    assert "26.7%" in kept["warnings"][0]


def test_shares_above_the_whole_cost_are_named(scene: Scene, run: AllocationRun) -> None:
    sign(scene)
    volume = rates.Volume(quantity=Decimal(100), reason="last year's count")
    with act_as(SYSTEM):
        base = put_charge_item(
            actor=SYSTEM, code="payroll.letter", service="payroll", name="Letters",
            description="A letter", unit="C62", measure_singular="letter",
            measure_plural="letters", starts=date(2017, 4, 1),
        )  # fmt: skip
    whole = derive(scene, run, volume=volume, places=2)
    propose(scene, derivation=whole)  # proposed counts as well as approved
    part = derive(
        scene, run, charge_item_id=base.pk, volume=volume, share="1/2", places=2,
        share_reason="Half of the hours go into it",
    )  # fmt: skip
    with pytest.raises(RateError) as more:
        propose(scene, charge_item_id=base.pk, derivation=part, reason="",
                model={"kind": "per_unit", "rate": part["rate"]})  # fmt: skip
    assert more.value.code == "CHARGING-225"
    (said,) = more.value.details["warnings"]
    assert "items recover 150.0% of its cost: Letters 50.0% and " in said


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({"kind": "per_unit", "rate": "4"}, {"kind": "per_unit", "rate": "3"}, "-1/4"),
        ({"kind": "flat", "amount": "10"}, {"kind": "flat", "amount": "30"}, "2"),
        ({"kind": "flat", "amount": "10"}, {"kind": "per_unit", "rate": "3"}, None),
        ({"kind": "per_unit", "rate": "0"}, {"kind": "per_unit", "rate": "3"}, None),
        (
            {"kind": "per_unit", "rate": "4"},
            {"kind": "graduated", "tiers": [{"from": "0", "to": "9", "rate": "4"},
                                            {"from": "9", "rate": "24"}]},
            "1/2",
        ),
    ],
)  # fmt: skip
def test_the_largest_change_of_a_price(before: Any, after: Any, change: str | None) -> None:
    found = largest_jump(from_document(before), from_document(after))
    assert found == (None if change is None else Fraction(change))


def test_a_signed_forecast_never_changes_but_is_superseded(scene: Scene) -> None:
    sign(scene)
    with act_as(SYSTEM):
        first = Forecast.objects.get(agency_id=scene.parks)
        for change in ({"quantity": 1}, {"signed_at": None}, {"fiscal_year": 2020}):
            with pytest.raises(DatabaseError, match="is signed"), transaction.atomic():
                Forecast.objects.filter(pk=first.pk).update(**change)
    sign_forecasts(
        actor=scene.parks_finance, agency_id=scene.parks, fiscal_year=2019,
        quantities={scene.payslip: "800"},
    )  # fmt: skip
    with act_as(SYSTEM):
        rows = list(Forecast.objects.filter(agency_id=scene.parks).order_by("recorded_at", "id"))
        assert [row.quantity for row in rows] == [700, 800]
        assert rows[0].superseded_at is not None
        assert rows[0].signed_at == first.signed_at
        with pytest.raises(DatabaseError, match="is signed"), transaction.atomic():
            Forecast.objects.filter(pk=first.pk).update(superseded_at=None)
    standing = rates.forecasts(scene.officer, 2019, agency_id=scene.parks)
    assert [row.quantity for row in standing] == [800]
    with pytest.raises(NotFound):
        sign_forecast(actor=scene.parks_finance, forecast_id=first.pk)
