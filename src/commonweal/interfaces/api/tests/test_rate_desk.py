"""The rate desk and budgets by the API."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from commonweal.interfaces.api.tests.scene import A, B, Scene
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.catalogue.public import agreements
from commonweal.practices.charging import public as charging

OWNER, DIRECTOR, FINANCE = "service_owner:", "director:", "finance_officer:"


def send(scene: Scene, method: str, path: str, who: str, **body: Any) -> Any:
    call = getattr(scene.client(who), method)
    return call(f"/api/v1{path}", json.dumps(body), content_type="application/json")


def read(scene: Scene, path: str, who: str) -> Any:
    return scene.client(who).get(f"/api/v1{path}")


def cents(text: str) -> int:
    whole, _point, part = text.partition(".")
    return int(whole + part.ljust(2, "0"))


def test_a_scenario_is_tried_kept_published_and_commented_on(scene: Scene) -> None:
    assumptions = {"prices": {"payroll.payslip": "recover"}, "moves": [
        {"agency": B, "kind": "leaves"}]}  # fmt: skip
    tried = send(scene, "post", "/scenarios/try", OWNER, fiscal_year=2026, assumptions=assumptions)
    assert tried.status_code == 200, tried.content
    found = tried.json()
    total = sum(cents(row["change"]) for row in found["effects"])
    assert total == cents(found["revenue_change"])
    wrong = send(scene, "post", "/scenarios/try", OWNER, fiscal_year=2026, assumptions={"x": {}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "SCENARIO-107")
    kept = send(scene, "post", "/scenarios", OWNER, name="Recover", fiscal_year=2026,
                assumptions=assumptions)  # fmt: skip
    assert kept.status_code == 201, kept.content
    key = kept.json()["id"]
    assert kept.json()["result"]["effects"] == found["effects"]
    changed = send(scene, "put", f"/scenarios/{key}", OWNER, name="Recover all", fiscal_year=2026,
                   assumptions=assumptions)  # fmt: skip
    assert changed.json()["name"] == "Recover all"
    assert read(scene, "/scenarios", OWNER).json()["items"][0]["id"] == key
    told = send(scene, "post", f"/scenarios/{key}/publish", OWNER, comment_until="2030-01-01",
                reason="Payroll must recover its cost.")  # fmt: skip
    assert told.json()["state"] == "published"
    listed = read(scene, f"/proposed-rates?agency={A}", f"agency_finance:{A}").json()["items"]
    own = listed[0]  # the newest first
    assert cents(own["after"]) == sum(cents(row["after"]) for row in own["items"])
    assert read(scene, f"/proposed-rates?agency={B}", f"agency_finance:{A}").status_code == 404
    said = send(scene, "post", f"/proposed-rates/{own['id']}/comments", f"agency_finance:{A}",
                text="We agree.")  # fmt: skip
    assert said.status_code == 201, said.content
    assert (
        read(scene, f"/scenarios/{key}/comments", OWNER).json()["items"][0]["text"] == "We agree."
    )
    assert read(scene, f"/scenarios/{key}", f"agency_finance:{A}").status_code == 403
    proposed = send(scene, "post", f"/scenarios/{key}/propose", OWNER, starts="2033-07-01",
                    reason="Payroll must recover its cost.")  # fmt: skip
    assert proposed.status_code == 201, proposed.content
    [rate] = proposed.json()["items"]
    assert (rate["life"], rate["charge_item"]) == ("proposed", "payroll.payslip")
    rows = read(scene, f"/rate-proposals/{rate['id']}/effects", OWNER).json()["items"]
    assert {row["agency"] for row in rows} >= {A, B}
    director = scene.actor(DIRECTOR)
    with act_as(director):  # a token decides nothing: only a person does
        charging.approve_rate(actor=director, rate_version_id=UUID(rate["id"]))
    coming = read(scene, f"/agencies/{A}/coming-rates", f"agency_finance:{A}").json()["items"]
    [news] = [row for row in coming if row["rate"] == rate["code"]]
    own = next(row for row in rows if row["agency"] == A)
    assert (news["rate"], news["before"], news["after"]) == (
        rate["code"], own["before"], own["after"],
    )  # fmt: skip


def test_a_build_up_and_its_rates(scene: Scene) -> None:
    line = {"kind": "purchase", "name": "Licences", "amount": "1000.01", "source": "Contract 7",
            "reason": "Payroll runs on it"}  # fmt: skip
    item = {"item": "payroll.payslip", "volume": "3000", "volume_reason": "Forecasts"}
    made = send(scene, "post", "/rate-build-ups", OWNER, service="payroll", fiscal_year=2027,
                lines=[line], items=[item])  # fmt: skip
    assert made.status_code == 201, made.content
    [rate] = made.json()["rates"]
    assert (rate["rate"], made.json()["total"]) == ("0.3333", "1000.01")
    assert rate["remainder"] == {"numerator": "11", "denominator": "100"}
    key = made.json()["id"]
    assert read(scene, f"/rate-build-ups/{key}", OWNER).json() == made.json()
    assert read(scene, "/rate-build-ups", OWNER).json()["items"][0]["id"] == key
    late = send(scene, "post", f"/rate-build-ups/{key}/propose", OWNER, starts="2034-07-01",
                reason="Built up from zero, and far below what is charged now.")  # fmt: skip
    assert late.status_code == 201, late.content
    assert late.json()["items"][0]["derivation"]["kind"] == "zero_base"
    wrong = send(scene, "post", "/rate-build-ups", OWNER, service="payroll", fiscal_year=2027,
                 lines=[{**line, "amount": None}], items=[item])  # fmt: skip
    assert wrong.json()["code"] == "BUILDUP-102"


def test_the_rules_for_rates(scene: Scene) -> None:
    rules = {"notice_days": 30, "freeze": True, "deadline_days": 60}
    assert send(scene, "put", "/rate-rules", FINANCE, **rules).status_code == 403
    assert send(scene, "put", "/rate-rules", DIRECTOR, **rules).json()["notice_days"] == 30
    found = read(scene, "/rate-rules", FINANCE).json()
    assert (found["freeze"], found["jump_percent"]) == (True, 25)
    cap = {"kind": "overhead", "limit": "0.0826", "source": "Budget act", "starts": "2025-07-01",
           "service": "payroll", "refuse": False}  # fmt: skip
    assert send(scene, "put", "/rate-caps/VITA", DIRECTOR, **cap).json()["service"] == "payroll"
    assert read(scene, "/rate-caps", FINANCE).json()["items"][0]["code"] == "VITA"
    with act_as(SYSTEM):
        number = agreements(SYSTEM, scene.world.agencies[A])[0].number
    notice = {"agency": A, "agreement": number, "days": 90}
    assert send(scene, "put", "/rate-rules/agreements", DIRECTOR, **notice).json()["days"] == 90
    # Requests commit, and other tests of this centre propose rates, too.
    send(scene, "put", "/rate-rules/agreements", DIRECTOR, **{**notice, "days": 0})
    send(scene, "put", "/rate-rules", DIRECTOR, notice_days=0, freeze=False)
    unknown = {**notice, "agreement": "nothing"}
    assert send(scene, "put", "/rate-rules/agreements", DIRECTOR, **unknown).status_code == 404


def test_budget_figures_and_budgets(scene: Scene) -> None:
    officer = f"agency_finance:{A}"
    day = send(scene, "put", f"/agencies/{A}/budget-deadlines/2027", officer, day="2026-03-01")
    assert day.json() == {"fiscal_year": 2027, "day": "2026-03-01"}
    made = send(scene, "post", "/budget-figures", FINANCE, agency=A, fiscal_year=2027)
    assert made.status_code == 201, made.content
    figure = made.json()
    assert cents(figure["total"]["low"]) <= cents(figure["total"]["expected"])
    assert figure["deadline"] == "2026-03-01"
    path = f"/budget-figures/{figure['id']}"
    full = read(scene, path, officer).json()
    lines = full["document"]["lines"]
    assert sum(line["expected"] for line in lines) == cents(figure["total"]["expected"])
    assert (full["billed_months"], full["error"]) == (0, None)
    sheet = read(scene, path + "/csv", officer)
    assert sheet.headers["Content-Type"].startswith("text/csv")
    assert len(sheet.content.decode().strip().splitlines()) == len(lines) + 1
    assert read(scene, path, f"agency_finance:{B}").status_code == 404
    assert read(scene, "/budget-figures", officer).json()["items"][0]["id"] == figure["id"]
    put = send(scene, "put", f"/agencies/{A}/budgets/2026", officer, amount_minor=100)
    assert put.json()["amount_minor"] == 100
    at = send(scene, "put", f"/agencies/{A}/budget-alerts", officer, percentages=[80, 50])
    assert at.json()["percentages"] == [50, 80]
    year = read(scene, f"/agencies/{A}/year/2026", officer).json()
    assert year["total"]["state"] == "bad"
    assert sum(cents(row["spent"]) for row in year["services"]) == cents(year["total"]["spent"])
    told = send(scene, "post", f"/agencies/{A}/budget-alerts/tell", FINANCE)
    assert told.json()["told"] in (0, 2)  # the year in progress is the clock's
