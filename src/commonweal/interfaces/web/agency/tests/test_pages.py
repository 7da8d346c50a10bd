"""The agency's pages, with a real database behind them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commonweal.interfaces.web.agency import says
from commonweal.interfaces.web.agency.tests.world import SEPTEMBER, World
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.audit.public import check_head
from commonweal.kernel.party import public as party
from commonweal.kernel.schema.public import Place
from commonweal.practices.charging import public as charging

Browser = Callable[[str], Client]


def text_of(response: Any) -> str:
    """The page as text, after checking that it is one."""
    assert response.status_code == 200, response.content.decode()[:2000]
    return " ".join(response.content.decode().split())


def test_my_bills_begin_with_the_sentence(world: World, signed_in: Browser) -> None:
    page = text_of(signed_in("parks").get("/agency/bills/"))
    total = world.bill().total_minor
    change = total - world.bill(period=SEPTEMBER).total_minor
    say = charging.Words("USD")
    assert (
        f"Your October bill is {say.money(total)}, {say.money(change)} more than September."
    ) in page
    assert "Most of the rise is 312 more help-desk cases." in page
    assert page.index("Your October bill") < page.index("<svg")
    assert f"/agency/lines/{world.line().pk}/" in page
    assert "September 2026" in page


def test_a_bill_page_has_everything(world: World, signed_in: Browser) -> None:
    bill = world.bill()
    page = text_of(signed_in("parks").get(f"/agency/bills/{bill.number}/"))
    for wanted in (
        "Summary", "September 2026, last month", "This fiscal year so far", "billing@meridian",
        "Why the bill rose by", "312 more help-desk cases", "Check this bill yourself",
        f"python3 check_bill.py {bill.number}-proof.zip --root {bill.pack_root}", bill.pack_root,
        "The bill as PDF", "The proof of this bill", "A journal for your own books",
    ):  # fmt: skip
        assert wanted in page, wanted
    for line in charging.BillLine.objects.filter(bill=bill):
        assert f"/agency/lines/{line.pk}/" in page


def test_the_printed_head_is_part_of_the_chain(world: World, signed_in: Browser) -> None:
    bill, browser = world.bill(), signed_in("parks")
    with act_as(world.actors["parks"]):
        head = charging.printed_head(world.actors["parks"], bill)
        assert check_head(bill.agency_id, head)
        assert not check_head(bill.agency_id, head[:-1] + "!")
    assert head in text_of(browser.get(f"/agency/bills/{bill.number}/"))
    assert head in browser.get(f"/agency/bills/{bill.number}/csv").content.decode()


def test_three_taps_lead_to_the_cases_the_rate_and_the_decision(
    world: World, signed_in: Browser
) -> None:
    browser = signed_in("parks")
    line = world.line()
    assert f"/agency/lines/{line.pk}/" in text_of(browser.get("/agency/bills/"))
    why = text_of(browser.get(f"/agency/lines/{line.pk}/"))
    assert "1,516" in why
    assert "312 more help-desk cases than in September 2026" in why
    assert "Decided by</dt>" in why
    assert "Director, " in why
    assert "IT help desk, own cost" in why
    records = text_of(browser.get(f"/agency/lines/{line.pk}/usage/"))
    assert "Field offices" in records
    assert "302" in records
    decision = text_of(browser.get(f"/rates/{line.charge_item.code}/"))
    assert "Who decided it" in decision
    assert "Charge $" in decision


def test_tiers_are_told_one_by_one(world: World, signed_in: Browser) -> None:
    page = text_of(signed_in("parks").get(f"/agency/lines/{world.line('helpdesk.storage').pk}/"))
    assert "100 gigabytes × $0.50 + 201 × $0.40 = $130.40." in page


def test_every_kind_of_line_is_explained(world: World, signed_in: Browser) -> None:
    browser = signed_in("parks")
    for item in world.items:
        page = text_of(browser.get(f"/agency/lines/{world.line(item).pk}/"))
        assert "Why this line is" in page
        assert "Federal grant" in page
        assert "<h3" in page
    fixed = text_of(browser.get(f"/agency/lines/{world.line('helpdesk.base').pk}/usage/"))
    assert "fixed charge" in fixed


def test_records_are_paged_filtered_and_downloadable(world: World, signed_in: Browser) -> None:
    browser, line = signed_in("parks"), world.line()
    first = text_of(browser.get(f"/agency/lines/{line.pk}/usage/"))
    assert "120 usage records" in first
    with act_as(world.actors["parks"]):
        facts = charging.line_facts(world.actors["parks"], line.pk)
        seen = [row.record for row in facts.rows]
        while facts.rows.next:
            facts = charging.line_facts(
                world.actors["parks"], line.pk, place=Place(facts.rows.next)
            )
            seen += [row.record for row in facts.rows]
        back = charging.line_facts(world.actors["parks"], line.pk, place=Place(facts.rows.previous))
        assert [row.record for row in back.rows] == seen[50:100]
    assert len(seen) == len(set(seen)) == line.facts
    assert facts.quantity == line.quantity
    assert facts.amount == line.amount_exact
    one = text_of(browser.get(f"/agency/lines/{line.pk}/usage/?bureau=FIELD&day=2026-10-05"))
    assert "2 usage records" in one
    data = b"".join(browser.get(f"/agency/lines/{line.pk}/usage.csv").streaming_content)
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    assert len(rows) == line.facts
    assert sum(int(float(row["quantity"])) for row in rows) == line.quantity


def test_a_filter_that_does_not_exist_keeps_the_page(world: World, signed_in: Browser) -> None:
    response = signed_in("parks").get(f"/agency/lines/{world.line().pk}/usage/?day=yesterday")
    page = response.content.decode()
    assert response.status_code == 422
    assert "BILL-420" in page
    assert 'value="yesterday"' in page


def test_the_ledger_lines_behind_a_rate(world: World, signed_in: Browser) -> None:
    version = world.line().rate_version.code
    page = text_of(signed_in("parks").get(f"/agency/rates/{version}/costs/helpdesk-direct/"))
    assert "Salaries" in page
    assert "40,000.00" in page
    assert "2026-07-1" not in page
    gone = signed_in("parks").get(f"/agency/rates/{version}/costs/nothing/")
    assert gone.status_code == 404


def test_downloads_are_the_stored_files(world: World, signed_in: Browser) -> None:
    browser, bill = signed_in("parks"), world.bill()
    pdf = browser.get(f"/agency/bills/{bill.number}/pdf")
    assert pdf.content.startswith(b"%PDF")
    pack = browser.get(f"/agency/bills/{bill.number}/pack")
    assert "manifest.sha256" in zipfile.ZipFile(io.BytesIO(pack.content)).namelist()
    table = browser.get(f"/agency/bills/{bill.number}/csv").content.decode()
    journal = browser.get(f"/agency/bills/{bill.number}/journal.csv").content.decode()
    total = f"{bill.total_minor // 100}.{bill.total_minor % 100:02d}"
    assert total in journal
    rows = list(csv.DictReader(io.StringIO(table)))
    assert sum(round(float(row["amount"]) * 100) for row in rows) == bill.total_minor
    assert b"check_bill" in browser.get("/agency/bills/check_bill.py").content
    assert browser.get(f"/agency/bills/{bill.number}/poem").status_code == 404


def test_a_question_without_text_keeps_what_was_chosen(world: World, signed_in: Browser) -> None:
    browser, line = signed_in("parks"), world.line()
    place = f"/agency/lines/{line.pk}/ask/"
    refused = browser.post(place, {"kind": "dispute", "text": "  "})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "BILL-104" in page
    assert 'value="dispute" checked' in page
    assert browser.get(place).status_code == 302
    unknown = browser.post(place, {"kind": "", "text": "Why?"})
    assert "BILL-103" in unknown.content.decode()
    assert "Why?" in unknown.content.decode()


def test_a_question_is_sent_and_shown(world: World, signed_in: Browser) -> None:
    browser, line = signed_in("parks"), world.line()
    sent = browser.post(
        f"/agency/lines/{line.pk}/ask/", {"kind": "question", "text": "Why so many?"}, follow=True
    )
    assert "Why so many?" in text_of(sent)
    assert "Your question was sent" in text_of(sent)
    bill = text_of(browser.get(f"/agency/bills/{world.bill().number}/"))
    assert "one open question" in bill


def test_usage_by_month(world: World, signed_in: Browser) -> None:
    browser = signed_in("parks")
    page = text_of(browser.get("/agency/usage/"))
    assert "What we used in October 2026" in page
    assert "1,516" in page
    one = text_of(browser.get("/agency/usage/helpdesk.case/"))
    assert "312 more help-desk cases than in September 2026" in one
    assert browser.get("/agency/usage/nothing/").status_code == 404
    rows = list(csv.DictReader(io.StringIO(browser.get("/agency/usage.csv").content.decode())))
    assert {row["period"] for row in rows} == {"2026-09", "2026-10"}


def test_the_centre_reads_the_same_bill(world: World, signed_in: Browser) -> None:
    browser, line = signed_in("officer"), world.line()
    assert "312 more" in text_of(browser.get(f"/agency/bills/{world.bill().number}/"))
    assert "Why this line" in text_of(browser.get(f"/agency/lines/{line.pk}/"))
    assert browser.get("/agency/bills/").status_code == 403


def test_before_the_first_bill_pages_say_what_will_be_there(
    world: World, signed_in: Browser
) -> None:
    with act_as(SYSTEM):
        agency = party.create_agency(actor=SYSTEM, code="NEW", name="New agency", size=5)
        person = party.person_of_user(world.users["parks"].pk)
        party.add_membership(
            actor=SYSTEM, person_id=person, role="agency_finance", agency_id=agency.pk
        )
    browser = signed_in("parks")
    for place, words in (
        ("bills", "No bill has been made for New agency yet"),
        ("usage", "No usage has been billed to New agency yet"),
        ("accounts", "appear here with your first bill"),
        ("forecasts", "No order is in force"),
    ):
        assert words in text_of(browser.get(f"/agency/{place}/?agency=NEW")), place


def test_a_paper_is_compared_with_the_record(world: World, signed_in: Browser) -> None:
    browser, bill = signed_in("parks"), world.bill()
    with act_as(SYSTEM):
        printed = charging.printed_head(SYSTEM, bill)
    path = f"/agency/bills/{bill.number}/"
    assert "The bill is what was issued" in text_of(browser.get(path, {"head": printed}))
    page = text_of(browser.get(path, {"head": "7:" + "0" * 64}))
    assert "history was changed" in page
    assert "7:000" in page


def is_frame(sql: str) -> bool:
    """What every page asks, whatever it shows: session, actor, scope, names in the frame."""
    frame = ("django_session", "access_", "_config(", "current_setting(", "party_person",
             "party_membership", "party_delegation", "party_centreprofile")  # fmt: skip
    return any(word in sql for word in frame)


def test_lists_ask_few_questions_of_the_database(world: World, signed_in: Browser) -> None:
    browser, line = signed_in("parks"), world.line()
    browser.get("/agency/bills/")
    for place, most in (
        ("/agency/bills/", 12),
        (f"/agency/bills/{world.bill().number}/", 18),
        (f"/agency/lines/{line.pk}/", 10),
        (f"/agency/lines/{line.pk}/usage/", 13),
        ("/agency/usage/", 5),
    ):
        with CaptureQueriesContext(connection) as asked:
            browser.get(place)
        own = [query for query in asked if "SELECT" in query["sql"] and not is_frame(query["sql"])]
        assert len(own) <= most, (place, len(own))


@pytest.mark.parametrize(
    ("totals", "title"),
    [
        ([5], "The bill of October is your first"),
        ([5, 7], "October is the highest of your last 2 bills"),
        ([7, 5], "October is the lowest of your last 2 bills"),
        ([5, 5], "October is at the average of your last 2 bills"),
        ([4, 10, 8], "October is 9.1% above the average of your last 3 bills"),
        ([4, 10, 6], "October is 10.0% below the average of your last 3 bills"),
    ],
)
def test_the_picture_of_months_has_a_message(totals: list[int], title: str) -> None:
    history = [charging.Bill(period="2026-10", total_minor=total) for total in totals]
    assert says.months_title(history) == title
