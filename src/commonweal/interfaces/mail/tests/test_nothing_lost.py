"""Messages that are odd, not wrong: each arrives whole, or says where the rest of it is."""

from __future__ import annotations

import pytest

from commonweal.interfaces.mail.sending import outgoing
from commonweal.interfaces.mail.threads import message_id
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.actions import attaching
from commonweal.kernel.casework.domain.incoming import STATES
from commonweal.kernel.casework.models import Case
from commonweal.kernel.casework.tests.conftest import Desk
from commonweal.kernel.schema.public import uuid7

from .mails import HOSTILE, KEYS, letter
from .test_intake import Post


def test_two_people_may_say_the_same_without_an_id(post: Post) -> None:
    first = post(letter(Message_ID=""))
    other = post(letter(Message_ID="", From="Ben <ben@parks.example>"))
    later = post(letter(Message_ID="", Date="Tue, 06 Oct 2026 08:59:00 -0500"))
    assert [each.state for each in (first, other, later)] == ["taken"] * 3
    assert post(b"Received: by another\n" + letter(Message_ID="")).state == "duplicate"
    assert Case.objects.count() == 3


def test_whatever_comes_is_kept_and_stops_nothing(post: Post) -> None:
    for name, data in HOSTILE.items():
        assert post(data).state in STATES, name


def test_what_is_too_long_to_be_shown_is_among_the_files(post: Post) -> None:
    case = Case.objects.get(pk=post(letter("word " * 50_000 + "and the end")).case_id)
    (file,) = case.attachments.all()
    assert (file.name, file.verdict) == ("message.txt", "ok")
    assert file.size > 250_000
    long = "<p>" + "word " * 250_000 + "</p>"
    other = Case.objects.get(pk=post(letter("Hi", html=long, Message_ID="<long@x>")).case_id)
    assert [row.name for row in other.attachments.all()] == ["message.html"]


def test_a_note_says_which_files_were_not_kept(
    post: Post, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attaching, "MOST_FILES", 2)
    files = [(f"file{n}.txt", "text/plain", b"words") for n in range(4)]
    case = Case.objects.get(pk=post(letter(files=files)).case_id)
    assert case.attachments.count() == 2
    note = case.interactions.get(direction="note")
    assert "2 files" in note.text
    assert "file2.txt" in note.text
    assert "file3.txt" in note.text


def test_a_citizen_hears_from_their_agency_also_while_others_work_on_it(
    post: Post, desk: Desk
) -> None:
    casework.put_queue(
        actor=desk.owner, code="city", name="City", team="city", service="it.helpdesk",
        address="streets@parks.example", agency="PRK", default_type="report",
    )  # fmt: skip
    done = post(letter(), recipient="streets@parks.example")
    case = Case.objects.get(pk=done.case_id)
    casework.assign_case(actor=desk.owner, case_id=case.pk, queue="it")
    with act_as(SYSTEM):
        said = casework.acknowledge(actor=SYSTEM, case_id=case.pk, text="We are on it.")
    out = outgoing(said)
    assert (out.desk, out.name) == ("streets@parks.example", "Parks")


def test_an_answer_to_a_merged_case_that_is_closed_opens_the_one_that_goes_on(
    post: Post, desk: Desk
) -> None:
    desk.contact(desk.employee)
    one = Case.objects.get(pk=post(letter()).case_id)
    other = Case.objects.get(pk=post(letter("Again.", Message_ID="<again@x>")).case_id)
    casework.merge_cases(actor=desk.agent, case_id=one.pk, into_id=other.pk)
    casework.move_case(actor=desk.agent, case_id=other.pk, state="resolved", resolution="Mended.")
    signed = message_id(one.pk, uuid7(), "desk.example", KEYS)
    done = post(letter("It broke again.", In_Reply_To=signed, Message_ID="<third@x>"))
    other.refresh_from_db()
    one.refresh_from_db()
    assert (done.case_id, other.phase, one.phase) == (other.pk, "open", "closed")
