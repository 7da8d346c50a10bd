"""The set-up by its pages: what each form makes, keeps after an error, and refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.centre.tests.pages import text_of
from commonweal.interfaces.web.setup.urls import urlpatterns
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.audit.public import events
from commonweal.kernel.catalogue.public import Bundle, ChargeItem, Service, ServiceLevel, Unit
from commonweal.kernel.ledger.public import Journal, LedgerPeriod
from commonweal.kernel.metering.public import Source
from commonweal.kernel.notices.public import Message

Browser = Callable[[str], Client]
ROOT = "/centre/set-up/"


def event(verb: str) -> Any:
    """The newest audit event of a kind."""
    return events(SYSTEM, verb=verb)[0]


def test_every_page_is_for_people_of_the_centre(world: World, signed_in: Browser) -> None:
    assert all(pattern.callback.access.startswith("centre:") for pattern in urlpatterns)
    agency = signed_in("parks")
    for path in ("", "services/new/", "books/", "messages/"):
        assert agency.get(ROOT + path).status_code == 403, path
    officer = signed_in("officer")
    admin = signed_in("admin")
    assert admin.get(ROOT + "services/new/").status_code == 403
    assert "Add a service" not in text_of(admin.get(ROOT + "services/"))
    assert "/centre/people/agencies/" in text_of(admin.get(ROOT))
    assert "Set-up" in text_of(officer.get("/centre/bills/"))


def test_a_unit_is_added_and_changed(world: World, signed_in: Browser) -> None:
    unit = {"code": "kwh", "name": "kilowatt hour", "singular": "kilowatt hour", "plural": ""}
    owner = signed_in("owner")
    assert "CATALOGUE-102" in text_of(owner.post(ROOT + "units/new/", unit), 422)
    owner.post(ROOT + "units/new/", {**unit, "plural": "kilowatt hours"})
    owner.post(ROOT + "units/KWH/", {**unit, "plural": "kWh"})
    with act_as(SYSTEM):
        assert Unit.objects.get(pk="KWH").plural == "kWh"
        assert event("catalogue.unit_put").actor_id == world.users["owner"].pk


SERVICE = {
    "code": "archive", "name": "Archive", "description": "Keeps papers.", "fund_code": "ARCHIVE",
    "public_contact": "archive@meridian.example", "starts": "2026-11-01", "ends": "",
}  # fmt: skip
ITEM = {
    "code": "archive.box", "name": "Boxes kept", "description": "Boxes on a shelf.",
    "kind": "fixed", "unit": "C62", "measure_singular": "box", "measure_plural": "boxes",
    "starts": "2026-11-01", "ends": "2027-01-01",
}  # fmt: skip


def test_a_service_is_made_with_all_that_belongs_to_it(world: World, signed_in: Browser) -> None:
    owner = signed_in("owner")
    person = str(world.actors["owner"].person_id)
    new = ROOT + "services/new/"
    assert "CATALOGUE-101" in text_of(owner.post(new, {**SERVICE, "code": "Archive!"}), 422)
    wrong = text_of(owner.post(new, {**SERVICE, "starts": "soon"}), 422)
    assert "FORM-102" in wrong
    assert "Keeps papers." in wrong
    page = text_of(owner.post(new, {**SERVICE, "owner": person}, follow=True))
    assert "Olga Owner" in page
    assert "Nothing is priced in this service yet." in page
    here = ROOT + "services/archive/"
    page = text_of(owner.post(here + "items/new/", ITEM, follow=True))
    assert "31 December 2026" in page.replace("December 31, 2026", "31 December 2026")
    owner.post(here + "items/new/", {**ITEM, "code": "archive.visit", "kind": "metered"})
    bundle = {"lead": "archive.visit", "name": "Visit", "companions": "archive.box 2 3"}
    assert "FORM-121" in text_of(owner.post(here + "bundles/new/", bundle), 422)
    owner.post(here + "bundles/new/", {**bundle, "companions": "archive.box 2"})
    page = text_of(owner.get(ROOT + "items/archive.visit/companions/"))
    assert "archive.box 2" in page
    level = {"name": "Boxes come in time", "metric": "minutes", "direction": "at_most",
             "target": "90", "unit": "MIN", "calendar": "always",
             "starts": "2026-11-01"}  # fmt: skip
    wrong = owner.post(here + "levels/new/", {**level, "target": "x"})
    assert "FORM-103" in text_of(wrong, 422)
    page = text_of(owner.post(here + "levels/new/", level, follow=True))
    assert "≤ 90 minutes" in page
    owner.post(here + "change/", {**SERVICE, "code": "other", "name": "Archives"})
    owner.post(ROOT + "items/archive.box/", {**ITEM, "name": "Boxes"})
    with act_as(SYSTEM):
        made = Service.objects.get(code="archive")
        assert (made.name, made.owner_person_id) == ("Archives", None)
        assert ChargeItem.objects.get(code="archive.box").name == "Boxes"
        assert Bundle.objects.get(lead__code="archive.visit").companions.get().quantity == 2
        assert ServiceLevel.objects.get(service=made).target == 90


def test_what_orders_name_keeps_its_meaning(world: World, signed_in: Browser) -> None:
    form = {**ITEM, "name": "Cases", "kind": "fixed", "starts": "2026-05-01", "ends": ""}
    page = text_of(signed_in("owner").post(ROOT + "items/helpdesk.case/", form), 422)
    assert "CATALOGUE-107" in page
    assert '<a href="#kind">' in page


def test_a_source_is_registered_with_what_it_feeds(world: World, signed_in: Browser) -> None:
    officer = signed_in("officer")
    form = {"code": "meters", "name": "Meters", "items": ["helpdesk.case", "helpdesk.storage"],
            "expected": "1", "late_policy": "Next bill."}  # fmt: skip
    page = text_of(officer.post(ROOT + "sources/new/", form, follow=True))
    assert "Help-desk cases, Mailbox storage" in page
    change = {**form, "items": ["helpdesk.case"], "expected": "", "active": ""}
    officer.post(ROOT + "sources/meters/", change)
    with act_as(SYSTEM):
        found = Source.objects.get(code="meters")
    assert (found.items, found.expected, found.active) == (["helpdesk.case"], False, False)
    assert officer.get(ROOT + "sources/none/").status_code == 404


def test_a_message_that_failed_is_sent_again(world: World, signed_in: Browser) -> None:
    with act_as(SYSTEM):
        failed = Message.objects.create(
            to_address="x@y.example", topic="bills", template="t", subject="Your bill", body="",
            message_id="<1@x>", state="failed", attempts=9, last_error="refused",
        )  # fmt: skip
    admin, path = signed_in("admin"), ROOT + "messages/"
    assert "Your bill" in text_of(admin.get(path))
    assert "FORM-101" in text_of(admin.post(path, {"do": "again"}), 422)
    page = text_of(admin.post(path, {"do": "again", "id": str(failed.pk)}, follow=True))
    assert "Every message was sent" in page
    with act_as(SYSTEM):
        failed.refresh_from_db()
    assert (failed.state, failed.attempts) == ("queued", 0)


def test_a_month_of_the_books_is_closed_and_reopened_with_a_reason(
    world: World, signed_in: Browser
) -> None:
    officer, director = signed_in("officer"), signed_in("director")
    assert "State of Meridian" in text_of(officer.get(ROOT + "books/"))
    assert "LEDGER" not in text_of(officer.get(ROOT + "books/PARKS/"))
    officer.post(ROOT + "books/PARKS/open/", {"period": "2027-02"})
    month = ROOT + "books/PARKS/2027-02/"
    assert "Close the month" in text_of(officer.get(month))
    officer.post(month + "close/")
    assert "Closed" in text_of(director.get(month))
    assert officer.get(month + "reopen/").status_code == 403
    assert "LEDGER-203" in text_of(director.post(month + "reopen/", {"reason": "no"}), 422)
    page = text_of(director.post(month + "reopen/", {"reason": "A bill was late"}, follow=True))
    assert "A bill was late" in page
    with act_as(SYSTEM):
        found = LedgerPeriod.objects.get(agency=world.agencies["PARKS"], code="2027-02")
        assert found.state == "open"
        assert event("ledger.period_reopened").payload["reason"] == "A bill was late"


def test_a_journal_is_reversed_in_both_books_with_a_reason(
    world: World, signed_in: Browser
) -> None:
    officer = signed_in("officer")
    with act_as(SYSTEM):
        journal = Journal.objects.filter(agency=world.agencies["PARKS"]).earliest("number")
        period = journal.period.code
    officer.post(ROOT + "books/PARKS/open/", {"period": "2026-11"})
    officer.post(ROOT + "books/CENTRE/open/", {"period": "2026-11"})
    path = f"{ROOT}books/journals/{journal.pk}/"
    assert "Reverse the journal" in text_of(officer.get(path))
    assert str(journal.number) in text_of(officer.get(f"{ROOT}books/PARKS/{period}/"))
    form = {"period": "2026-11", "effective": "2026-11-20", "reason": "short"}
    assert "LEDGER-219" in text_of(officer.post(path + "reverse/", form), 422)
    form["reason"] = "It was billed twice"
    page = text_of(officer.post(path + "reverse/", form, follow=True))
    assert "The journal is reversed." in page
    assert "Reversed by" in page
    with act_as(SYSTEM):
        back = Journal.objects.get(reverses=journal)
        assert "It was billed twice" in back.description
        assert Journal.objects.filter(pair_id=back.pair_id).count() == 2


def test_the_first_page_says_what_a_first_bill_needs(world: World, signed_in: Browser) -> None:
    page = text_of(signed_in("officer").get(ROOT))
    assert "Everything a bill needs is here" in page
    assert "Nothing yet" not in page
    page = text_of(signed_in("admin").get(ROOT))
    assert "Not yours to see" in page
    assert "Everything a bill needs is here" not in page
