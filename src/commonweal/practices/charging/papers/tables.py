"""Tables for other programs: the bill as CSV, the agency's journal, usage records.

A cell that would start a formula in a spreadsheet is written with a leading apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from ..models import AccountMap, Bill, BillLine
from ..selectors.bill_document import bill_document, money_text

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
