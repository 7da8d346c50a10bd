"""CSV and XLSX statements: a known header, or a bank's own layout by the columns a person named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from commonweal.kernel.errors import CommonwealError
from commonweal.kernel.money.public import Money, exponent

from ..domain import cost_values as values
from ..domain.costs import column_labels, column_place
from ..domain.remittance import ReadEntry, named_bills
from ..domain.settlement import PaymentError
from ..domain.statements import ReadStatement, RowProblem
from ..import_costs.files import FileOptions, Table, read_table

FIELDS: dict[str, str] = {
    "date": "the day of the entry",
    "amount": "the amount, in positive and out negative",
    "credit": "the amount that came in",
    "debit": "the amount that went out",
    "currency": "the currency",
    "reference": "the bank's own number of the entry",
    "payer": "who paid or was paid",
    "payer_account": "their account",
    "text": "what they wrote",
    "balance": "the balance after the entry",
}
KNOWN: dict[str, frozenset[str]] = {
    "date": frozenset({"date", "booking date", "booked on", "posting date", "transaction date",
                       "fecha", "buchungstag"}),
    "amount": frozenset({"amount", "transaction amount", "importe", "betrag"}),
    "credit": frozenset({"credit", "credit amount", "money in", "paid in", "deposit"}),
    "debit": frozenset({"debit", "debit amount", "money out", "paid out", "withdrawal"}),
    "currency": frozenset({"currency", "ccy"}),
    "reference": frozenset({"reference", "bank reference", "transaction id", "entry reference",
                            "transaction reference"}),
    "payer": frozenset({"payer", "name", "counterparty", "payer name", "debtor", "ordering party"}),
    "payer_account": frozenset({"payer account", "counterparty account", "debtor account", "iban"}),
    "text": frozenset({"text", "description", "remittance information", "details", "memo",
                       "narrative"}),
    "balance": frozenset({"balance", "running balance", "saldo"}),
}  # fmt: skip


ASK = {
    "PAY-122": "Which column is the day of the entry?",
    "PAY-123": "Which column is the amount?",
    "PAY-124": "How are dates written? Choose a format.",
    "PAY-125": "Is the mark before the decimals a point or a comma?",
}
"""What a person is asked about a layout."""


@dataclass(frozen=True)
class Layout:
    """How a bank's table is read: field → column, the way dates are written, the decimal mark."""

    columns: Mapping[str, str] = field(default_factory=dict)
    date_format: str = ""
    decimal: str = ""

    @property
    def options(self) -> dict[str, str]:
        """What is saved beside the columns."""
        return {"date_format": self.date_format, "decimal": self.decimal}


def open_table(filename: str, data: bytes, options: FileOptions) -> Table:
    """The rows of a CSV or XLSX file (COSTS-101 to 107, 112, as for ledger files)."""
    return read_table(filename, data, options)


def find_layout(table: Table, given: Layout) -> tuple[Layout, list[str]]:
    """The layout as far as it can be found, what is given before what is guessed, and a question
    for each thing that a person must say. Columns that do not exist are refused (COSTS-104)."""
    columns = {name: column for name, column in given.columns.items() if column}
    unknown = sorted(set(columns) - set(FIELDS))
    if unknown:
        raise PaymentError(
            "PAY-111",
            f"There is no field “{unknown[0]}”. Use {', '.join(FIELDS)}.",
            field="columns",
        )
    taken = {column_place(table.header, column) for column in columns.values()}
    labels = column_labels(table.header)
    for name, known in KNOWN.items():
        fits = [at for at, title in enumerate(table.header)
                if _folded(title) in known and at not in taken]  # fmt: skip
        if name not in columns and len(fits) == 1:
            columns[name] = labels[fits[0]]
            taken.add(fits[0])
    if "amount" in columns:
        columns.pop("credit", None)
        columns.pop("debit", None)
    ask = []
    if "date" not in columns:
        ask.append(ASK["PAY-122"])
    if "amount" not in columns and not {"credit", "debit"} & set(columns):
        ask.append(ASK["PAY-123"])
    found = Layout(columns, given.date_format, given.decimal)
    return (found, ask) if ask else _find_writing(table, found)


def _find_writing(table: Table, layout: Layout) -> tuple[Layout, list[str]]:
    """How dates and amounts are written, or what must be asked (PAY-112)."""
    ask = []
    written, decimal = layout.date_format, layout.decimal
    if written and written not in values.DATE_FORMATS:
        raise PaymentError(
            "PAY-112",
            f"“{written}” is not a date format. Use one of: {', '.join(values.DATE_FORMATS)}.",
            field="date_format",
        )
    if not written:
        fits = values.date_formats(_cells(table, layout.columns["date"]))
        if len(fits) == 1:
            written = fits[0]
        else:
            ask.append(ASK["PAY-124"])
    if not decimal:
        money = [cell for name in ("amount", "credit", "debit") if name in layout.columns
                 for cell in _cells(table, layout.columns[name])]  # fmt: skip
        decimal = values.decimal_mark(money)
        if not decimal:
            ask.append(ASK["PAY-125"])
    return Layout(layout.columns, written, decimal), ask


def _cells(table: Table, column: str) -> list[str]:
    place = column_place(table.header, column)
    cells = [row[place].strip() for _number, row in table.rows if place < len(row)]
    return [cell for cell in cells if cell]


def _folded(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split()).rstrip(" .:")


def read_rows(
    table: Table, layout: Layout, *, account: str, reference: str, currency: str
) -> tuple[ReadStatement, list[RowProblem]]:
    """The statement that a table says, and the rows that cannot be read.

    Balances come from the running balance, where there is one: the first one without the first
    entry, and the last one; in the order of the file or, where that does not fit, the other way.
    """
    entries: list[ReadEntry] = []
    balances: list[int | None] = []
    problems: list[RowProblem] = []
    places = {name: column_place(table.header, column) for name, column in layout.columns.items()}
    for number, cells in table.rows:
        row = {name: cells[at].strip() if at < len(cells) else "" for name, at in places.items()}
        try:
            entries.append(_row(number, row, layout, currency))
            balances.append(
                _minor(row["balance"], layout, currency) if row.get("balance") else None
            )
        except CommonwealError as wrong:
            problems.append(RowProblem(number, wrong.code, wrong.message))
    opening, closing = _balances(entries, balances) if not problems else (None, None)
    kind = "csv" if table.kind == "csv" else "xlsx"
    found = ReadStatement(account, reference, currency, kind, tuple(entries), opening, closing)
    return found, problems


def _row(number: int, row: Mapping[str, str], layout: Layout, currency: str) -> ReadEntry:
    day = values.day(row["date"], layout.date_format)
    if day is None:
        raise PaymentError(
            "PAY-113", f"“{row['date'][:30]}” is not a day written as {layout.date_format}."
        )
    if row.get("currency") and row["currency"].upper() != currency:
        raise PaymentError("PAY-114", f"The currency is {row['currency'][:10]}, not {currency}.")
    minor = _signed(row, layout, currency)
    text = row.get("text", "")[:1000]
    named = named_bills(f"{text} {row.get('payer', '')}", exponent(currency))
    return ReadEntry(
        number, day, minor, currency, row.get("reference", "")[:80], row.get("payer", "")[:160],
        row.get("payer_account", "").replace(" ", "")[:40], text, tuple(named),
    )  # fmt: skip


def _signed(row: Mapping[str, str], layout: Layout, currency: str) -> int:
    if "amount" in row:
        minor = _minor(row["amount"], layout, currency)
    else:
        credit, debit = row.get("credit", ""), row.get("debit", "")
        minor = (_minor(credit, layout, currency) if credit else 0) - (
            abs(_minor(debit, layout, currency)) if debit else 0
        )
    if minor == 0:
        raise PaymentError("PAY-115", "The amount is nothing. Enter it, or remove the row.")
    return minor


def _minor(text: str, layout: Layout, currency: str) -> int:
    exact = values.amount(text, layout.decimal)
    if exact is None:
        raise PaymentError("PAY-116", f"“{text[:30]}” is not an amount. Write it like 1234.50.")
    return Money.exactly(exact, currency).minor


def _balances(
    entries: Sequence[ReadEntry], balances: Sequence[int | None]
) -> tuple[int | None, int | None]:
    """Opening and closing balance by the running one; newest entry first is understood too."""
    known = [each for each in balances if each is not None]
    if not entries or len(known) != len(entries):
        return None, None
    total = sum(entry.minor for entry in entries)
    opening, closing = known[0] - entries[0].minor, known[-1]
    turned_opening, turned_closing = known[-1] - entries[-1].minor, known[0]
    if opening + total != closing and turned_opening + total == turned_closing:
        return turned_opening, turned_closing
    return opening, closing
