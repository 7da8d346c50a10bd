"""Usage records, priced again one by one."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from .basis import NOTHING, WIDE, Difference, differ, number
from .prices import in_cell, pool_part, price, r9

if TYPE_CHECKING:
    from .basis import Document, Sums


def bare(text: str) -> str:
    """A cell without the mark that keeps spreadsheets from taking it for a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@\t\r") else text


def cell_name(row: dict[str, str]) -> str:
    """The cell of a price by dimensions that a record is in; older files have no such column."""
    return bare(row.get("cell") or "")


def check_usage(
    rows: list[dict[str, str]], rates: Document, fresh: set[tuple[str, ...]], pools: Document
) -> Sums:
    """Price every record again in order; return sums by line. Names the first wrong record.

    `fresh`: the corrections of which nothing was billed before, so that all of the price is due.
    `pools`: where the agency stands among all, for prices of all agencies' quantities together.
    """
    sums: Sums = {}
    walk = Walk(fresh, pools)
    for place, row in enumerate(rows, start=2):
        where = f"usage.csv row {place} ({row['source']} {row['id']})"
        version = row["rate_version"]
        if version not in rates:
            raise Difference(f"{where}: rate {version} is not in rates.json")
        differ(f"{where}: charge item", row["charge_item"], rates[version]["charge_item"])
        day = date.fromisoformat(row["from"][:10])
        if row["charge_period"] not in {str(day + timedelta(days=n))[:7] for n in (-1, 0, 1)}:
            raise Difference(f"{where}: it does not belong to {row['charge_period']}")
        cell = cell_name(row)
        counted = walk.step(row, cell, in_cell(rates[version]["model"], cell), where)
        key = (row["kind"], row["charge_period"], version, row["order_line_id"], cell)
        count, used, money = sums.get(key, NOTHING)
        amount = number(row["amount"], where)
        sums[key] = (
            count + bool(row["id"]), WIDE.add(used, counted), WIDE.add(money, amount)
        )  # fmt: skip
    walk.end()
    return sums


class Walk:
    """The running totals of a file of records, group by group."""

    def __init__(self, fresh: set[tuple[str, ...]], pools: Document) -> None:
        self.fresh, self.pools = fresh, pools
        self.running: dict[tuple[str, ...], Decimal] = {}
        self.seen: set[tuple[str, ...]] = set()
        self.last: dict[tuple[str, ...], tuple[bool, str, str, str]] = {}
        self.shared: dict[tuple[str, ...], list[Decimal]] = defaultdict(list)
        self.prices: dict[tuple[str, ...], Document] = {}

    def step(self, row: dict[str, str], cell: str, model: Document, where: str) -> Decimal:
        """Check one record; how much it adds to its line's quantity."""
        quantity, amount = number(row["quantity"], where), number(row["amount"], where)
        group = (row["kind"], row["charge_period"], row["rate_version"], cell)
        self._in_order(row, group, quantity, where)
        if model["kind"] == "pooled" and row["kind"] == "correction":
            self.prices[group] = model
            self.shared[group].append(amount)
            return quantity
        start = number(row["quantity_before"], where)
        whole = row["kind"] == "usage" and model.get("over", "period") == "period"
        whole = whole and model.get("model", {}).get("over", "period") == "period"
        if group in self.running:
            differ(f"{where}: quantity before", start, self.running[group])
        elif whole or group in self.fresh:
            differ(f"{where}: quantity before", start, Decimal(0))
        first = group not in self.running and (whole or group in self.fresh)
        counted = quantity
        if model["kind"] == "peak":
            counted = number(row["counted"], where)
            if row["kind"] == "usage":
                differ(f"{where}: largest so far", counted, max(Decimal(0), quantity - start))
        after = WIDE.add(start, counted)
        self.running[group] = after
        if model["kind"] == "pooled":
            place = self.pools[f"{row['rate_version']} {row['charge_period']}"]["usage"]
            due = pool_part(model, place, after) - pool_part(model, place, start)
        else:
            due = r9(price(model, after)) - (Decimal(0) if first else r9(price(model, start)))
        differ(f"{where}: amount", amount, due)
        return counted

    def _in_order(
        self, row: dict[str, str], group: tuple[str, ...], quantity: Decimal, where: str
    ) -> None:
        taken = row["kind"] == "correction" and quantity < 0
        order = (taken, row["from"], bare(row["source"]), bare(row["id"]))
        known = (row["source"], row["id"], row["rate_version"], group[-1], row["charge_period"])
        if known in self.seen:
            raise Difference(f"{where}: this record is there twice")
        self.seen.add(known)
        if group in self.last and order < self.last[group]:
            raise Difference(f"{where}: records are not in order of time")
        self.last[group] = order

    def end(self) -> None:
        """Corrections of a shared price add up to what the agency's part of it moved by."""
        for group, amounts in self.shared.items():
            _kind, period, version, _cell = group
            places = self.pools[f"{version} {period}"]
            where = f"corrections to {period} at rate {version}"
            model = self.prices[group]
            parts = [
                pool_part(model, places[name], number(places[name]["own"], where))
                for name in ("billed", "now")
            ]
            differ(f"{where}: amount", sum(amounts, Decimal(0)), parts[1] - parts[0])
