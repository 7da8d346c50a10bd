"""Keeping cases on pages: holds, erasure after a look, proofs, files in and out, held mail."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from commonweal.interfaces.mail.intake import take
from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.cases.tests.test_pages import browser, one, page, send
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at, now
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.clocks.timer import tick
from commonweal.kernel.casework.models import Case, CaseUsage, Clock, LegalHold, MailIntake
from commonweal.kernel.jobs.public import Worker

ROOT = "/centre/cases/keeping/"
WHY = "Asked for in writing"
PRINTER = "The printer prints nothing"
LETTER = b"""From: Ben Cook <ben@example.test>
To: nobody@example.test
Subject: Held for a person
Message-ID: <web-held@example.test>

Please look at this <b>now</b>.
"""


def closed(world: World) -> Case:
    case, agent = one(PRINTER), world.actors["agent"]
    with act_as(agent):
        casework.move_case(
            actor=agent, case_id=case.pk, state="resolved", resolution="Paper was missing."
        )
        casework.move_case(actor=agent, case_id=case.pk, state="closed")
    return one(PRINTER)


def test_a_hold_is_put_and_lifted_by_two(world: World) -> None:
    owner, admin, case = browser(world, "owner"), browser(world, "admin"), closed(world)
    where = f"{ROOT}cases/{case.number}/"
    assert "is kept until" in page(owner, where)
    send(owner, where, 422, what="hold", hold_reason="short")
    send(owner, where, what="hold", hold_reason=WHY)
    with act_as(SYSTEM):
        hold = LegalHold.objects.get(case=case)
    assert "is kept by a legal hold" in page(owner, where)
    send(owner, where, 422, what="erase", erase_reason=WHY, sure="1")
    one_hold = f"{ROOT}holds/{hold.pk}/"
    send(owner, one_hold, 422, what="lift", reason="")
    send(owner, one_hold, what="lift", reason=WHY)
    assert "another person has to agree" in page(owner, one_hold)
    send(admin, one_hold, what="keep")
    send(owner, one_hold, what="lift", reason=WHY)
    send(owner, one_hold, 422, what="lift")
    assert "Waits for a second person" in page(admin, f"{ROOT}holds/")
    send(admin, one_hold, what="lift")
    send(admin, one_hold, 422, what="nothing")
    assert "Lifted" in page(admin, one_hold)
    assert case.number not in page(admin, f"{ROOT}holds/")
    assert case.number in page(admin, f"{ROOT}holds/?show=all")
    send(owner, f"{ROOT}holds/", 404, number="PARKS-26-999999", reason=WHY)
    send(owner, f"{ROOT}holds/", 422, number=case.number, reason="")
    send(owner, f"{ROOT}holds/", number=case.number, reason=WHY)


def test_a_case_is_erased_after_a_look_at_what_goes(world: World) -> None:
    owner, case = browser(world, "owner"), one(PRINTER)
    where = f"{ROOT}cases/{case.number}/"
    assert "Close it first" in page(owner, where)
    closed(world)
    assert "What an erasure takes" in page(owner, where)
    send(owner, where, 422, what="erase", erase_reason=WHY)
    send(owner, where, 422, what="erase", erase_reason="", sure="1")
    send(owner, where, what="erase", erase_reason=WHY, sure="1")
    assert "was erased" in page(owner, where)
    listed = page(owner, f"{ROOT}erased/")
    assert case.number in listed
    assert WHY in listed


def test_somebody_is_found_held_and_erased(world: World) -> None:
    owner, parks = browser(world, "owner"), world.agencies["PARKS"]
    assert "Nobody of this agency" in page(owner, f"{ROOT}people/?agency={parks}&who=Zz")
    found = page(owner, f"{ROOT}people/?agency={parks}&who=Cleo")
    where = re.search(rf'href="({ROOT}people/[0-9a-f-]+/)"', found)
    assert where
    assert "it is still at work" in page(owner, where[1])
    send(owner, where[1], 422, what="erase", erase_reason=WHY)
    send(owner, where[1], what="hold", hold_reason=WHY)
    assert "A legal hold keeps Cleo Citizen" in page(owner, where[1])
    with act_as(world.actors["owner"]) as actor:
        alone = casework.put_contact(
            actor=actor, agency_id=parks, name="Al One", phone="+1 312 555 0188"
        )
    send(owner, f"{ROOT}people/{alone.pk}/", what="erase", erase_reason=WHY, sure="1")
    assert "This person was erased" in page(owner, f"{ROOT}people/{alone.pk}/")


def test_what_is_due_is_seen_before_the_night(world: World) -> None:
    owner, case = browser(world, "owner"), closed(world)
    assert "See what is due" not in page(owner, ROOT)
    with at(now() + timedelta(days=1100)):
        owner = browser(world, "owner")
        assert "See what is due" in page(owner, ROOT)
        assert case.number in page(owner, f"{ROOT}due/incident/")
    page(browser(world, "owner"), f"{ROOT}due/nothing/", 404)


def test_proofs_and_frozen_months(world: World) -> None:
    owner, case = browser(world, "owner"), closed(world)
    assert "Clocks were not proved yet" in page(owner, f"{ROOT}proofs/")
    tick()
    with act_as(SYSTEM):
        casework.audit_clocks(actor=SYSTEM)
        assert "Every clock said last night" in page(owner, f"{ROOT}proofs/")
        row = Clock.objects.filter(case=case, state="met")[0]
        Clock.objects.filter(pk=row.pk).update(elapsed_us=row.elapsed_us + 1)
        casework.audit_clocks(actor=SYSTEM)
    assert "1 clock differed last night" in page(owner, f"{ROOT}proofs/")
    assert case.number in page(owner, f"{ROOT}proofs/drifts/")
    with act_as(SYSTEM), at(now() + timedelta(days=40)):
        casework.freeze_ended(actor=SYSTEM)
    where = f"{ROOT}months/PARKS/2026-11/"
    assert where in page(owner, f"{ROOT}months/")
    assert "counts as it was frozen" in page(owner, where)
    with act_as(SYSTEM):
        Clock.objects.filter(pk=row.pk).update(state="missed")
    assert "would be counted otherwise" in page(owner, where)
    send(owner, where, 422, reason="")
    send(owner, where, reason=WHY)
    assert WHY in page(owner, where)
    page(owner, f"{ROOT}months/PARKS/2001-01/", 404)
    page(owner, f"{ROOT}months/PARKS/never/", 404)


def test_refused_usage_is_tried_again(world: World) -> None:
    owner, case = browser(world, "owner"), closed(world)
    with act_as(SYSTEM):
        row = CaseUsage.objects.create(
            agency_id=case.agency_id, case=case, charge_item="it.case", channel="web",
            closed_at=now(), state="refused", code="USAGE-109", sentence="No order covers it.",
        )  # fmt: skip
    assert "No order covers it. (USAGE-109)" in page(owner, f"{ROOT}usage/")
    send(owner, f"{ROOT}usage/", usage=str(row.pk))
    send(owner, f"{ROOT}usage/", 422, usage=str(row.pk))
    send(owner, f"{ROOT}usage/")
    assert "Nothing was refused" in page(owner, f"{ROOT}usage/")


LOG = (
    b"Case,Activity,At,Agency,Subject\n"
    b"1,Come,2026-09-28T14:00:00Z,PARKS,Old printer\n"
    b"1,Solved,2026-09-28T16:00:00Z,PARKS,\n"
    b"2,Come,yesterday,PARKS,Other\n"
)


def tried(owner: Client, data: bytes = LOG, kind: str = "events", **more: str) -> Any:
    """Upload a file, map its columns, press the button."""
    file = SimpleUploadedFile("log.csv", data)
    answer = owner.post(f"{ROOT}imports/new/", {"file": file, "kind": kind, **more})
    assert answer.status_code == 200, answer.content[-2000:]
    token = re.search(r'name="token" value="([0-9a-f-]{36})"', answer.content.decode())
    assert token, answer.content
    given = {
        "token": token[1], "kind": kind, "source": "old desk", "column-id": "Case",
        "column-activity": "Activity", "column-at": "At", "column-agency": "Agency",
        "column-subject": "Subject", "constant-case_type": "incident",
        "activities": "Solved = resolved\nCome =", "remember": "desk-log", **more,
    }  # fmt: skip
    return answer.content.decode(), owner.post(f"{ROOT}imports/new/", given)


def test_a_file_is_mapped_tried_and_taken_in(world: World) -> None:
    owner = browser(world, "owner")
    page(owner, f"{ROOT}imports/new/")
    form, answer = tried(owner)
    assert "Solved =" in form  # the file's own words are offered
    assert answer.status_code == 302
    where = answer["Location"]
    assert "The file waits for a worker" in page(owner, where)
    Worker().run(once=True)
    found = page(owner, where)
    assert "1 of 2 cases would be taken in" in found
    assert "CASE-189" in found
    taken = send(owner, where, what="take")["Location"]
    send(owner, taken, what="cancel")
    assert "Cancelled" in page(owner, f"{ROOT}imports/")
    send(owner, taken, what="resume")
    Worker().run(once=True)
    assert "1 of 2 cases were taken in" in page(owner, taken)
    assert one("Old printer").phase == "resolved"
    send(owner, taken, 422, what="resume")
    send(owner, taken, 422, what="nothing")
    remembered = page(owner, f"{ROOT}imports/mappings/")
    assert "desk-log" in remembered
    assert "Solved = resolved" in remembered
    assert "desk-log" in page(owner, f"{ROOT}imports/new/?mapping=desk-log")
    form, _answer = tried(owner, mapping="desk-log")
    assert "Solved = resolved" in form


def test_a_file_that_cannot_be_read_says_so(world: World) -> None:
    owner = browser(world, "owner")
    send(owner, f"{ROOT}imports/new/", 422, kind="events")
    file = SimpleUploadedFile("log.csv", LOG)
    send(owner, f"{ROOT}imports/new/", 422, file=file)
    for wrong, code in (
        ({"activities": "Solved = forever"}, b"FORM-111"), ({"source": ""}, b"CASE-190"),
        ({"column-id": ""}, b"CASE-181"),
    ):  # fmt: skip
        _form, answer = tried(owner, **wrong)
        assert answer.status_code == 422
        assert code in answer.content
    _form, answer = tried(owner, b"<log>", "xes", **{"column-id": "", "remember": ""})
    Worker().run(once=True)
    assert "CASE-183" in page(owner, answer["Location"])


def test_all_cases_leave_in_three_forms(world: World) -> None:
    owner = browser(world, "owner")
    page(owner, f"{ROOT}export/")
    for form, part in (("csv", b"number,agency"), ("jsonl", b'"events"'), ("xes", b"<log")):
        answer = owner.get(f"{ROOT}export/file/?form={form}")
        assert part in b"".join(answer), form
        assert answer["Content-Disposition"].startswith("attachment")
    assert owner.get(f"{ROOT}export/file/?form=exe").status_code == 400


def test_held_mail_is_looked_at_let_in_and_removed(world: World) -> None:
    owner = browser(world, "owner")
    with act_as(world.actors["owner"]) as actor:
        casework.put_queue(
            actor=actor, code="post", name="Post", team="it", service="helpdesk",
            default_type="incident", agency="PARKS",
        )  # fmt: skip
    assert "There is none." in page(owner, f"{ROOT}mail/")
    for data in (LETTER, b"\xff\x00 no message"):
        assert take(data, casework.Origin("test")).state == "quarantined"
    with act_as(SYSTEM):
        good, bad = MailIntake.objects.order_by("id")
    assert "No desk has an address" in page(owner, f"{ROOT}mail/")
    shown = page(owner, f"{ROOT}mail/{good.pk}/")
    assert "Please look at this &lt;b&gt;now&lt;/b&gt;." in shown
    assert "It cannot be read" in page(owner, f"{ROOT}mail/{bad.pk}/")
    send(owner, f"{ROOT}mail/{good.pk}/", 422, what="let_in", queue="")
    send(owner, f"{ROOT}mail/{good.pk}/", 422, what="let_in", queue="city")
    send(owner, f"{ROOT}mail/{good.pk}/", 422, what="read")
    send(owner, f"{ROOT}mail/{good.pk}/", what="let_in", queue="post")
    assert "This message is in a case" in page(owner, f"{ROOT}mail/{good.pk}/")
    assert one("Held for a person").channel == "email"
    send(owner, f"{ROOT}mail/{bad.pk}/", what="remove")
    assert "This message was removed" in page(owner, f"{ROOT}mail/{bad.pk}/")
    assert str(bad.pk) in page(owner, f"{ROOT}mail/?state=removed")
    send(owner, f"{ROOT}mail/{bad.pk}/", 422, what="remove")


def test_a_person_whose_mail_looked_like_a_machines_is_let_in(world: World) -> None:
    owner = browser(world, "owner")
    with act_as(world.actors["owner"]) as actor:
        casework.put_queue(
            actor=actor, code="post", name="Post", team="it", service="helpdesk",
            default_type="incident", agency="PARKS", address="post@parks.example",
        )  # fmt: skip
    take(b"X-Loop: yes\n" + LETTER, casework.Origin("test", recipient="post@parks.example"))
    with act_as(SYSTEM):
        row = MailIntake.objects.get(state="dropped_loop")
    send(owner, f"{ROOT}mail/{row.pk}/", what="let_in", queue="post")
    assert one("Held for a person").channel == "email"


@pytest.mark.parametrize("place", ["", "holds/", "mail/", "imports/", "export/file/", "erased/"])
def test_an_agent_and_an_agency_keep_nothing(world: World, place: str) -> None:
    for who in ("agent", "parks"):
        page(browser(world, who), f"{ROOT}{place}", 403)


def test_the_page_of_a_case_leads_to_its_keeping_for_who_may(world: World) -> None:
    case = one(PRINTER)
    with act_as(world.actors["owner"]) as owner:
        for code in ("it", "city"):
            casework.put_member(actor=owner, team=code, person_id=owner.person_id)
    link = f"{ROOT}cases/{case.number}/"
    assert link in page(browser(world, "owner"), f"/centre/cases/{case.number}/")
    assert link not in page(browser(world, "agent"), f"/centre/cases/{case.number}/")
