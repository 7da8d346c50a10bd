"""What the demo rests on: cited prices, volumes, costs that know no price, and its sizes."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.ops.demo.data import AGENCIES, SERVICES
from commonweal.ops.demo.items import ITEMS
from commonweal.ops.demo.money import CostCentre, cost_centres, month_costs, yearly_volume
from commonweal.ops.demo.rates import price_model
from commonweal.ops.demo.usage import record_count, usage_of
from commonweal.practices.charging.engine import from_document

LAST = FiscalPeriod(2026, 10)
MONTHS = [LAST.shift(-step) for step in range(13)]


def test_the_catalogue_is_as_large_as_promised():
    assert len(AGENCIES) >= 12
    assert len(SERVICES) == len({item.service for item in ITEMS}) == 6
    assert len({item.code for item in ITEMS}) == len(ITEMS) >= 25


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.code)
def test_every_price_rests_on_a_published_card(item):
    for price in (item.first, item.later or item.first, *(tier for _, tier in item.tiers)):
        assert price.card.provider
        assert price.card.document
        assert price.card.period
        scaled = Decimal(price.published) * price.times / price.over
        assert abs(price.amount - scaled) <= Decimal("0.005")
        assert bool(price.because) == (price.times != price.over)
        assert f"{Decimal(price.published):,}" in price.said
    assert len(item.note(1)) <= 500
    assert item.first.card.provider in item.description
    assert item.volume.source or item.flat


def test_cards_that_changed_change_the_rates_of_the_second_year():
    changed = {item.code for item in ITEMS if item.price_in(0).amount != item.price_in(1).amount}
    assert {"hosting.storage", "procurement.project-oversight"} <= changed
    assert "helpdesk.desktop" not in changed


@pytest.mark.parametrize("number", [0, 1])
def test_every_price_is_one_that_the_engine_takes(number):
    kinds = {from_document(price_model(item, number)).document()["kind"] for item in ITEMS}
    assert kinds == {"flat", "per_unit", "graduated"}


def test_an_agency_of_a_thousand_pays_as_many_invoices_as_the_published_count_says():
    [item] = [item for item in ITEMS if item.code == "accounting.payment"]
    assert item.volume.monthly == Decimal("0.4254")
    assert "89,812 invoices" in item.volume.source


def test_costs_follow_from_posts_and_purchases_alone():
    rise = Decimal("1.035")
    staff = month_costs(CostCentre("payroll", 28, 0), Decimal(1))
    assert sum(staff.values()) * 12 == pytest.approx(Decimal(2_682_503) * Decimal("0.84"))
    later = month_costs(CostCentre("hosting", 10, 12_000), rise)
    assert later["Equipment"] == 420
    assert later["Salaries"] == rise * month_costs(CostCentre("hosting", 10, 0), 1)["Salaries"]


def test_one_service_recovers_too_little_and_another_too_much():
    """By the budget of the second year, with the shared costs split by posts."""
    costs = {
        centre.code: sum(month_costs(centre, Decimal("1.035")).values()) * 12
        for centre in cost_centres()
    }
    posts = {service.code: service.posts for service in SERVICES}
    shared = sum(costs.values()) - sum(costs[code] for code in posts)
    charged = {code: Decimal(0) for code in posts}
    for item in ITEMS:
        charged[item.service] += item.price_in(1).amount * yearly_volume(item.code)
    recovered = {
        code: charged[code] / (costs[code] + shared * posts[code] / sum(posts.values()))
        for code in posts
    }
    assert recovered["payroll"] < Decimal("0.92")
    assert recovered["hosting"] > Decimal("1.04")
    assert all(Decimal("0.8") < part < Decimal("1.2") for part in recovered.values())


@pytest.mark.parametrize(
    ("size", "least", "most"),
    [
        ("small", 55_000, 65_000),
        ("medium", 900_000, 1_100_000),
        ("large", 10_000_000, 12_000_000),
    ],
)
def test_a_size_has_its_number_of_records(size, least, most):
    assert least <= sum(record_count(month, LAST, size) for month in MONTHS) <= most


@pytest.mark.parametrize("size", ["small", "medium"])
def test_the_generator_gives_as_many_records_as_counted_and_no_quantity_is_lost(size):
    world = SimpleNamespace(bureaus={seed.code: ["HQ", "FIELD"] for seed in AGENCIES})
    totals, names, agencies = {}, set(), {"LWD", "ART"}
    for _source, usage in usage_of(world, LAST, LAST, size):
        names.add(usage.external_id)
        if usage.agency in agencies:
            key = usage.agency, usage.charge_item
            totals[key] = totals.get(key, Decimal(0)) + usage.quantity
    assert len(names) == record_count(LAST, LAST, size)
    small = {}
    for _source, usage in usage_of(world, LAST, LAST, "small"):
        if usage.agency in agencies:
            key = usage.agency, usage.charge_item
            small[key] = small.get(key, Decimal(0)) + usage.quantity
    assert totals == small


def test_most_of_the_rise_of_the_shown_agency_is_help_desk_cases():
    world = SimpleNamespace(bureaus={seed.code: ["HQ"] for seed in AGENCIES})
    charged = []
    for month in (LAST.shift(-1), LAST):
        by_item: dict[str, Decimal] = {}
        for _source, usage in usage_of(world, month, LAST, "small"):
            if usage.agency == "LWD":
                by_item[usage.charge_item] = by_item.get(usage.charge_item, 0) + usage.quantity
        charged.append(by_item)
    before, after = charged
    prices = {item.code: item.price_in(1).amount for item in ITEMS}
    rise = {code: (after[code] - before[code]) * prices[code] for code in before}
    assert after["helpdesk.case"] - before["helpdesk.case"] > 250
    assert rise["helpdesk.case"] > sum(rise.values()) / 2 > 0
