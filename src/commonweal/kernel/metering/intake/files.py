"""Reading usage files in chunks of text columns: CSV and Parquet."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from ..domain import UsageError
from ..domain.problems import file_error
from .lines import SoundLines
from .options import FileOptions, columns_by_field

CHUNK_ROWS = 50_000
UNCLOSED = -1
_BLOCK_BYTES = 5 << 20
_DELIMITERS = (",", ";", "\t", "|")
_MAGIC = (
    (b"PK\x03\x04", "a spreadsheet or zip file"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet"),
)


@dataclass(frozen=True)
class Chunk:
    """Rows of a file as text columns named by field; `numbers`: their row numbers (header: 1)."""

    table: Any
    numbers: Any


@dataclass
class Opened:
    """An opened file: its chunks, and the rows that were no rows, found while reading.

    `malformed`: row, cells (0: an empty line, `UNCLOSED`: its quote is not closed), cells expected.
    """

    chunks: Iterator[Chunk]
    malformed: list[tuple[int, int, int]] = field(default_factory=list)
    file_rows: int | None = None


def open_usage(path: Path, kind: str, options: FileOptions) -> Opened:
    """Open a file of kind `csv` or `parquet` (USAGE-201 to 214 say what is wrong with it)."""
    with path.open("rb") as stream:
        head = stream.read(65_536)
    if not head:
        raise file_error("USAGE-209")
    for magic, what in _MAGIC:
        if head.startswith(magic) and (kind == "csv" or magic != b"PAR1"):
            raise file_error("USAGE-202", value=what, wanted=_wanted(kind))
    if kind == "parquet":
        return _open_parquet(path, head, options)
    return _open_csv(path, head, options)


def _wanted(kind: str) -> str:
    return "Parquet" if kind == "parquet" else "CSV"


def find_encoding(path: Path, head: bytes, given: str) -> str:
    """The encoding: as given, by its mark, or UTF-8 proven on the whole file; else USAGE-201."""
    if given:
        try:
            name = codecs.lookup(given).name
            b"x".decode(name)  # refuses what turns bytes into other bytes, such as zip
        except UnicodeError:
            return name
        except (LookupError, ValueError):
            raise file_error("USAGE-212", value=given[:40]) from None
        return name
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\x00" in head:
        raise file_error("USAGE-202", value="a binary file or UTF-16 without a mark", wanted="CSV")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise file_error("USAGE-201") from None
    return "utf-8"


def find_delimiter(header: str, options: FileOptions) -> str:
    """The delimiter: as given, or the only one that makes a usable header; else USAGE-208."""
    if options.delimiter:
        return {"tab": "\t", "comma": ",", "semicolon": ";"}.get(
            options.delimiter, options.delimiter
        )
    present = [mark for mark in _DELIMITERS if mark in header]
    if len(present) == 1:
        return present[0]
    usable = []
    for mark in present:
        try:
            columns_by_field(options, _cells(header, mark))
        except UsageError:
            continue
        usable.append(mark)
    if len(usable) != 1:
        raise file_error("USAGE-208")
    return usable[0]


def _cells(header: str, delimiter: str) -> list[str]:
    return next(csv.reader(io.StringIO(header), delimiter=delimiter), [])


def _open_csv(path: Path, head: bytes, options: FileOptions) -> Opened:
    encoding = find_encoding(path, head, options.encoding)
    try:
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding) as stream:
            header = stream.readline().rstrip("\r\n")
    except UnicodeError:
        raise file_error("USAGE-201") from None
    delimiter = find_delimiter(header, options)
    columns = _cells(header, delimiter)
    fields = columns_by_field(options, columns)
    opened = Opened(iter(()))

    lines = SoundLines(path, encoding, delimiter.encode() * (len(columns) + 1))

    def malformed(row: Any) -> str:
        if row.number in lines.broken:
            opened.malformed.append((row.number, UNCLOSED, 0))
        elif row.text.strip():
            opened.malformed.append((row.number, row.actual_columns, row.expected_columns))
        else:
            opened.malformed.append((row.number, 0, 0))
        return "skip"

    unique = [f"c{place}" for place in range(len(columns))]
    wanted = {name: unique[columns.index(column)] for name, column in fields.items()}
    try:
        reader = pacsv.open_csv(
            lines,
            read_options=pacsv.ReadOptions(
                use_threads=False,
                block_size=_BLOCK_BYTES,
                encoding="utf-8",
                column_names=unique,
                skip_rows=1,
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=malformed,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types={name: pa.string() for name in unique},
                include_columns=sorted(wanted.values()),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        raise file_error("USAGE-209") from None
    opened.chunks = _csv_chunks(reader, wanted, opened)
    return opened


def _csv_chunks(reader: Any, wanted: dict[str, str], opened: Opened) -> Iterator[Chunk]:
    done = 0
    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return
        except (pa.ArrowInvalid, UnicodeError):
            raise file_error("USAGE-213", value=done + 1) from None
        table = pa.table({name: batch[column] for name, column in wanted.items()})
        parts = max(1, -(-table.num_rows // CHUNK_ROWS))
        size = -(-table.num_rows // parts)
        for start in range(0, table.num_rows, max(1, size)):
            part = table.slice(start, size)
            places = np.arange(done, done + part.num_rows)
            bad = np.array([row for row, _, _ in opened.malformed], dtype=np.int64)
            before = np.searchsorted(bad - 2 - np.arange(len(bad)), places, side="right")
            yield Chunk(part, places + 2 + before)
            done += part.num_rows


def _open_parquet(path: Path, head: bytes, options: FileOptions) -> Opened:
    try:
        source = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError):
        raise file_error("USAGE-202", value="a text or damaged file", wanted="Parquet") from None
    names = source.schema_arrow.names
    fields = columns_by_field(options, names)
    for column in fields.values():
        if pa.types.is_floating(source.schema_arrow.field(column).type):
            raise file_error("USAGE-205", value=column)
    return Opened(_parquet_chunks(source, fields), file_rows=source.metadata.num_rows)


def _parquet_chunks(source: Any, fields: dict[str, str]) -> Iterator[Chunk]:
    done = 0
    batches = source.iter_batches(batch_size=CHUNK_ROWS, columns=sorted(set(fields.values())))
    while True:
        try:
            batch = next(batches)
        except StopIteration:
            return
        except (pa.ArrowException, OSError):
            raise file_error("USAGE-213", value=done) from None
        table = pa.table({name: _column(batch, column) for name, column in fields.items()})
        yield Chunk(table, np.arange(done, done + batch.num_rows) + 1)
        done += batch.num_rows


def _column(batch: Any, name: str) -> Any:
    try:
        return _as_text(batch[name])
    except pa.ArrowException:
        raise file_error("USAGE-219", value=name, kind=batch[name].type) from None


def _as_text(column: Any) -> Any:
    """A column as text: moments as ISO 8601, missing values empty."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        offset = "Z" if kind.tz else ""
        exact = pc.cast(column, pa.timestamp("us", tz="UTC" if kind.tz else None))
        column = pc.strftime(exact, format=f"%Y-%m-%dT%H:%M:%S{offset}")
    elif pa.types.is_date(kind):
        column = pc.strftime(column, format="%Y-%m-%d")
    else:
        column = pc.cast(column, pa.string())
    return pc.fill_null(column, "")
