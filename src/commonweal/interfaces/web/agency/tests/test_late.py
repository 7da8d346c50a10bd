"""Late usage, conversions and what-if, page by page, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.test import Client

from commonweal.interfaces.web.agency.tests.test_pages import text_of
from commonweal.interfaces.web.agency.tests.world import OCTOBER, World, _records
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.metering.public import LateRecord, emit

Browser = Callable[[str], Client]
WHY = "The meter was read late."


def send_late(world: World, name: str = "late-1") -> None:
    officer = world.actors["officer"]
    known = _records("PARKS", "", 60, OCTOBER)[0]
    with act_as(officer):
        result = emit(actor=officer, source="desk", facts=[replace(known, external_id=name)])
        assert result.accepted == 1, result


def test_a_late_record_is_on_the_agencys_page_at_once(world: World, signed_in: Browser) -> None:
    send_late(world)
    page = text_of(signed_in("parks").get("/agency/usage/late/?state=booked"))
    assert "Corrections on your next bill so far" in page
    assert "October 2026" in page
    assert "late-1" in page


def test_a_rule_is_proposed_decided_and_shown_in_the_rate_book(
    world: World, signed_in: Browser
) -> None:
    """The form says what is wrong and keeps what was typed; a second person approves."""
    form = {
        "service": "helpdesk", "kind": "window", "days": "0", "starts": "2026-11-20",
        "reason": "Agreed with the agencies.",
    }  # fmt: skip
    owner = signed_in("owner")
    wrong = owner.post("/centre/intake/late/rules/", form)
    assert wrong.status_code == 422
    assert "USAGE-433" in wrong.content.decode()
    assert "Agreed with the agencies." in wrong.content.decode()
    sent = owner.post("/centre/intake/late/rules/", {**form, "kind": "hold"})
    assert sent.status_code == 302
    director = signed_in("director")
    page = text_of(director.get("/centre/intake/late/rules/"))
    key = page.split('name="policy" value="')[1].split('"')[0]
    done = director.post(
        "/centre/intake/late/rules/decide/", {"policy": key, "decision": "approve"}
    )
    assert done.status_code == 302
    public = text_of(Client().get("/rates/helpdesk.case/"))
    assert "held until a person accepts it" in public

    send_late(world)
    officer = signed_in("officer")
    page = text_of(officer.get("/centre/intake/late/"))
    assert "1 late record waits for a decision" in page
    with act_as(SYSTEM):
        record = LateRecord.objects.get(external_id="late-1")
    short = officer.post(
        "/centre/intake/late/", {"record": str(record.pk), "decision": "accept", "reason": "no"}
    )
    assert short.status_code == 422
    declined = officer.post(
        "/centre/intake/late/", {"record": str(record.pk), "decision": "decline", "reason": WHY}
    )
    assert declined.status_code == 302
    page = text_of(signed_in("parks").get("/agency/usage/late/?state=declined"))
    assert WHY in page


def test_both_tables_of_conversions_are_kept_on_one_page(world: World, signed_in: Browser) -> None:
    owner, director = signed_in("owner"), signed_in("director")
    wrong = owner.post("/centre/rates/conversions/", {
        "do": "unit", "charge_item": "helpdesk.case", "unit": "HUR", "ratio": "none",
        "starts": "2027-01-01", "reason": "Two cases an hour, as agreed.",
    })  # fmt: skip
    assert wrong.status_code == 422
    assert "CATALOGUE-121" in wrong.content.decode()
    for form in (
        {"do": "unit", "charge_item": "helpdesk.case", "unit": "HUR", "ratio": "2",
         "starts": "2027-01-01", "reason": "Two cases an hour, as agreed."},
        {"do": "currency", "currency": "eur", "ratio": "1.0864", "starts": "2027-01-01",
         "source": "ECB reference rate"},
    ):  # fmt: skip
        assert owner.post("/centre/rates/conversions/", form).status_code == 302
        page = text_of(director.get("/centre/rates/conversions/"))
        key = page.split('name="row" value="')[1].split('"')[0]
        done = director.post(
            "/centre/rates/conversions/decide/",
            {"row": key, "do": form["do"], "decision": "approve"},
        )
        assert done.status_code == 302
    page = text_of(owner.get("/centre/rates/conversions/"))
    assert "1 EUR is 1.0864 USD" in page
    assert page.count("Approved") == 2


def test_an_agency_tries_another_volume(world: World, signed_in: Browser) -> None:
    parks = signed_in("parks")
    page = text_of(parks.get("/agency/what-if/"))
    assert "At today's prices" in page.replace("&#39;", "'")
    page = text_of(parks.get("/agency/what-if/?q-helpdesk.case=3000"))
    assert "3,000" in page
    assert "more than" in page
    wrong = parks.get("/agency/what-if/?q-helpdesk.case=many")
    assert wrong.status_code == 422
    assert "many" in wrong.content.decode()


def test_anybody_tries_a_published_rate(world: World) -> None:
    page = text_of(Client().get("/rates/helpdesk.case/what-if/?quantity=250"))
    assert "What 250" in page
    assert Client().get("/rates/helpdesk.case/what-if/?quantity=-1").status_code == 422
    assert Client().get("/rates/nothing/what-if/").status_code == 404
