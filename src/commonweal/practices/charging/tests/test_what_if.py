"""What if: the live engine over an agency's own months, and over any published rate."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.access.public import ANONYMOUS, SYSTEM, act_as
from commonweal.kernel.party.public import create_agency
from commonweal.kernel.schema.public import CommonwealError, Forbidden, NotFound
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.domain.mixes import split
from commonweal.practices.charging.domain.what_if import Setting, effect, month_price, scaled
from commonweal.practices.charging.engine import from_document
from commonweal.practices.charging.engine.price import price, r9
from commonweal.practices.charging.models import BillLine

from .copies import closed, copies, enter, world
from .world import AUGUST, TIERS, World, put_rate

__all__ = ["closed", "copies", "enter", "world"]
CHANNEL: dict[str, Any] = {
    "kind": "channel",
    "channels": {
        "phone": {"kind": "per_unit", "rate": "12"},
        "web": {"kind": "per_unit", "rate": "2"},
    },
    "otherwise": "refuse",
}
quantities = st.decimals("0", "9999", places=6)


def ask(world: World, agency: str = "PARKS", **asked: Any) -> charging.WhatIf:
    officer = world.of("agency_finance", agency)
    with act_as(officer):
        named = {code.replace("__", "."): change for code, change in asked.items()}
        return charging.what_if(officer, world.agencies[agency], named)


def test_it_starts_from_the_agencys_own_bills_at_todays_prices(closed: World) -> None:
    """With one rate all year and nothing late, today's prices give what was billed."""
    found = ask(closed)
    assert (found.first, found.last, found.change_minor) == ("2026-07", AUGUST, 0)
    with act_as(SYSTEM):
        billed = sum(
            BillLine.objects.filter(bill__agency__code="PARKS").values_list(
                "amount_minor", flat=True
            )
        )
    assert abs(found.before_minor - billed) <= len(found.items) * 2  # each month was rounded
    assert "2026" in charging.what_if_sentence(found)


def test_another_volume_is_priced_through_its_tiers_line_by_line(closed: World) -> None:
    found = ask(closed, helpdesk__case=charging.WhatIfAsked(quantity=Decimal(300)))
    (case,) = [each for each in found.items if each.start.item.code == "helpdesk.case"]
    model = from_document(TIERS)
    months = [quantity for _period, quantity in case.start.months]
    average = Fraction(sum(months)) / len(months)
    after = sum(r9(price(model, scaled(each, Decimal(300), average))) for each in months)
    assert case.after_minor == int((after * 100).to_integral_value())
    assert found.change_minor == case.change_minor > 0
    assert all(each.change_minor == 0 for each in found.items if each is not case)
    sentence = charging.item_sentence(case, found.currency)
    assert "300" in sentence
    assert "more" in sentence


def test_the_rate_that_is_decided_for_later_can_be_tried(closed: World) -> None:
    put_rate(closed, "helpdesk.hour", {"kind": "per_unit", "rate": "50"}, date(2027, 1, 1))
    with act_as(SYSTEM):
        code = charging.rate_history(SYSTEM, "helpdesk.hour").coming[0].version.code
    found = ask(closed, helpdesk__hour=charging.WhatIfAsked(version=code))
    assert found.change_minor < 0
    assert "1 January 2027" in charging.item_sentence(
        next(each for each in found.items if each.changed), found.currency
    )


def test_a_mix_of_channels_can_be_tried(closed: World) -> None:
    put_rate(closed, "helpdesk.hour", CHANNEL, date(2027, 1, 1))
    with act_as(SYSTEM):
        code = charging.rate_history(SYSTEM, "helpdesk.hour").coming[0].version.code
    half = ask(closed, helpdesk__hour=charging.WhatIfAsked(version=code))
    web = ask(
        closed,
        helpdesk__hour=charging.WhatIfAsked(
            version=code, mix={"phone": Fraction(0), "web": Fraction(1)}
        ),
    )
    assert web.after_minor < half.after_minor
    with pytest.raises(CommonwealError) as uneven:
        ask(closed, helpdesk__hour=charging.WhatIfAsked(mix={"phone": Fraction(1, 2)}))
    assert uneven.value.code == "WHATIF-104"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"nothing": charging.WhatIfAsked()}, "WHATIF-101"),
        ({"helpdesk__case": charging.WhatIfAsked(quantity=Decimal(-1))}, "WHATIF-102"),
        ({"helpdesk__case": charging.WhatIfAsked(version="payroll.base-2026-07-01")}, "WHATIF-103"),
    ],
)
def test_what_cannot_be_asked_says_what_to_do(
    closed: World, asked: dict[str, Any], code: str
) -> None:
    with pytest.raises(CommonwealError) as refused:
        ask(closed, **asked)
    assert refused.value.code == code


def test_an_agency_asks_about_itself_alone(closed: World) -> None:
    officer = closed.of("agency_finance", "PARKS")
    with act_as(officer), pytest.raises(Forbidden):
        charging.what_if(officer, closed.agencies["ROADS"], {})


def test_anybody_can_ask_what_a_published_rate_costs(closed: World) -> None:
    with act_as(ANONYMOUS):
        found = charging.price_of(ANONYMOUS, "helpdesk.case", "300")
        ((_version, cost),) = found.prices
        assert cost == r9(price(from_document(TIERS), Decimal(300)))
        for wrong in ("-1", "many"):
            with pytest.raises(CommonwealError) as refused:
                charging.price_of(ANONYMOUS, "helpdesk.case", wrong)
            assert refused.value.code == "WHATIF-102"
        with pytest.raises(CommonwealError):
            charging.price_of(ANONYMOUS, "nothing.here", "1")


def test_without_a_bill_there_is_nothing_to_start_from(world: World) -> None:
    with act_as(SYSTEM):
        fresh = create_agency(actor=SYSTEM, code="NEW", name="A new agency").id
    director = world.of("director")
    with act_as(director), pytest.raises(NotFound) as nothing:
        charging.what_if(director, fresh, {})
    assert nothing.value.code == "WHATIF-100"


@given(quantities, st.lists(st.integers(0, 50), min_size=1, max_size=5))
def test_a_split_by_a_mix_adds_up(quantity: Decimal, weights: list[int]) -> None:
    total = sum(weights) or 1
    mix = {(str(n),): Fraction(weight, total) for n, weight in enumerate(weights)}
    if not sum(weights):
        mix[("0",)] = Fraction(1)
    parts = split(quantity, mix)
    assert sum(parts.values()) == quantity
    assert all(part >= 0 for part in parts.values())


@given(quantities, quantities, quantities)
def test_what_all_share_costs_its_share_whatever_the_others_are(
    own: Decimal, others: Decimal, wanted: Decimal
) -> None:
    pooled = from_document({"kind": "pooled", "model": {"kind": "per_unit", "rate": "2.5"}})
    assert month_price(pooled, own, Setting(others=others)) == r9(own * Decimal("2.5"))
    flat = from_document({"kind": "flat", "amount": "7"})
    lump = from_document({"kind": "lump_sum", "amounts": {"A": "5"}})
    prorated = from_document({"kind": "prorated", "amount": "31"})
    assert month_price(flat, own, Setting()) == 7
    assert month_price(lump, own, Setting(agency="A")) == 5
    assert month_price(prorated, own, Setting()) == 31
    matrix = from_document(CHANNEL)
    mix = {("phone",): Fraction(1, 4), ("web",): Fraction(3, 4)}
    parts = split(own, mix)
    due = 12 * parts[("phone",)] + 2 * parts[("web",)]
    assert month_price(matrix, own, Setting(mix)) == r9(due)
    same = effect([("2026-07", own)], None, (flat, Setting()), (flat, Setting()), {})
    assert same.change == 0
    if own:
        assert scaled(own, wanted, Fraction(own)) == wanted
    assert scaled(own, wanted, Fraction(0)) == wanted
