"""What becomes of messages: cases, answers, nothing; once each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outbox

from commonweal.interfaces.mail.files import messages
from commonweal.interfaces.mail.manifest import MANIFEST
from commonweal.interfaces.mail.sending import outgoing, send_by_mail
from commonweal.interfaces.mail.threads import message_id
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import Case, Interaction, MailIntake
from commonweal.kernel.casework.public import MailReceipt
from commonweal.kernel.casework.registry import sender
from commonweal.kernel.casework.tests.conftest import MONDAY, Desk
from commonweal.kernel.documents.models import Document
from commonweal.kernel.schema.public import uuid7

from .mails import DESK, HOSTILE, KEYS, bounce, letter

Post = Callable[..., MailReceipt]


def known(desk: Desk) -> None:
    """Ana wrote to Parks before, so that her address says whose she is."""
    desk.contact(desk.employee)


def ours(case: Case) -> str:
    return message_id(case.pk, uuid7(), "desk.example", KEYS)


def test_a_message_opens_a_case_with_its_files_and_is_acknowledged_once(
    post: Post, desk: Desk
) -> None:
    known(desk)
    picture = ("page.html", "text/html", b"<html><script>1</script></html>")
    done = post(letter(html="<p>Hi<script>1</script></p>", files=[picture]))
    case = Case.objects.get(pk=done.case_id)
    assert (done.state, case.agency_id, case.channel) == ("taken", desk.parks.pk, "email")
    first, back = case.interactions.order_by("at", "id")
    assert (first.text, first.html) == ("The printer prints nothing.", "<p>Hi</p>")
    assert (back.direction, back.human) == ("out", False)
    assert case.number in back.text
    assert first.raw is not None
    assert [file.verdict for file in case.attachments.all()] == ["quarantine"]
    row = MailIntake.objects.get()
    assert (row.state, row.case_id, row.opened, row.raw_id) == (
        "taken", case.pk, True, first.raw_id,
    )  # fmt: skip


def test_who_is_not_known_opens_a_case_of_the_centre_never_of_a_domain(
    post: Post, desk: Desk
) -> None:
    known(desk)
    done = post(letter(From="Eve <eve@parks.example>"))
    assert Case.objects.get(pk=done.case_id).agency.code == "CTR"


def test_an_answer_finds_its_case_and_reopens_it(post: Post, desk: Desk) -> None:
    case = desk.case()
    casework.answer(actor=desk.agent, case_id=case.pk, text="Turn it on.", then="resolved")
    done = post(letter("It does not help.\n\n> Turn it on.", References=ours(case)))
    case.refresh_from_db()
    assert (done.number, case.phase) == (case.number, "open")
    said = Interaction.objects.get(channel="email")
    assert (said.direction, said.text, said.folded) == ("in", "It does not help.", "> Turn it on.")
    assert said.contact is not None
    assert said.contact.email == "ana@parks.example"


def test_an_agents_mail_never_speaks_for_the_desk(post: Post, desk: Desk) -> None:
    case = desk.case()
    post(letter("Closed.", From="agent@desk.example", References=ours(case)))
    assert Interaction.objects.get(channel="email").direction == "in"


def test_a_forged_id_opens_a_case_of_its_own(post: Post, desk: Desk) -> None:
    case = desk.case()
    forged = message_id(case.pk, uuid7(), "desk.example", ["guessed"])
    done = post(letter(References=forged, In_Reply_To=forged))
    assert done.case_id != case.pk


@pytest.mark.parametrize(
    ("who", "proof", "joins"),
    [
        ("ana@parks.example", "", True),
        ("eve@other.example", "", False),
        ("ana@parks.example", "mx.desk.example; dmarc=fail", False),
    ],
)
def test_a_number_in_the_subject_counts_for_whoever_asked_only(
    post: Post, desk: Desk, settings: Any, who: str, proof: str, joins: bool
) -> None:
    settings.MAIL_TRUSTED = "mx.desk.example"
    case = desk.case()
    done = post(letter(From=who, Subject=f"RE [#{case.number}]", Authentication_Results=proof))
    assert (done.case_id == case.pk) is joins


def test_what_is_automatic_opens_reopens_and_answers_nothing(post: Post, desk: Desk) -> None:
    case = desk.case()
    casework.answer(actor=desk.agent, case_id=case.pk, text="Done.", then="resolved")
    away = {"Auto_Submitted": "auto-replied"}
    assert post(letter("Away.", **away)).state == "dropped_loop"
    done = post(letter("Away till Monday.", References=ours(case), **away))
    case.refresh_from_db()
    assert (done.state, done.number, case.phase) == ("taken", case.number, "resolved")
    assert not Interaction.objects.get(channel="email").human
    assert post(letter("News.", List_Id="<n.example>")).state == "quarantined"
    assert Case.objects.count() == 1
    assert MailIntake.objects.filter(raw=None).count() == 0


def test_our_own_address_asks_for_nothing(post: Post, desk: Desk) -> None:
    assert post(letter(From=DESK)).state == "dropped_loop"
    assert not Case.objects.exists()


def test_a_bounce_creates_no_case_and_no_message_but_tells_who_works_on_it(
    post: Post, desk: Desk
) -> None:
    case = desk.case()
    before = case.interactions.filter(direction="in").count()
    assert post(bounce("<x@elsewhere>")).state == "bounce"
    for status in ("5.1.1", "5.2.2", "2.0.0"):
        assert post(bounce(ours(case), status)).state == "bounce"
    assert Case.objects.count() == 1
    assert case.interactions.filter(direction="in").count() == before
    note = case.interactions.get(direction="note")
    assert "5.1.1" in note.text


def test_the_same_message_twice_is_one_whatever_the_door(post: Post, desk: Desk) -> None:
    data = letter()
    first = post(data)
    again = post(data)
    moved = post(b"Received: by another\n" + data, mailbox="imap", validity=4, uid=9)
    assert (first.state, again.state, moved.state) == ("taken", "duplicate", "duplicate")
    assert again.number == moved.number == first.number
    assert post(data, mailbox="imap", validity=4, uid=9).state == "duplicate"
    assert Case.objects.count() == 1
    assert Document.objects.filter(kind="raw").count() == 1
    other = post(letter("Something else under the same id."))
    assert other.state == "taken"


@pytest.mark.parametrize("name", ["zeros", "no sender", "headers without end", "nothing"])
def test_what_cannot_be_read_is_kept_once_in_no_case(name: str, post: Post) -> None:
    assert post(HOSTILE[name]).state == "quarantined"
    assert post(HOSTILE[name]).state == "duplicate"
    row = MailIntake.objects.get(state="quarantined")
    assert row.reason.startswith("MAIL-")
    assert (row.raw is not None) is bool(HOSTILE[name])
    assert not Case.objects.exists()


def test_no_desk_no_kind_and_a_form_hold_back(post: Post, desk: Desk) -> None:
    assert post(letter(To="x@y.example"), recipient="").reason == "MAIL-208"
    casework.put_queue(
        actor=desk.owner, code="city", name="City", team="city", service="it.helpdesk",
        address="city@desk.example",
    )  # fmt: skip
    assert post(letter(), recipient="city@desk.example").reason == "MAIL-209"
    assert post(letter(Message_ID="<2@x>"), recipient="help+x@desk.example").state == "taken"


def test_one_sender_opens_so_many_cases_only_and_gets_two_automatic_answers(post: Post) -> None:
    states = Counter(post(letter(f"No. {n}", Message_ID=f"<{n}@x>")).reason for n in range(22))
    assert states == {"": 20, "flood": 2}
    assert Interaction.objects.filter(direction="out").count() == 2


def test_two_desks_that_do_not_say_what_they_are_stop_within_two_turns(
    post: Post, desk: Desk
) -> None:
    """The other desk answers whatever comes, at once, without marks and without our ids."""
    turns, handed = 0, letter("We have your message.", From="desk@other.example")
    while turns < 10:
        case = Case.objects.get(pk=post(handed).case_id)
        answers = case.interactions.filter(direction="out")
        if not answers.exists():
            break
        turns += 1
        handed = letter(f"We have your message, no. {turns}.", From="desk@other.example",
                        Message_ID=f"<auto{turns}@other.example>")  # fmt: skip
    assert turns == 2


def test_a_desk_that_answers_in_the_thread_stops_at_once_and_reopens_little(
    post: Post, desk: Desk
) -> None:
    first = post(letter("Hello.", From="desk@other.example"))
    case = Case.objects.get(pk=first.case_id)
    for n in range(8):
        post(letter(f"Automatic {n}", From="desk@other.example", References=ours(case),
                    Message_ID=f"<r{n}@other.example>"))  # fmt: skip
    assert case.interactions.filter(direction="out").count() == 1
    said = case.interactions.filter(direction="in").order_by("at", "id")
    assert [row.human for row in said] == [True] * 5 + [False] * 4


def test_limits_fill_again(post: Post, desk: Desk) -> None:
    for n in range(3):
        post(letter(f"No. {n}", Message_ID=f"<{n}@x>"))
    with at(MONDAY + timedelta(hours=3)):
        post(letter("Later", Message_ID="<later@x>"))
    assert Interaction.objects.filter(direction="out").count() == 3


def test_an_answer_leaves_as_the_agency_and_its_reply_comes_home(post: Post, desk: Desk) -> None:
    known(desk)
    case = Case.objects.get(pk=post(letter()).case_id)
    casework.answer(actor=desk.agent, case_id=case.pk, text="Is it on?")
    row = case.interactions.get(direction="out", human=True)
    assert MANIFEST.name == "mail"
    assert sender("email") is send_by_mail
    send_by_mail(row)
    sent = outbox.outbox[-1].message().composed
    assert (sent["To"], sent["Reply-To"]) == ("Ana Ruiz <ana@parks.example>", f"Parks <{DESK}>")
    assert "<one@parks.example>" in sent["References"]
    assert b"In-Reply-To: <" in outbox.outbox[-1].message().as_bytes()
    row.refresh_from_db()
    assert row.message_id == sent["Message-ID"]
    done = post(letter("Yes.", In_Reply_To=sent["Message-ID"], Message_ID="<two@parks.example>"))
    assert done.case_id == case.pk
    assert outgoing(row).automatic is False


def test_a_mailbox_file_holds_each_message() -> None:
    box = b"From ana Mon Oct  5\n" + letter("a") + b"\n\nFrom ana Mon\n" + letter(">From b")
    assert len(list(messages(box))) == 2
    assert list(messages(letter())) == [letter()]
