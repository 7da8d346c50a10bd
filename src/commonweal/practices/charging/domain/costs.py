"""Reading a ledger extract: which column holds what, and one row into one line or one reason.

Pure. A mapping is found by the names of the columns and by how their values are written, shown,
and used only after a person has confirmed it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from commonweal.kernel.calendar.public import CalendarError, FiscalPeriod
from commonweal.kernel.errors import CommonwealError

from . import cost_values as values

FIELDS: dict[str, str] = {
    "amount": "the amount of the line",
    "date": "the day it was paid or posted",
    "period": "the month, written YYYY-MM",
    "unit": "the part of the organisation",
    "category": "what it was spent on, in words",
    "account": "the ledger code",
    "reference": "the line's own number",
    "supplier_ref": "the supplier's number (a name is never kept)",
    "supplier_name": "the supplier's name, kept only as a keyed hash",
    "kind": "revenue or capital",
}
LENGTHS = {
    "unit": 120,
    "category": 120,
    "account": 60,
    "reference": 80,
    "supplier_ref": 80,
    "kind": 40,
}
KNOWN: dict[str, frozenset[str]] = {
    "amount": frozenset({"amount", "value", "net amount", "amount gbp", "amount usd", "total"}),
    "date": frozenset({"date", "paid date", "payment date", "posting date", "invoice date",
                       "date paid", "transaction date"}),
    "period": frozenset({"period", "month", "accounting period"}),
    "unit": frozenset({"unit", "organisational unit", "organizational unit", "service area",
                       "department", "directorate", "cost centre", "cost center", "division"}),
    "category": frozenset({"category", "expenditure category", "expense area", "expense type",
                           "account description", "purpose"}),
    "account": frozenset({"account", "expenditure code", "account code", "ledger code",
                          "cost element", "account number"}),
    "reference": frozenset({"reference", "trans no", "transaction number", "transaction no",
                            "voucher", "document number", "journal line"}),
    "supplier_ref": frozenset({"supplier id", "supplier number", "supplier no", "vendor id",
                               "vendor number"}),
    "supplier_name": frozenset({"supplier name", "supplier", "vendor", "vendor name", "payee",
                                "beneficiary"}),
    "kind": frozenset({"type", "type of expenditure", "expenditure type", "capital or revenue",
                       "revenue/capital"}),
}  # fmt: skip
MAX_MINOR = 10**17
POSITION = re.compile(r"column ([1-9][0-9]{0,3})")
Reason = tuple[str, str]
When = tuple[str, date | None, Reason | None]


class CostError(CommonwealError):
    """Costs cannot be read, stored or allocated as asked."""


@dataclass(frozen=True)
class ColumnMapping:
    """How one layout is read: field → column, the way dates are written, the decimal mark."""

    columns: Mapping[str, str]
    date_format: str = ""
    decimal: str = "."

    @property
    def options(self) -> dict[str, str]:
        """What is saved beside the columns."""
        return {"date_format": self.date_format, "decimal": self.decimal}


@dataclass(frozen=True)
class Ask:
    """A question, and the field that answers it: `column-amount`, `decimal`, `period` …"""

    code: str
    text: str
    field: str


@dataclass(frozen=True)
class Suggestion:
    """A mapping as far as it could be found, what it leaves unused, and what a person must say."""

    mapping: ColumnMapping
    unused: tuple[str, ...]
    ask: tuple[Ask, ...]


@dataclass(frozen=True)
class ReadLine:
    """A row that can be used. `amount_minor` in minor units of the file's currency."""

    row: int
    period: str
    posted_on: date | None
    amount_minor: int
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reject:
    """A row that cannot be used, why and what to do; its amount where one can be read."""

    row: int
    code: str
    message: str
    amount_text: str = ""
    amount_minor: int | None = None


def header_hash(header: Sequence[str]) -> str:
    """The identity of a layout: its column names in order."""
    names = "\x1f".join(name.strip() for name in header)
    return hashlib.sha256(names.encode()).hexdigest()


def _folded(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split()).rstrip(" .:")


def column_labels(header: Sequence[str]) -> list[str]:
    """What each column is called: its name, or “column 3” where it has none or shares it."""
    return [
        name if name and list(header).count(name) == 1 else f"column {place}"
        for place, name in enumerate(header, start=1)
    ]


def column_place(header: Sequence[str], column: str) -> int:
    """Where a column stands, from 0, by its name or as “column 3” (COSTS-104)."""
    names, at = list(header), POSITION.fullmatch(column)
    if at and column not in names and int(at[1]) <= len(names):
        return int(at[1]) - 1
    if names.count(column) == 1:
        return names.index(column)
    if column not in names:
        shown = ", ".join(f"“{item}”" for item in header if item)
        raise CostError("COSTS-104", f"There is no column “{column}”. The header has: {shown}.")
    places = [f"“column {at}”" for at, name in enumerate(names, start=1) if name == column]
    raise CostError(
        "COSTS-104",
        f"The column “{column}” appears {len(places)} times. Say which: {', '.join(places)}.",
    )


def _shown(header: Sequence[str], label: str) -> str:
    """A column for a question: its name, with its place where others have it too."""
    name = header[column_place(header, label)]
    return f"“{label}”" if name in ("", label) else f"“{name}” ({label})"


def _named(header: Sequence[str], given: Mapping[str, str]) -> tuple[dict[str, str], list[Ask]]:
    """Columns found by name (those given win), and a question for each field with several."""
    found, ask = dict(given), []
    labels = column_labels(header)
    taken = {column_place(header, column) for column in given.values()}
    for name, known in KNOWN.items():
        if name in found:
            continue
        fits = [
            at for at, column in enumerate(header) if _folded(column) in known and at not in taken
        ]
        if len(fits) == 1:
            found[name] = labels[fits[0]]
            taken.add(fits[0])
        elif fits:
            columns = ", ".join(_shown(header, labels[at]) for at in fits)
            ask.append(Ask("COSTS-105", f"Which of {columns} is {FIELDS[name]}?", f"column-{name}"))
    if "supplier_ref" in found and "supplier_name" not in given:
        found.pop("supplier_name", None)
    return found, ask


def check_date_format(written: str) -> None:
    """Refuse a way of writing dates that nobody can read (COSTS-114)."""
    if written and written not in values.DATE_FORMATS:
        raise CostError(
            "COSTS-114",
            f"“{written}” is not a date format. Use one of: {', '.join(values.DATE_FORMATS)}.",
            field="date_format",
        )


def suggest_mapping(
    header: Sequence[str],
    sample: Sequence[Sequence[str]],
    given: ColumnMapping | None = None,
    period: str = "",
) -> Suggestion:
    """What can be found about a layout from its header and rows; what cannot is asked for.

    `given` holds what a person has said already (its columns win); `period` the month given for
    the whole file, which makes a date unnecessary. Nothing here is used before it is confirmed.
    """
    given = given or ColumnMapping({}, decimal="")
    check_columns(header, given.columns)
    check_date_format(given.date_format)
    columns, ask = _named(header, given.columns)
    place = {name: column_place(header, column) for name, column in columns.items()}

    def cells(name: str) -> list[str]:
        at = place[name]
        return [row[at] for row in sample if at < len(row) and row[at].strip()]

    if "amount" not in columns and not any(each.field == "column-amount" for each in ask):
        ask.insert(0, Ask("COSTS-105", "Which column is the amount?", "column-amount"))
    decimal = given.decimal
    if not decimal:
        decimal = "." if "amount" not in columns else values.decimal_mark(cells("amount"))
        if not decimal:
            ask.append(Ask("COSTS-105", "Is the decimal mark a point or a comma?", "decimal"))
    written = given.date_format
    if not period and "date" in columns and not written:
        ways = values.date_formats(cells("date"))
        written = ways[0] if len(ways) == 1 else ""
        ask += _about_dates(columns["date"], ways)
    elif not period and not {"date", "period"} & set(columns):
        ask.append(
            Ask("COSTS-105", "Which month is this? Name it, or the column with the date.", "period")
        )
    unused = tuple(
        label for at, label in enumerate(column_labels(header))
        if header[at].strip() and at not in place.values()
    )  # fmt: skip
    return Suggestion(ColumnMapping(columns, written, decimal or "."), unused, tuple(ask))


def _about_dates(column: str, ways: Sequence[str]) -> list[Ask]:
    if not ways:
        return [Ask("COSTS-105", f"“{column}” holds no dates. Which month is this file?", "period")]
    if len(ways) > 1:
        both = " or ".join(ways)
        return [Ask("COSTS-105", f"Are the dates in “{column}” written {both}?", "date_format")]
    return []


def parse_columns(given: Iterable[str]) -> dict[str, str]:
    """Columns by field from texts like `amount=Net amount` (COSTS-106)."""
    found = {}
    for pair in given:
        name, mark, column = pair.partition("=")
        if not mark or not column.strip():
            raise CostError(
                "COSTS-106", f'“{pair}” is not FIELD=COLUMN. Write it like amount="Net amount".'
            )
        found[name.strip()] = column.strip()
    return found


def check_columns(header: Sequence[str], columns: Mapping[str, str]) -> None:
    """Refuse unknown fields, and columns that are not there or not the only one of their name."""
    for name, column in columns.items():
        if name not in FIELDS:
            raise CostError(
                "COSTS-106", f"“{name}” is not a field. Use one of: {', '.join(sorted(FIELDS))}."
            )
        column_place(header, column)


def require_complete(mapping: ColumnMapping, period: str) -> None:
    """Refuse a mapping that names no amount, or no way to know the month (COSTS-106)."""
    if "amount" not in mapping.columns:
        raise CostError(
            "COSTS-106",
            "The mapping names no amount. Say which column it is.",
            field="column-amount",
        )
    dated = "date" in mapping.columns and mapping.date_format
    if not (period or dated or "period" in mapping.columns):
        raise CostError(
            "COSTS-106",
            "The mapping does not say how the month is known. Give the month of the whole file, "
            "or say how its dates are written.",
            field="period",
        )


class RowReader:
    """Reads rows of one layout. `exponent`: decimals of the currency; `hashed` keys a name."""

    def __init__(
        self,
        header: Sequence[str],
        mapping: ColumnMapping,
        *,
        exponent: int,
        period: str = "",
        latest: date,
        hashed: Callable[[str], str] = lambda name: "",
    ) -> None:
        check_columns(header, mapping.columns)
        require_complete(mapping, period)
        self.width = len(header)
        self.place = {
            name: column_place(header, column) for name, column in mapping.columns.items()
        }
        self.mapping, self.exponent, self.latest, self.hashed = mapping, exponent, latest, hashed
        self.period = FiscalPeriod.parse(period).code if period else ""

    def cell(self, cells: Sequence[str], name: str) -> str:
        """A field's text without surrounding space; empty where the layout lacks the field."""
        at = self.place.get(name)
        return cells[at].strip() if at is not None and at < len(cells) else ""

    def read(self, row: int, cells: Sequence[str]) -> ReadLine | Reject:
        """One row: a line, or the first reason why not."""
        text = self.cell(cells, "amount")
        minor, reason = self._amount(row, text)
        for check in (self._shape, self._total, self._lengths):
            reason = reason or check(row, cells)
        period, posted, when = self._when(row, cells)
        reason = reason or when
        if reason or minor is None:
            code, message = reason or ("COSTS-123", "")
            return Reject(row, code, f"Row {row}: {message}", text[:60], minor)
        texts = {name: self.cell(cells, name) for name in LENGTHS}
        if not texts["supplier_ref"] and self.cell(cells, "supplier_name"):
            texts["supplier_ref"] = self.hashed(self.cell(cells, "supplier_name"))
        return ReadLine(row, period, posted, minor, texts)

    def _amount(self, row: int, text: str) -> tuple[int | None, Reason | None]:
        if not text:
            return None, ("COSTS-122", "the amount is empty. Enter it, or remove the row.")
        number = values.amount(text, self.mapping.decimal)
        if number is None:
            return None, (
                "COSTS-123",
                f"“{text[:40]}” is not an amount. Write it like 1234{self.mapping.decimal}50.",
            )
        scaled = number.scaleb(self.exponent)
        if scaled != scaled.to_integral_value():
            return None, (
                "COSTS-124",
                f"“{text[:40]}” has more than {self.exponent} decimals. "
                "Correct it in the ledger; it is not rounded here.",
            )
        if abs(scaled) >= MAX_MINOR:
            return None, ("COSTS-130", f"“{text[:40]}” is too large to be one line. Check it.")
        return int(scaled), None

    def _shape(self, row: int, cells: Sequence[str]) -> Reason | None:
        if len(cells) == self.width:
            return None
        return (
            "COSTS-121",
            f"it has {len(cells)} cells where the header has {self.width}. "
            "Put text with a comma into quotes, or add the missing cells.",
        )

    def _total(self, row: int, cells: Sequence[str]) -> Reason | None:
        if any(_folded(cell) in {"total", "grand total", "totals", "subtotal"} for cell in cells):
            return "COSTS-131", "it is a total, which would count twice. Remove it."
        return None

    def _lengths(self, row: int, cells: Sequence[str]) -> Reason | None:
        for name, most in LENGTHS.items():
            if len(self.cell(cells, name)) > most:
                return (
                    "COSTS-129",
                    f"“{self.mapping.columns[name]}” is longer than {most} characters. Shorten it.",
                )
        return None

    def _when(self, row: int, cells: Sequence[str]) -> When:
        text = self.cell(cells, "date")
        day = values.day(text, self.mapping.date_format) if self.mapping.date_format else None
        if self.period:
            return self.period, day, None
        if "period" in self.place:
            return self._period_cell(cells, day)
        if not text:
            return "", None, ("COSTS-125", "the date is empty. Enter it, or remove the row.")
        if day is None:
            reason = (
                f"“{text[:30]}” is not a date written {self.mapping.date_format}. Correct it, or "
                "give the month of the whole file."
            )
            return "", None, ("COSTS-126", reason)
        if not date(1990, 1, 1) <= day <= self.latest:
            reason = f"the date {day} is before 1990 or after {self.latest}. Correct it."
            return "", None, ("COSTS-127", reason)
        return FiscalPeriod.of_date(day).code, day, None

    def _period_cell(self, cells: Sequence[str], day: date | None) -> When:
        text = self.cell(cells, "period")
        try:
            return FiscalPeriod.parse(text).code, day, None
        except CalendarError:
            reason = f"“{text[:20]}” is not a month. Write it YYYY-MM, such as 2026-10."
            return "", None, ("COSTS-128", reason)


def already_there(lines: Iterable[ReadLine], known: Mapping[tuple[Any, ...], str]) -> list[Reject]:
    """Rows that an earlier import holds already: same reference and every other field (COSTS-132).

    `known` maps the key of a stored line to the name of its file. Lines without a reference cannot
    be told apart and are never taken for repeats.
    """
    return [
        Reject(
            line.row,
            "COSTS-132",
            f"Row {line.row}: the same line came with {known[line_key(line)]}. Remove it here.",
            amount_minor=line.amount_minor,
        )
        for line in lines
        if line.texts["reference"] and line_key(line) in known
    ]


def repeated_here(lines: Iterable[ReadLine]) -> list[Reject]:
    """Rows that say the same as a row before them in the file, both named (COSTS-133)."""
    first: dict[tuple[Any, ...], int] = {}
    found = []
    for line in lines:
        row = first.setdefault(line_key(line), line.row) if line.texts["reference"] else line.row
        if row != line.row:
            found.append(
                Reject(
                    line.row,
                    "COSTS-133",
                    f"Row {line.row}: the same line stands in row {row}. Remove one of them, or say"
                    " that lines which repeat are right.",
                    amount_minor=line.amount_minor,
                )
            )
    return found


def without(lines: Iterable[ReadLine], rejects: Iterable[Reject]) -> list[ReadLine]:
    """The lines whose rows are not among the rejects."""
    rows = {reject.row for reject in rejects}
    return [line for line in lines if line.row not in rows]


def line_key(line: ReadLine) -> tuple[Any, ...]:
    """What makes two ledger lines the same line."""
    texts = line.texts
    return (
        line.period, texts["unit"], texts["category"], texts["account"], texts["reference"],
        line.amount_minor,
    )  # fmt: skip


def with_given(base: ColumnMapping, given: ColumnMapping) -> ColumnMapping:
    """A saved mapping with what a person said this time on top."""
    return replace(
        base,
        columns={**base.columns, **given.columns},
        date_format=given.date_format or base.date_format,
        decimal=given.decimal or base.decimal,
    )


def file_key(file_id: UUID) -> str:
    """The key of the one job that imports a large file."""
    return f"costs:{file_id}"


def file_state(imported: bool, work: str) -> str:
    """How the import of a large file stands (done, waiting, running, failed or cancelled), by the
    state of its background work; empty: it has none."""
    if imported:
        return "done"
    names = {"queued": "waiting", "running": "running", "dead": "failed", "discarded": "failed"}
    return names.get(work, "cancelled")
