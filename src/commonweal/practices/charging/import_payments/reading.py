"""Reading a statement file against the record: which layout, which entries, what is new."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from commonweal.kernel.money.public import Money
from commonweal.kernel.party.public import centre

from ..domain import cost_values as values
from ..domain.costs import header_hash
from ..domain.settlement import PaymentError
from ..domain.statements import ReadStatement, RowProblem, check_statement
from ..import_costs.files import FileOptions, Table
from ..models import PaymentMapping
from .camt import is_camt, read_camt
from .tables import Layout, find_layout, open_table, read_rows
from .xml import MAX_BYTES


@dataclass(frozen=True)
class PaymentRequest:
    """A file and what a person says about it.

    `account` and `reference` name the account and the statement where the file does not (CSV);
    `opening` and `closing` are its balances, as decimal text. `mapping` names a saved layout;
    `given` says columns, date format and decimal mark; `accept_as` confirms what was found and
    saves it under that name.
    """

    filename: str
    data: bytes
    account: str = ""
    reference: str = ""
    opening: str = ""
    closing: str = ""
    mapping: str = ""
    given: Layout = field(default_factory=Layout)
    accept_as: str = ""
    options: FileOptions = field(default_factory=FileOptions)


@dataclass(frozen=True)
class PaymentReading:
    """What a file says. `layout`: how a table was read; `ask`: what a person must say before it can
    be; `saved`: the name of the layout, if it is a saved one."""

    sha256: str
    statements: tuple[ReadStatement, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    table: Table | None = None
    layout: Layout | None = None
    ask: tuple[str, ...] = ()
    saved: str = ""


def read_payments(request: PaymentRequest) -> PaymentReading:
    """Read a file; nothing is written. Refuses what is no statement, of another currency, or does
    not add up (PAY-101 to 121)."""
    if not request.data:
        raise PaymentError("PAY-100", f"{request.filename} is empty. Download it again.")
    if len(request.data) > MAX_BYTES:
        raise PaymentError("PAY-101", "The file is larger than 32 MB. Split it by month.")
    digest, currency = hashlib.sha256(request.data).hexdigest(), centre().currency
    if is_camt(request.data):
        statements, problems = read_camt(request.data)
        found = PaymentReading(digest, tuple(statements), tuple(problems))
    else:
        found = _read_table(request, digest, currency)
    if not found.problems:
        for statement in found.statements:
            check_statement(statement, currency)
    return found


def _read_table(request: PaymentRequest, digest: str, currency: str) -> PaymentReading:
    table = open_table(request.filename, request.data, request.options)
    saved, given = _saved(request, table)
    layout, ask = find_layout(table, given)
    if ask:
        return PaymentReading(digest, (), (), table, layout, tuple(ask), saved)
    statement, problems = read_rows(
        table, layout, account=request.account.replace(" ", "")[:40] or "MAIN",
        reference=request.reference.strip()[:80], currency=currency,
    )  # fmt: skip
    opening = _said(request.opening, "opening", layout, currency)
    closing = _said(request.closing, "closing", layout, currency)
    statement = replace(
        statement,
        opening_minor=statement.opening_minor if opening is None else opening,
        closing_minor=statement.closing_minor if closing is None else closing,
    )
    return PaymentReading(digest, (statement,), tuple(problems), table, layout, (), saved)


def _said(text: str, name: str, layout: Layout, currency: str) -> int | None:
    """A balance that a person typed (PAY-117)."""
    if not text.strip():
        return None
    exact = values.amount(text, ".")
    if exact is None:
        raise PaymentError(
            "PAY-117", f"“{text[:30]}” is not a balance. Write it like 1234.50.", field=name
        )
    return Money.exactly(exact, currency).minor


def _saved(request: PaymentRequest, table: Table) -> tuple[str, Layout]:
    """The saved layout asked for, or that of the same header; what is given this time wins."""
    if request.mapping:
        row = PaymentMapping.objects.filter(name=request.mapping).first()
        if row is None:
            raise PaymentError(
                "PAY-118", f"There is no saved layout “{request.mapping}”. Choose one of the list.",
                field="mapping",
            )  # fmt: skip
    else:
        row = PaymentMapping.objects.filter(header_hash=header_hash(table.header)).first()
    if row is None:
        return "", request.given
    columns: Mapping[str, str] = {**row.columns, **request.given.columns}
    return row.name, Layout(
        columns,
        request.given.date_format or row.options.get("date_format", ""),
        request.given.decimal or row.options.get("decimal", ""),
    )
