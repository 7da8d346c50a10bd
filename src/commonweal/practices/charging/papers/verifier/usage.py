"""Usage records, priced again one by one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from .basis import NOTHING, WIDE, Difference, differ, number
from .prices import price, r9

if TYPE_CHECKING:
    from .basis import Document, Sums


def bare(text: str) -> str:
    """A cell without the mark that keeps spreadsheets from taking it for a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@\t\r") else text


def check_usage(rows: list[dict[str, str]], rates: Document, fresh: set[tuple[str, ...]]) -> Sums:
    """Price every record again in order; return sums by line. Names the first wrong record.

    `fresh`: the corrections of which nothing was billed before, so that all of the price is due.
    """
    sums: Sums = {}
    running: dict[tuple[str, ...], Decimal] = {}
    seen: set[tuple[str, str]] = set()
    last: dict[tuple[str, ...], tuple[str, ...]] = {}
    for place, row in enumerate(rows, start=2):
        where = f"usage.csv row {place} ({row['source']} {row['id']})"
        quantity, amount = number(row["quantity"], where), number(row["amount"], where)
        version = row["rate_version"]
        if version not in rates:
            raise Difference(f"{where}: rate {version} is not in rates.json")
        model = rates[version]["model"]
        differ(f"{where}: charge item", row["charge_item"], rates[version]["charge_item"])
        day = date.fromisoformat(row["from"][:10])
        if row["charge_period"] not in {str(day + timedelta(days=n))[:7] for n in (-1, 0, 1)}:
            raise Difference(f"{where}: it does not belong to {row['charge_period']}")
        group = (row["kind"], row["charge_period"], version)
        order = (row["from"], bare(row["source"]), bare(row["id"]))
        if (row["source"], row["id"]) in seen:
            raise Difference(f"{where}: this record is there twice")
        seen.add((row["source"], row["id"]))
        if group in last and order < last[group]:
            raise Difference(f"{where}: records are not in order of time")
        last[group] = order
        start = number(row["quantity_before"], where)
        if group in running:
            differ(f"{where}: quantity before", start, running[group])
        elif row["kind"] == "usage" or group in fresh:
            differ(f"{where}: quantity before", start, Decimal(0))
        after = WIDE.add(start, quantity)
        first = group not in running and (row["kind"] == "usage" or group in fresh)
        before = Decimal(0) if first else r9(price(model, start))
        running[group] = after
        differ(f"{where}: amount", amount, r9(price(model, after)) - before)
        key = (row["kind"], row["charge_period"], version, row["order_line_id"])
        count, used, money = sums.get(key, NOTHING)
        sums[key] = (count + 1, WIDE.add(used, quantity), WIDE.add(money, amount))
    return sums
