"""My budget, next year's figure, and rates that are considered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from commonweal.interfaces.web.agency.budget import mix_of
from commonweal.interfaces.web.agency.tests.test_pages import text_of
from commonweal.interfaces.web.agency.tests.world import SEPTEMBER, World
from commonweal.interfaces.web.centre.tests.pages import planned
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.practices.charging import public as charging

Browser = Callable[[str], Client]


def issue(world: World, agency: str = "PARKS", year: int = 2028) -> charging.BudgetFigure:
    officer = world.actors["officer"]
    with act_as(officer):
        return charging.issue_budget_figure(
            actor=officer, agency_id=world.agencies[agency], fiscal_year=year
        )


def test_my_budget_says_where_the_year_stands(world: World, signed_in: Browser) -> None:
    browser = signed_in("parks")
    page = text_of(browser.get("/agency/budget/"))
    spent = world.bill().total_minor + world.bill(period=SEPTEMBER).total_minor
    assert f"Fiscal year 2027: {charging.Words('USD').money(spent)} so far" in page
    assert "No budget entered" in page
    assert "There is too little history for an interval." in page
    assert "The centre has not issued the figure yet." in page
    form = {"agency": "PARKS", "year": "2027", "do": "budget", "amount": "40,000.00",
            "amount-helpdesk": "30000"}  # fmt: skip
    saved = text_of(browser.post("/agency/budget/", form, follow=True))
    assert "Now $40,000.00" in saved
    assert "spent, " in saved
    wrong = browser.post("/agency/budget/", {**form, "amount": "a lot"})
    assert wrong.status_code == 422
    assert "a lot" in wrong.content.decode()
    assert "FORM-103" in wrong.content.decode()


def test_thresholds_and_the_day_are_mine_to_set(world: World, signed_in: Browser) -> None:
    browser = signed_in("parks")
    form = {"agency": "PARKS", "year": "2027", "do": "alerts"}
    text_of(browser.post("/agency/budget/", {**form, "thresholds": "60, 90"}, follow=True))
    assert "60, 90" in text_of(browser.get("/agency/budget/"))
    for given, code in (("sixty", "FORM-111"), ("900", "BUDGET-103"), ("", "BUDGET-103")):
        wrong = browser.post("/agency/budget/", {**form, "thresholds": given})
        assert (wrong.status_code, code in wrong.content.decode()) == (422, True)
    day = {"agency": "PARKS", "year": "2027", "do": "deadline"}
    assert "You need it by 1 March 2027." in text_of(
        browser.post("/agency/budget/", {**day, "day": "2027-03-01"}, follow=True)
    )
    late = browser.post("/agency/budget/", {**day, "day": "2027-08-01"})
    assert "BUDGET-101" in late.content.decode()
    overdue = {**day, "day": "2026-11-01"}
    assert "the centre has not issued it" in text_of(
        browser.post("/agency/budget/", overdue, follow=True)
    )


def test_next_years_figure_is_explained_and_downloaded(world: World, signed_in: Browser) -> None:
    row, browser = issue(world), signed_in("parks")
    assert f"/agency/budget/figures/{row.pk}/" in text_of(browser.get("/agency/budget/"))
    page = text_of(browser.get(f"/agency/budget/figures/{row.pk}/"))
    assert "Fiscal year 2028 is expected to cost" in page
    assert "fewer than six months of use, so no interval" in page
    assert "a fixed charge of every month" in page
    assert row.content_hash in page
    sheet = browser.get(f"/agency/budget/figures/{row.pk}.csv")
    assert sheet.headers["Content-Type"].startswith("text/csv")
    assert len(sheet.content.decode().strip().splitlines()) == len(row.document["lines"]) + 1
    assert signed_in("water").get(f"/agency/budget/figures/{row.pk}/").status_code == 404
    seen = text_of(signed_in("officer").get(f"/agency/budget/figures/{row.pk}/"))
    assert "Budget figures" in seen


def test_rates_that_are_considered_are_commented_on(world: World, signed_in: Browser) -> None:
    browser = signed_in("parks")
    assert "before anything is decided" in text_of(browser.get("/agency/proposed-rates/"))
    planned(world)
    page = text_of(browser.get("/agency/proposed-rates/"))
    assert "Cases recover their cost, fiscal year 2028" in page
    assert "Proposed, not decided" in page
    with act_as(world.actors["parks"]):
        [effect] = charging.proposed_to(world.actors["parks"], world.agencies["PARKS"])
    form = {"agency": "PARKS", "effect": str(effect.pk), "text": ""}
    assert browser.post("/agency/proposed-rates/", form).status_code == 422
    said = browser.post("/agency/proposed-rates/", {**form, "text": "Tiers, please."}, follow=True)
    assert "Tiers, please." in text_of(said)
    other = text_of(signed_in("water").get("/agency/proposed-rates/"))
    assert "Tiers, please." not in other
    centre = signed_in("owner").get(f"/centre/rates/scenarios/{effect.scenario_id}/")
    assert "Tiers, please." in centre.content.decode()


def test_a_rate_that_is_to_come_shows_its_effect_on_me(world: World, signed_in: Browser) -> None:
    owner, director = world.actors["owner"], world.actors["director"]
    with act_as(owner):
        version = charging.propose_rate(
            actor=owner, charge_item_id=world.items["helpdesk.storage"],
            model={"kind": "per_unit", "rate": "0.45"}, starts=date(2027, 7, 1),
            reason="Storage from the new contract.",
        )  # fmt: skip
    with act_as(director):
        charging.approve_rate(actor=director, rate_version_id=version.pk)
    page = text_of(signed_in("parks").get("/agency/budget/"))
    assert "Rates that are decided and still to come" in page
    assert "Your year:" in page


@pytest.mark.parametrize("path", ["/agency/budget/", "/agency/proposed-rates/"])
def test_only_people_of_the_agency_open_them(world: World, signed_in: Browser, path: str) -> None:
    assert signed_in("parks-employee").get(path).status_code == 403
    with act_as(SYSTEM):
        assert charging.present_year() == 2027


def test_a_line_says_by_what_mix_its_price_is_worked_out() -> None:
    assert mix_of({}) == ""  # a figure issued before mixes were
    assert mix_of({"mix": [], "dearest": False}) == ""
    assert "dearest" in mix_of({"mix": [], "dearest": True})
    said = mix_of({"mix": [[{"channel": "phone"}, "1200.5"], [{}, "2"]], "dearest": False})
    assert said == "by your newest month of use: phone 1,200.5; other 2"
