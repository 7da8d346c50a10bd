"""What each page says first, with two months closed behind it."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from commonweal.interfaces.web.agency.tests.world import LONG, SEPTEMBER, World
from commonweal.interfaces.web.centre.tests.pages import addresses, text_of
from commonweal.kernel.access.public import SYSTEM, Role, act_as, put_role
from commonweal.practices.charging import public as charging

Browser = Callable[[str], Client]
POSTED = {
    "terms_change", "towers_change", "new_capacity", "capacity_change", "assets_change",
    "allocation_method_change",
    "asset_dispose",
    "explain",
    "close_start", "close_next", "close_decide", "close_stop", "decide", "withdraw_rate",
    "model_change", "publish_scenario", "propose_scenario",
}  # fmt: skip
ABSENT = {
    "decide_conversion", "decide_policy", "payment", "statement", "recovery_decide",
    "adjustment", "adjustment_file", "carry_out",
    "package_file", "review", "review_file", "sample", "sample_zip", "room_one", "room_end",
    "samples", "room_overrides", "room_pairs", "room_population", "room_csv",
}  # fmt: skip
"""Pages of things that this world has none of; their own tests open them."""
RULES = {"rate_rules_change", "rate_cap", "rate_notice"}


def test_every_page_renders_for_whoever_may_see_it(world: World, signed_in: Browser) -> None:
    officer, admin = signed_in("officer"), signed_in("admin")
    for name, address in addresses(world).items():
        browser = admin if name in {"new_person", "person"} else officer
        browser = signed_in("director") if name in RULES else browser
        browser = admin if "webhook" in name else browser
        if name in {
            "cost_file",
            "decide",
            "close_decide",
            "credit_decide",
            "one_upload",
            "upload_rows",
            "tried_rows",
        }:
            continue
        response = browser.get(address)
        for other in ("director", "owner"):
            if response.status_code == 403:
                response = signed_in(other).get(address)
        if name in ABSENT:
            assert response.status_code < 500, name
            continue
        assert response.status_code in (
            (302,) if name in POSTED | {"start", "close"} else (200,)
        ), (
            name,
            response.content.decode()[:2000],
        )


def test_the_director_reads_five_answers(world: World, signed_in: Browser) -> None:
    page = text_of(signed_in("director").get("/centre/overview/"))
    say = charging.Words("USD")
    totals = [world.bill(code).total_minor for code in ("PARKS", "WATER")]
    before = [world.bill(code, SEPTEMBER).total_minor for code in ("PARKS", "WATER")]
    assert f"October 2026: {say.money(sum(totals))} charged to 2 agencies" in page
    assert f"{say.money(sum(totals) - sum(before))} more than September." in page
    assert f"The largest rise is {LONG}" in page
    for wanted in (
        "What is late", "Charged in October 2026, by agency", "Recovered in October 2026",
        "Disputed and asked", "No open question or dispute.", "To be decided by you",
        "Nothing waits for your decision.",
    ):  # fmt: skip
        assert wanted in page, wanted
    assert page.index(LONG) < page.index("Water Board")
    assert f"/agency/bills/{world.bill().number}/" in page
    assert "/centre/bills/?period=2026-10" in page
    assert "Not recovered" in page or "Over-recovered" in page or "Recovered</span>" in page


def test_what_waits_and_what_is_disputed_reach_the_director(
    world: World, signed_in: Browser
) -> None:
    parks, line = world.actors["parks"], world.line()
    with act_as(parks):
        charging.raise_query(
            actor=parks, line_id=line.pk, kind="dispute", text="We closed two offices."
        )
    page = text_of(signed_in("director").get("/centre/overview/"))
    assert "Dispute" in page
    assert "We closed two offices." in page
    assert f"/agency/lines/{line.pk}/" in page


def test_bills_are_filtered_and_say_so(world: World, signed_in: Browser) -> None:
    browser = signed_in("officer")
    page = text_of(browser.get("/centre/bills/"))
    assert page.count("Issued") >= 4
    only = text_of(
        browser.get(f"/centre/bills/?period=2026-10&agency={world.agencies['PARKS']}&state=issued")
    )
    assert world.bill().number in only
    assert world.bill("WATER").number not in only
    assert "Filters in use" in only
    none = text_of(browser.get("/centre/bills/?state=draft"))
    assert "No bill fits." in none


def test_rates_say_price_days_and_decision(world: World, signed_in: Browser) -> None:
    page = text_of(signed_in("director").get("/centre/rates/"))
    assert "3 rates in force" in page
    assert "$0.40 to $0.50, by volume" in page
    assert "Director, " in page


def test_costs_reconcile_down_to_the_ledger_line(world: World, signed_in: Browser) -> None:
    browser = signed_in("director")
    month = text_of(browser.get("/centre/costs/?period=2026-10"))
    assert "October 2026 cost $50,000.00" in month
    assert "Ledger $50,000.00 = allocated $50,000.00 + unallocated $0.00." in month
    pages = addresses(world)
    run = text_of(browser.get(pages["allocation"]))
    assert "Reconciled" in run
    assert "20 / 20" in run or "1 / 1" in run
    lines = text_of(browser.get("/centre/costs/pools/security/?period=2026-10"))
    assert "1,000.00" in lines
    assert "ledger-actual-2026-10.csv, row 4" in lines
    assert browser.get("/centre/costs/pools/nothing/?period=2026-10").status_code == 404
    file = text_of(browser.get(pages["import"]))
    assert "3 of 3 rows used" in file
    assert "Reconciled" in file


def test_a_closed_month_tells_each_step(world: World, signed_in: Browser) -> None:
    page = text_of(signed_in("director").get("/centre/close/2026-10/"))
    assert "October 2026 is closed" in page
    assert "totals agree to the last decimal" in page
    assert "2 bills" in page
    assert page.count("Done</span>") >= 9


def test_intake_names_sources_and_their_reports(world: World, signed_in: Browser) -> None:
    browser = signed_in("officer")
    page = text_of(browser.get("/centre/intake/?period=2026-10"))
    assert "Every expected source of October 2026 is complete" in page
    assert "Sealed" in page
    late = text_of(browser.get("/centre/intake/?period=2026-11"))
    assert "1 source of November 2026 is late" in late
    assert "No usage yet" in late


def test_the_trail_is_filtered_by_verb_agency_and_target(world: World, signed_in: Browser) -> None:
    browser, bill = signed_in("director"), world.bill()
    page = text_of(browser.get("/centre/audit/?verb=bill.issued"))
    assert page.count("?verb=bill.issued") >= 4
    one = text_of(browser.get(f"/centre/audit/?type=charging.Bill&target={bill.pk}"))
    assert "bill.pack_made" in one
    assert str(world.bill("WATER").pk)[-8:] not in one
    agency = text_of(browser.get(f"/centre/audit/?agency={world.agencies['WATER']}"))
    assert str(bill.pk)[-8:] not in agency
    first = text_of(browser.get("/centre/audit/"))
    assert 'rel="next"' in first


def test_the_trail_names_people_only_to_those_who_may_see_them(
    world: World, signed_in: Browser
) -> None:
    address = f"/centre/audit/?type=charging.Bill&target={world.bill().pk}"
    page = text_of(signed_in("director").get(address))
    officer = world.actors["officer"]
    link = f'<a class="govuk-link" href="/centre/people/{officer.person_id}/">Femi Officer</a>'
    assert link in page
    with act_as(SYSTEM):
        role = Role.objects.get(code="director")
        kept = [name for name in role.permissions if name != "party.view_people"]
        put_role(actor=SYSTEM, code=role.code, name=role.name, side=role.side, permissions=kept)
    page = text_of(signed_in("director").get(address))
    assert "Femi" not in page
    assert f"…{str(officer.user_id)[-8:]}</code>" in page
