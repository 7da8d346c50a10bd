"""Reading a file against the record: which mapping, which rows, and does the sum agree."""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.conf import settings

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.calendar.public import today
from commonweal.kernel.money.public import exponent
from commonweal.kernel.party.public import centre

from ..domain.costs import (
    ColumnMapping,
    CostError,
    ReadLine,
    Reject,
    RowReader,
    Suggestion,
    already_there,
    check_columns,
    column_place,
    header_hash,
    repeated_here,
    suggest_mapping,
    with_given,
    without,
)
from ..models import CostImport, CostLine, CostMapping
from ..selectors.cost_model import closed_periods
from .control import ControlSum, control_sum
from .files import ZIP, FileOptions, Table, read_table

TELL_ROWS = 2000
HEAD_BYTES = 1024 * 1024
UTF16 = (b"\xff\xfe", b"\xfe\xff")
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class CostRequest:
    """A file to read and what a person says about it.

    `mapping` names a saved one; `given` holds columns, date format and decimal mark said this time;
    `accept_as` confirms what was found and saves it under that name; `period` is the month of the
    whole file and wins over its dates; `basis` is actual or budget. `late_reason` says why costs of
    closed months come only now, and lets them in. `keep_repeats` says that lines which stand in the
    file more than once are all right.
    """

    filename: str
    data: bytes
    mapping: str = ""
    given: ColumnMapping = field(default_factory=lambda: ColumnMapping({}, decimal=""))
    accept_as: str = ""
    period: str = ""
    currency: str = ""
    basis: str = "actual"
    late_reason: str = ""
    keep_repeats: bool = False
    options: FileOptions = field(default_factory=FileOptions)


@dataclass(frozen=True)
class CostReading:
    """A file read completely: lines, rejects and the independent sum, which agree.

    `late`: the months among them that are closed. `repeats_kept`: lines like one before them in the
    file that a person said are right.
    """

    table: Table
    saved: CostMapping | None
    mapping: ColumnMapping
    currency: str
    sha256: str
    lines: tuple[ReadLine, ...]
    rejects: tuple[Reject, ...]
    control: ControlSum
    late: tuple[str, ...] = ()
    repeats_kept: int = 0

    @property
    def rows_total(self) -> int:
        """Rows that are not blank, without the header."""
        return len(self.lines) + len(self.rejects)

    @property
    def used_minor(self) -> int:
        """The sum of the lines."""
        return sum(line.amount_minor for line in self.lines)

    @property
    def rejected_minor(self) -> int:
        """The sum of the rejects whose amount can be read."""
        return sum(reject.amount_minor or 0 for reject in self.rejects)

    @property
    def unreadable(self) -> int:
        """Rejects without an amount that could be added."""
        return sum(reject.amount_minor is None for reject in self.rejects)

    @property
    def by_period(self) -> dict[str, tuple[int, int]]:
        """Lines and minor units per month."""
        found: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for line in self.lines:
            count, amount = found[line.period]
            found[line.period] = (count + 1, amount + line.amount_minor)
        return dict(sorted(found.items()))


class MappingNeeded(CostError):
    """No saved mapping reads the file; carries what was found, for a person to confirm."""

    def __init__(self, suggestion: Suggestion, table: Table) -> None:
        ask = " ".join(each.text for each in suggestion.ask)
        super().__init__(
            "COSTS-105",
            "No saved mapping reads this header. "
            + (f"Still to say: {ask}" if ask else "Confirm the columns and name this reading."),
            field=suggestion.ask[0].field if ask else "accept_as",
        )
        self.suggestion, self.table = suggestion, table


def silent(done: int, total: int) -> None:
    """For whoever does not want to hear how far a reading is."""


def read_costs(actor: Actor, request: CostRequest, tell: Tell = silent) -> CostReading:
    """Read a file without writing anything: the dry run, and the first half of every import.

    CostError says what is wrong with the whole file; rows that cannot be used are in `rejects`.
    `tell(rows done, rows)` is called on the way.
    """
    currency, sha256 = check_request(actor, request)
    table = read_table(request.filename, request.data, request.options)
    saved, mapping = find_mapping(request, table)
    reader = RowReader(
        table.header,
        mapping,
        exponent=exponent(currency),
        period=request.period,
        latest=today(centre().zone) + timedelta(days=366),
        hashed=hashed_name,
    )
    outcomes = []
    for number, (row, cells) in enumerate(table.rows):
        if number % TELL_ROWS == 0:
            tell(number, len(table.rows))
        outcomes.append(reader.read(row, cells))
    lines = [item for item in outcomes if isinstance(item, ReadLine)]
    rejects = [item for item in outcomes if isinstance(item, Reject)]
    repeated = already_there(lines, known_lines(lines, request.basis))
    lines = without(lines, repeated)
    doubled = repeated_here(lines)
    if not request.keep_repeats:
        lines, repeated = without(lines, doubled), [*repeated, *doubled]
    rejects = sorted([*rejects, *repeated], key=lambda reject: reject.row)
    control = control_sum(
        request.data,
        table.kind,
        table.options,
        column_place(table.header, mapping.columns["amount"]),
        mapping.decimal,
        exponent(currency),
    )
    reading = CostReading(
        table, saved, mapping, currency, sha256, tuple(lines), tuple(rejects), control,
        repeats_kept=len(doubled) if request.keep_repeats else 0,
    )  # fmt: skip
    _require_usable(reading)
    if request.basis == "actual":
        reading = replace(reading, late=tuple(closed_periods(sorted(reading.by_period))))
    _require_open(reading, request.late_reason)
    return reading


def check_request(actor: Actor, request: CostRequest) -> tuple[str, str]:
    """What can be refused before a row is read; the currency and the file's hash."""
    require(actor, "charging.import_costs")
    currency = book_currency(request.currency)
    if request.basis not in {"actual", "budget"}:
        raise CostError("COSTS-221", f"“{request.basis}” is not a basis. Use actual or budget.")
    sha256 = hashlib.sha256(request.data).hexdigest()
    refuse_repeat(sha256)
    return currency, sha256


def look_at_costs(actor: Actor, request: CostRequest) -> tuple[Table, ColumnMapping]:
    """The first rows of a large file and how it is going to be read (MappingNeeded as ever)."""
    check_request(actor, request)
    table = first_rows(request)
    _saved_one, mapping = find_mapping(request, table)
    return table, mapping


def first_rows(request: CostRequest) -> Table:
    """The beginning of a text file as a table; a workbook, or what cannot be cut, as a whole."""
    data = request.data
    if len(data) > HEAD_BYTES and not data.startswith((ZIP, *UTF16)):
        head = data[: data.rfind(b"\n", 0, HEAD_BYTES) + 1]
        try:
            return read_table(request.filename, head, request.options)
        except CostError:
            pass  # a quoted text may go on over the cut
    return read_table(request.filename, data, request.options)


def book_currency(asked: str) -> str:
    """The centre's one book currency; another is refused (COSTS-111)."""
    book = centre().currency
    if asked and asked.upper() != book:
        raise CostError(
            "COSTS-111",
            f"The centre keeps its books in {book}. Convert the file's amounts from {asked} first.",
        )
    return book


def refuse_repeat(sha256: str) -> None:
    """Refuse a file that was imported before, whatever its name (COSTS-109)."""
    known = CostImport.objects.filter(agency_id=centre().agency_id, sha256=sha256).first()
    if known is not None:
        raise CostError(
            "COSTS-109",
            f"This file was imported on {known.recorded_at:%Y-%m-%d} as {known.filename}. "
            "Nothing was read again.",
        )


def find_mapping(request: CostRequest, table: Table) -> tuple[CostMapping | None, ColumnMapping]:
    """The saved mapping of exactly this header, or the confirmed suggestion; else MappingNeeded."""
    saved = _saved(request, table)
    if saved is not None:
        base = ColumnMapping(saved.columns, **saved.options)
        check_columns(table.header, request.given.columns)
        mapping = with_given(base, request.given)
        if mapping == base:
            return saved, mapping
        if not request.accept_as:
            raise CostError(
                "COSTS-106",
                f"What you say differs from the saved mapping “{saved.name}”. Confirm the change "
                "by naming this reading, or leave it out.",
                field="accept_as",
            )
        return None, mapping
    suggestion = suggest_mapping(table.header, table.sample, request.given, request.period)
    if suggestion.ask or not request.accept_as:
        raise MappingNeeded(suggestion, table)
    return None, suggestion.mapping


def _saved(request: CostRequest, table: Table) -> CostMapping | None:
    found = CostMapping.objects.filter(agency_id=centre().agency_id)
    same = list(found.filter(header_hash=header_hash(table.header)).order_by("name"))
    if request.mapping:
        named = found.filter(name=request.mapping).first()
        if named is None:
            names = ", ".join(f"“{row.name}”" for row in found.order_by("name")) or "none yet"
            raise CostError(
                "COSTS-106",
                f"There is no mapping “{request.mapping}”. There are: {names}.",
                field="mapping",
            )
        if named not in same:
            raise CostError(
                "COSTS-104",
                f"The mapping “{named.name}” is for another header than this file's. Leave it out "
                "to see what can be found.",
                field="mapping",
            )
        return named
    if len(same) > 1:
        names = ", ".join(f"“{row.name}”" for row in same)
        raise CostError(
            "COSTS-106", f"Several mappings read this header: {names}. Say which.", field="mapping"
        )
    return same[0] if same else None


def hashed_name(name: str) -> str:
    """A supplier's name as a keyed hash: alike for the same name, and never turned back."""
    key = f"commonweal.costs.supplier:{settings.SECRET_KEY}".encode()
    folded = " ".join(name.casefold().split()).encode()
    return "h:" + hmac.new(key, folded, hashlib.sha256).hexdigest()[:24]


def known_lines(lines: Sequence[ReadLine], basis: str) -> Mapping[tuple[Any, ...], str]:
    """Stored lines with a reference in the months of some lines, and the file of each."""
    periods = {line.period for line in lines if line.texts["reference"]}
    if not periods:
        return {}
    rows = CostLine.objects.filter(
        agency_id=centre().agency_id, basis=basis, period__in=periods
    ).exclude(reference="")
    columns = ("period", "unit", "category", "account", "reference", "amount_minor")
    return {
        tuple(row[:-1]): row[-1]
        for row in rows.values_list(*columns, "cost_import__filename").iterator(chunk_size=5000)
    }


def _require_open(reading: CostReading, late_reason: str) -> None:
    """Costs of closed months come in only as late ones, with a reason."""
    if not reading.late or len(late_reason.strip()) >= 10:
        return
    rows = sum(reading.by_period[period][0] for period in reading.late)
    if late_reason.strip():
        raise CostError(
            "COSTS-115", "Say in at least ten characters why these costs come late.",
            field="late_reason",
        )  # fmt: skip
    raise CostError(
        "COSTS-110",
        f"{rows} rows belong to months that are closed: {', '.join(reading.late)}. Say why they "
        "come late, and each of these months is allocated anew while its bills stay as they are; "
        "or name the open month for the whole file.",
        field="late_reason",
    )


def _require_usable(reading: CostReading) -> None:
    """Nothing is stored of a file that cannot be used or does not reconcile."""
    if not reading.lines:
        first = reading.rejects[0]
        raise CostError(
            "COSTS-113",
            f"None of the {reading.rows_total} rows can be used. {first.message}",
            rows=[
                {"row": r.row, "code": r.code, "message": r.message} for r in reading.rejects[:50]
            ],
        )
    control, ours = reading.control, reading.used_minor + reading.rejected_minor
    readable = reading.rows_total - reading.unreadable
    if (control.rows, control.readable, control.minor) != (reading.rows_total, readable, ours):
        raise CostError(
            "COSTS-108",
            f"The rows read ({reading.rows_total}, {ours} minor units) do not agree with an "
            f"independent sum of the file ({control.rows}, {control.minor}). Nothing was stored; "
            "look for unbalanced quotation marks, then report this with the file.",
        )
