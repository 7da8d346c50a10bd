"""The portal's forms: accounts, forecasts, signing."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from commonweal.interfaces.web.agency.tests.test_pages import text_of
from commonweal.interfaces.web.agency.tests.world import World

Browser = Callable[[str], Client]


def test_account_strings_reach_the_journal(world: World, signed_in: Browser) -> None:
    browser = signed_in("parks")
    page = text_of(browser.get("/agency/accounts/"))
    assert "Everything in IT help desk" in page
    item = world.items["helpdesk.case"]
    form = {"default": "9-GENERAL", f"item:{item}": "=7-CASES"}
    saved = browser.post("/agency/accounts/", form, follow=True)
    assert "2 accounts were saved" in text_of(saved)
    journal = browser.get(f"/agency/bills/{world.bill().number}/journal.csv").content.decode()
    assert "9-GENERAL" in journal
    assert "'=7-CASES" in journal
    unchanged = browser.post("/agency/accounts/", form, follow=True)
    assert "Nothing was changed" in text_of(unchanged)


def test_an_account_that_is_too_long_keeps_what_was_typed(world: World, signed_in: Browser) -> None:
    response = signed_in("parks").post("/agency/accounts/", {"default": "x" * 81})
    page = response.content.decode()
    assert response.status_code == 422
    assert "BILL-430" in page
    assert "x" * 81 in page
    assert '<a href="#default">' in page


def test_who_may_not_map_reads_only(world: World, signed_in: Browser) -> None:
    page = text_of(signed_in("parks-approver").get("/agency/accounts/"))
    assert "Save accounts" not in page


def test_forecasts_are_saved_and_signed(world: World, signed_in: Browser) -> None:
    browser = signed_in("parks")
    page = text_of(browser.get("/agency/forecasts/"))
    assert "What we expect to use in fiscal year 2028" in page
    assert "Last twelve billed months: 2,720 help-desk cases" in page
    assert "2 of 2 not signed yet" in page
    case, storage = world.items["helpdesk.case"], world.items["helpdesk.storage"]
    half = {f"item-{case}": "18,000", "do": "sign", "year": "2028"}
    refused = browser.post("/agency/forecasts/", half)
    assert refused.status_code == 422
    assert "CHARGING-224" in refused.content.decode()
    assert 'value="18,000"' in refused.content.decode()
    whole = {**half, f"item-{storage}": "3600.5"}
    assert "Signed: 2 forecasts" in text_of(browser.post("/agency/forecasts/", whole, follow=True))
    changed = {**whole, f"item-{case}": "19000", "do": "save"}
    after = text_of(browser.post("/agency/forecasts/", changed, follow=True))
    assert "1 of 2 not signed yet" in after


def test_a_forecast_that_is_no_number(world: World, signed_in: Browser) -> None:
    field = f"item-{world.items['helpdesk.case']}"
    for given in ("many", "-5", "1.1234567", "1e9", "9" * 14):
        response = signed_in("parks").post("/agency/forecasts/", {field: given, "do": "save"})
        assert response.status_code == 422, given
        assert "CHARGING-222" in response.content.decode()
        assert f'value="{given}"' in response.content.decode()
