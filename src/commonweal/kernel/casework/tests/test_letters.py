"""Letters by scan: filed by their cover sheet, sorted by hand, taken in once."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.domain.covers import cases_named, cover_text, read_cover
from commonweal.kernel.casework.models import Attachment, ScannedLetter
from commonweal.kernel.documents.models import Document, DocumentRemoval
from commonweal.kernel.documents.tests.test_marks import printed
from commonweal.kernel.schema.public import uuid7

from .conftest import Desk
from .test_life import fails


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path


def png(colour: str = "white") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (300, 300), colour).save(stream, "PNG")
    return stream.getvalue()


def take(desk: Desk, data: bytes, name: str = "letter.pdf", kind: str = "application/pdf") -> Any:
    return casework.take_letter(actor=desk.other, filename=name, media_type=kind, data=data)


def test_the_code_of_a_cover_sheet_is_checked() -> None:
    text = cover_text("PRK-26-000001", "key")
    assert read_cover(text, "key") == "PRK-26-000001"
    assert read_cover(text, "another key") is None
    assert read_cover(text.replace("000001", "000002"), "key") is None
    assert read_cover("CWL1:PRK-26-000001", "key") is None
    assert read_cover("https://example.org:a:b", "key") is None
    assert cases_named([text, text, "nonsense"], "key") == ["PRK-26-000001"]


def test_a_letter_with_its_cover_sheet_files_itself(desk: Desk) -> None:
    case = desk.case()
    sheet = casework.cover(desk.agent, case)
    assert sheet.svg.startswith("<svg viewBox=")
    pdf = printed(sheet.text)
    found = take(desk, pdf)
    letter = found.letter
    assert (letter.state, letter.how, letter.case_id) == ("filed", "cover", case.pk)
    assert (letter.agency_id, letter.pages, letter.document_id) == (desk.parks.pk, 1, None)
    file = Attachment.objects.get(case=case)
    assert letter.attachment_id == file.pk
    assert file.interaction.channel == "letter"
    again = take(desk, pdf, "the-same-again.pdf")
    assert (again.fresh, again.letter.pk) == (False, letter.pk)
    assert ScannedLetter.objects.count() == Attachment.objects.count() == 1


def test_a_forged_cover_sheet_files_nothing(desk: Desk) -> None:
    case = desk.case()
    letter = take(desk, printed(cover_text(case.number, "somebody else's key"))).letter
    assert (letter.state, letter.case_id) == ("waiting", None)
    assert not Attachment.objects.exists()


def test_two_cover_sheets_wait_for_somebody(desk: Desk) -> None:
    cases = [desk.case() for _ in range(2)]
    texts = [casework.cover(desk.agent, case).text for case in cases]
    letter = take(desk, printed(*texts)).letter
    assert letter.state == "waiting"
    letter.refresh_from_db()
    assert all(case.number in letter.sentence for case in cases)


def test_what_waits_is_filed_by_hand_and_its_copy_goes(desk: Desk) -> None:
    case = desk.case()
    letter = take(desk, png(), "a.png", "image/png").letter
    assert letter.state == "waiting"
    assert [row.pk for row in casework.letters(desk.other, waiting=True)] == [letter.pk]
    assert casework.letter_scan(desk.other, casework.letter(desk.other, letter.pk)) == png()
    fails("CASE-242", casework.file_letter, actor=desk.other, letter_id=letter.pk, number="X-1")
    fails("CASE-423", casework.file_letter, actor=desk.other, letter_id=uuid7(), number="X-1")
    old = letter.document_id
    filed = casework.file_letter(actor=desk.other, letter_id=letter.pk, number=case.number.lower())
    assert (filed.state, filed.how, filed.document_id) == ("filed", "hand", None)
    assert DocumentRemoval.objects.filter(document_id=old).exists()
    assert not casework.letters(desk.other, waiting=True).rows
    assert [row.pk for row in casework.letters(desk.other)] == [letter.pk]
    fails("CASE-241", casework.drop_letter, actor=desk.other, letter_id=letter.pk,
          reason="It is advertising")  # fmt: skip
    fails("CASE-423", casework.letter_scan, actor=desk.other, letter=filed)


def test_a_case_is_opened_for_a_letter(desk: Desk) -> None:
    letter = take(desk, png("red"), "a.png", "image/png").letter
    opened = casework.open_for_letter(
        actor=desk.other, letter_id=letter.pk, agency_id=desk.parks.pk,
        new=casework.NewCase("", "The lamp is dark", category="streetlight", place="Elm Street 4"),
    )  # fmt: skip
    assert (opened.case.channel, opened.case.opened_at) == ("letter", letter.scanned_at)
    row = ScannedLetter.objects.get()
    assert (row.state, row.how, row.case_id) == ("filed", "opened", opened.case.pk)
    assert opened.case.attachments.count() == 1


def test_what_concerns_nobody_is_dropped_with_a_reason(desk: Desk) -> None:
    letter = take(desk, png("blue"), "advertising.png", "image/png").letter
    fails("CASE-215", casework.drop_letter, actor=desk.other, letter_id=letter.pk, reason="no")
    dropped = casework.drop_letter(
        actor=desk.other, letter_id=letter.pk, reason="Advertising of a shop"
    )
    assert (dropped.state, dropped.name, dropped.document_id) == ("dropped", "–", None)
    assert DocumentRemoval.objects.count() == Document.objects.count() == 1


def test_what_is_no_scan_or_dangerous(desk: Desk) -> None:
    fails("CASE-240", take, desk=desk, data=b"Dear all,", name="a.txt", kind="text/plain")
    fails("DOCUMENTS-211", take, desk=desk, data=b"")
    held = take(desk, b"<html><script>alert(1)</script></html>", "letter.pdf").letter
    assert (held.state, held.verdict) == ("waiting", "quarantine")
    fails("CASE-423", casework.letter_scan, actor=desk.other, letter=held)
    broken = take(desk, b"%PDF-1.7\nnothing of it is true", "b.pdf").letter
    assert (broken.state, broken.pages) == ("waiting", 0)
    fails("ACCESS-403", casework.take_letter, actor=desk.employee, filename="a.pdf",
          media_type="application/pdf", data=printed("x"))  # fmt: skip


def test_a_full_case_keeps_the_letter_waiting_with_its_reason(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commonweal.kernel.casework.actions.attaching.MOST_FILES", 0)
    case = desk.case()
    letter = take(desk, printed(casework.cover(desk.agent, case).text)).letter
    assert letter.state == "waiting"
    assert "files at most" in letter.sentence
    assert not case.interactions.filter(channel="letter").exists()


def test_erasing_a_case_empties_the_names_of_its_letters(desk: Desk) -> None:
    case = desk.case()
    letter = take(desk, printed(casework.cover(desk.agent, case).text), "Ana Ruiz.pdf").letter
    casework.move_case(actor=desk.agent, case_id=case.pk, state="resolved", resolution="Done it.")
    casework.move_case(actor=desk.agent, case_id=case.pk, state="closed")
    casework.erase_case(actor=desk.owner, case_id=case.pk, reason="They asked us to erase it")
    letter.refresh_from_db()
    assert letter.name == "–"
