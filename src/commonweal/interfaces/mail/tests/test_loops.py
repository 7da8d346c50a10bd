"""What is automatic, forged ids, and limits; pure."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from commonweal.interfaces.mail.compose import Outgoing, compose
from commonweal.interfaces.mail.loops import REPLIES, allowed, left
from commonweal.interfaces.mail.parse import Reading, parse
from commonweal.interfaces.mail.threads import case_of, hint_of, message_id, tagged, thread_of
from commonweal.kernel.casework.domain.incoming import Incoming

from .mails import DESK, KEYS, NOW, bounce, letter

CASE, NONCE = UUID(int=7), UUID(int=9)


def auto(data: bytes, envelope_from: str | None = None) -> str:
    found = parse(data, NOW, Reading(own=[DESK], keys=KEYS), envelope_from)
    assert isinstance(found, Incoming)
    return found.auto


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, ""),
        ({"Auto_Submitted": "no"}, ""),
        ({"Auto_Submitted": "auto-replied (vacation)"}, "auto_submitted"),
        ({"Auto_Submitted": "auto-generated"}, "auto_submitted"),
        ({"Precedence": "bulk"}, "bulk"),
        ({"Precedence": "list"}, "list"),
        ({"List_Id": "<news.example>"}, "list"),
        ({"X_Autoreply": "yes"}, "auto_submitted"),
        ({"X_Auto_Response_Suppress": "All"}, "auto_submitted"),
        ({"From": "no-reply@shop.example"}, "auto_submitted"),
        ({"From": "MAILER-DAEMON@mx.example"}, "bounce"),
        ({"Return_Path": "<>"}, "bounce"),
        ({"From": f"Help <{DESK.upper()}>"}, "loop"),
        ({"X_Commonweal_Desk": "1"}, "loop"),
    ],
)
def test_what_is_automatic_is_known_by_its_marks(more: dict[str, str], why: str) -> None:
    assert auto(letter(**more)) == why


def test_a_null_sender_is_a_bounce() -> None:
    assert auto(letter(), "") == "bounce"
    assert auto(letter(), "ana@parks.example") == ""


def test_a_bounce_names_whom_and_which() -> None:
    ours = message_id(CASE, NONCE, "desk.example", KEYS)
    found = parse(bounce(ours), NOW, Reading(keys=KEYS))
    assert isinstance(found, Incoming)
    assert found.bounce is not None
    assert found.auto == "bounce"
    assert (found.bounce.recipient, found.bounce.status) == ("ana@parks.example", "5.1.1")
    assert found.bounce.original_id == ours
    assert found.thread == CASE


def test_only_signed_ids_name_a_case() -> None:
    ours = message_id(CASE, NONCE, "desk.example", KEYS)
    assert case_of(ours, KEYS) == CASE
    assert case_of(ours, KEYS[::-1]) == CASE  # signed by a key that is the old one now
    assert case_of(ours, ["another"]) is None
    other = ours.replace(CASE.hex, UUID(int=8).hex)
    tail = ours.replace("@", "0@")
    for forged in (other, tail, ours[:60] + ours[61:], "<cw.1.2.3@x>", f"<{CASE.hex}@desk>"):
        assert case_of(forged, KEYS) is None
    assert thread_of(["<a@b>", ours, "<c@d>", other], KEYS) == CASE
    assert thread_of([other, "<a@b>"], KEYS) is None


def test_the_subject_only_hints() -> None:
    assert tagged(tagged("Printer", "PRK-2026-00012"), "PRK-2026-00012").count("[#") == 1
    assert hint_of("AW: Printer [#PRK-2026-00012]") == "PRK-2026-00012"
    found = parse(letter(Subject="x [#PRK-2026-00012]", Thread_Index="AdE="), NOW, Reading())
    assert isinstance(found, Incoming)
    assert found.thread is None


def out(**more: object) -> Outgoing:
    given = {
        "case_id": CASE, "nonce": NONCE, "number": "PRK-2026-00012", "subject": "Printer",
        "text": "Is it on?", "desk": DESK, "name": "Parks", "to": "ana@parks.example",
    }  # fmt: skip
    return Outgoing(**{**given, **more})


def test_what_leaves_is_threaded_and_comes_home() -> None:
    made = compose(out(earlier=["<one@parks.example>", "broken\n"], html="<p>x</p>"), KEYS, NOW)
    assert made["References"] == made["In-Reply-To"] == "<one@parks.example>"
    assert made["Auto-Submitted"] is None
    assert str(made["Reply-To"].addresses[0].addr_spec) == DESK
    assert str(made["From"].addresses[0].display_name) == "Parks"
    assert not [name for name in made if name.lower().startswith("list-")]
    back = letter("Yes.", References=f"<x@y> {made['Message-ID']}")
    found = parse(back, NOW, Reading(own=[DESK], keys=KEYS))
    assert isinstance(found, Incoming)
    assert (found.thread, found.auto) == (CASE, "")


def test_what_answers_by_itself_says_so_and_is_not_answered() -> None:
    made = compose(out(automatic=True), KEYS, NOW)
    assert made["Auto-Submitted"] == "auto-replied"
    assert auto(made.as_bytes()) == "loop"
    del made["X-Commonweal-Desk"]
    assert parse(made.as_bytes(), NOW, Reading()).auto == "auto_submitted"  # type: ignore[union-attr]


def test_nobody_writes_a_header_through_us() -> None:
    evil = "x\r\nBcc: everybody@example.org\r\n\r\nBody"
    made = compose(out(subject=evil, name=evil, to_name=evil, number=evil), KEYS, NOW)
    assert made["Bcc"] is None
    assert b"\nBcc:" not in made.as_bytes()
    with pytest.raises(Exception, match=r"."):
        compose(out(to="a@b.example\r\nBcc: c@d.example"), KEYS, NOW)


def test_the_same_message_has_the_same_id_however_often_it_leaves() -> None:
    assert compose(out(), KEYS, NOW)["Message-ID"] == compose(out(), KEYS, NOW)["Message-ID"]


def test_a_bucket_empties_and_fills() -> None:
    times = [NOW, NOW + timedelta(minutes=1)]
    assert left([], NOW, REPLIES) == 2
    assert allowed(times[:1], NOW + timedelta(minutes=1), REPLIES)
    assert not allowed(times, NOW + timedelta(minutes=2), REPLIES)
    assert allowed(times, NOW + timedelta(hours=1, minutes=1), REPLIES)
    assert left(times, NOW + timedelta(days=3), REPLIES) == 2
