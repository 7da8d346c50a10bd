"""Tables for other programs: the bill as CSV, the agency's journal, usage records.

A cell that would start a formula in a spreadsheet is written with a leading apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from commonweal.kernel.money.public import round_quotient

from ..models import AccountMap, Bill, BillLine
from ..selectors.bill_document import bill_document, money_text
from ..selectors.peers import Peers
from ..selectors.spending import Spending
from ..selectors.trace import Trace

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: Any) -> str:
    """Text that no spreadsheet takes for a formula. Plain numbers stay numbers."""
    text = "" if value is None else str(value)
    if not text.startswith(FORMULA):
        return text
    if text[0] in "+-" and text[1:].replace(".", "", 1).isdigit():
        return text
    return "'" + text


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """UTF-8 CSV with CRLF line ends (RFC 4180)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
    return out.getvalue().encode("utf-8")


COLUMNS = (
    "bill", "period", "line", "kind", "service", "charge_item", "description", "charge_period",
    "quantity", "unit", "rate_version", "order", "order_line", "amount", "currency", "chain_head",
    "pack_root",
)  # fmt: skip


def bill_csv(bill: Bill, lines: Sequence[BillLine], chain_head: str) -> bytes:
    """One row per line; the amounts add up to the bill's total."""
    document = bill_document(bill, lines)
    rows = [
        (
            document["number"], document["period"], line["number"], line["kind"], line["service"],
            line["charge_item"], line["charge_item_name"], line["charge_period"], line["quantity"],
            line["unit"], line["rate_version"], line["order"], line["order_line"], line["amount"],
            document["currency"], chain_head, bill.pack_root,
        )
        for line in document["lines"]
    ]  # fmt: skip
    return write_csv(COLUMNS, rows)


def account_for(line: Any, maps: Sequence[AccountMap], funding_account: str) -> str:
    """The agency's account: the item's, else the service's, the default, the funding source's."""
    for mapping in maps:
        if mapping.charge_item_id == line.charge_item_id:
            return mapping.account_string
    for mapping in maps:
        if mapping.charge_item_id is None and mapping.service_id == line.service_id:
            return mapping.account_string
    for mapping in maps:
        if mapping.charge_item_id is None and mapping.service_id is None:
            return mapping.account_string
    return funding_account


JOURNAL = (
    "journal", "date", "account", "debit", "credit", "currency", "description", "funding_source",
    "bill", "line",
)  # fmt: skip


def agency_journal_csv(
    bill: Bill, lines: Sequence[BillLine], maps: Sequence[AccountMap], payable: str = "PAYABLE"
) -> bytes:
    """The bill as a balanced journal for the agency's own ERP, one row per line and funding source.

    Amounts are decimal strings; debits equal credits equal the bill's total.
    """
    day = str(bill.issued_on or "")
    rows: list[tuple[Any, ...]] = []
    for line in lines:
        for part in sorted(line.funding.all(), key=lambda part: str(part.source_id)):
            if part.amount_minor == 0:
                continue
            account = account_for(line, maps, part.source.account_string)
            rows.append(_row(bill, day, account, part.amount_minor, line, part.source.name))
    rows.append(_row(bill, day, payable, -bill.total_minor, None, ""))
    return write_csv(JOURNAL, rows)


def _row(
    bill: Bill, day: str, account: str, minor: int, line: Any, funding: str
) -> tuple[Any, ...]:
    amount = money_text(abs(minor), bill.currency)
    debit, credit = (amount, "") if minor >= 0 else ("", amount)
    text = line.charge_item.name if line else "Due to the shared services centre"
    number = line.number if line else ""
    return (
        bill.number, day, account, debit, credit, bill.currency, text, funding, bill.number, number,
    )  # fmt: skip


TRACE_COLUMNS = (
    "period", "service", "equation", "left", "right", "difference", "state", "parts", "currency",
)  # fmt: skip


def trace_table(trace: Trace) -> tuple[tuple[str, ...], list[list[str]]]:
    """From the ledger to the bills: heading, and a row for each equation; amounts as text."""

    def text(minor: int | None) -> str:
        return "" if minor is None else money_text(minor, trace.currency)

    return TRACE_COLUMNS, [
        [
            step.period, step.service, step.code, text(step.left), text(step.right),
            text(step.difference), step.state,
            " ".join(f"{name}={text(minor)}" for name, minor in step.parts), trace.currency,
        ]
        for step in trace.steps
    ]  # fmt: skip


PEER_COLUMNS = (
    "fiscal_year", "kind", "service", "code", "own", "quartile_1", "median", "quartile_3",
    "place", "currency",
)  # fmt: skip


def rounded_rate(value: Fraction) -> Decimal:
    """An exact unit cost in major units as a decimal with four places, half up; for reading."""
    return Decimal(round_quotient(value.numerator * 10**4, value.denominator, "half_up")).scaleb(-4)


def peers_table(found: Peers) -> tuple[tuple[str, ...], list[list[str]]]:
    """Unit costs beside the quartiles; exact fractions as text (`41/10`), empty where withheld."""

    def text(value: Fraction | None) -> str:
        return "" if value is None else str(value)

    return PEER_COLUMNS, [
        [
            str(found.fiscal_year), row.kind, row.service_code, row.code, text(row.own),
            *(text(getattr(row.group, name, None)) for name in ("low", "middle", "high")),
            row.place, found.currency,
        ]
        for row in found.rows
    ]  # fmt: skip


SPENDING_COLUMNS = (
    "agency", "fiscal_year", "service", "charge_item", "quantity", "unit", "amount",
    "quantity_before", "amount_before", "by_volume", "by_price", "other", "currency",
)  # fmt: skip


def spending_table(found: Spending) -> tuple[tuple[str, ...], list[list[str]]]:
    """Where an agency's money went, a row for each item; `before`: the same months last year."""

    def text(minor: int) -> str:
        return money_text(minor, found.currency)

    return SPENDING_COLUMNS, [
        [
            found.agency.code, str(found.fiscal_year), service.code, item.code,
            format(row.now.quantity, "f"), item.unit_id, text(row.now.amount_minor),
            format(row.before.quantity, "f"), text(row.before.amount_minor),
            text(row.change.volume), text(row.change.price), text(row.change.other),
            found.currency,
        ]
        for service in found.services
        for item, row in service.items
    ]  # fmt: skip
