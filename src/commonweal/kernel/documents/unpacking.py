"""Looking into archives and PDFs without trusting what they say of themselves. Pure.

Nothing is written: entries are read in pieces and counted, and reading stops at a limit, so a bomb
costs at most `Limits.unpacked` bytes of work. Each finding is a code of `guard.SENTENCES`.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from .names import INSIDE, RUNS, endings
from .sniffing import Sniffed, sniff

PIECE = 65536
BOMB, DEEP, MANY, LOCKED = "DOCUMENTS-221", "DOCUMENTS-222", "DOCUMENTS-223", "DOCUMENTS-224"
UNSEEN, BROKEN, INSIDE_RUNS = "DOCUMENTS-225", "DOCUMENTS-226", "DOCUMENTS-227"
OUTSIDE, MACROS, PDF_RUNS, PDF_LOCKED = (
    "DOCUMENTS-228", "DOCUMENTS-229", "DOCUMENTS-230", "DOCUMENTS-231",
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """How far an archive may go: bytes unpacked, times larger than packed, entries, levels."""

    unpacked: int = 200 * 1024 * 1024
    ratio: int = 100
    entries: int = 2000
    depth: int = 2
    small: int = 1024 * 1024
    """Below this many unpacked bytes the ratio does not matter: blank pages pack very well."""


LIMITS = Limits()
_OFFICE = {
    "word/": Sniffed(
        "office", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"
    ),
    "xl/": Sniffed(
        "office", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"
    ),
    "ppt/": Sniffed(
        "office",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "pptx",
    ),
}
_OPEN = {"text": "odt", "spreadsheet": "ods", "presentation": "odp", "graphics": "odg"}
_MACRO_PARTS = re.compile(
    r"(vbaproject\.bin|vbadata\.xml|/activex/|/macrosheets/|oleobject\d*\.bin|^basic/|^scripts/"
    r"|attachedtoolbars\.bin|customui/.*onload)",
    re.IGNORECASE,
)
_MACRO_WORDS = tuple(
    word.encode("utf-16-le") for word in ("_VBA_PROJECT", "VBA", "Macros", "_VBA_PROJECT_CUR")
)
_TAR_MODES = {"application/gzip", "application/x-bzip2", "application/x-xz"}


class Stop(Exception):
    """Reading came to a limit; `args[0]` is the code."""


@dataclass
class Budget:
    """What is left of the limits over all levels of an archive together."""

    limits: Limits
    packed: int
    unpacked: int = 0
    entries: int = 0

    def took(self, size: int) -> None:
        """Count unpacked bytes; stop at a bomb."""
        self.unpacked += size
        limits = self.limits
        if self.unpacked > limits.unpacked or (
            self.unpacked > limits.small and self.unpacked > limits.ratio * max(self.packed, 1)
        ):
            raise Stop(BOMB)

    def entry(self) -> None:
        """Count one entry."""
        self.entries += 1
        if self.entries > self.limits.entries:
            raise Stop(MANY)


def looked_into(data: bytes, found: Sniffed, limits: Limits = LIMITS) -> tuple[Sniffed, str]:
    """What an archive is more exactly (an office file?), and the code of what is wrong, or ""."""
    if found.media_type == "application/zip":
        found = _office(data) or found
    try:
        _open(data, found, Budget(limits, len(data)), 0)
    except Stop as stop:
        return found, str(stop.args[0])
    except (
        zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, OSError, EOFError,
        ValueError, NotImplementedError, RuntimeError, KeyError, UnicodeError, MemoryError,
    ):  # fmt: skip
        return found, BROKEN
    return found, ""


def _office(data: bytes) -> Sniffed | None:
    """Which office file a zip is, if one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            names = opened.namelist()
            if "[Content_Types].xml" in names:
                for folder, found in _OFFICE.items():
                    if any(name.startswith(folder) for name in names):
                        return found
            if names and names[0] == "mimetype" and opened.infolist()[0].file_size < 200:
                said = opened.read(names[0]).decode("ascii", "replace")
                kind = said.rpartition(".")[2].split("-")[0]
                if said.startswith("application/vnd.oasis.opendocument.") and kind in _OPEN:
                    return Sniffed("office", said, _OPEN[kind])
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, zlib.error):
        return None
    return None


def _open(data: bytes, found: Sniffed, budget: Budget, depth: int) -> None:
    """Look through one level; raises Stop with the code of what is wrong."""
    if depth > budget.limits.depth:
        raise Stop(DEEP)
    if found.media_type == "application/zip" or found.ending in _ZIPPED:
        _zip(data, found, budget, depth)
    elif found.media_type == "application/x-tar":
        _tar(io.BytesIO(data), budget, depth)
    elif found.media_type in _TAR_MODES:
        _packed(data, found, budget, depth)
    else:
        raise Stop(UNSEEN)


_ZIPPED = {"docx", "xlsx", "pptx", *_OPEN.values()}


def _zip(data: bytes, found: Sniffed, budget: Budget, depth: int) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        entries = opened.infolist()
        if len(entries) > budget.limits.entries:
            raise Stop(MANY)
        if any(entry.flag_bits & 1 for entry in entries):
            raise Stop(LOCKED)
        said = sum(entry.file_size for entry in entries)
        Budget(budget.limits, budget.packed, budget.unpacked).took(said)
        if found.kind == "office" and any(_MACRO_PARTS.search(each.filename) for each in entries):
            raise Stop(MACROS)
        if any(each.filename == "META-INF/MANIFEST.MF" for each in entries) and (
            found.kind == "archive"
        ):
            raise Stop(INSIDE_RUNS)
        for entry in entries:
            budget.entry()
            _name(entry.filename, found)
            if entry.external_attr >> 28 == 0xA:
                raise Stop(OUTSIDE)
            if not entry.is_dir():
                with opened.open(entry) as stream:
                    _inner(stream, entry.filename, found, budget, depth)


def _tar(stream: IO[bytes], budget: Budget, depth: int) -> None:
    plain = Sniffed("archive", "application/x-tar", "tar")
    with tarfile.open(fileobj=stream, mode="r|") as opened:
        for entry in opened:
            budget.entry()
            _name(entry.name, plain)
            if entry.issym() or entry.islnk() or entry.isdev():
                raise Stop(OUTSIDE)
            inner = opened.extractfile(entry) if entry.isfile() else None
            if inner is not None:
                _inner(inner, entry.name, plain, budget, depth)


_UNPACKERS: dict[str, Callable[..., Any]] = {
    "gz": gzip.open,
    "bz2": bz2.open,
    "xz": lzma.open,
}


def _packed(data: bytes, found: Sniffed, budget: Budget, depth: int) -> None:
    """One packed stream: gzip, bzip2 or xz; a tar inside is the same level."""
    with _UNPACKERS[found.ending](io.BytesIO(data)) as stream:
        content = b"".join(_pieces(stream, budget))
    inner = sniff(content)
    if inner.media_type == "application/x-tar":
        _tar(io.BytesIO(content), Budget(budget.limits, budget.packed, 0, budget.entries), depth)
    elif inner.kind == "archive":
        _open(content, inner, budget, depth + 1)
    elif inner.active:
        raise Stop(INSIDE_RUNS)


def _pieces(stream: IO[bytes], budget: Budget) -> Iterator[bytes]:
    while piece := stream.read(PIECE):
        budget.took(len(piece))
        yield piece


def _name(name: str, outer: Sniffed) -> None:
    """Refuse names that lead out of the archive's folder, and, in archives, files that run."""
    plain = name.replace("\\", "/")
    if plain.startswith("/") or ".." in plain.split("/") or plain[1:2] == ":":
        raise Stop(OUTSIDE)
    ends = endings(plain)
    if outer.kind == "archive" and ends and (ends[-1] in RUNS or INSIDE & set(ends[:-1])):
        raise Stop(INSIDE_RUNS)


def _inner(stream: IO[bytes], name: str, outer: Sniffed, budget: Budget, depth: int) -> None:
    """Read one entry in pieces; an archive in it is looked into as well."""
    pieces = _pieces(stream, budget)
    first = next(pieces, b"")
    inner = sniff(first, (endings(name) or [""])[-1])
    if inner.active and (outer.kind == "archive" or inner.media_type == "application/x-executable"):
        raise Stop(INSIDE_RUNS)
    if inner.kind == "archive":
        content = b"".join([first, *pieces])
        exact = _office(content) if inner.media_type == "application/zip" else None
        _open(content, exact or inner, budget, depth + 1)
        return
    rest = b"".join(pieces) if name.endswith(".rels") else b""
    for _piece in pieces:
        pass
    if _REMOTE.search(first + rest):
        raise Stop(MACROS)


_REMOTE = re.compile(
    rb"<Relationship\b(?=[^>]*(?:attachedTemplate|oleObject|frame))"
    rb"(?=[^>]*TargetMode\s*=\s*[\"']External)",
    re.IGNORECASE,
)
"""A template or object that an office program would fetch from elsewhere when it opens the file."""


def macros_in_old_office(data: bytes) -> bool:
    """Whether an office file of before 2007 (or RTF) holds macros or embedded objects.

    Names of a compound file's folders are UTF-16; RTF embeds objects by `\\objdata`.
    """
    if data.startswith(b"{\\rtf"):
        return re.search(rb"\\obj(?:data|ocx|update)|\\ddeauto", data, re.IGNORECASE) is not None
    return any(word in data for word in _MACRO_WORDS)


_NAMES = re.compile(
    rb"/(?:JavaScript|JS|Launch|XFA|EmbeddedFiles?|RichMedia|SubmitForm|ImportData|GoToE)"
    rb"(?![A-Za-z0-9])"
)
_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
PDF_UNPACKED = 32 * 1024 * 1024


def pdf_trouble(data: bytes) -> str:
    """The code of what a PDF holds besides paper: scripts, programs, files, or what is locked.

    Names may be spelt in hexadecimal (`/J#61vaScript`, ISO 32000-1 §7.3.5), and objects may lie
    in packed streams, which are unpacked as far as `PDF_UNPACKED` allows; what cannot be is locked.
    """
    if _active_names(data):
        return PDF_RUNS
    left = PDF_UNPACKED
    packed_objects = False
    for begin in _STREAM.finditer(data):
        head = data[max(0, begin.start() - 512) : begin.start()]
        head = head[head.rfind(b"obj") + 3 :]
        if b"ObjStm" not in _HEX.sub(_letter, head):
            continue
        packed_objects = True
        if left <= 0:
            return BOMB
        unpacker = zlib.decompressobj()
        try:
            content = unpacker.decompress(data[begin.end() :], left)
        except zlib.error:
            return PDF_LOCKED
        left -= len(content)
        if unpacker.unconsumed_tail and left <= 0:
            return BOMB
        if _active_names(content):
            return PDF_RUNS
    return PDF_LOCKED if packed_objects and b"/Encrypt" in data else ""


def _active_names(data: bytes) -> bool:
    return _NAMES.search(_HEX.sub(_letter, data) if b"#" in data else data) is not None


def _letter(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)])
