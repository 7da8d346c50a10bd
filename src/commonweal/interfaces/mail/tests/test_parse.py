"""Any bytes are a message or a reason; in time that grows with their number."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.interfaces.mail.html import REMOTE, safe_html, text_of
from commonweal.interfaces.mail.parse import SENTENCES, Limits, Reading, parse
from commonweal.interfaces.mail.quotes import fold
from commonweal.kernel.casework.domain.incoming import Incoming, Quarantine

from .mails import DESK, HOSTILE, KEYS, NOW, letter

READING = Reading(own=[DESK], keys=KEYS, trusted="mx.desk.example")


def read(data: bytes, reading: Reading = READING) -> Incoming:
    found = parse(data, NOW, reading)
    assert isinstance(found, Incoming), found
    return found


def test_a_plain_message_is_read_whole() -> None:
    found = read(letter("Hello.\n\nIt blinks.", files=[("a.png", "image/png", b"\x89PNG")]))
    assert (found.sender, found.sender_name) == ("ana@parks.example", "Ana Ruiz")
    assert (found.subject, found.text, found.folded) == ("Printer", "Hello.\n\nIt blinks.", "")
    assert found.to == (DESK,)
    assert found.sent_at is not None
    assert found.sent_at.hour == 13
    assert [(p.name, p.declared, p.data) for p in found.parts] == [
        ("a.png", "image/png", b"\x89PNG")
    ]
    assert found.human


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_read_or_held_back_soon(name: str) -> None:
    begun = time.process_time()
    found = parse(HOSTILE[name], NOW, READING)
    assert isinstance(found, Incoming | Quarantine)
    assert time.process_time() - begun < 15  # a guard against square growth, which takes minutes
    if isinstance(found, Quarantine):
        assert found.sentence == SENTENCES[found.code]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2_000))
def test_any_bytes_are_read_or_held_back(data: bytes) -> None:
    assert isinstance(parse(data, NOW, READING), Incoming | Quarantine)
    assert isinstance(parse(b"From: a@b.example\n" + data, NOW, READING), Incoming | Quarantine)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2_000), st.binary(min_size=1, max_size=40))
def test_a_damaged_message_is_read_or_held_back(place: int, damage: bytes) -> None:
    whole = letter("Hi", html="<p>Hi</p>", files=[("ä.pdf", "application/pdf", b"%PDF-1")])
    found = parse(whole[:place] + damage + whole[place + len(damage) :], NOW, READING)
    assert isinstance(found, Incoming | Quarantine)


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(size=10), "MAIL-201"),
        (Limits(headers=2), "MAIL-202"),
        (Limits(parts=1), "MAIL-203"),
        (Limits(depth=0), "MAIL-204"),
        (Limits(seconds=-1), "MAIL-205"),
    ],
)
def test_each_limit_holds_back_by_its_code(limits: Limits, code: str) -> None:
    data = letter("Hi", html="<p>Hi</p>", files=[("a.txt", "text/plain", b"x")])
    found = parse(data, NOW, replace(READING, limits=limits))
    assert isinstance(found, Quarantine)
    assert found.code == code


def test_html_runs_loads_and_hides_nothing() -> None:
    safe = safe_html(
        '<p onclick="x()">Hi<script>alert(1)</script><style>p{}</style>'
        '<img src="https://spy.example/p.png" alt="Logo"><img src="cid:pic1">'
        '<a href="javascript:alert(1)">a</a><a href="https://x.example">b</a>'
        '<iframe src="//x"></iframe><svg onload=alert(1)></svg><form action=/x><input></form></p>'
    )
    for bad in ("script", "alert", "onclick", "spy.example", "iframe", "svg", "form", "<img"):
        assert bad not in safe
    assert f"{REMOTE} Logo" in safe
    assert "cid:pic1" in safe
    assert 'href="https://x.example"' in safe


def test_html_alone_has_its_text_and_its_quotation() -> None:
    found = read(letter("", html="<p>Works &amp; thanks</p><blockquote>Try<br>it</blockquote>"))
    assert found.text == "Works & thanks"
    assert found.folded == "> Try\n> it"
    assert text_of("<ul><li>a</li><li>b</li></ul>").split() == ["-", "a", "-", "b"]


@pytest.mark.parametrize(
    "said",
    [
        "On Mon, 5 Oct 2026 at 09:00, Help <help@desk.example> wrote:",
        "El lun, 5 oct 2026 a las 9:00, Help (<help@desk.example>) escribió:",
        "Am 05.10.2026 um 09:00 schrieb Help <help@desk.example>:",
        "Le lun. 5 oct. 2026 à 09:00, Help <help@desk.example> a écrit :",
        "On Mon, 5 Oct 2026 at 09:00, The Help Desk\n<help@desk.example> wrote:",
    ],
)
def test_a_quotation_is_folded_with_who_is_quoted(said: str) -> None:
    quoted = f"{said}\n> Is it on?\n>\n> Regards"
    assert fold(f"Yes, it is.\n\n{quoted}") == ("Yes, it is.", quoted)


def test_answers_between_the_lines_stay_and_nothing_is_lost() -> None:
    text = "On Monday, Help wrote:\n> Is it on?\nYes.\n> Is it red?\nNo."
    assert fold(text) == (text, "")
    only = "> quoted alone"
    assert fold(only) == (only, "")


def test_an_outlook_quotation_is_folded() -> None:
    text = "Done.\n\n-----Original Message-----\nFrom: Help\nSent: Monday\nSubject: x\n\nIs it on?"
    assert fold(text)[0] == "Done."


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab> \n:OnwroteEl_-", max_size=400))
def test_folding_loses_only_empty_lines(text: str) -> None:
    written, folded = fold(text)
    assert "".join((written + folded).split()) == "".join(text.split())


def test_only_the_named_server_may_vouch() -> None:
    mine = "mx.desk.example; spf=pass; dkim=fail; dkim=pass; dmarc=fail (p=none dmarc=pass)"
    found = read(b"Authentication-Results: " + mine.encode() + b"\n" + letter())
    assert found.proofs == {"spf": "pass", "dkim": "pass", "dmarc": "fail"}
    forged = b"Authentication-Results: mx.evil.example; dmarc=pass\n"
    below = b"Authentication-Results: mx.desk.example; dmarc=pass\n"
    assert read(forged + below + letter()).proofs == {}
    assert read(below + letter(), replace(READING, trusted="")).proofs == {}


def test_a_name_hides_no_direction_and_no_control() -> None:
    found = read(letter(files=[("invoice\u202efdp.exe", "application/pdf", b"MZ")]))
    assert found.parts[0].name == "invoicefdp.exe"
