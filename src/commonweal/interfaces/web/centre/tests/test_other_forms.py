"""The other forms: agreements, intake, people and roles, the trail, background work."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from commonweal.interfaces.web.agency.tests.world import OCTOBER, World, moment
from commonweal.interfaces.web.centre.tests.pages import text_of
from commonweal.kernel.access.public import SYSTEM, Role, act_as
from commonweal.kernel.audit.public import seal
from commonweal.kernel.jobs.public import Job
from commonweal.kernel.metering.public import Usage, emit, put_source
from commonweal.kernel.metering.public import quarantine as quarantined
from commonweal.kernel.notices.public import Message, send
from commonweal.kernel.notices.sign_in import send_invitation
from commonweal.kernel.party.public import Delegation, Membership, Person, update_person
from commonweal.practices.charging import public as charging

Browser = Callable[[str], Client]


def test_a_source_is_reported(world: World, signed_in: Browser) -> None:
    browser, path = signed_in("officer"), "/centre/intake/?period=2026-11"
    with act_as(SYSTEM):
        put_source(actor=SYSTEM, code="meters", name="Meters", expected=True)
    report = {"source": "meters", "period": "2026-11", "count": "", "total": "0"}
    assert "FORM-103" in text_of(browser.post(path, report), 422)
    done = text_of(browser.post(path, {**report, "count": "0"}, follow=True))
    assert "0 in 0 records" in done


def test_without_sources_nothing_is_called_complete(world: World, signed_in: Browser) -> None:
    path = "/centre/intake/?period=2026-11"
    with act_as(SYSTEM):
        put_source(actor=SYSTEM, code="desk", name="Desk", expected=False)
    page = text_of(signed_in("officer").get(path))
    assert "The close waits for no source of usage" in page
    assert "is complete" not in page


HEAD = "Ref,Agency,Item,Count,Unit,From,To\n"
ROW = "r1,PARKS,helpdesk.case,5,C62,2026-11-02T10:00:00Z,2026-11-02T11:00:00Z\n"
EMPTY = "r2,PARKS,helpdesk.case,,C62,2026-11-02T10:00:00Z,2026-11-02T11:00:00Z\n"


def test_a_usage_file_is_tried_then_taken_in(world: World, signed_in: Browser) -> None:
    browser, path = signed_in("officer"), "/centre/intake/upload/"
    file = SimpleUploadedFile("usage.csv", (HEAD + ROW + EMPTY).encode())
    first = browser.post(path, {"file": file})
    page = text_of(first)
    assert "Which column is what?" in page
    assert '<option value="Agency" selected>' in page
    token = re.search(r'name="token" value="([0-9a-f-]{36})"', page)[1]
    form = {"token": token, "filename": "usage.csv", "source": "desk", "do": "try",
            "column-id": "Ref", "column-agency": "Agency", "column-charge_item": "Item",
            "column-quantity": "Count", "column-unit": "Unit", "column-from": "From",
            "column-to": "To"}  # fmt: skip
    sources = re.search(r'<select[^>]*name="source".*?</select>', page, re.S)[0]
    assert re.findall(r'value="([^"]*)" selected', sources) == [""]
    assert "FORM-101" in text_of(browser.post(path, {**form, "source": ""}), 422)
    assert "USAGE-203" in text_of(browser.post(path, {**form, "column-unit": ""}), 422)
    tried = text_of(browser.post(path, form))
    assert "1 of 2 rows would be taken in" in tried
    assert "Row 3: quantity is empty. Enter a number, or remove the row. (USAGE-104)" in tried
    rows = browser.get(f"/centre/intake/tried/{token}/problems.csv").content.decode()
    assert "USAGE-104" in rows
    assert signed_in("owner").get(f"/centre/intake/tried/{token}/problems.csv").status_code == 400
    late = text_of(browser.get("/centre/intake/?period=2026-11"))
    assert "No usage yet" in late
    taken = text_of(browser.post(path, {**form, "do": "take"}, follow=True))
    assert "1 records were taken in" in taken
    link = re.search(r'href="(/centre/intake/uploads/[^"]+problems.csv)"', taken)[1]
    assert "USAGE-104" in browser.get(link).content.decode()


def test_a_file_of_another_kind_is_refused(world: World, signed_in: Browser) -> None:
    file = SimpleUploadedFile("usage.docx", b"x")
    page = signed_in("officer").post("/centre/intake/upload/", {"file": file})
    assert "FORM-109" in text_of(page, 422)


def test_a_quarantined_record_is_released(world: World, signed_in: Browser) -> None:
    officer, start = world.actors["officer"], moment(OCTOBER.shift(1).first_day)
    with act_as(officer):
        for quantity in (7, 9):
            emit(
                actor=officer, source="desk",
                facts=[Usage(
                    external_id="twice", agency="PARKS", charge_item="helpdesk.case",
                    quantity=Decimal(quantity), unit="C62", starts=start,
                    ends=start + timedelta(hours=1))],
            )  # fmt: skip
        waiting = quarantined(officer)
    browser, path = signed_in("officer"), "/centre/intake/quarantine/"
    page = text_of(browser.get(path))
    assert "twice" in page
    assert "Release: this one is right" in page
    bare = {"record": str(waiting[0].pk), "decision": "release", "note": "Counted"}
    refused = text_of(browser.post(path, bare), 422)
    assert f'href="#note-{waiting[0].pk}"' in refused
    assert 'value="Counted"' in refused
    form = {"record": str(waiting[0].pk), "decision": "release", "note": "Counted again"}
    assert "Released: it replaces" in text_of(browser.post(path, form, follow=True))
    assert "Counted again" in text_of(browser.get(f"{path}?state=released"))
    assert browser.post(path, form).status_code == 422


def test_a_person_gets_a_role_and_loses_it(world: World, signed_in: Browser) -> None:
    admin = signed_in("admin")
    form = {"name": "Nora New", "email": "nora@example.test", "account": "1", "agency": ""}
    page = text_of(admin.post("/centre/people/new/", form, follow=True))
    assert "Added. Give a role now." in page
    with act_as(SYSTEM):
        person = Person.objects.get(name="Nora New")
    path = f"/centre/people/{person.pk}/"
    wrong = {"do": "give", "role": "auditor", "agency": str(world.agencies["PARKS"])}
    assert "PARTY-111" in text_of(admin.post(path, wrong), 422)
    given = text_of(admin.post(path, {"do": "give", "role": "auditor"}, follow=True))
    assert "The role was given." in given
    assert "Nora New" in text_of(admin.get("/centre/people/"))
    with act_as(SYSTEM):
        held = Membership.objects.get(person=person)
    ended = text_of(admin.post(path, {"do": "end", "membership": str(held.pk)}, follow=True))
    assert "The role was ended." in ended
    nameless = {**form, "name": "", "email": "x@example.test"}
    assert "PARTY-" in text_of(admin.post("/centre/people/new/", nameless), 422)


def test_a_role_is_lent_with_a_reason(world: World, signed_in: Browser) -> None:
    director, path = signed_in("director"), "/centre/people/delegations/"
    lender, borrower = world.actors["director"].person_id, world.actors["officer"].person_id
    form = {"do": "lend", "lender": str(lender), "borrower": str(borrower), "role": "director",
            "ends": "2026-12-10", "reason": "short"}  # fmt: skip
    assert "PARTY-118" in text_of(director.post(path, form), 422)
    page = text_of(director.post(path, {**form, "reason": "Two weeks of leave"}, follow=True))
    assert "Dana Director to Femi Officer" in page
    with act_as(SYSTEM):
        loan = Delegation.objects.get()
    ended = text_of(director.post(path, {"do": "end", "loan": str(loan.pk)}, follow=True))
    assert "The loan was ended." in ended


def test_an_administrator_changes_what_a_role_may_do(world: World, signed_in: Browser) -> None:
    admin, path = signed_in("admin"), "/centre/people/roles/clerk/"
    page = text_of(admin.get(path))
    assert "Send usage records" in page
    form = {"permission": ["metering.submit", "made.up"]}
    assert "may do 1 thing now" in text_of(admin.post(path, form, follow=True))
    with act_as(SYSTEM):
        assert Role.objects.get(pk="clerk").permissions == ["metering.submit"]
    own = text_of(admin.post("/centre/people/roles/administrator/", {}, follow=True))
    assert "may do 2 things now" in own
    assert signed_in("director").post(path, form).status_code == 403


def test_the_chains_are_checked_and_a_printed_head_found(world: World, signed_in: Browser) -> None:
    browser, path = signed_in("director"), "/centre/audit/check/"
    with act_as(SYSTEM):
        seal()
        printed = charging.printed_head(SYSTEM, world.bill())
    page = text_of(browser.post(path, {"do": "all"}))
    assert "Sound" in page
    form = {"do": "bill", "number": world.bill().number, "head": printed}
    assert "The bill is what was issued" in text_of(browser.post(path, form))
    assert "head printed on its paper too" in text_of(browser.post(path, {**form, "head": ""}))
    forged = {**form, "head": printed[:-1] + ("0" if printed[-1] != "0" else "1")}
    page = text_of(browser.post(path, forged))
    assert "history was changed" in page
    assert forged["head"] in page
    assert "Not what was issued" in text_of(browser.post(path, {**form, "number": "NONE-1"}))


def test_failed_work_runs_again_and_waiting_work_is_cancelled(
    world: World, signed_in: Browser
) -> None:
    with act_as(SYSTEM):
        dead = Job.objects.create(kind="jobs.purge", state="dead", last_error="ValueError")
        queued = Job.objects.create(kind="jobs.purge")
        closing = Job.objects.create(
            kind="charging.close", state="dead", last_error="CLOSE-201",
            payload={"period": "2026-11"}, progress_done=3, progress_total=14,
        )  # fmt: skip
    browser, path = signed_in("officer"), "/centre/audit/work/"
    page = text_of(browser.get(path))
    assert "2 pieces of background work failed" in page
    assert "Remove old background work" in page
    assert "ValueError</code> Something unexpected went wrong." in page
    assert "CLOSE-201</code> Open the page of the work" in page
    assert 'href="/centre/close/2026-11/">November 2026' in page
    assert "3 of 14" in page
    discarded = text_of(browser.post(path, {"do": "discard", "job": str(closing.pk)}, follow=True))
    assert "It is discarded and does not run again." in discarded
    assert "1 piece of background work failed" in discarded
    assert "FORM-101" in text_of(browser.post(path, {"do": "dance", "job": str(dead.pk)}), 422)
    assert "It runs again." in text_of(
        browser.post(path, {"do": "again", "job": str(dead.pk)}, follow=True)
    )
    assert "It is being cancelled." in text_of(
        browser.post(path, {"do": "cancel", "job": str(queued.pk)}, follow=True)
    )
    assert "JOBS-104" in text_of(browser.post(path, {"do": "cancel", "job": str(queued.pk)}), 422)
    assert "Run again" not in text_of(signed_in("director").get(path))


def invitation(world: World, browser: Client, user_id: object) -> str:
    """The address in the invitation that the worker sends to an account."""
    with act_as(SYSTEM):
        job = Job.objects.filter(kind="notices.invite", payload__user=str(user_id)).latest("id")
    assert set(job.payload) == {"user"}
    before = len(mail.outbox)
    send_invitation(actor=world.actors["admin"], job_id=job.pk, payload=job.payload)
    assert len(mail.outbox) == before + 1
    letter = mail.outbox[-1]
    assert "State of Meridian Shared Services invites you" in letter.subject
    assert "State of Meridian Shared Services" in letter.from_email
    link = re.search(r"https://money\.example(/sign-in/password/reset/key/\S+)", letter.body)
    assert link, letter.body
    return link[1]


def test_a_new_person_is_invited_and_signs_in(
    world: World, signed_in: Browser, settings: Any
) -> None:
    settings.BASE_URL = "https://money.example"
    admin = signed_in("admin")
    form = {"name": "Nia New", "email": "nia@water.example", "account": "1",
            "agency": str(world.agencies["WATER"])}  # fmt: skip
    page = text_of(admin.post("/centre/people/new/", form, follow=True))
    assert "No password was chosen yet." in page
    with act_as(SYSTEM):
        person = Person.objects.get(name="Nia New")
    path = f"/centre/people/{person.pk}/"
    guest = Client()
    place = guest.get(invitation(world, guest, person.user_id), follow=True).redirect_chain[-1][0]
    new = "another horse battery"
    guest.post(place, {"password1": new, "password2": new})
    login = {"login": "nia@water.example", "password": new}
    assert guest.post("/sign-in/login/", login)["Location"] == "/home/"
    closed = text_of(admin.post(path, {"do": "close"}, follow=True))
    assert "Reopen the account" in closed
    assert guest.get("/account/").status_code == 302
    assert "NOTICES-106" in text_of(admin.post(path, {"do": "invite"}), 422)
    assert "Close the account" in text_of(admin.post(path, {"do": "reopen"}, follow=True))
    assert Client().post("/sign-in/login/", login)["Location"] == "/home/"


def test_an_account_is_made_for_a_person_who_has_none(world: World, signed_in: Browser) -> None:
    admin = signed_in("admin")
    form = {"name": "Olu Old", "email": "", "agency": ""}
    admin.post("/centre/people/new/", form)
    with act_as(SYSTEM):
        person = Person.objects.get(name="Olu Old")
    path = f"/centre/people/{person.pk}/"
    assert "cannot sign in" in text_of(admin.get(path))
    assert "FORM-101" in text_of(admin.post(path, {"do": "close"}), 422)
    assert "FORM-122" in text_of(admin.post(path, {"do": "account"}), 422)
    with act_as(SYSTEM):
        update_person(actor=SYSTEM, person_id=person.pk, email="olu@meridian.example")
    assert "Send an invitation" in text_of(admin.post(path, {"do": "account"}, follow=True))
    own = f"/centre/people/{world.actors['admin'].person_id}/"
    assert "Close the account" not in text_of(admin.get(own))
    assert "ACCESS-117" in text_of(admin.post(own, {"do": "close"}), 422)
    assert "Send an invitation" not in text_of(signed_in("director").get(path))
    assert "ACCESS-403" in text_of(signed_in("director").post(path, {"do": "invite"}), 403)


def test_the_data_of_a_person_is_erased_with_their_messages(
    world: World, signed_in: Browser
) -> None:
    admin = signed_in("admin")
    admin.post("/centre/people/new/", {"name": "Gil Gone", "email": "gil@x.example", "agency": ""})
    with act_as(SYSTEM):
        person = Person.objects.get(name="Gil Gone")
        send(actor=SYSTEM, template="bill_issued", context={"number": "B-1", "period": "2026-10"},
             to_person_id=person.pk)  # fmt: skip
    path = f"/centre/people/{person.pk}/"
    assert "FORM-123" in text_of(admin.post(path, {"do": "erase"}), 422)
    assert "Erased person" in text_of(admin.post(path, {"do": "erase", "sure": "1"}, follow=True))
    with act_as(SYSTEM):
        assert not Message.objects.filter(to_person_id=person.pk).exists()
