"""Check one bill yourself. Needs Python 3.8 or newer, and nothing else.

    python3 check_bill.py AGENCY-2026-10-proof.zip [--root HEX] [--ignore-hashes]

Recomputes the bill from its usage records, rates, cost allocation and funding shares, and names the
first difference. Exit status: 0 it fits, 1 it does not, 2 the file cannot be read.

What it proves: that the bill follows from the records, rates and costs in the file, and (with
--root, printed on your bill) that the file is the one issued with the bill. What it cannot prove:
that the records are all there, and that none is invented. Compare the counts it prints with yours.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

from .basis import (
    FORMAT,
    PROVEN,
    SPOILED,
    Difference,
    Unreadable,
    check_hashes,
    differ,
    minor,
    number,
    read_json,
    read_pack,
)
from .conversions import check_conversions
from .costs import check_allocation
from .credits import check_credits
from .lines import check_journal, check_lines
from .rates import check_decisions, check_rates
from .usage import check_usage

if TYPE_CHECKING:
    from collections.abc import Sequence


def check(path: str, root: str, ignore_hashes: bool) -> list[str]:
    """Run every check; return the lines of the report."""
    files = read_pack(path)
    lines = []
    if not ignore_hashes:
        found = check_hashes(files, root)
        lines.append(f"Every file has its hash. Proof root: {found}")
    bill = read_json(files, "bill.json")
    if bill.get("format") != FORMAT:
        raise Unreadable(f"bill.json has the format {bill.get('format')}, not {FORMAT}")
    rates = read_json(files, "rates.json")["rates"]
    orders = read_json(files, "orders.json")["order_lines"]
    runs = read_json(files, "allocation.json")["runs"]
    by_code = {rate["code"]: rate for rate in rates}
    places = -int(number(bill["total"], "total").as_tuple().exponent)
    text = files["usage.csv"].decode("utf-8", "replace")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    fresh: set[tuple[str, ...]] = {
        (line["kind"], line["charge_period"], line["rate_version"], line.get("cell", ""))
        for line in bill["lines"]
        if line["kind"] == "correction" and line["corrects"] is None
    }
    pools = read_json(files, "pools.json")["pools"] if "pools.json" in files else {}
    sums = check_usage(rows, by_code, fresh, pools)
    lines.append(f"{len(rows):,} usage records were priced again.")
    if "conversions.json" in files:
        count = check_conversions(read_json(files, "conversions.json"), rows)
        lines.append(f"{count:,} of them were converted from another unit again.")
    reductions = []
    if "reductions.json" in files:
        reductions = read_json(files, "reductions.json")["reductions"]
    total = check_lines(bill, sums, by_code, orders, places, reductions)
    lines.append(f"{len(bill['lines'])} lines follow from them and are split by their funding.")
    differ("total", minor(number(bill["total"], "total"), places), total)
    credits = read_json(files, "credits.json")["credits"] if "credits.json" in files else {}
    if check_credits(bill, credits, total, places):
        lines.append(f"{len(credits)} credit lines are instalments of what two people decided.")
    check_journal(files, bill, total, places)
    lines.append("The journal balances and equals the bill.")
    costs = check_allocation(runs, places)
    check_decisions(bill, rates)
    checked, decided = check_rates(rates, costs, places)
    lines.append(f"{len(costs)} cost allocations and {checked} rates were worked out again.")
    lines.append(f"{len(rates)} rates are as two people decided them before the bill was issued.")
    if decided:
        lines.append("Decided for a reason, not by the cost over the volume: " + ", ".join(decided))
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row["charge_item"]] += 1
    lines += ["", "Compare with your own records (usage records per charge item):"]
    lines += [f"  {item:<40} {count:>10,}" for item, count in sorted(counts.items())]
    title = f"Bill {bill['number']} of {bill['agency_name']}"
    lines += ["", PROVEN]
    if ignore_hashes or not root:
        lines.append("Only --root, as printed on your bill, proves that this is the file issued.")
    return [*lines, f"{title}: {bill['currency']} {bill['total']} – it fits."]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Check one bill yourself.", epilog="\n".join(__doc__.splitlines()[-3:])
    )
    parser.add_argument("pack", help="the proof file (a zip) that belongs to the bill")
    parser.add_argument("--root", default="", help="the proof root printed on the bill")
    parser.add_argument("--ignore-hashes", action="store_true", help="check the figures alone")
    options = parser.parse_args(arguments)
    try:
        print("\n".join(check(options.pack, options.root, options.ignore_hashes)))
    except Unreadable as error:
        print(f"This is not a proof file: {error}.", file=sys.stderr)
        return 2
    except Difference as error:
        print(f"The bill does NOT fit. First difference: {error}.", file=sys.stderr)
        return 1
    except SPOILED as error:
        print(f"The bill does NOT fit: a part is missing or changed ({error!r}).", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
