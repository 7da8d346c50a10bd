"""The independent sum of a source file: other parsers, other arithmetic, no mapping (design law 3).

The first path reads with the csv module or calamine and Decimal; this one splits the raw text by a
regular expression or reads the workbook with openpyxl, and adds whole minor units.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Context, Decimal
from typing import Any

from ..domain.costs import MAX_MINOR
from .files import FileOptions

_EXCEL_DIGITS = Context(prec=15)
_SAME = {
    "\N{NO-BREAK SPACE}": " ",
    "\N{NARROW NO-BREAK SPACE}": " ",
    "’": "'",
    "\N{MINUS SIGN}": "-",
    "$": "£",
    "€": "£",
}


@dataclass(frozen=True)
class ControlSum:
    """Rows that are not blank, those with a readable amount, and the sum in minor units."""

    rows: int
    readable: int
    minor: int


def control_sum(
    data: bytes, kind: str, options: FileOptions, place: int, decimal: str, exponent: int
) -> ControlSum:
    """Add up one column (`place`: from 0) of a file from its bytes."""
    grid = _workbook(data, options) if kind == "xlsx" else _split(data, options)
    rows, readable, total = 0, 0, 0
    for number, cells in enumerate(grid, start=1):
        if number <= options.header_row or not "".join(cells).strip():
            continue
        rows += 1
        minor = minor_units(cells[place] if place < len(cells) else "", decimal, exponent)
        if minor is not None:
            readable += 1
            total += minor
    return ControlSum(rows, readable, total)


def _split(data: bytes, options: FileOptions) -> Iterator[Sequence[str]]:
    encoding = "utf-8-sig" if options.encoding == "utf-8" else options.encoding
    text = data.decode(encoding)
    mark = re.escape(options.delimiter)
    cell = re.compile(rf'(?:"((?:[^"]|"")*)"|([^{mark}\r\n]*))({mark}|\r\n|\r|\n|\Z)')
    cells: list[str] = []
    at = 0
    while at < len(text) or cells:
        match = cell.match(text, at)
        assert match is not None, "a bare cell matches any text"
        quoted, bare, end = match.groups()
        cells.append(quoted.replace('""', '"') if quoted is not None else bare)
        at = match.end()
        if end != options.delimiter:
            yield cells
            cells = []


def _workbook(data: bytes, options: FileOptions) -> Iterator[Sequence[str]]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    sheet = book[options.sheet]
    sheet.reset_dimensions()  # what the file says of its own size may be wrong
    for row in sheet.iter_rows(values_only=True):
        yield [_text(cell) for cell in row]


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date | datetime | time | bool):
        return cell.isoformat() if not isinstance(cell, bool) else str(cell).upper()
    if isinstance(cell, int | float):
        return format(_EXCEL_DIGITS.create_decimal(Decimal(cell)), "f")
    return str(cell)


def minor_units(text: str, decimal: str, exponent: int) -> int | None:
    """Whole minor units of an amount's text by digits alone; None if it is not one."""
    kept, negative = _unsigned("".join(_SAME.get(char, char) for char in text).strip())
    whole, _, part = kept.partition(decimal)
    groups = [whole]
    for mark in ("," if decimal == "." else ".", " ", "'"):
        if mark in whole:
            groups = whole.split(mark)
            break
    if len(groups) > 1 and (
        not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:])
    ):
        return None
    digits = "".join(groups)
    figures = digits + part
    if not (figures.isascii() and figures.isdigit()) or part[exponent:].strip("0"):
        return None
    units = int((digits or "0") + part[:exponent].ljust(exponent, "0"))
    if units >= MAX_MINOR:
        return None
    return -units if negative else units


def _unsigned(kept: str) -> tuple[str, bool]:
    """The text without brackets, sign and currency, and whether it was negative."""
    if kept[:1] == "(" and kept[-1:] == ")":
        return kept[1:-1].strip().removeprefix("£").strip(), True
    if kept[-1:] == "-":
        return kept[:-1].strip().removeprefix("£").strip(), True
    sign = ""
    for _ in range(2):
        if not sign and kept[:1] in {"-", "+"}:
            sign, kept = kept[0], kept[1:].strip()
        kept = kept.removeprefix("£").strip()
    return kept, sign == "-"
