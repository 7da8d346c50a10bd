"""The pages of recovery and of the data room: what people see and do there."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World, _person
from commonweal.interfaces.web.centre.tests.pages import text_of
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.catalogue.public import Service
from commonweal.kernel.party.public import set_centre
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.public import YearEndAdjustment

Browser = Callable[[str], Client]


def end_the_year() -> None:
    """The fiscal year 2026 ends with October."""
    with act_as(SYSTEM):
        set_centre(
            actor=SYSTEM, name="State of Meridian Shared Services", short_name="MSS",
            currency="USD", zone="America/Chicago", fiscal_year_start_month=11,
            contact_email="billing@meridian.example", contact_name="Billing", locale="en-us",
        )  # fmt: skip


def test_the_director_sees_each_service_by_itself(world: World, signed_in: Browser) -> None:
    browser = signed_in("director")
    page = text_of(browser.get("/centre/recovery/"))
    assert "Nothing is netted between services." in page
    assert 'href="/centre/recovery/services/helpdesk/' in page
    one = text_of(browser.get("/centre/recovery/services/helpdesk/"))
    assert "The reserve test" in one
    assert "The year, month by month" in one
    assert "Cannot be determined" in one or "days of its cash expense" in one or "less than" in one
    assert "helpdesk" in text_of(browser.get("/centre/recovery/services/helpdesk/tests/"))
    assert browser.get("/centre/recovery/services/nothing/").status_code == 404


def entry(kind: str, amount: str, **more: str) -> dict[str, str]:
    with act_as(SYSTEM):
        service = Service.objects.get(code="helpdesk").pk
    return {"service": str(service), "kind": kind, "period": "2026-10", "amount": amount,
            "counterparty": "", "reason": "As the books of the state say.", **more}  # fmt: skip


def decide(browser: Client, what: str = "approve", reason: str = "") -> str:
    page = text_of(browser.get("/centre/recovery/decisions/"))
    found = re.findall(r"/centre/recovery/decisions/([0-9a-f-]{36})/", page)
    sent = browser.post(
        f"/centre/recovery/decisions/{found[0]}/", {"decision": what, "reason": reason},
        follow=True,
    )  # fmt: skip
    return text_of(sent)


def test_an_entry_is_proposed_by_one_and_approved_by_another(
    world: World, signed_in: Browser
) -> None:
    officer, director = signed_in("officer"), signed_in("director")
    refused = officer.post("/centre/recovery/entries/", entry("other_revenue", "-5"))
    page = text_of(refused, 422)
    assert "RECOVERY-108" in page
    assert "As the books of the state say." in page
    sent = officer.post("/centre/recovery/entries/", entry("other_revenue", "1000"), follow=True)
    assert "A second person decides." in text_of(sent)
    assert "Approve “" not in text_of(officer.get("/centre/recovery/decisions/"))
    assert "It holds from now on." in decide(director)
    assert "$1,000.00" not in text_of(director.get("/centre/recovery/"))
    assert "1,000.00" in text_of(director.get("/centre/recovery/entries/"))


def test_a_year_is_adjusted_from_the_form_to_the_agency(world: World, signed_in: Browser) -> None:
    end_the_year()
    officer, director, parks = signed_in("officer"), signed_in("director"), signed_in("parks")
    officer.post("/centre/recovery/entries/", entry("other_revenue", "90000"))
    decide(director)
    form = {"year": "2026", "method": "refund", "rate": "4", "reason": "The year's comparison.",
            "do": "work"}  # fmt: skip
    worked = text_of(officer.post("/centre/recovery/services/helpdesk/adjust/", form))
    assert "would be given back" in worked
    assert "Of it to grants" in worked
    wrong = officer.post(
        "/centre/recovery/services/helpdesk/adjust/", {**form, "method": "future_rates"}
    )
    assert "RECOVERY-314" in text_of(wrong, 422)
    sent = officer.post(
        "/centre/recovery/services/helpdesk/adjust/", {**form, "do": "propose"}, follow=True
    )
    assert "Waits for a decision" in text_of(sent)
    with act_as(SYSTEM):
        row = YearEndAdjustment.objects.get()
    place = f"/centre/recovery/adjustments/{row.pk}/"
    page = text_of(director.get(place))
    assert "What comes from grants, grant by grant" in page
    assert "Approved, the adjustment never changes." in page
    assert place in text_of(director.get("/centre/overview/"))
    decide(director)
    assert director.get(f"/centre/recovery/adjustments/{row.pk}.json").json()["format"]
    assert "You get back" in text_of(parks.get("/agency/adjustments/"))
    assert "Carry out the adjustment" in text_of(officer.get(place))
    done = officer.post(f"{place}carry-out/", follow=True)
    assert "Carried out" in text_of(done)
    assert officer.get(f"{place}carry-out/").status_code == 302
    assert "Carried out" in text_of(officer.get("/centre/recovery/adjustments/"))


def test_a_reduced_price_and_a_limit_are_proposed(world: World, signed_in: Browser) -> None:
    officer, director = signed_in("officer"), signed_in("director")
    form = {"agency": str(world.agencies["PARKS"]), "item": str(world.items["helpdesk.case"]),
            "percent": "75", "starts": "2026-12-01", "ends": "2027-03-01",
            "reason": "A hard winter for the parks."}  # fmt: skip
    page = text_of(
        officer.post("/centre/recovery/reductions/", {**form, "ends": "2026-11-01"}), 422
    )
    assert "RECOVERY-103" in page
    assert 'value="75"' in page
    officer.post("/centre/recovery/reductions/", form)
    decide(director)
    assert "A hard winter for the parks." in text_of(director.get("/centre/recovery/reductions/"))
    assert "A hard winter for the parks." in text_of(signed_in("parks").get("/agency/adjustments/"))
    limit = {"kind": "reserve_days", "service": "", "value": "75", "starts": "2026-12-01",
             "ends": "2027-12-01", "reference": "",
             "reason": "Paper is bought once a year."}  # fmt: skip
    assert "RECOVERY-202" in text_of(officer.post("/centre/recovery/limits/", limit), 422)
    officer.post("/centre/recovery/limits/", {**limit, "reference": "Letter 117"})
    assert "Rejected" in decide(director, "reject", "Sixty days must be enough.")
    assert "Letter 117" in text_of(officer.get("/centre/recovery/limits/"))


def test_a_proposal_is_taken_back(world: World, signed_in: Browser) -> None:
    officer = signed_in("officer")
    officer.post("/centre/recovery/entries/", entry("other_revenue", "7"))
    assert "Withdrawn." in decide(officer, "withdraw")
    assert officer.get(f"/centre/recovery/decisions/{world.agencies['PARKS']}/").status_code == 302


def test_the_yearly_package_is_one_click(own_world: World, signed_in: Browser) -> None:
    from commonweal.kernel.jobs.public import Worker

    browser = signed_in("director")
    asked = browser.post("/centre/recovery/packages/", {"year": "2027"}, follow=True)
    assert "Being made" in text_of(asked)
    assert "RECOVERY-601" in text_of(
        browser.post("/centre/recovery/packages/", {"year": "1999"}), 422
    )
    Worker().run(once=True)
    page = text_of(browser.get("/centre/recovery/packages/"))
    place = re.search(r'href="(/centre/recovery/packages/[0-9a-f-]+\.zip)"', page)
    assert place is not None
    with zipfile.ZipFile(io.BytesIO(browser.get(place[1]).content)) as archive:
        assert {"summary.html", "manifest.sha256", "12-reserves.csv"} <= set(archive.namelist())


def room_form(world: World, person: Any) -> dict[str, Any]:
    return {"person": str(person), "populations": ["bills", "lines"], "first_period": "2026-09",
            "last_period": "2026-10", "starts": "2026-11-01", "ends": "2026-12-01",
            "purpose": "The yearly audit of the state."}  # fmt: skip


def test_an_auditor_works_in_an_open_room(world: World, signed_in: Browser) -> None:
    with act_as(SYSTEM):
        _person(world, "auditor", "Aino Auditor", "auditor")
    officer, director, auditor = signed_in("officer"), signed_in("director"), signed_in("auditor")
    form = room_form(world, world.actors["auditor"].person_id)
    wrong = text_of(officer.post("/centre/room/", {**form, "populations": []}), 422)
    assert "RECOVERY-511" in wrong
    officer.post("/centre/room/", form)
    assert "No data room is open to you" in text_of(auditor.get("/centre/room/"))
    decide(director)
    with act_as(SYSTEM):
        row = charging.Engagement.objects.get()
    place = f"/centre/room/{row.pk}/"
    assert place in text_of(auditor.get("/centre/room/"))
    page = text_of(auditor.get(place))
    assert "Control total" in page
    assert "Aino Auditor" in page
    assert "Bill lines" in text_of(auditor.get(f"{place}all/lines/"))
    assert b"".join(auditor.get(f"{place}all/lines.csv").streaming_content).startswith(b"id,bill")
    assert auditor.get(f"{place}all/rates/").status_code == 404
    empty = auditor.post(f"{place}samples/", {"population": "lines", "seed": "", "wanted": "3"})
    assert "RECOVERY-503" in text_of(empty, 422)
    for sized in ({"wanted": "3"}, {"interval": "500.00"}):
        drawn = auditor.post(
            f"{place}samples/", {"population": "lines", "seed": "2026-11", **sized}, follow=True
        )
        assert "The sample is drawn and kept." in text_of(drawn)
    with act_as(SYSTEM):
        sample = charging.Sample.objects.first()
    assert "picked from" in text_of(auditor.get(f"/centre/room/samples/{sample.pk}/"))
    assert auditor.get(f"/centre/room/samples/{sample.pk}.zip").status_code == 200
    assert "went round the usual rule" in text_of(auditor.get(f"{place}overrides/"))
    assert auditor.get(f"{place}overrides/?csv=1")["Content-Type"].startswith("text/csv")
    assert "Who approves whose proposals" in text_of(auditor.get(f"{place}pairs/"))
    assert auditor.post(f"{place}end/").status_code in {403, 422}
    assert "The data room is closed." in text_of(director.post(f"{place}end/", follow=True))
    assert auditor.get(place).status_code == 403
    assert director.get(f"{place}end/").status_code == 302


def test_a_quarter_is_reviewed_and_signed(world: World, signed_in: Browser) -> None:
    director = signed_in("director")
    assert "The review of 2026-Q3 waits" in text_of(director.get("/centre/room/reviews/"))
    place = "/centre/room/reviews/2026-Q3/"
    assert "Roles held" in text_of(director.get(place))
    wrong = director.post(place, {"exceptions": "one thing", "reason": "I looked at every role."})
    assert "FORM-107" in text_of(wrong, 422)
    signed = director.post(
        place,
        {"exceptions": "A role nobody used; ended today", "reason": "I looked at every role."},
        follow=True,
    )
    assert "Signed. It never changes." in text_of(signed)
    assert "ended today" in text_of(director.get(place))
    assert director.get("/centre/room/reviews/2026-Q3.json").json()["content_hash"]
    assert director.get("/centre/room/reviews/2026-Q9/").status_code == 404
