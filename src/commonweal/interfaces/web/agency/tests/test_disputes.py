"""Disputes and credits as people meet them: from the line to the outcome, on both sides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from commonweal.interfaces.web.agency.tests.test_pages import text_of
from commonweal.interfaces.web.agency.tests.world import World
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.practices.charging import public as charging

Browser = Callable[[str], Client]
WHY = "The cases of one week were counted twice"


def raised(world: World, browser: Client, **more: str) -> charging.LineQuery:
    """PARKS disputes its help-desk cases of October by the form."""
    form = {"kind": "dispute", "category": "duplicate", "text": WHY, "amount": "500.00", **more}
    answer = browser.post(f"/agency/lines/{world.line().pk}/ask/", form, follow=True)
    assert "Your objection was sent" in text_of(answer)
    with act_as(SYSTEM):
        found = charging.LineQuery.objects.order_by("-id").first()
    assert found is not None
    return found


def test_a_line_is_disputed_answered_and_credited(world: World, signed_in: Browser) -> None:
    parks, owner = signed_in("parks"), signed_in("owner")
    query = raised(world, parks)
    address = f"/agency/disputes/{query.pk}/"
    page = text_of(parks.get(address))
    assert "$500.00 of $" in page
    assert "Waits for: Service owner" in page
    assert WHY in text_of(parks.get("/agency/disputes/")) or "It is charged twice" in text_of(
        parks.get("/agency/disputes/")
    )
    assert "Help-desk cases" in text_of(owner.get("/centre/bills/disputes/"))
    said = owner.post(address, {"do": "message", "text": "Which week was it?"}, follow=True)
    assert "Your message was sent." in text_of(said)
    file = SimpleUploadedFile("weeks.csv", b"week,cases\n40,12\n", "text/csv")
    added = parks.post(address, {"do": "evidence", "file": file}, follow=True)
    assert "weeks.csv" in text_of(added)
    link = added.content.decode().split('href="' + address + "files/")[1].split('"')[0]
    assert owner.get(f"{address}files/{link}").content.startswith(b"week")
    assert signed_in("water").get(f"{address}files/{link}").status_code in (403, 404)
    offered = {"do": "outcome", "outcome": "credited", "amount": "300", "answer": WHY}
    assert "A second person decides." in text_of(owner.post(address, offered, follow=True))
    director = signed_in("director")
    waiting = text_of(director.get(address))
    assert "Approve the credit of $300.00" in waiting
    with act_as(SYSTEM):
        decision = charging.dispute(SYSTEM, query.pk).waiting
    assert decision is not None
    stale = director.post(address, {"do": "decide", "decision_id": "x", "decision": "approve"})
    assert stale.status_code == 422
    form = {"do": "decide", "decision_id": str(decision.pk), "decision": "approve"}
    assert "Approved." in text_of(director.post(address, form, follow=True))
    after = text_of(parks.get(address))
    assert "Credited; the agency may take it further" in after
    assert "Credited $300.00, by: Service owner" in after
    further = parks.post(address, {"do": "escalate", "text": "All of it"}, follow=True)
    assert "The dispute goes to the next level: Finance officer." in text_of(further)
    rejected = {"do": "outcome", "outcome": "rejected", "answer": "The rest was no duplicate"}
    assert "The answer was sent" in text_of(
        signed_in("officer").post(address, rejected, follow=True)
    )
    accepted = parks.post(address, {"do": "accept"}, follow=True)
    assert "Nothing is held back any more." in text_of(accepted)
    mine = text_of(parks.get("/agency/credits/"))
    assert "$300.00" in mine
    with act_as(SYSTEM):
        credit = charging.Credit.objects.get()
    schedule = text_of(parks.get(f"/agency/credits/{credit.pk}/"))
    assert "$300.00 of this credit of $300.00 is still to come." in schedule
    assert "November 2026" in schedule


def test_a_form_that_is_refused_keeps_what_was_typed(world: World, signed_in: Browser) -> None:
    parks, owner = signed_in("parks"), signed_in("owner")
    line = f"/agency/lines/{world.line().pk}/ask/"
    form = {"kind": "dispute", "category": "rate", "text": WHY, "amount": "999999999"}
    refused = parks.post(line, form)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "BILL-108" in page
    assert WHY in page
    assert 'value="999999999"' in page
    assert '<option value="rate" selected>' in page
    assert parks.post(line, {**form, "amount": "much"}).status_code == 422
    query = raised(world, parks)
    address = f"/agency/disputes/{query.pk}/"
    bad: list[tuple[Client, dict[str, object], str]] = [
        (owner, {"do": "outcome", "outcome": "rejected", "answer": "No"}, "BILL-119"),
        (owner, {"do": "outcome", "outcome": "credited", "answer": WHY, "amount": "501"},
         "BILL-110"),
        (owner, {"do": "outcome", "answer": WHY}, "BILL-109"),
        (owner, {"do": "dance"}, "FORM-101"),
        (parks, {"do": "message", "text": " "}, "BILL-104"),
        (parks, {"do": "evidence"}, "FORM-105"),
        (parks, {"do": "accept"}, "BILL-118"),
    ]  # fmt: skip
    for browser, given, code in bad:
        answer = browser.post(address, given)
        assert (answer.status_code, code in answer.content.decode()) == (422, True), code
    large = SimpleUploadedFile("big.bin", b"x" * (charging.LARGEST_EVIDENCE + 1))
    assert "FORM-106" in parks.post(address, {"do": "evidence", "file": large}).content.decode()


def test_another_agency_sees_nothing_of_it(world: World, signed_in: Browser) -> None:
    query = raised(world, signed_in("parks"))
    water = signed_in("water")
    assert water.get(f"/agency/disputes/{query.pk}/").status_code == 404
    assert "No line is disputed." in text_of(water.get("/agency/disputes/"))
    assert "No credit was given yet." in text_of(water.get("/agency/credits/"))


def test_the_board_hears_of_disputes_since_its_last_meeting(
    world: World, signed_in: Browser
) -> None:
    raised(world, signed_in("parks"))
    director = signed_in("director")
    page = text_of(director.get("/centre/bills/disputes/report/"))
    assert "1 disputes raised, 1 open and 0 resolved." in page
    assert "cannot be determined" in page
    data = director.get("/centre/bills/disputes/report.csv").content.decode()
    assert data.splitlines()[1].startswith("helpdesk,duplicate,1,1,1,0,0,500.00,0,,,0.00,USD")
    met = {"do": "meeting", "held_on": "2026-11-19"}
    assert "The meeting is recorded." in text_of(
        director.post("/centre/bills/disputes/rules/", met, follow=True)
    )
    with act_as(SYSTEM):
        assert charging.last_meeting(SYSTEM) == date(2026, 11, 19)
    later = text_of(director.get("/centre/bills/disputes/report/"))
    assert "From 19 November 2026 to 20 November 2026." in later
    late = {"do": "meeting", "held_on": "2027-01-01"}
    assert director.post("/centre/bills/disputes/rules/", late).status_code == 422


def test_levels_have_their_days_and_people(world: World, signed_in: Browser) -> None:
    director = signed_in("director")
    form = {"code": "owner", "days": "3", "agency_days": "4", "person": ""}
    assert "The level is saved." in text_of(
        director.post("/centre/bills/disputes/rules/", form, follow=True)
    )
    wrong = director.post("/centre/bills/disputes/rules/", {**form, "days": "0"})
    assert (wrong.status_code, "DISPUTE-102" in wrong.content.decode()) == (422, True)
    with act_as(SYSTEM):
        assert charging.dispute_levels(SYSTEM)[0].days == 3


def test_a_credit_over_24_bills_is_proposed_and_approved(world: World, signed_in: Browser) -> None:
    officer, director, line = signed_in("officer"), signed_in("director"), world.line()
    number = world.bill().number
    page = text_of(officer.get(f"/centre/bills/credits/propose/?bill={number}"))
    assert "Help-desk cases" in page
    address = f"/centre/bills/credits/propose/?bill={number}"
    form = {f"line-{line.pk}": "1,000.01", "first": "2026-11", "bills": "24",
            "reason": "Availability was missed in October"}  # fmt: skip
    for change, code in (({"bills": "0"}, "FORM-107"), ({"reason": "x"}, "CREDIT-108"),
                         ({f"line-{line.pk}": "lots"}, "FORM-103")):  # fmt: skip
        refused = officer.post(address, {**form, **change})
        assert (refused.status_code, code in refused.content.decode()) == (422, True)
    assert "A second person decides." in text_of(officer.post(address, form, follow=True))
    waiting = text_of(director.get("/centre/bills/credits/"))
    assert "in equal parts on 24 bills, the first of November 2026" in waiting
    with act_as(SYSTEM):
        from commonweal.kernel.authority.public import decisions

        (decision,) = decisions(SYSTEM, types=["charging.Credit"])
    decide = f"/centre/bills/credits/{decision.pk}/decide/"
    assert director.post(decide, {"decision": "reject"}).status_code == 422
    assert "Approved." in text_of(director.post(decide, {"decision": "approve"}, follow=True))
    with act_as(SYSTEM):
        credit = charging.Credit.objects.get()
    schedule = text_of(signed_in("parks").get(f"/agency/credits/{credit.pk}/"))
    assert "$1,000.01 of this credit of $1,000.01 is still to come." in schedule
    assert "October 2028" in schedule
    nothing = officer.get("/centre/bills/credits/propose/?bill=NONE")
    assert "There is no such bill" in text_of(nothing)
