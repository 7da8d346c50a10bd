"""The rate desk's pages: build-ups, scenarios, budget figures, rules."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from commonweal.interfaces.web.agency.tests.world import LONG, World
from commonweal.interfaces.web.centre.tests.pages import planned, text_of
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.practices.charging import public as charging

Browser = Callable[[str], Client]
LINES = """position; Agent; 2 x 60000; 1; Staffing plan 2028; Cases are answered
depreciation; Phones; 12000 - 2000 / 5; 1/2; Asset register; Half are the desk's
pool; Premises; 12,000.50; 1; Budget 2028; Desks; overhead
prior; Last year; -900; 1; Position of 2027; Given back"""
ITEMS = "helpdesk.case; 3/4; 20000; Trend\nhelpdesk.base; 1/4; 24; 2 agencies; 2"


def test_a_rate_is_built_up_from_zero_and_proposed(world: World, signed_in: Browser) -> None:
    owner = signed_in("owner")
    start = text_of(owner.get("/centre/rates/build-ups/new/?service=helpdesk&year=2028"))
    assert "helpdesk.case; 1/3" in start  # the items with their volumes stand there to begin with
    form = {"service": "helpdesk", "year": "2028", "lines": LINES, "items": ITEMS, "note": ""}
    wrong = owner.post("/centre/rates/build-ups/new/", {**form, "lines": "position; Agent"})
    page = text_of(wrong, 422)
    assert "FORM-107" in page
    assert "position; Agent" in page
    odd = owner.post("/centre/rates/build-ups/new/", {**form, "items": "helpdesk.case; 1"})
    assert "FORM-108" in text_of(odd, 422)
    made = text_of(owner.post("/centre/rates/build-ups/new/", form, follow=True))
    # 120,000 + 1,000 + 12,000.50 − 900
    assert "costs $132,100.50 in fiscal year 2028" in made
    assert "$4.9538" in made
    assert "Left by rounding" in made
    with act_as(SYSTEM):
        build = charging.build_ups(SYSTEM)[0]
    path = f"/centre/rates/build-ups/{build.pk}/"
    late = owner.post(path, {"starts": "", "reason": "The new year"})
    assert "FORM-102" in text_of(late, 422)
    sent = owner.post(path, {"starts": "2027-07-01", "reason": "Built up from zero for 2028."},
                      follow=True)  # fmt: skip
    said = text_of(sent)
    assert "2 rates wait for a decision" in said
    assert "What it means to every agency" in said
    assert "Everybody’s year" in said or "Everybody's year" in said or "Everybody&#39;s" in said
    assert LONG in said


def test_a_price_by_channel_that_is_tried_says_by_what_mix(
    world: World, signed_in: Browser
) -> None:
    """Every case came by phone; what was stored says nothing of a channel."""
    owner = signed_in("owner")
    price = """{"kind": "channel", "channels": {"phone": {"kind": "per_unit", "rate": "9"},
      "web": {"kind": "per_unit", "rate": "99"}}, "otherwise": "refuse"}"""
    form = {"year": "2028", "do": "try", "price-helpdesk.case": "set", "set-helpdesk.case": price,
            "price-helpdesk.storage": "set", "set-helpdesk.storage": price}  # fmt: skip
    page = text_of(owner.post("/centre/rates/scenarios/new/", form))
    assert "What is assumed of prices by dimensions" in page
    assert "helpdesk.case: by how the newest month of use fell into its prices" in page
    assert "helpdesk.storage: at the dearest of its prices for" in page


def test_a_scenario_is_tried_kept_compared_published_and_proposed(
    world: World, signed_in: Browser
) -> None:
    owner = signed_in("owner")
    page = text_of(owner.get("/centre/rates/scenarios/new/"))
    assert "Make a scenario for fiscal year 2028" in page
    form = {"year": "2028", "price-helpdesk.case": "recover", "leaves": "WATER",
            "leaves_from": "2027-07", "variable-helpdesk": "30%", "idle-helpdesk": "5%",
            "policy-helpdesk": "absorbed", "growth-helpdesk.storage": "-10%"}  # fmt: skip
    tried = text_of(owner.post("/centre/rates/scenarios/new/", {**form, "do": "try"}))
    assert "Worked out, not kept yet" in tried
    assert "IT help desk loses" in tried
    assert "goes with it" in tried
    unnamed = owner.post("/centre/rates/scenarios/new/", {**form, "do": "keep"})
    assert "SCENARIO-110" in text_of(unnamed, 422)
    kept = owner.post(
        "/centre/rates/scenarios/new/", {**form, "do": "keep", "name": "Water leaves"}, follow=True
    )
    one = text_of(kept)
    assert "Water leaves" in one
    assert "A tenth less volume" in one
    build, other = planned(world)
    with act_as(SYSTEM):
        first = next(row for row in charging.scenarios(SYSTEM) if row.name == "Water leaves")
    both = text_of(owner.get(f"/centre/rates/scenarios/compare/?s={first.pk}&s={other.pk}"))
    assert "Scenarios side by side" in both
    assert both.count("Water leaves") >= 3
    path = f"/centre/rates/scenarios/{first.pk}/"
    assert "SCENARIO-113" in text_of(
        owner.post(path + "publish/", {"comment_until": "2026-01-01", "reason": "Long enough"}), 422
    )
    told = owner.post(
        path + "publish/", {"comment_until": "2027-01-31", "reason": "Water has asked to leave."},
        follow=True,
    )  # fmt: skip
    assert "2 agencies may comment." in text_of(told)
    assert "CHARGING-225" in text_of(
        owner.post(path + "propose/", {"starts": "2027-07-01", "reason": ""}), 422
    ) or "CHARGING-203" in text_of(
        owner.post(path + "propose/", {"starts": "2027-07-01", "reason": ""}), 422
    )
    sent = owner.post(
        path + "propose/", {"starts": "2027-07-01", "reason": "Water has left us."}, follow=True
    )
    assert "1 rate waits for a decision" in text_of(sent)
    assert build.version == 1


def test_what_a_scenario_form_cannot_read(world: World, signed_in: Browser) -> None:
    owner = signed_in("owner")
    wrong = (
        ({"volumes": "PARKS helpdesk.case"}, "FORM-110"),
        ({"price-helpdesk.case": "set", "set-helpdesk.case": "{bad"}, "FORM-109"),
        ({"growth-helpdesk.case": "much"}, "SCENARIO-102"),
        ({"arrives": "Fire Service"}, "SCENARIO-108"),
        ({"price-helpdesk.case": "set", "set-helpdesk.case": ""}, "MONEY-103"),
    )
    for given, code in wrong:
        page = owner.post("/centre/rates/scenarios/new/", {"year": "2028", "do": "try", **given})
        assert code in text_of(page, 422), code
    good = {
        "year": "2028", "do": "try", "volumes": "PARKS helpdesk.case 1,000",
        "price-helpdesk.case": "set", "set-helpdesk.case": "12.50",
        "price-helpdesk.storage": "set",
        "set-helpdesk.storage": '{"kind": "per_unit", "rate": "0.30"}',
        "arrives": "Fire Service", "arrives_from": "2027-07",
        "arrives_volumes": "helpdesk.case 200", "costs-helpdesk": "3%",
    }  # fmt: skip
    assert "Fire Service" in text_of(owner.post("/centre/rates/scenarios/new/", good))


def test_budget_figures_are_issued_by_deadline(world: World, signed_in: Browser) -> None:
    officer, parks = signed_in("officer"), str(world.agencies["PARKS"])
    page = text_of(officer.get("/centre/rates/budget-figures/"))
    assert "Budget figures for fiscal year 2028" in page
    due = {"year": "2028", "agency": parks, "do": "deadline"}
    assert "FORM-102" in text_of(officer.post("/centre/rates/budget-figures/", due), 422)
    set_ = officer.post("/centre/rates/budget-figures/", {**due, "day": "2026-11-01"}, follow=True)
    assert "1 budget figure for fiscal year 2028 is overdue" in text_of(set_)
    named = text_of(signed_in("director").get("/centre/overview/"))
    assert f"{LONG} needed its budget figure by 1 November 2026." in named
    sent = officer.post(
        "/centre/rates/budget-figures/", {"year": "2028", "agency": parks, "do": "issue"},
        follow=True,
    )  # fmt: skip
    assert "Issued late" in text_of(sent)
    assert "needed its budget figure" not in text_of(signed_in("director").get("/centre/overview/"))
    again = {"year": "2027", "agency": parks, "do": "issue"}
    sent = officer.post("/centre/rates/budget-figures/", again, follow=True)
    assert "2 of 12 months billed" in text_of(sent)


def test_the_rules_are_set_and_kept(world: World, signed_in: Browser) -> None:
    director, owner = signed_in("director"), signed_in("owner")
    form = {"notice_days": "60", "freeze": "1", "authority_needed": "1",
            "authority_name": "Rate Committee", "jump_percent": "30",
            "deadline_days": "90"}  # fmt: skip
    page = text_of(director.post("/centre/rates/rules/change/", form, follow=True))
    assert "60 days" in page
    assert "Needed, of Rate Committee" in page
    assert "90 days before the fiscal year" in page
    assert "RATES-512" in text_of(
        director.post("/centre/rates/rules/change/", {**form, "jump_percent": "0"}), 422
    )
    cap = {"code": "ADMIN", "kind": "overhead", "limit": "0.0826", "source": "Budget act, s. 4",
           "starts": "2026-07-01", "refuse": "1"}  # fmt: skip
    assert "8.26%" in text_of(director.post("/centre/rates/rules/limit/", cap, follow=True))
    assert "RATES-515" in text_of(
        director.post("/centre/rates/rules/limit/", {**cap, "source": ""}), 422
    )
    agreement = world.line().order_line.order.agreement_id
    told = {"agreement": str(agreement), "days": "90"}
    assert "90 days" in text_of(director.post("/centre/rates/rules/agreement/", told, follow=True))
    shown = text_of(owner.get("/centre/rates/rules/"))
    assert "Change the rules" not in shown
    proposal = {"item": str(world.items["helpdesk.case"]), "starts": "2027-03-01", "basis": "hand",
                "kind": "per_unit", "rate": "18.25", "reason": "Wages rise by the award.",
                "do": "propose"}  # fmt: skip
    assert "RATES-501" in text_of(owner.post("/centre/rates/propose/", proposal), 422)
    marked = {**proposal, "mid_year": "1", "authority_ref": "Resolution 7"}
    page = text_of(owner.post("/centre/rates/propose/", marked, follow=True))
    assert "Mid-year change" in page
    assert "By authority of Resolution 7." in page
