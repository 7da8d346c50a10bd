"""Writing and reading the catalogue."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from commonweal.kernel.access.public import ANONYMOUS, act_as
from commonweal.kernel.audit.public import events
from commonweal.kernel.calendar.public import CalendarError
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.schema.public import Forbidden, NotFound

from .conftest import House

DAY = date(2026, 1, 1)


def item(house: House, **changes: Any) -> catalogue.ChargeItem:
    given = {
        "code": "payroll.payslip",
        "service": "payroll",
        "name": "Payslip",
        "description": "One payslip, electronic.",
        "unit": "C62",
        "measure_singular": "payslip",
        "measure_plural": "payslips",
        "starts": date(2020, 1, 1),
        **changes,
    }
    return catalogue.put_charge_item(actor=house.owner, **given)


def level(house: House, **changes: Any) -> catalogue.ServiceLevel:
    given = {
        "service": "payroll",
        "name": "Questions answered in time",
        "metric": "payroll.answer-hours",
        "target": Decimal(8),
        "unit": "HUR",
        "calendar": "office",
        "starts": DAY,
        **changes,
    }
    return catalogue.put_service_level(actor=house.owner, **given)


def test_anybody_reads_the_catalogue(house: House) -> None:
    with act_as(ANONYMOUS):
        assert [each.code for each in catalogue.services(ANONYMOUS)] == ["payroll"]
        assert catalogue.services(ANONYMOUS, on=date(2019, 1, 1)) == []
        service = catalogue.service_by_code(ANONYMOUS, "payroll")
        found = catalogue.charge_items(ANONYMOUS, service=service.pk, on=DAY)
        assert [each.code for each in found] == [
            "payroll.archive",
            "payroll.desk",
            "payroll.payslip",
        ]
        assert catalogue.item_by_code(ANONYMOUS, "payroll.desk").unit.plural == "items"
        assert "E34" in [unit.code for unit in catalogue.units(ANONYMOUS)]
        for missing in (catalogue.service_by_code, catalogue.item_by_code):
            with pytest.raises(NotFound, match="CATALOGUE-40"):
                missing(ANONYMOUS, "nothing")


def test_putting_again_changes_and_leaves_an_event(house: House) -> None:
    first = item(house)
    again = item(house, name="Payslip, electronic", unit="EA", kind="fixed")
    assert again.pk == first.pk
    assert again.unit_id == "EA"
    trail = events(house.officer, target=("catalogue.ChargeItem", str(first.pk)))
    assert {event.verb for event in trail} == {"catalogue.charge_item_put"}


def test_the_meaning_of_an_ordered_item_stays(house: House) -> None:
    house.proposed(house.agreement())
    assert item(house, name="Pay statement").name == "Pay statement"
    with pytest.raises(catalogue.CatalogueError, match="CATALOGUE-107"):
        item(house, unit="EA")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"code": "Pay Slip"}, "CATALOGUE-101"),
        ({"code": "payroll.new", "name": " "}, "CATALOGUE-102"),
        ({"service": "nothing"}, "CATALOGUE-103"),
        ({"unit": "XXX"}, "CATALOGUE-105"),
        ({"kind": "gift"}, "CATALOGUE-109"),
        ({"starts": date(2019, 1, 1)}, "CATALOGUE-110"),
    ],
)
def test_items_that_cannot_be(house: House, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(catalogue.CatalogueError, match=code):
        item(house, **changes)
    with pytest.raises(CalendarError):
        item(house, ends=date(2020, 1, 1))


def test_a_service_keeps_the_days_of_its_items(house: House) -> None:
    given: dict[str, Any] = {
        "actor": house.owner,
        "code": "payroll",
        "name": "Payroll",
        "description": "Pays people.",
        "fund_code": "600",
    }
    assert catalogue.put_service(**given, starts=date(2020, 1, 1)).description == "Pays people."
    with pytest.raises(catalogue.CatalogueError, match="CATALOGUE-108"):
        catalogue.put_service(**given, starts=DAY)


def test_units(house: House) -> None:
    words = {"name": "test", "singular": "test", "plural": "tests"}
    assert catalogue.put_unit(actor=house.owner, code="E53", **words).pk == "E53"
    with pytest.raises(catalogue.CatalogueError, match="CATALOGUE-106"):
        catalogue.put_unit(actor=house.owner, code="tests", **words)


def test_bundles(house: House) -> None:
    given: dict[str, Any] = {"actor": house.owner, "lead": "payroll.payslip", "name": "Pay"}
    catalogue.put_bundle(**given, companions={"payroll.desk": Decimal(1)})
    catalogue.put_bundle(**given, companions={"payroll.archive": Decimal(2)})
    [bundle] = catalogue.bundles(ANONYMOUS)
    assert [each.item.code for each in bundle.companions.all()] == ["payroll.archive"]
    for companions, code in (
        ({}, "CATALOGUE-111"),
        ({"payroll.payslip": Decimal(1)}, "CATALOGUE-111"),
        ({"payroll.desk": Decimal(0)}, "CATALOGUE-112"),
        ({"nothing": Decimal(1)}, "CATALOGUE-104"),
    ):
        with pytest.raises(catalogue.CatalogueError, match=code):
            catalogue.put_bundle(**given, companions=companions)


def test_service_levels_follow_one_another(house: House) -> None:
    old = level(house)
    new = level(house, starts=date(2026, 7, 1), target=Decimal(4))
    assert level(house, starts=date(2026, 7, 1), target=Decimal(5)).pk == new.pk
    level(house, metric="payroll.errors")
    old.refresh_from_db()
    assert old.ends == date(2026, 7, 1)
    service = catalogue.service_by_code(ANONYMOUS, "payroll")
    found = catalogue.service_levels(ANONYMOUS, service=service.pk, on=date(2026, 8, 1))
    assert [each.target for each in found] == [5, 8]
    assert len(catalogue.service_levels(ANONYMOUS)) == 3
    assert level(house, starts=date(2025, 1, 1), ends=DAY).target == 8
    with pytest.raises(catalogue.CatalogueError, match="CATALOGUE-114"):
        level(house, starts=date(2024, 1, 1))
    with pytest.raises(catalogue.CatalogueError, match="CATALOGUE-113"):
        level(house, direction="about")


def test_only_those_who_manage_the_catalogue_write_it(house: House) -> None:
    with pytest.raises(Forbidden, match="ACCESS-403"):
        catalogue.put_unit(
            actor=house.liaison, code="E53", name="test", singular="test", plural="tests"
        )
