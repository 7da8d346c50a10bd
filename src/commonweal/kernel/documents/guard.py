"""What strangers send: each file is looked at before it is kept, and says what may be done with it.

- `ok`: keep it, hand it out as a download; a picture is shown after `picture.remade`.
- `quarantine`: keep it (nothing is lost), hand it out to nobody but whoever may release it.
- `refuse`: do not keep it; say why, so that the person can send another.

The bytes decide, never the name or the declared type. Formats that hold scripts (HTML, SVG) are
never shown, whatever they are called.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Literal

from django.conf import settings

from ..errors import CommonwealError
from .names import INSIDE, RUNS, endings, safe_name, tricks
from .scanning import Answer, Scan, scan
from .sniffing import ALLOWED_UNSEEN, UNKNOWN, Kind, Sniffed, sniff
from .unpacking import LIMITS, MACROS, Limits, looked_into, macros_in_old_office, pdf_trouble

Verdict = Literal["ok", "quarantine", "refuse"]
EMPTY, LARGE, ACTIVE, ENDING = "DOCUMENTS-211", "DOCUMENTS-212", "DOCUMENTS-213", "DOCUMENTS-214"
DIRECTION, KIND, MISMATCH, POLYGLOT = (
    "DOCUMENTS-215", "DOCUMENTS-216", "DOCUMENTS-217", "DOCUMENTS-218",
)  # fmt: skip
VIRUS, UNSCANNED = "DOCUMENTS-219", "DOCUMENTS-220"
SENTENCES = {
    "DOCUMENTS-211": "The file is empty. Look whether you chose the right one, then send it again.",
    "DOCUMENTS-212": "The file is too large. Send a smaller one, or parts of it.",
    "DOCUMENTS-213": "The file is a program, or a page that can hold one. It is held back.",
    "DOCUMENTS-214": "The file's name ends as a program's does. It is held back.",
    "DOCUMENTS-215": "The file's name hides how it ends. It is held back.",
    "DOCUMENTS-216": "We cannot tell what kind of file this is. It is held back.",
    "DOCUMENTS-217": "The file is not what its name says. It is held back.",
    "DOCUMENTS-218": "The file is two things at once. It is held back.",
    "DOCUMENTS-219": "The virus scanner found something in the file. It is held back.",
    "DOCUMENTS-220": "The virus scanner could not look at the file. It is held back until it can.",
    "DOCUMENTS-221": "The archive unpacks to far more than it should. It is held back.",
    "DOCUMENTS-222": "The archive holds archives inside archives. It is held back.",
    "DOCUMENTS-223": "The archive holds too many files. It is held back.",
    "DOCUMENTS-224": "The archive is locked, so it cannot be checked. It is held back.",
    "DOCUMENTS-225": "We cannot look into archives of this kind. It is held back.",
    "DOCUMENTS-226": "The archive is damaged, so it cannot be checked. It is held back.",
    "DOCUMENTS-227": "The archive holds a program, or a page that can hold one. It is held back.",
    "DOCUMENTS-228": "The archive holds a file that leads out of its own folder. It is held back.",
    "DOCUMENTS-229": "The document holds macros or embedded objects. It is held back.",
    "DOCUMENTS-230": "The PDF holds scripts, forms that send, or other files. It is held back.",
    "DOCUMENTS-231": "The PDF is locked, so it cannot be checked. It is held back.",
}  # fmt: skip
"""What a person reads about each finding; pages say it with `words.told`."""


class GuardError(CommonwealError):
    """A file that strangers sent cannot be used as asked."""


@dataclass(frozen=True)
class Inspection:
    """What a file is and what may be done with it; `sentence` is empty where nothing is wrong.

    `scanned` is `no` where no scanner is set up; `scanner_says` names what it found.
    """

    kind: Kind
    media_type: str
    safe_name: str
    verdict: Verdict
    code: str = ""
    sentence: str = ""
    scanned: Answer = "no"
    scanner_says: str = ""


def inspect(
    filename: str, declared_type: str, data: bytes, *, limits: Limits = LIMITS
) -> Inspection:
    """Look at a file: its size, name, bytes, insides, and what the virus scanner says."""
    ends = endings(filename)
    last = ends[-1] if ends else ""
    if not data or len(data) > settings.UPLOAD_LIMIT:
        code = LARGE if data else EMPTY
        return _said(UNKNOWN, filename, "refuse", code, Scan("no"))
    found = sniff(data, last)
    found, trouble = _content(data, found, limits)
    code = _name(filename, ends) or trouble or _mismatch(found, last, declared_type)
    asked = scan(data)
    if asked.answer in {"found", "error"}:
        # What the scanner found weighs more than any other reason to hold the file back.
        code = VIRUS if asked.answer == "found" else code or UNSCANNED
    return _said(found, filename, "quarantine" if code else "ok", code, asked)


def _said(found: Sniffed, filename: str, verdict: Verdict, code: str, asked: Scan) -> Inspection:
    name = safe_name(filename, found.ending if verdict == "ok" else "")
    return Inspection(
        kind=found.kind,
        media_type=found.media_type,
        safe_name=name,
        verdict=verdict,
        code=code,
        sentence=SENTENCES[code] if code else "",
        scanned=asked.answer,
        scanner_says=asked.says,
    )


def _name(filename: str, ends: list[str]) -> str:
    """What is wrong with a name: its ending runs, a hidden one does, or it tricks the eye."""
    if tricks(filename):
        return DIRECTION
    if ends and (ends[-1] in RUNS or INSIDE & set(ends[:-1])):
        return ENDING
    return ""


def _content(data: bytes, found: Sniffed, limits: Limits) -> tuple[Sniffed, str]:
    """What the bytes are exactly, and the code of what is wrong with them."""
    if found.active:
        return found, ACTIVE
    if found.kind == "archive":
        return looked_into(data, found, limits)
    if found.kind == "pdf":
        if not data.startswith(b"%PDF-") or _zip_at_end(data):
            return found, POLYGLOT
        return found, pdf_trouble(data)
    if found.kind == "office":
        return found, MACROS if macros_in_old_office(data) else ""
    if found.kind == "picture":
        return found, POLYGLOT if _zip_at_end(data) or b"%PDF-" in data[:1024] else ""
    if found.kind == "other" and found.media_type not in ALLOWED_UNSEEN:
        return found, KIND
    if found.kind == "other" and _zip_at_end(data):
        return found, POLYGLOT
    return found, ""


def _zip_at_end(data: bytes) -> bool:
    """Whether the file is a zip as well, which unpackers read from its end (GIFAR)."""
    return zipfile.is_zipfile(io.BytesIO(data))


_FAMILIES: tuple[tuple[str, set[Kind]], ...] = (
    ("jpg jpeg jpe jfif png gif webp", {"picture"}),
    ("heic heif tif tiff bmp", {"picture", "other"}),
    ("mp3 mp4 m4a m4v mov ogg oga opus wav", {"other"}),
    ("pdf", {"pdf"}),
    ("zip gz tgz tar bz2 xz 7z rar", {"archive"}),
    ("doc xls ppt docx xlsx pptx odt ods odp odg rtf msg", {"office"}),
    ("txt csv tsv log md json ics vcf", {"text"}),
    ("eml", {"mail", "text"}),
)
FAMILIES = {ending: kinds for line, kinds in _FAMILIES for ending in line.split()}
"""What a name promises by its ending."""
HARMLESS: set[Kind] = {"picture", "text"}
"""Kinds that are safe under any name: their own type wins over the name."""
DECLARED: dict[str, set[Kind]] = {
    "image/": {"picture", "other"},
    "application/pdf": {"pdf"},
    "message/rfc822": {"mail", "text"},
}


def _mismatch(found: Sniffed, last: str, declared: str) -> str:
    """Where name or declared type promise another kind: harmless kinds keep their own type."""
    if found.kind in HARMLESS:
        return ""
    if found.kind not in FAMILIES.get(last, {found.kind}):
        return MISMATCH
    said = declared.partition(";")[0].strip().lower()
    for begin, kinds in DECLARED.items():
        if said.startswith(begin) and found.kind not in kinds:
            return MISMATCH
    return ""
