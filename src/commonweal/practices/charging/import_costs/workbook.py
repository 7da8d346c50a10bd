"""How large a workbook is inside, read as a stream, before anything holds it in memory.

A single stray cell at the sheet's far corner makes a dense table of 17 thousand million cells.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO
from xml.parsers import expat

from ..domain.costs import CostError

MAX_COLUMNS = 512
MAX_AREA = 5_000_000
MAX_INFLATED = 512 * 1024 * 1024
_CHUNK = 1024 * 1024
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})\Z")
_MARKS = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def require_bounded(data: bytes) -> None:
    """Refuse a workbook that unpacks to too much, or whose used area is too large (COSTS-116)."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            left = MAX_INFLATED
            for info in packed.infolist():
                left = _read_member(packed, info, left)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError,
            expat.ExpatError) as broken:  # fmt: skip
        raise CostError(
            "COSTS-101",
            "The workbook cannot be opened. Open it in your office program, save it again.",
        ) from broken


def _read_member(packed: zipfile.ZipFile, info: zipfile.ZipInfo, left: int) -> int:
    """Read one member through, as text of a sheet if it is XML; gives what may still unpack."""
    area: _Area | None = None
    with packed.open(info) as stream:
        for number, chunk in enumerate(_chunks(stream)):
            left -= len(chunk)
            if left < 0:
                raise CostError(
                    "COSTS-116",
                    "The workbook unpacks to more than 512 MB. Split it by month, or save it as "
                    "CSV.",
                )
            if number == 0 and chunk.lstrip().startswith(_MARKS):
                area = _Area()
            if area is not None:
                area.parser.Parse(chunk, False)
    if area is not None:
        area.parser.Parse(b"", True)
    return left


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    found = 0
    for letter in letters:
        found = found * 26 + ord(letter) - 64
    return found


def column_letters(number: int) -> str:
    """A for 1, AA for 27."""
    found = ""
    while number:
        number, place = divmod(number - 1, 26)
        found = chr(65 + place) + found
    return found


class _Area:
    """The used area of one sheet, from A1 to its last row and column."""

    def __init__(self) -> None:
        self.row = self.column = self.rows = self.columns = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _doctype(self, *_: object) -> None:
        raise expat.ExpatError("a workbook holds no document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "row":
            given = attributes.get("r", "")
            self.row = int(given) if given.isdigit() else self.row + 1
            self.column = 0
        elif local == "c":
            self._cell(attributes.get("r", ""))

    def _cell(self, reference: str) -> None:
        found = _REFERENCE.match(reference)
        if found:
            self.column, self.row = column_number(found[1]), int(found[2])
        else:
            self.column += 1
        if self.column <= self.columns and self.row <= self.rows:
            return
        self.columns, self.rows = max(self.columns, self.column), max(self.rows, self.row)
        if self.columns > MAX_COLUMNS or self.columns * self.rows > MAX_AREA:
            raise CostError(
                "COSTS-116",
                f"A sheet is used as far as cell {column_letters(self.column)}{self.row}, "
                f"{self.columns} columns by {self.rows} rows. Delete the rows and columns beyond "
                "your data, also those that look empty, and save it again; or save it as CSV.",
            )
