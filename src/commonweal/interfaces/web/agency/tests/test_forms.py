"""The portal's forms: accounts, forecasts, signing."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from commonweal.interfaces.web.agency.tests.test_pages import text_of
from commonweal.interfaces.web.agency.tests.world import World
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.catalogue.public import Order

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


def test_agreements_orders_and_their_funding(world: World, signed_in: Browser) -> None:
    browser, line = signed_in("parks"), world.line()
    page = text_of(browser.get("/agency/agreements/"))
    assert "wait for your agency's signature" in page.replace("&#39;", "'")
    assert f"/agency/orders/{world.open_order}/" in page
    order = text_of(browser.get(f"/agency/orders/{line.order_line.order_id}/"))
    assert "70.0%" in order
    assert "Federal grant" in order
    assert "Signed on" in order
    agreement = line.order_line.order.agreement_id
    terms = text_of(browser.get(f"/agency/agreements/{agreement}/"))
    assert "The centre provides, the agency pays." in terms
    assert "by Paul Approver" in terms


def test_signing_an_order_takes_a_tick(world: World, signed_in: Browser) -> None:
    browser = signed_in("parks-approver")
    place = f"/agency/orders/{world.open_order}/"
    assert "Sign this order" in text_of(browser.get(place))
    refused = browser.post(f"{place}sign/", {})
    assert refused.status_code == 422
    assert "CATALOGUE-239" in refused.content.decode()
    assert browser.get(f"{place}sign/").status_code == 302
    signed = browser.post(f"{place}sign/", {"agree": "1"}, follow=True)
    assert "It comes into force when the centre signs too" in text_of(signed)
    with act_as(SYSTEM):
        assert Order.objects.get(pk=world.open_order).signed_by_agency == (
            world.users["parks-approver"].pk
        )
    again = browser.post(f"{place}sign/", {"agree": "1"})
    assert again.status_code == 422
    assert "CATALOGUE-222" in again.content.decode()


def test_general_terms_signed_already_say_so(world: World, signed_in: Browser) -> None:
    agreement = world.line().order_line.order.agreement_id
    browser = signed_in("parks-approver")
    refused = browser.post(f"/agency/agreements/{agreement}/sign/", {"agree": "1"})
    assert "CATALOGUE-222" in refused.content.decode()
