"""The forms about money: answers, rates, costs, the cost model, allocations."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.centre.tests.pages import text_of
from commonweal.kernel.access.public import SYSTEM, Role, act_as
from commonweal.practices.charging import public as charging

Browser = Callable[[str], Client]


def test_a_dispute_is_answered_once(world: World, signed_in: Browser) -> None:
    parks, line = world.actors["parks"], world.line()
    with act_as(parks):
        asked = charging.raise_query(
            actor=parks, line_id=line.pk, kind="dispute", text="Two offices were closed."
        )
    browser = signed_in("officer")
    page = text_of(browser.get("/centre/bills/questions/"))
    assert "Two offices were closed." in page
    empty = browser.post("/centre/bills/questions/", {"query": str(asked.pk), "answer": " "})
    assert "BILL-105" in text_of(empty, 422)
    sent = browser.post(
        "/centre/bills/questions/",
        {"query": str(asked.pk), "answer": "They closed in November."},
        follow=True,
    )
    assert "The answer was sent." in text_of(sent)
    assert "They closed in November." in text_of(
        browser.get("/centre/bills/questions/?state=answered")
    )


def proposal(world: World, **changes: str) -> dict[str, str]:
    """A good form."""
    item = world.items["helpdesk.case"]
    form = {"item": str(item), "starts": "2027-01-01", "basis": "hand", "kind": "per_unit",
            "rate": "18.25", "reason": "Wages rise by the award.", "do": "propose"}  # fmt: skip
    return {**form, **changes}


def test_a_rate_is_proposed_by_one_and_approved_by_another(
    world: World, signed_in: Browser
) -> None:
    owner, director = signed_in("owner"), signed_in("director")
    page = text_of(owner.post("/centre/rates/propose/", proposal(world), follow=True))
    assert "1 rate waits for a decision" in page
    assert "$18.25 per help-desk case" in page
    assert "Approve" not in page
    deciding = text_of(director.get("/centre/rates/proposals/"))
    assert "Approve $" in deciding
    with act_as(SYSTEM):
        version = charging.rate_proposals(SYSTEM)[0]
    path = f"/centre/rates/{version.pk}/decide/"
    assert "AUTHORITY-110" in text_of(director.post(path, {"decision": "reject"}), 422)
    assert "Overview" in text_of(director.get("/centre/overview/"))
    assert "Rate helpdesk.case-2027-01-01" in text_of(director.get("/centre/overview/"))
    approved = director.post(path, {"decision": "approve"}, follow=True)
    assert "The rate is approved" in text_of(approved)
    version.refresh_from_db()
    assert version.state == "approved"


def test_a_rate_is_rejected_with_a_reason(world: World, signed_in: Browser) -> None:
    signed_in("owner").post("/centre/rates/propose/", proposal(world))
    with act_as(SYSTEM):
        version = charging.rate_proposals(SYSTEM)[0]
    form = {"decision": "reject", "reason": "The award is not signed yet."}
    page = signed_in("director").post(f"/centre/rates/{version.pk}/decide/", form, follow=True)
    assert "Rejected." in text_of(page)


def test_a_proposer_takes_a_rate_back(world: World, signed_in: Browser) -> None:
    owner, path = signed_in("owner"), "/centre/rates/proposals/"
    owner.post("/centre/rates/propose/", proposal(world))
    assert "Withdraw" not in text_of(signed_in("director").get(path))
    link = re.search(
        r'action="(/centre/rates/proposals/[^"]+/withdraw/)"', text_of(owner.get(path))
    )
    assert link
    assert signed_in("director").post(link[1]).status_code == 403
    page = text_of(owner.post(link[1], {"reason": "Mistyped"}, follow=True))
    assert "Its days are free for another proposal." in page
    assert "No rate waits for a decision" in page
    again = text_of(owner.post("/centre/rates/propose/", proposal(world), follow=True))
    assert "is proposed. A second person decides." in again
    assert owner.get(link[1]).status_code == 302


def test_a_rate_is_worked_out_before_it_is_proposed(world: World, signed_in: Browser) -> None:
    owner = signed_in("owner")
    with act_as(SYSTEM):
        run = next(r for r in charging.allocation_runs(SYSTEM) if r.basis == "budget")
    derived = proposal(
        world, basis="derived", rate="", reason="", run=str(run.pk), share="1/2",
        share_reason="Half of the hours go into it", volume="1,500",
        volume_reason="The count of last year", places="2", do="derive",
    )  # fmt: skip
    page = text_of(owner.post("/centre/rates/propose/", derived))
    assert "Worked out" in page
    assert "÷ 1,500" in page
    assert "The volume: The count of last year." in page
    assert "recover 150.0% of its cost" in page
    derived |= {"do": "propose", "reason": "The base charge ends with the year"}
    sent = text_of(owner.post("/centre/rates/propose/", derived, follow=True))
    assert "is proposed. A second person decides." in sent


def test_proposer_and_approver_see_what_is_unusual(
    world: World, signed_in: Browser, client: Client
) -> None:
    owner = signed_in("owner")
    form = proposal(world, rate="99", reason="")
    page = text_of(owner.post("/centre/rates/propose/", form), 422)
    assert "CHARGING-203" in page
    page = text_of(owner.post("/centre/rates/propose/", {**form, "reason": "dear"}), 422)
    assert "CHARGING-225" in page
    assert 'href="#reason"' in page
    assert "This is unusual, and takes a reason" in page
    assert "higher than that of helpdesk.case-" in page
    why = "The old contract ended and nobody else offers it"
    owner.post("/centre/rates/propose/", {**form, "reason": why}, follow=True)
    with act_as(SYSTEM):
        version = charging.rate_proposals(SYSTEM)[0]
    director = signed_in("director")
    waits = text_of(director.get("/centre/rates/proposals/"))
    assert "This is unusual" in waits
    assert "higher than that of helpdesk.case-" in waits
    assert why in waits
    director.post(f"/centre/rates/{version.pk}/decide/", {"decision": "approve"})
    book = text_of(client.get("/rates/helpdesk.case/"))
    assert f"?version={version.code}" in book
    future = text_of(client.get(f"/rates/helpdesk.case/?version={version.code}"))
    assert "What was unusual" in future
    assert why in future
    assert "Director" in future
    assert client.get("/rates/helpdesk.storage/?version=" + version.code).status_code == 404
    assert client.get("/rates/helpdesk.case/?version=nothing").status_code == 404


def test_what_the_engine_refuses_is_said_in_the_words_of_the_form(
    world: World, signed_in: Browser
) -> None:
    owner = signed_in("owner")
    for changes, field, said in (
        ({"kind": "graduated", "tiers": "0 -1"}, "tiers", "The price of tier 1 is -1"),
        ({"kind": "per_unit", "rate": "-1"}, "rate", "The price for each unit is -1"),
        ({"kind": "flat", "amount": "-1"}, "amount", "The amount a month is -1"),
        ({"starts": "2026-09-01"}, "starts", "is billed already"),
        ({"reason": ""}, "reason", "Say why this is the price"),
    ):
        page = text_of(owner.post("/centre/rates/propose/", proposal(world, **changes)), 422)
        assert f'href="#{field}"' in page, changes
        assert said in page
        assert "tiers/0" not in page
    with act_as(SYSTEM):
        run = next(r for r in charging.allocation_runs(SYSTEM) if r.basis == "budget")
    derived = proposal(world, basis="derived", run=str(run.pk), volume="-5", volume_reason="x")
    page = text_of(owner.post("/centre/rates/propose/", derived), 422)
    assert "The volume is -5." in page
    assert 'href="#volume"' in page


def test_a_rate_form_says_what_is_missing(world: World, signed_in: Browser) -> None:
    owner = signed_in("owner")
    for changes, wanted in (
        ({"item": ""}, "FORM-101"),
        ({"starts": ""}, "FORM-102"),
        ({"starts": "soon"}, "FORM-102"),
        ({"rate": "a lot"}, "FORM-103"),
        ({"kind": ""}, "FORM-105"),
        ({"kind": "graduated", "tiers": "0 0.5 7"}, "FORM-106"),
        ({"reason": ""}, "CHARGING-203"),
        ({"starts": "2026-09-01"}, "CHARGING-202"),
    ):
        page = owner.post("/centre/rates/propose/", proposal(world, **changes))
        assert wanted in text_of(page, 422), changes
        assert 'value="18.25"' in page.content.decode() or "rate" in changes
    tiers = proposal(world, kind="graduated", tiers="0 18\n1,000 17.5")
    owner.post("/centre/rates/propose/", tiers)
    with act_as(SYSTEM):
        model = charging.rate_proposals(SYSTEM)[0].model
    assert [tier["from"] for tier in model["tiers"]] == ["0", "1000"]


def upload(content: str, name: str = "costs.csv") -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, content.encode())


def token_in(response: Any) -> str:
    """The id of the held file in a page."""
    return re.search(r'name="token" value="([0-9a-f-]{36})"', response.content.decode())[1]


STRANGE = """When,Who,How much
03/11/2026,helpdesk,100.00
04/11/2026,security,x
05/11/2026,security,7.50
"""


def test_costs_are_shown_before_they_are_imported(world: World, signed_in: Browser) -> None:
    browser, path = signed_in("officer"), "/centre/costs/imports/new/"
    asked = browser.post(path, {"file": upload(STRANGE), "do": "read", "basis": "actual"})
    page = text_of(asked)
    assert "Which column is what?" in page
    assert "Which column is the amount?" in page
    form = {"token": token_in(asked), "filename": "costs.csv", "basis": "actual", "do": "read",
            "column-amount": "How much", "column-date": "When", "column-unit": "Who",
            "date_format": "DD/MM/YYYY", "decimal": ".", "accept_as": "Strange"}  # fmt: skip
    shown = text_of(browser.post(path, form))
    assert "2 of 3 rows can be used" in shown
    assert "Row 3" in shown
    assert "$107.50" in shown
    assert not charging.CostImport.objects.filter(filename="costs.csv").exists()
    taken = text_of(browser.post(path, {**form, "do": "import"}, follow=True))
    assert "2 of 3 rows were imported." in taken
    assert "Reconciled" in taken
    with act_as(SYSTEM):
        stored = charging.CostImport.objects.get(filename="costs.csv")
    csv = browser.get(f"/centre/costs/imports/{stored.pk}/rejected.csv").content.decode()
    assert csv.startswith("row,code,problem,amount")
    assert "COSTS-" in csv
    again = browser.post(path, form)
    assert "FORM-110" in text_of(again, 422)


def test_a_held_file_is_its_own_persons_alone(world: World, signed_in: Browser) -> None:
    path = "/centre/costs/imports/new/"
    theirs = signed_in("officer").post(path, {"file": upload(STRANGE), "do": "read"})
    with act_as(SYSTEM):
        role = Role.objects.get(pk="service_owner")
        role.permissions = [*role.permissions, "charging.import_costs"]
        role.save()
    form = {"token": token_in(theirs), "filename": "costs.csv", "do": "read"}
    assert "FORM-110" in text_of(signed_in("owner").post(path, form), 422)
    assert "FORM-107" in text_of(signed_in("owner").post(path, {**form, "token": "../x"}), 422)


def test_a_saved_mapping_needs_no_questions(world: World, signed_in: Browser) -> None:
    browser, path = signed_in("officer"), "/centre/costs/imports/new/"
    known = (
        "Period,Cost centre,Category,Account,Reference,Amount\n2026-11,helpdesk,Pay,6000,z1,5.00\n"
    )
    page = browser.post(path, {"file": upload(known), "do": "read", "basis": "actual"})
    assert "1 of 1 rows can be used" in text_of(page)
    form = {"token": token_in(page), "filename": "costs.csv", "do": "import", "basis": "actual"}
    form |= {f"column-{field}": column for field, column in (
        ("period", "Period"), ("unit", "Cost centre"), ("category", "Category"),
        ("account", "Account"), ("reference", "Reference"), ("amount", "Amount"))}  # fmt: skip
    assert "1 of 1 rows were imported." in text_of(browser.post(path, form, follow=True))


def test_a_file_that_cannot_be_read_says_why(world: World, signed_in: Browser) -> None:
    browser, path = signed_in("officer"), "/centre/costs/imports/new/"
    assert "FORM-107" in text_of(browser.post(path, {"do": "read"}), 422)
    picture = SimpleUploadedFile("costs.csv", b"%PDF-1.7")
    assert "COSTS-101" in text_of(browser.post(path, {"file": picture, "do": "read"}), 422)


def test_the_cost_model_is_changed_and_used(world: World, signed_in: Browser) -> None:
    browser, path = signed_in("officer"), "/centre/costs/model/change/"
    for form in (
        {"what": "driver", "code": "desks", "name": "Desks", "unit": "desks"},
        {"what": "pool", "code": "office", "name": "Offices", "driver": "desks", "step": "2"},
        {"what": "rule", "pool": "office", "order": "30", "category": "Rent"},
        {"what": "values", "driver": "desks", "period": "2026-11", "values": "helpdesk 1,200"},
    ):
        assert "The cost model was changed." in text_of(browser.post(path, form, follow=True))
    page = text_of(browser.get("/centre/costs/model/?period=2026-11"))
    assert "Offices" in page
    assert "1,200" in page
    wrong = {"what": "pool", "code": "Office Two", "name": "x"}
    assert "COSTS-201" in text_of(browser.post(path, wrong), 422)
    bad = {"what": "values", "driver": "desks", "period": "2026-11", "values": "1200"}
    assert "FORM-108" in text_of(browser.post(path, bad), 422)
    with act_as(SYSTEM):
        rule = next(r for r in charging.rules(SYSTEM) if r.category == "Rent")
    gone = browser.post(path, {"what": "remove", "rule": str(rule.pk)}, follow=True)
    assert "Rent" not in text_of(gone)


def test_an_allocation_is_made_and_read(world: World, signed_in: Browser) -> None:
    browser = signed_in("officer")
    form = {"basis": "actual", "first_period": "2026-09", "last_period": "2026-10",
            "label": "Two months"}  # fmt: skip
    page = text_of(browser.post("/centre/costs/allocations/", form, follow=True))
    assert "Allocation “Two months”: $100,000.00" in page
    assert "Ledger $100,000.00 = allocated $100,000.00 + unallocated $0.00." in page
    back = {**form, "last_period": "2026-08"}
    assert "COSTS-222" in text_of(browser.post("/centre/costs/allocations/", back), 422)


def test_forecasts_beside_use(world: World, signed_in: Browser) -> None:
    parks = world.actors["parks"]
    with act_as(parks):
        row = charging.put_forecast(
            actor=parks, agency_id=world.agencies["PARKS"],
            charge_item_id=world.items["helpdesk.case"], fiscal_year=2027, quantity=10_000,
        )  # fmt: skip
        charging.sign_forecast(actor=parks, forecast_id=row.pk)
    browser = signed_in("officer")
    page = text_of(browser.get("/centre/rates/forecasts/?year=2027"))
    assert "1 of 1 signed" in page
    assert "Not entered" in page
    own = text_of(
        browser.get(f"/centre/rates/forecasts/?year=2027&agency={world.agencies['PARKS']}")
    )
    assert "2,720" in own
    assert "27.2%" in own
