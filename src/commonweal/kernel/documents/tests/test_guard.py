"""Files that strangers send: what they are, what may be done with them, what they are called."""

from __future__ import annotations

import gzip
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.documents.guard import SENTENCES
from commonweal.kernel.documents.names import LONGEST
from commonweal.kernel.documents.public import Inspection, inspect, safe_name
from commonweal.kernel.documents.tests import hostile as made
from commonweal.kernel.documents.unpacking import LIMITS, Limits

GOOD = {
    "letter.txt": (b"The street lamp is dark.\n", "text", "text/plain"),
    "list.csv": ("name,amount\nZoë,12\n".encode(), "text", "text/csv"),
    "old.txt": ("Straße".encode("latin-1"), "text", "text/plain"),
    "page.log": (b"x" * 3000 + b"<script>", "text", "text/plain"),
    "photo.jpg": (made.picture(), "picture", "image/jpeg"),
    "PHOTO.JPEG": (made.photo(), "picture", "image/jpeg"),
    "map.png": (made.picture("PNG"), "picture", "image/png"),
    "map.webp": (made.picture("WEBP"), "picture", "image/webp"),
    "smile.gif": (made.picture("GIF"), "picture", "image/gif"),
    "form.pdf": (made.pdf(), "pdf", "application/pdf"),
    "packed.pdf": (made.pdf_packed(b"<< /Type /Page >>"), "pdf", "application/pdf"),
    "plan.docx": (made.office(), "office", "application/vnd.openxmlformats-officedocument"
                  ".wordprocessingml.document"),
    "sums.xlsx": (made.office(folder="xl"), "office", "application/vnd.openxmlformats-"
                  "officedocument.spreadsheetml.sheet"),
    "open.odt": (made.zipped(("mimetype", b"application/vnd.oasis.opendocument.text"),
                             ("content.xml", b"<a/>")),
                 "office", "application/vnd.oasis.opendocument.text"),
    "photos.zip": (made.zipped(("a/one.jpg", made.picture()), ("two.txt", b"hi")), "archive",
                   "application/zip"),
    "twice.zip": (made.nested(2), "archive", "application/zip"),
    "log.gz": (gzip.compress(b"one line\n" * 50), "archive", "application/gzip"),
    "forward.eml": (b"From: a@example.org\r\nSubject: Hi\r\n\r\nHello", "mail", "message/rfc822"),
    "voice.mp3": (b"ID3\x04\x00" + bytes(50), "other", "audio/mpeg"),
    "rich.rtf": (b"{\\rtf1 hello}", "office", "application/rtf"),
}  # fmt: skip


def look(name: str, data: bytes, declared: str = "") -> Inspection:
    return inspect(name, declared, data)


@pytest.mark.parametrize("name", GOOD)
def test_what_people_send_with_reason_is_taken(name: str) -> None:
    data, kind, media_type = GOOD[name]
    found = look(name, data)
    assert (found.verdict, found.code, found.sentence) == ("ok", "", "")
    assert (found.kind, found.media_type, found.safe_name) == (kind, media_type, name)
    assert found.scanned == "no"


HELD = {
    "page": ("a.html", made.HTML, "213|214"),
    "page called a picture": ("photo.jpg", made.HTML, "213"),
    "page after a comment": ("note.txt", b"<!-- hi -->\n <HTML><body>", "213"),
    "page in UTF-16": ("note.txt", made.HTML.decode().encode("utf-16"), "213"),
    "page after some text": ("note.txt", b"hello\n<script src=x>", "213"),
    "drawing": ("logo.svg", made.SVG, "213|214"),
    "drawing called a picture": (
        "logo.png", b"\xef\xbb\xbf<?xml version='1.0'?>\n" + made.SVG, "213"),
    "drawing behind entities": ("x.txt", b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>&a;</svg>", "213"),
    "program": ("setup", b"MZ\x90\x00" + bytes(100), "213"),
    "program called a picture": ("photo.jpg", b"\x7fELF" + bytes(100), "213"),
    "script": ("fix", b"#!/bin/sh\nrm -rf ~\n", "213"),
    "script by its name": ("fix.ps1", b"Remove-Item *\n", "214"),
    "double ending": ("bill.pdf.exe", made.pdf(), "214"),
    "double ending, other way": ("photo.php.jpg", made.picture(), "214"),
    "macros by its name": ("plan.docm", made.office(), "214"),
    "name that turns round": ("photo\u202egpj.exe", b"MZ", "215"),
    "name that turns round, harmless ending": ("photo\u202efdp.jpg", made.picture(), "215"),
    "unknown": ("data.bin", bytes(range(256)), "216"),
    "archive called a picture": ("photo.jpg", made.zipped(("a.txt", b"a")), "217"),
    "archive called a letter": ("letter.docx", made.zipped(("a.txt", b"a")), "217"),
    "PDF called text": ("a.txt", made.pdf(), "217"),
    "picture and archive": (
        "photo.gif", made.picture("GIF") + made.zipped(("X.class", b"\xca\xfe")), "218"),
    "PDF and archive": ("a.pdf", made.pdf() + made.zipped(("a.txt", b"a")), "218"),
    "PDF behind something": ("a.pdf", b"GIF-ish text\n" + made.pdf(), "218"),
    "sound and archive": ("a.mp3", b"ID3" + made.zipped(("a.txt", b"a")), "218"),
    "zip bomb": ("a.zip", made.zipped(("zeros.txt", b"0" * (20 * 1024 * 1024))), "221"),
    "gzip bomb": ("a.gz", gzip.compress(bytes(20 * 1024 * 1024)), "221"),
    "bomb in a document": ("a.docx", made.office(("word/x.xml", b" " * (20 * 1024 * 1024))), "221"),
    "zip that lies": ("a.zip", made.lying_zip(), "221|226"),
    "zip in zip in zip in zip": ("a.zip", made.nested(3), "222"),
    "many entries": ("a.zip", made.zipped(*((f"{n}.txt", b"") for n in range(2001))), "223"),
    "locked": ("a.zip", made.locked_zip(), "224"),
    "7z": ("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(50), "225"),
    "rar": ("a.rar", b"Rar!\x1a\x07\x00" + bytes(50), "225"),
    "broken zip": ("a.zip", made.zipped(("a.txt", b"a"))[:-10], "226"),
    "broken gzip": ("a.gz", gzip.compress(b"hello" * 100)[:20], "226"),
    "program in a zip": ("a.zip", made.zipped(("run.exe", b"MZ")), "227"),
    "program under a good name": ("a.zip", made.zipped(("photo.jpg", b"MZ\x90\x00")), "227"),
    "page in a gzip": ("a.gz", gzip.compress(made.HTML), "227"),
    "Java archive": ("a.zip", made.zipped(("META-INF/MANIFEST.MF", b"a: b")), "227"),
    "way out": ("a.zip", made.zipped(("../../etc/cron.d/x", b"*")), "228"),
    "way out, Windows": ("a.zip", made.zipped(("..\\..\\x.txt", b"*")), "228"),
    "link out": ("a.tgz", made.linked_tar(), "228"),
    "macros": ("a.docx", made.office(("word/vbaProject.bin", b"x")), "229"),
    "template from elsewhere": ("a.docx", made.office(("word/_rels/settings.xml.rels",
        b'<Relationships><Relationship Type="http://x/attachedTemplate" Target="http://evil.example"'
        b' TargetMode="External"/></Relationships>')), "229"),
    "macros in ODF": ("a.odt", made.zipped(
        ("mimetype", b"application/vnd.oasis.opendocument.text"),
        ("Basic/Standard/x.xml", b"")), "229"),
    "old macros": (
        "a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le"), "229"),
    "object in RTF": ("a.rtf", b"{\\rtf1{\\object\\objdata 0105}}", "229"),
    "script in a PDF": (
        "a.pdf", made.pdf(b"/OpenAction << /S /JavaScript /JS (app.alert) >>"), "230"),
    "script spelt in hexadecimal": ("a.pdf", made.pdf(b"/S /J#61vaScript"), "230"),
    "script in a packed stream": ("a.pdf", made.pdf_packed(b"<< /S /JavaScript >>"), "230"),
    "file in a PDF": ("a.pdf", made.pdf(b"/Names << /EmbeddedFiles 3 0 R >>"), "230"),
    "PDF packed otherwise": (
        "a.pdf", made.pdf_packed(b"<< >>").replace(b"\x78\x9c", b"\x00\x00"), "231"),
    "locked PDF": (
        "a.pdf", made.pdf_packed(b"<< /A 1 >>", extra=b"trailer << /Encrypt 3 0 R >>"), "231"),
}  # fmt: skip


@pytest.mark.parametrize("case", HELD)
def test_what_may_do_harm_is_held_back(case: str) -> None:
    name, data, codes = HELD[case]
    found = look(name, data)
    assert found.verdict == "quarantine"
    assert found.code.removeprefix("DOCUMENTS-") in codes.split("|"), found
    assert found.sentence == SENTENCES[found.code]


def test_every_finding_but_the_scanners_and_sizes_has_a_file_here() -> None:
    tried = {code for _name, _data, codes in HELD.values() for code in codes.split("|")}
    elsewhere = {"211", "212", "219", "220"}
    assert {code.removeprefix("DOCUMENTS-") for code in SENTENCES} == tried | elsewhere


def test_nothing_and_too_much_are_refused(settings: Any) -> None:
    assert (look("a.txt", b"").verdict, look("a.txt", b"").code) == ("refuse", "DOCUMENTS-211")
    settings.UPLOAD_LIMIT = 10
    assert look("a.txt", b"0123456789").verdict == "ok"
    found = look("a.txt", b"0123456789a")
    assert (found.verdict, found.code) == ("refuse", "DOCUMENTS-212")


@pytest.mark.parametrize("declared", ["text/html", "application/pdf", "image/svg+xml", ""])
def test_a_picture_stays_one_whatever_is_said_of_it(declared: str) -> None:
    found = look("scan.pdf", made.picture("PNG"), declared)
    assert (found.verdict, found.media_type) == ("ok", "image/png")
    assert found.safe_name == "scan.png"


def test_a_declared_picture_that_is_a_pdf_is_held_back() -> None:
    assert look("scan", made.pdf(), "image/png").code == "DOCUMENTS-217"
    assert look("scan", made.pdf(), "application/octet-stream").verdict == "ok"


def test_limits_count_over_all_levels_together() -> None:
    half = made.zipped(*((f"{n}.txt", b"") for n in range(6)))
    both = made.zipped(("one.zip", half), ("two.zip", half))
    assert inspect("a.zip", "", both, limits=Limits(entries=13)).code == "DOCUMENTS-223"
    assert inspect("a.zip", "", both, limits=Limits(entries=14)).verdict == "ok"


def test_a_bomb_costs_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The zeros are read in pieces, and reading stops soon after the limit."""
    from commonweal.kernel.documents import unpacking

    seen = 0
    took = unpacking.Budget.took

    def counted(self: Any, size: int) -> None:
        nonlocal seen
        seen += size
        took(self, size)

    monkeypatch.setattr(unpacking.Budget, "took", counted)
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    assert look("a.gz", bomb).code == "DOCUMENTS-221"
    assert seen <= max(LIMITS.small, LIMITS.ratio * len(bomb)) + unpacking.PIECE


NAMES = {
    "../../etc/passwd": "passwd",
    "C:\\Users\\me\\photo.jpg": "photo.jpg",
    "photo\u202egpj.exe": "photogpj.exe",
    "a\x00b\r\nc.txt": "ab c.txt",
    "  .hidden": "hidden",
    "-rf.txt": "rf.txt",
    "con.txt": "_con.txt",
    'a"b<c>d|e?.txt': "a_b_c_d_e_.txt",
    "Straße nach Süden.pdf": "Straße nach Süden.pdf",
    "写真.jpg": "写真.jpg",
    "zero\u200bwidth.txt": "zerowidth.txt",
    "": "file",
    "...": "file",
    "///": "file",
    "x" * 300 + ".jpeg": "x" * 115 + ".jpeg",
}


@pytest.mark.parametrize("given_name", NAMES)
def test_names_become_safe_and_stay_readable(given_name: str) -> None:
    assert safe_name(given_name) == NAMES[given_name]


@given(st.text(max_size=400), st.sampled_from(["", "jpg", "txt", "docx"]))
def test_any_name_becomes_a_safe_one(name: str, ending: str) -> None:
    safe = safe_name(name, ending)
    assert 0 < len(safe) <= LONGEST
    assert not set(safe) & set('/\\<>:"|?*\r\n\t')
    assert safe[0] not in ".- "
    assert all(unicodedata.category(letter)[0] != "C" for letter in safe)
    assert safe_name(safe, ending) == safe


@given(st.binary(max_size=2000), st.text(max_size=30), st.text(max_size=30))
def test_any_bytes_get_an_answer(data: bytes, name: str, declared: str) -> None:
    found = inspect(name, declared, data)
    assert (found.verdict == "ok") == (not found.code)


BEGINS = [
    b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\x00",
    b"%PDF-1.7 1 0 obj /ObjStm stream\n",
    b"\xff\xd8\xff", b"<svg ", b"{\\rtf", bytes(257) + b"ustar",
    made.zipped(("a.txt", b"a" * 100)), made.office(), made.linked_tar(),
]  # fmt: skip


@given(st.sampled_from(BEGINS), st.binary(max_size=300), st.integers(0, 400))
def test_broken_files_of_every_kind_get_an_answer(begin: bytes, rest: bytes, cut: int) -> None:
    found = inspect("file", "", (begin[:cut] + rest + begin[cut:]) or b"x")
    assert found.verdict in {"ok", "quarantine"}
