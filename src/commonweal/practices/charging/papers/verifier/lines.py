"""Lines, their funding, and the journal."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from .basis import (
    NOTHING,
    POLICIES,
    WIDE,
    Difference,
    cents_of,
    covered_days,
    covers,
    differ,
    minor,
    number,
    split,
)
from .exchange import check_exchange, priced_of
from .prices import r9, without_usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .basis import Document, Files, Sums


def check_lines(
    bill: Document,
    sums: Sums,
    rates: Document,
    orders: Document,
    places: int,
    reductions: Sequence[Document] = (),
) -> int:
    """Each line follows from its records, is rounded once and split by its funding shares."""
    total = 0
    unit = Decimal(1).scaleb(-places)
    seen = set()
    for line in bill["lines"]:
        where = f"line {line['number']} ({line['charge_item']})"
        same = (
            line["kind"], line["charge_period"], line["rate_version"], line["order_line_id"],
            line.get("cell", ""),
        )  # fmt: skip
        same += (line["credit"],) if line["kind"] == "credit" else ()
        if same in seen or line["number"] in seen:
            raise Difference(f"{where}: this line is there twice")
        seen |= {same, line["number"]}
        exact = number(line["amount_exact"], where)
        rate = rates[line["rate_version"]]
        differ(f"{where}: charge item", line["charge_item"], rate["charge_item"])
        if line["kind"] == "discount":
            check_reduction(line, bill, reductions, where)
        elif line["kind"] == "fixed":
            check_ordered(line, bill["agency"], rate["model"], orders, where)
        elif line["kind"] != "credit":
            count, quantity, amount = sums.pop(same, NOTHING)
            differ(f"{where}: number of records", line["facts"], count)
            differ(f"{where}: quantity", number(line["quantity"], where), quantity)
            differ(f"{where}: exact amount", priced_of(line, where), amount)
        if line["kind"] in ("usage", "fixed", "correction"):
            check_exchange(line, rate, bill["currency"], exact, where)
        before = number(line.get("exact_before", "0"), where)
        policy = POLICIES[line["rounding"]]
        reached = WIDE.add(before, exact).quantize(unit, policy, WIDE)
        rounded = reached - before.quantize(unit, policy, WIDE)
        differ(f"{where}: amount", number(line["amount"], where), rounded)
        check_funding(line, orders, minor(rounded, places), places, where)
        total += minor(rounded, places)
    if sums:
        raise Difference(f"usage.csv has records of no line: {sorted(sums)[0]}")
    return total


def check_ordered(
    line: Document, agency: str, model: Document, orders: Document, where: str
) -> None:
    """A line that an order causes without usage: its quantity, and its amount by its price."""
    order_line = orders.get(line["order_line_id"])
    if order_line is None:
        raise Difference(f"{where}: its order line is not in orders.json")
    days = covered_days(order_line, line["charge_period"])
    quantity = {"minimum": 0, "prorated": days[0]}.get(model["kind"], 1)
    differ(f"{where}: quantity", number(line["quantity"], where), Decimal(quantity))
    due = without_usage(model, line, agency, days)
    differ(f"{where}: amount", priced_of(line, where), due)


def check_reduction(
    line: Document, bill: Document, reductions: Sequence[Document], where: str
) -> None:
    """A reduction takes off what two people decided, of the line of this bill that it names."""
    full = [other for other in bill["lines"] if other["id"] == line["corrects"]]
    if not full or full[0]["order_line_id"] != line["order_line_id"]:
        raise Difference(f"{where}: it reduces no line of this bill")
    month = line["charge_period"]
    held = [
        row
        for row in reductions
        if row["charge_item"] == line["charge_item"]
        and row["starts"] <= f"{month}-01" < row["ends"]
    ]
    if len(held) != 1 or full[0]["charge_item"] != line["charge_item"]:
        raise Difference(f"{where}: no reduction was decided for {month}")
    decision = held[0]["decision"]
    if not decision or decision["state"] != "approved":
        raise Difference(f"{where}: nobody approved the reduction")
    if decision["proposed_by"] == decision["decided_by"]:
        raise Difference(f"{where}: one person alone proposed and approved the reduction")
    percent = number(held[0]["percent"], where)
    differ(f"{where}: part decided", number(decision["effect"]["percent"], where), percent)
    share = WIDE.divide(WIDE.subtract(Decimal(100), percent), Decimal(100))
    exact = r9(WIDE.multiply(number(full[0]["amount_exact"], where), share))
    differ(f"{where}: exact amount", number(line["amount_exact"], where), -exact)
    differ(f"{where}: quantity", number(line["quantity"], where), Decimal(0))


def check_funding(line: Document, orders: Document, cents: int, places: int, where: str) -> None:
    """The funding sources' parts are the line's amount split by their shares."""
    order_line = orders.get(line["order_line_id"])
    if order_line is None:
        raise Difference(f"{where}: its order line is not in orders.json")
    differ(f"{where}: order", line["order"], order_line["order"])
    differ(f"{where}: line of the order", line["order_line"], order_line["line"])
    covers(order_line, line["charge_period"], f"{where}: its order line")
    shares = {s["id"]: Fraction(s["numerator"], s["denominator"]) for s in order_line["funding"]}
    differ(f"{where}: sum of the funding shares", Fraction(1), sum(shares.values(), Fraction(0)))
    names = {source["id"]: source["source"] for source in order_line["funding"]}
    found = sorted((names[key], part) for key, part in split(cents, shares).items())
    stated = [(p["source"], minor(number(p["amount"], where), places)) for p in line["funding"]]
    differ(f"{where}: funding", sorted(stated), found)


def check_journal(files: Files, bill: Document, total: int, places: int) -> None:
    """The journal's debits equal its credits and the bill, line by line and source by source."""
    due: dict[tuple[str, str], int] = defaultdict(int)
    for line in bill["lines"]:
        for part in line["funding"]:
            due[(str(line["number"]), part["source"])] += cents_of(part["amount"], "line", places)
    rows = csv.DictReader(io.StringIO(files["journal.csv"].decode("utf-8"), newline=""))
    debit = credit = payable = 0
    for place, row in enumerate(rows, start=2):
        where = f"journal.csv row {place}"
        taken, given = (cents_of(row[side], where, places) for side in ("debit", "credit"))
        debit, credit = debit + taken, credit + given
        if row["line"]:
            due[(row["line"], row["funding_source"])] -= taken - given
        else:
            payable += given - taken
    differ("journal.csv: debits and credits", debit, credit)
    differ("journal.csv: what is payable", payable, total)
    for (line, source), left in sorted(due.items()):
        if left:
            raise Difference(f"journal.csv: line {line}, {source}: it differs from the bill")
