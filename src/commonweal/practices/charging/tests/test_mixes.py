"""Prices by dimensions in what is expected: each agency's recorded mix, from its sealed usage."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.selectors.mixes import recorded
from commonweal.practices.charging.selectors.scenarios import work_out

from .copies import copies, enter, world
from .test_close_models import METERED, ON_TIME, priced
from .world import AUGUST, World

__all__ = ["copies", "enter", "priced", "world"]
ITEM = "helpdesk.channel"
PARKS, ROADS = 12 * (3 * 2_000 + 4 * 250 + 2 * 700), 12 * 1_050
"""A year like August, in cents: three by phone at 20, four by web at 2.50, two by fax at 7; ROADS
says nothing of the channel, which is the price of everything else: 1.5 at 7."""


@pytest.fixture
def billed(priced: World) -> World:
    """August is billed; PARKS used all channels."""
    priced.send("any", ON_TIME)
    priced.close_fully(AUGUST)
    return priced


def test_the_files_of_all_agencies_are_found_at_once(billed: World) -> None:
    item = billed.items[ITEM]
    wanted = {(billed.agencies[code], AUGUST): [item] for code in ("PARKS", "ROADS")}
    with act_as(SYSTEM), CaptureQueriesContext(connection) as asked:
        found = recorded(wanted)
    assert len(asked) == 1
    assert {key: sum(part for _by, part in own[item]) for key, own in found.items()} == {
        (billed.agencies["PARKS"], AUGUST): 9,
        (billed.agencies["ROADS"], AUGUST): Decimal("1.5"),
    }


def test_a_scenario_counts_what_each_agency_recorded_and_keeps_it(billed: World) -> None:
    owner = billed.of("service_owner")
    with act_as(owner):
        found, result = charging.try_scenario(owner, 2027, {})
        assert {own: result.before[own, ITEM] for own in ("PARKS", "ROADS")} == {
            "PARKS": PARKS,
            "ROADS": ROADS,
        }
        assert not [key for key in result.dearest if key[1] == ITEM]
        row = charging.put_scenario(
            actor=owner, name="As it is used", fiscal_year=2027, assumptions={}
        )
        row.refresh_from_db()
    assert [mix for mix in row.base["mixes"] if mix[:2] == ["PARKS", ITEM]] == [
        ["PARKS", ITEM, [[{"channel": "fax"}, "2"], [{"channel": "phone"}, "3"],
                         [{"channel": "web"}, "4"]]]
    ]  # fmt: skip
    again = work_out(row)  # from its own document alone
    assert again.result.before == result.before
    assert again.base.mixes == found.base.mixes


def test_a_price_that_is_only_assumed_counts_the_mix_too(billed: World) -> None:
    """Payslips and minimum charges say nothing of channels; the volume item was sent none."""
    owner, price = billed.of("service_owner"), {**METERED["channel"], "otherwise": "refuse"}
    with act_as(owner):
        _found, result = charging.try_scenario(
            owner, 2027, {"prices": {ITEM: price, "helpdesk.volume": METERED["channel"]}}
        )
    assert result.after["PARKS", ITEM] == 12 * 9_000  # nine cases: 3/7 by phone, 4/7 by web
    assert ("ROADS", ITEM) in result.dearest  # what it used has no price there
    assert result.after["ROADS", ITEM] == 12 * 3_000
    assert result.after["PARKS", "helpdesk.volume"] == 12 * 9 * 700


def test_a_budget_figure_counts_the_agencys_mix(billed: World) -> None:
    officer, own = billed.of("agency_finance", "PARKS"), billed.agencies["PARKS"]
    with act_as(officer):
        found = charging.outlook(officer, own, 2028)
        rest = charging.year_end(officer, own, 2027).total.rest.expected
        assert rest > 0
    (line,) = [each for each in found.lines if each.item.code == ITEM]
    assert (line.amounts.expected, line.dearest) == (PARKS, False)
    with act_as(billed.finance):
        row = charging.issue_budget_figure(actor=billed.finance, agency_id=own, fiscal_year=2028)
    (kept,) = [each for each in row.document["lines"] if each["item"] == ITEM]
    assert kept["expected"] == PARKS
    assert kept["mix"] == [[{"channel": "fax"}, "2"], [{"channel": "phone"}, "3"],
                           [{"channel": "web"}, "4"]]  # fmt: skip


def test_what_a_proposed_price_by_channel_means_to_everybody(billed: World) -> None:
    """Phone dearer by 1: three calls a month and agency, by what each of them recorded."""
    owner = billed.of("service_owner")
    dearer: dict[str, Any] = {
        **METERED["channel"],
        "channels": {**METERED["channel"]["channels"], "phone": {"kind": "per_unit", "rate": "21"}},
    }
    with act_as(owner):
        version = charging.propose_rate(
            actor=owner, charge_item_id=billed.items[ITEM], model=dearer,
            starts=date(2027, 7, 1), reason="The contract is dearer from July on.",
        )  # fmt: skip
        rows = charging.effects_of(owner, [version.pk])[version.pk]
    changes = {row.agency.code: row.after_minor - row.before_minor for row in rows}
    assert changes == {"PARKS": 12 * 3 * 100, "ROADS": 0}
