"""CSV and XLSX files into rows of text. Nothing is interpreted here but encoding and cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from ..domain.costs import CostError
from .workbook import require_bounded

DELIMITERS = ",;\t|"
MAX_BYTES = 512 * 1024 * 1024
ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class FileOptions:
    """How the file is packed: its encoding, delimiter, sheet, and the row that holds the header."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int = 1


@dataclass(frozen=True)
class Table:
    """A file's header and its rows, numbered as a spreadsheet numbers them; blank rows left out."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    options: FileOptions
    kind: str

    @property
    def sample(self) -> list[tuple[str, ...]]:
        """The cells of every row."""
        return [cells for _, cells in self.rows]


def read_table(filename: str, data: bytes, options: FileOptions) -> Table:
    """A file's rows as text (CostError COSTS-101 to 107, 112)."""
    kind = file_kind(filename, data)
    if kind == "xlsx":
        sheet, grid = _sheet(data, options.sheet)
        found = FileOptions(sheet=sheet, header_row=options.header_row)
    else:
        text, encoding = decode(data, options.encoding)
        delimiter = options.delimiter or find_delimiter(text, options.header_row)
        grid = _csv_grid(text, delimiter)
        found = FileOptions(encoding, delimiter, "", options.header_row)
    return _table(grid, found, kind)


def _table(grid: Iterator[list[str]], options: FileOptions, kind: str) -> Table:
    header: tuple[str, ...] = ()
    rows = []
    for number, cells in enumerate(grid, start=1):
        if number < options.header_row or not any(cell.strip() for cell in cells):
            continue
        if number == options.header_row:
            header = tuple(cell.strip() for cell in cells)
        else:
            rows.append((number, tuple(cells)))
    if len([name for name in header if name]) < 2:
        raise CostError(
            "COSTS-104",
            f"Row {options.header_row} holds no header. Say which row holds the column names.",
            field="header_row",
        )
    while header and not header[-1] and kind == "xlsx":
        header = header[:-1]
    if kind == "xlsx":
        rows = [(number, _cut(cells, len(header))) for number, cells in rows]
    if not rows:
        raise CostError("COSTS-107", "The file has a header but no rows. Export it again.")
    return Table(header, tuple(rows), options, kind)


def _cut(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    """A sheet's row without the empty cells beyond the header."""
    while len(cells) > width and not cells[-1]:
        cells = cells[:-1]
    return cells


def file_kind(filename: str, data: bytes) -> str:
    """`csv` or `xlsx`, by name and content (COSTS-101)."""
    suffix = PurePath(filename).suffix.lower()
    if not data:
        raise CostError("COSTS-101", f"{filename} is empty. Export it again.")
    if len(data) > MAX_BYTES:
        raise CostError("COSTS-101", f"{filename} is larger than 512 MB. Split it by month.")
    if suffix == ".xlsx" and data.startswith(ZIP):
        return "xlsx"
    if suffix in {".csv", ".txt", ".tsv"} and not data.startswith((ZIP, b"%PDF", b"\xd0\xcf\x11")):
        return "csv"
    raise CostError(
        "COSTS-101",
        f"{filename} is not a CSV or XLSX file inside, or not named so. Save it as one of them.",
    )


def decode(data: bytes, encoding: str) -> tuple[str, str]:
    """The text and its encoding: UTF-8, with or without a mark, unless said otherwise."""
    chosen = encoding or "utf-8-sig"
    try:
        text = data.decode(chosen)
    except LookupError as unknown:
        raise CostError(
            "COSTS-102",
            f"“{encoding}” is no encoding. Use utf-8, cp1252 or utf-16.",
            field="encoding",
        ) from unknown
    except UnicodeError as wrong:
        at = getattr(wrong, "start", 0)
        row = data.count(b"\n", 0, at) + 1
        likely = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "cp1252"
        raise CostError(
            "COSTS-102",
            f"Row {row} is not text in {encoding or 'UTF-8'}. If the file comes from a Windows "
            f"program, its encoding is probably {likely}: say so.",
            field="encoding",
        ) from wrong
    if "\0" in text:
        raise CostError(
            "COSTS-102",
            "The file holds zero bytes. Say that its encoding is utf-16, or save it as CSV.",
            field="encoding",
        )
    return text, encoding or "utf-8"


def find_delimiter(text: str, header_row: int) -> str:
    """The mark that splits the header into most columns (COSTS-103 if two do equally)."""
    lines = text.splitlines()
    line = lines[header_row - 1] if len(lines) >= header_row else ""
    counts = {mark: len(next(csv.reader([line], delimiter=mark), [])) for mark in DELIMITERS}
    best = [mark for mark, count in counts.items() if count == max(counts.values())]
    if len(best) > 1 and max(counts.values()) > 1:
        raise CostError(
            "COSTS-103",
            "The columns can be split in two ways. Say which mark stands between them.",
            field="delimiter",
        )
    return best[0]


def _csv_grid(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row = 0
    try:
        for cells in reader:
            row += 1
            yield cells
    except csv.Error as broken:
        raise CostError(
            "COSTS-103",
            f"Row {row + 1}: a quotation mark is not closed or stands in the wrong place. "
            "Write it twice inside quotes.",
        ) from broken


def _sheet(data: bytes, name: str) -> tuple[str, Iterator[list[str]]]:
    from python_calamine import CalamineWorkbook

    require_bounded(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = list(book.sheet_names)
    except Exception as broken:
        raise CostError(
            "COSTS-101",
            "The workbook cannot be opened. Open it in your office program, save it again.",
        ) from broken
    filled = [sheet for sheet in names if any(_grid(book, sheet))]
    if name and name not in names:
        raise CostError(
            "COSTS-112",
            f"There is no sheet “{name}”. There are: {', '.join(names)}.",
            field="sheet",
        )
    if not name and len(filled) != 1:
        raise CostError(
            "COSTS-112",
            f"Name the sheet. There are: {', '.join(filled or names)}.",
            field="sheet",
        )
    chosen = name or filled[0]
    return chosen, ([cell_text(cell) for cell in row] for row in _grid(book, chosen))


def _grid(book: Any, sheet: str) -> list[list[Any]]:
    return list(book.get_sheet_by_name(sheet).to_python(skip_empty_area=False))


def cell_text(cell: Any) -> str:
    """A sheet's cell as text. Numbers carry the 15 significant digits that spreadsheets keep."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return format(Decimal(format(cell, ".15g")), "f")
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return cell.isoformat(timespec="seconds")
    return str(cell)
