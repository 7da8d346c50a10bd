"""The pages of payments: a statement in, a payment assigned, undone, sent back; who owes."""

from __future__ import annotations

from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from commonweal.interfaces.web.agency.tests.test_pages import text_of
from commonweal.interfaces.web.agency.tests.world import SEPTEMBER, World
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.practices.charging.models import BankEntry, Settlement

Browser = Callable[[str], Client]
PAY = "/centre/owed/"


def upload(officer: Client, *rows: str, name: str = "bank.csv") -> str:
    """Read a file, confirm its layout, import it; the page that follows."""
    data = "\n".join(["Date,Amount,Reference,Payer,Payer account,Text", *rows]).encode()
    file = SimpleUploadedFile(name, data, content_type="text/csv")
    read = officer.post(f"{PAY}statements/new/", {"file": file, "do": "read"})
    assert read.status_code == 200
    token = read.content.decode().partition('name="token" value="')[2].partition('"')[0]
    more = {"token": token, "filename": name, "accept_as": "Our bank", "do": "import"}
    return text_of(officer.post(f"{PAY}statements/new/", more, follow=True))


def the_entry() -> BankEntry:
    with act_as(SYSTEM):
        return BankEntry.objects.order_by("-id")[0]


def test_a_statement_pays_a_bill_and_the_page_says_so(world: World, signed_in: Browser) -> None:
    officer, bill = signed_in("officer"), world.bill()
    amount = bill.total_minor / 100
    page = upload(officer, f"2026-11-12,{amount:.2f},B1,Parks,ACC,{bill.number}")
    assert "1 new entry was imported" in page
    assert "Assigned" in page
    assert "every entry was known" not in page.lower()
    bill_page = text_of(signed_in("parks").get(f"/agency/bills/{bill.number}/"))
    assert "Paid" in bill_page
    account = text_of(signed_in("parks").get("/agency/account/"))
    assert "Payment received" in account
    receipts = signed_in("parks").get("/agency/account/receipts.csv").content.decode()
    assert f",{bill.number},".replace(",", "") in receipts.replace(",", "")
    listed = text_of(officer.get(f"{PAY}statements/"))
    assert "bank.csv" in listed
    assert "Says no balance" in listed


def test_a_new_layout_asks_which_column_is_what(world: World, signed_in: Browser) -> None:
    officer = signed_in("officer")
    file = SimpleUploadedFile("b.csv", b"Valuta;Betrag\n13.09.2026;5,00\n")
    page = text_of(officer.post(f"{PAY}statements/new/", {"file": file, "do": "read"}))
    assert "Which column is what?" in page
    assert "day of the entry" in page
    wrong = SimpleUploadedFile("b.csv", b"Date,Amount\nnever,5.00\n2026-11-12,5.00\n")
    page = text_of(officer.post(f"{PAY}statements/new/", {"file": wrong, "do": "read"}))
    assert "PAY-113" in page
    broken = SimpleUploadedFile("b.xml", b"<Document>")
    answer = officer.post(f"{PAY}statements/new/", {"file": broken, "do": "read"})
    assert answer.status_code == 422
    assert "PAY-103" in answer.content.decode()


def test_a_payment_nobody_recognises_is_assigned_and_undone(
    world: World, signed_in: Browser
) -> None:
    officer, parks = signed_in("officer"), world.agencies["PARKS"]
    upload(officer, "2026-11-12,50.00,B2,Somebody,ACC-2,hello")
    waiting = text_of(officer.get(f"{PAY}payments/"))
    assert "1 payment that nobody recognises" in waiting
    here, bill = f"{PAY}payments/{the_entry().pk}/", world.bill(period=SEPTEMBER)
    assert "Show its bills" in text_of(officer.get(here))
    shown = text_of(officer.get(f"{here}?agency={parks}"))
    assert bill.number in shown
    form = {"do": "assign", "agency": parks, f"pay-{bill.pk}": "1,000.00"}
    refused = officer.post(here, form)
    assert refused.status_code == 422
    assert 'value="1,000.00"' in refused.content.decode()
    done = officer.post(here, {**form, f"pay-{bill.pk}": "30.00", "remember": "1"}, follow=True)
    assert "The payment was assigned" in text_of(done)
    with act_as(SYSTEM):
        receipt = Settlement.objects.get(kind="receipt")
    undo = {"do": "undo", "settlement": receipt.pk}
    assert officer.post(here, {**undo, "undo_reason": "no"}).status_code == 422
    after = officer.post(here, {**undo, "undo_reason": "It was meant for others"}, follow=True)
    assert "The payment waits again" in text_of(after)


def test_money_goes_back_only_with_a_second_person(world: World, signed_in: Browser) -> None:
    officer, director = signed_in("officer"), signed_in("director")
    upload(officer, "2026-11-12,50.00,B3,Somebody,ACC-2,hello")
    here = f"{PAY}payments/{the_entry().pk}/"
    reason = {"reason": "It was meant for another office"}
    assert "proposed" in text_of(officer.post(here, {"do": "return", **reason}, follow=True))
    assert "Whoever may approve refunds" in text_of(officer.get(here))
    overview = director.get("/centre/overview/").content.decode()
    assert here in overview
    page = director.get(here).content.decode()
    decision = page.partition('name="decision" value="')[2].partition('"')[0]
    answer = {"decision": decision}
    assert director.post(here, {"do": "nothing", **answer}).status_code == 422
    assert director.post(here, {"do": "reject", **answer}).status_code == 422
    done = director.post(here, {"do": "approve", **answer}, follow=True)
    assert "Sent back" in text_of(done)


def test_who_has_not_paid_is_one_page(world: World, signed_in: Browser) -> None:
    officer, parks = signed_in("officer"), world.agencies["PARKS"]
    page = text_of(officer.get(PAY))
    assert "2 agencies are past due with" in page  # September's bills are
    assert "Past due" in text_of(signed_in("director").get("/centre/overview/"))
    assert b"PARKS" in officer.get(f"{PAY}owed.csv").content
    assert "accepted by their orders" in text_of(officer.post(PAY, follow=True))
    here = f"{PAY}agencies/{parks}/"
    assert "is past due with" in text_of(officer.get(here))
    assert "The reminder was sent" in text_of(officer.post(here, {"do": "remind"}, follow=True))
    again = officer.post(here, {"do": "remind"})
    assert "PAY-261" in again.content.decode()
    assert officer.post(here, {"do": "refund", "reason": "They asked for it"}).status_code == 422
    bill = world.bill(period=SEPTEMBER)
    assert officer.post(here, {"do": "apply", "bill": bill.pk}).status_code == 422
    assert officer.post(here, {"do": "credit", "bill": bill.pk}).status_code == 422


def test_an_agency_accepts_its_bill_and_uses_its_advance(world: World, signed_in: Browser) -> None:
    officer, parks = signed_in("officer"), signed_in("parks")
    bill, agency = world.bill(), world.agencies["PARKS"]
    page = text_of(parks.get("/agency/account/"))
    assert f"Accept {bill.number}" in page
    done = parks.post("/agency/account/", {"do": "accept", "bill": bill.number}, follow=True)
    assert f"You accepted bill {bill.number}" in text_of(done)
    assert parks.post("/agency/account/", {"do": "apply", "bill": bill.number}).status_code == 422
    upload(officer, "2026-11-12,50.00,B4,Somebody,ACC-2,ahead")
    here = f"{PAY}payments/{the_entry().pk}/"
    officer.post(here, {"do": "assign", "agency": agency})
    done = parks.post("/agency/account/", {"do": "apply", "bill": bill.number}, follow=True)
    assert "Your advance paid" in text_of(done)
    account = text_of(officer.get(f"{PAY}agencies/{agency}/"))
    assert "Advance used" in account
    with act_as(SYSTEM):
        used = Settlement.objects.get(kind="apply")
    undone = officer.post(
        f"{PAY}agencies/{agency}/",
        {"do": "undo", "settlement": used.pk, "undo_reason": "The wrong bill of the two"},
        follow=True,
    )
    assert "It was undone" in text_of(undone)


def test_what_invoices_say_is_entered_and_what_is_missing_is_named(
    world: World, signed_in: Browser
) -> None:
    admin, parks = signed_in("admin"), world.agencies["PARKS"]
    bill = world.bill()
    with act_as(SYSTEM):
        from commonweal.kernel.party.public import centre

        own = centre().agency_id
    here = "/centre/people/agencies/{}/invoices/"
    page = text_of(admin.get(here.format(own)))
    assert "Why no VAT is charged" in page
    assert "so no invoice is made" in page
    answer = admin.post(here.format(parks), {"country": "Utopia"})
    assert answer.status_code == 422
    assert 'value="Utopia"' in answer.content.decode()
    common = {"legal_name": "L", "city": "C", "country": "US", "endpoint_scheme": "9959",
              "endpoint_id": "12-3456789"}  # fmt: skip
    admin.post(here.format(parks), common)
    seller = {"registration_id": "1", "vat_category": "O", "vat_reason": "Not subject to VAT"}
    done = admin.post(here.format(own), {**common, **seller}, follow=True)
    assert "Nothing is missing here" in text_of(done)
    browser = signed_in("parks")
    assert "An invoice that programs read" in text_of(browser.get(f"/agency/bills/{bill.number}/"))
    xml = browser.get(f"/agency/bills/{bill.number}/invoice.xml")
    assert xml["Content-Type"] == "application/xml"
    assert bill.number in xml.content.decode()
    data = browser.get(f"/agency/bills/{bill.number}/intragov.json").json()
    assert data["certified"] is False
    assert "nobody" not in text_of(signed_in("officer").get(here.format(parks)))
