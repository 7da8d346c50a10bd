"""What a file is by its own bytes. Pure; never believes a name or a declared type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["picture", "pdf", "text", "office", "archive", "mail", "other"]


@dataclass(frozen=True)
class Sniffed:
    """A kind, a media type, the ending that goes with it; `active`: it may run or hold scripts."""

    kind: Kind
    media_type: str
    ending: str
    active: bool = False


UNKNOWN = Sniffed("other", "application/octet-stream", "")
PROGRAM = Sniffed("other", "application/x-executable", "", active=True)
PAGE = Sniffed("other", "text/html", "html", active=True)
DRAWING = Sniffed("other", "image/svg+xml", "svg", active=True)
SCRIPT = Sniffed("other", "text/x-script", "", active=True)
OLE = Sniffed("office", "application/x-ole-storage", "")
ZIP = Sniffed("archive", "application/zip", "zip")
PDF = Sniffed("pdf", "application/pdf", "pdf")
MAIL = Sniffed("mail", "message/rfc822", "eml")
TEXT = Sniffed("text", "text/plain", "txt")
RTF = Sniffed("office", "application/rtf", "rtf")
MAGIC: tuple[tuple[bytes, Sniffed], ...] = (
    (b"\xff\xd8\xff", Sniffed("picture", "image/jpeg", "jpg")),
    (b"\x89PNG\r\n\x1a\n", Sniffed("picture", "image/png", "png")),
    (b"GIF87a", Sniffed("picture", "image/gif", "gif")),
    (b"GIF89a", Sniffed("picture", "image/gif", "gif")),
    (b"II*\x00", Sniffed("other", "image/tiff", "tiff")),
    (b"MM\x00*", Sniffed("other", "image/tiff", "tiff")),
    (b"%PDF-", PDF),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"PK\x07\x08", ZIP),
    (b"\x1f\x8b", Sniffed("archive", "application/gzip", "gz")),
    (b"BZh", Sniffed("archive", "application/x-bzip2", "bz2")),
    (b"\xfd7zXZ\x00", Sniffed("archive", "application/x-xz", "xz")),
    (b"7z\xbc\xaf\x27\x1c", Sniffed("archive", "application/x-7z-compressed", "7z")),
    (b"Rar!\x1a\x07", Sniffed("archive", "application/vnd.rar", "rar")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"{\\rtf", RTF),
    (b"ID3", Sniffed("other", "audio/mpeg", "mp3")),
    (b"\xff\xfb", Sniffed("other", "audio/mpeg", "mp3")),
    (b"OggS", Sniffed("other", "audio/ogg", "ogg")),
    (b"MZ", PROGRAM),
    (b"\x7fELF", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"\xce\xfa\xed\xfe", PROGRAM),
    (b"\xfe\xed\xfa\xce", PROGRAM),
    (b"\xfe\xed\xfa\xcf", PROGRAM),
    (b"\x00asm", PROGRAM),
    (b"dex\n", PROGRAM),
    (b"MSCF", PROGRAM),
    (b"ITSF", PROGRAM),
    (b"L\x00\x00\x00\x01\x14\x02\x00", PROGRAM),
    (b"#!", SCRIPT),
    (b"<?php", SCRIPT),
)
ALLOWED_UNSEEN = {"image/heic", "image/tiff", "audio/mpeg", "audio/ogg", "audio/wav", "video/mp4"}
"""Of kind `other`, what people send with reason: kept, handed out as a download only."""
_FIRST = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*|<\?xml[^>]*\?>\s*)*", re.DOTALL)
_MARKUP = re.compile(
    rb"<\s*(?:!doctype\s+html|html|head|body|script|iframe|object|embed|svg:?|meta|form|img|a\s"
    rb"|link|style|base|xsl:|\w+:script|\w+:svg)",
    re.IGNORECASE,
)
_LATER = re.compile(rb"<\s*(?:script|html|iframe)[\s>]", re.IGNORECASE)
_ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_HEADERS = re.compile(
    rb"^(?:Return-Path|Received|Delivered-To|From|Date|Subject|To|Message-ID|MIME-Version"
    rb"|X-[\w-]+|Content-Type):[ \t]",
    re.IGNORECASE,
)
_STRUCTURED = {
    "csv": "text/csv", "tsv": "text/tab-separated-values", "json": "application/json",
    "geojson": "application/geo+json", "ics": "text/calendar", "vcf": "text/vcard",
    "md": "text/markdown",
}  # fmt: skip


def sniff(data: bytes, ending: str = "") -> Sniffed:
    """What the bytes are. `ending` only tells kinds of plain text apart (CSV, JSON …)."""
    for magic, found in MAGIC:
        if data.startswith(magic):
            return found
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Sniffed("picture", "image/webp", "webp")
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return Sniffed("other", "audio/wav", "wav")
    if data[4:8] == b"ftyp":
        return _boxes(data[8:12])
    if data[257:262] == b"ustar":
        return Sniffed("archive", "application/x-tar", "tar")
    text = as_text(data)
    if text is None:
        return PDF if b"%PDF-" in data[:1024] else UNKNOWN
    return _text(text, ending)


def _boxes(brand: bytes) -> Sniffed:
    if brand in {b"heic", b"heix", b"hevc", b"heif", b"mif1", b"msf1"}:
        return Sniffed("other", "image/heic", "heic")
    return Sniffed("other", "video/mp4", "mp4")


def as_text(data: bytes) -> bytes | None:
    """The text as UTF-8, or nothing where the bytes are no text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16").encode("utf-8", "ignore")
        except UnicodeDecodeError:
            return None
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        if _NOT_WINDOWS.search(data):
            return None
    return None if _CONTROL.search(data) else data


_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_NOT_WINDOWS = re.compile(rb"[\x7f\x81\x8d\x8f\x90\x9d]")
_LOOKED_AT = 2048
"""As far as a browser would look for markup (MIME Sniffing Standard: 1445 bytes)."""


def _text(text: bytes, ending: str) -> Sniffed:
    head = _FIRST.sub(b"", text[:65536], count=1)
    if _HEADERS.match(text) and ending not in _STRUCTURED:
        return MAIL
    if re.match(rb"<\s*(?:\w+:)?svg", head, re.IGNORECASE) or (
        head[:1] == b"<" and re.search(rb"<\s*(?:\w+:)?svg[\s>]", head, re.IGNORECASE)
    ):
        return DRAWING
    if _MARKUP.match(head) or _LATER.search(text[:_LOOKED_AT]):
        return PAGE
    if head[:1] == b"<" and (_MARKUP.search(text) or _ENTITIES.search(text)):
        return PAGE
    if b"%PDF-" in text[:1024]:
        return PDF
    return Sniffed("text", _STRUCTURED.get(ending, "text/plain"), "txt")
