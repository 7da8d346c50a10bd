#!/usr/bin/env python3
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
import hashlib
import io
import json
import sys
import zipfile
import zlib
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

FORMAT = "commonweal-bill-1"
WIDE = Context(prec=80, rounding=ROUND_HALF_UP)
POLICIES = dict(half_up=ROUND_HALF_UP, half_even=ROUND_HALF_EVEN, down=ROUND_DOWN, up=ROUND_UP)
PROVEN = """This proves that the bill follows from what is in the file. It does not prove that the
records are all there, nor that the decisions and costs stated in it were real."""
SPOILED = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, csv.Error)
NEEDED = ("bill.json", "usage.csv", "rates.json", "allocation.json", "orders.json", "journal.csv")
LARGEST = 2_000_000_000
NOTHING = (0, Decimal(0), Decimal(0))

if TYPE_CHECKING:  # Python 3.8 knows these words in annotations only
    from collections.abc import Sequence

    Document = dict[str, Any]
    Files = dict[str, bytes]
    Sums = dict[tuple[str, ...], tuple[int, Decimal, Decimal]]  # records, quantity, exact amount


class Difference(Exception):
    """The bill does not follow from the file; the message says where."""


class Unreadable(Exception):
    """The file is not a proof file."""


def differ(where: str, stated: Any, found: Any) -> None:
    """Raise with both values, unless they are the same."""
    if stated != found:
        raise Difference(f"{where}: the bill says {stated}, the check finds {found}")


def number(text: Any, where: str) -> Decimal:
    """A decimal from plain text."""
    try:
        value = Decimal(text)
    except (ArithmeticError, TypeError, ValueError):
        raise Difference(f"{where}: “{text}” is not a number") from None
    if not value.is_finite() or len(value.as_tuple().digits) > 2000 or abs(value.adjusted()) > 2000:
        raise Difference(f"{where}: “{text}” is not a number")
    return value


def read_pack(path: str) -> Files:
    """The files of the zip by name."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
                raise Unreadable("the file unpacks to more than 2 GB")
            files = {name: archive.read(name) for name in archive.namelist()}
    except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise Unreadable(f"it cannot be opened: {error}") from error
    missing = [name for name in NEEDED if name not in files]
    if missing:
        raise Unreadable("it lacks " + ", ".join(missing))
    return files


def read_json(files: Files, name: str) -> Any:
    """One JSON file of the pack; numbers in it are text, so a float never appears."""
    try:
        return json.loads(files[name].decode("utf-8"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{name} cannot be read: {error}") from error


def check_hashes(files: Files, root: str) -> str:
    """Each file's hash is in the manifest, and the manifest's hash is the printed root."""
    manifest = files.get("manifest.sha256")
    if manifest is None:
        raise Difference("manifest.sha256 is missing")
    listed = {}
    for line in manifest.decode("ascii", "replace").splitlines():
        value, _, name = line.partition("  ")
        listed[name] = value
    for name in sorted(set(files) - {"manifest.sha256"}):
        found = hashlib.sha256(files[name]).hexdigest()
        differ(f"hash of {name}", listed.pop(name, "nothing"), found)
    for name in sorted(listed):
        raise Difference(f"{name} is in the list of hashes but not in the file")
    found = hashlib.sha256(manifest).hexdigest()
    if root:
        differ("proof root", root.strip().lower(), found)
    return found


def r9(value: Decimal) -> Decimal:
    """Nine decimals, half away from zero."""
    return value.quantize(Decimal("1e-9"), ROUND_HALF_UP, WIDE)


def price(model: Document, quantity: Decimal) -> Decimal:
    """The exact price of a month's total quantity under a price model."""
    if quantity < 0:
        raise Difference(f"a total of {quantity} is below zero")
    if model["kind"] == "flat":
        return number(model["amount"], "flat amount")
    total = number(model.get("fixed", "0"), "fixed amount")
    if model["kind"] == "per_unit":
        return WIDE.add(total, WIDE.multiply(quantity, number(model["rate"], "rate")))
    if model["kind"] != "graduated":
        raise Difference(f"unknown price model {model['kind']}")
    reached = Decimal(0)
    for tier in model["tiers"]:
        low = number(tier["from"], "tier")
        differ("start of a tier", low, reached)
        high = number(tier["to"], "tier") if tier.get("to") is not None else None
        if quantity > low:
            top = quantity if high is None else min(quantity, high)
            part = WIDE.multiply(WIDE.subtract(top, low), number(tier["rate"], "rate"))
            total = WIDE.add(total, part)
        if high is None:
            break
        reached = high
    return total


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


def minor(value: Decimal, places: int) -> int:
    """A decimal amount in whole minor units."""
    scaled = value.scaleb(places, WIDE)
    if scaled != scaled.to_integral_value():
        raise Difference(f"{value} has more decimals than the currency")
    return int(scaled)


def cents_of(text: Any, where: str, places: int) -> int:
    """Minor units written as a decimal; empty is none."""
    return minor(number(text or "0", where), places)


def split(total: int, shares: dict[str, Fraction]) -> dict[str, int]:
    """Largest remainder: floors, then one unit each to the largest remainders, ties by id."""
    ids = sorted(shares)
    parts = {key: abs(total) * shares[key] for key in ids}
    floors = {key: parts[key].numerator // parts[key].denominator for key in ids}
    left = abs(total) - sum(floors.values())
    for key in sorted(ids, key=lambda key: (-(parts[key] - floors[key]), key))[:left]:
        floors[key] += 1
    return {key: -part if total < 0 else part for key, part in floors.items()}


def check_lines(bill: Document, sums: Sums, rates: Document, orders: Document, places: int) -> int:
    """Each line follows from its records, is rounded once and split by its funding shares."""
    total = 0
    unit = Decimal(1).scaleb(-places)
    seen = set()
    for line in bill["lines"]:
        where = f"line {line['number']} ({line['charge_item']})"
        same = (line["kind"], line["charge_period"], line["rate_version"], line["order_line_id"])
        if same in seen or line["number"] in seen:
            raise Difference(f"{where}: this line is there twice")
        seen |= {same, line["number"]}
        exact = number(line["amount_exact"], where)
        rate = rates[line["rate_version"]]
        differ(f"{where}: charge item", line["charge_item"], rate["charge_item"])
        if line["kind"] == "fixed":
            differ(f"{where}: quantity", number(line["quantity"], where), Decimal(1))
            differ(f"{where}: amount", exact, r9(price(rate["model"], Decimal(1))))
        else:
            count, quantity, amount = sums.pop(same, NOTHING)
            differ(f"{where}: number of records", line["facts"], count)
            differ(f"{where}: quantity", number(line["quantity"], where), quantity)
            differ(f"{where}: exact amount", exact, amount)
        rounded = exact.quantize(unit, POLICIES[line["rounding"]], WIDE)
        differ(f"{where}: amount", number(line["amount"], where), rounded)
        check_funding(line, orders, minor(rounded, places), places, where)
        total += minor(rounded, places)
    if sums:
        raise Difference(f"usage.csv has records of no line: {sorted(sums)[0]}")
    return total


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


def covers(thing: Document, month: str, where: str) -> None:
    """Something with a first day (and perhaps an end, not included) is in force in a month."""
    year, number_of_month = int(month[:4]), int(month[5:])
    after = f"{year + number_of_month // 12}-{number_of_month % 12 + 1:02}"
    ends = thing.get("ends")
    if thing["starts"] >= f"{after}-01" or (ends is not None and ends <= f"{month}-01"):
        raise Difference(f"{where} is not in force in {month}")


def check_decisions(bill: Document, rates: list[Document]) -> None:
    """Each rate is what was decided: this price from this day, by two people, before the issue."""
    months: dict[str, set[str]] = defaultdict(set)
    for line in bill["lines"]:
        months[line["rate_version"]].add(line["charge_period"])
    for rate in rates:
        where = f"rate {rate['code']}"
        decision = rate.get("decision")
        if not decision or decision["state"] != "approved":
            raise Difference(f"{where}: nobody approved it")
        differ(f"{where}: price decided", decision["effect"]["model"], rate["model"])
        differ(f"{where}: first day decided", decision["effect"]["starts"], rate["starts"])
        differ(f"{where}: rate decided", decision["effect"]["rate"], rate["code"])
        if decision["decided_at"][:10] > bill["issued_on"]:
            raise Difference(f"{where}: it was decided after the bill was issued")
        if decision["proposed_by"] == decision["decided_by"]:
            raise Difference(f"{where}: one person alone proposed and approved it")
        for month in sorted(months[rate["code"]]):
            covers(rate, month, where)


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


def check_allocation(runs: Document, places: int) -> dict[str, dict[str, int]]:
    """Allocate each run's costs again by step-down (or direct) and compare every service's cost."""
    costs = {}
    for run_id, run in sorted(runs.items()):
        document = run["document"]
        where = f"allocation {run_id[:8]}"
        order = document.get("order") or sorted(pool["id"] for pool in document["pools"])
        totals, shares = allocate(document, order, places, where)
        check_shares(run["result"], shares, where)
        stated = {entry["target"]: entry["amount"] for entry in run["result"]["totals"]}
        for target in sorted(totals.keys() & stated.keys()):
            found = cents_of(stated[target], where, places)
            differ(f"{where}: cost of {target}", found, totals[target])
        costs[run_id] = totals
    return costs


def check_shares(result: Document, shares: dict[str, dict[str, Fraction]], where: str) -> None:
    """The shares that are stated are those found, each once."""
    stated = {(e["pool"], e["target"]): ratio(e, where) for e in result["shares"]}
    found = {(pool, key): part for pool, row in shares.items() for key, part in row.items()}
    differ(f"{where}: number of shares", len(result["shares"]), len(found))
    for key in sorted(stated.keys() | found.keys()):
        differ(f"{where}: share of {key[1]} in {key[0]}", stated.get(key), found.get(key))


def allocate(
    document: Document, order: list[str], places: int, where: str
) -> tuple[dict[str, int], dict[str, dict[str, Fraction]]]:
    """Minor units by final object, each pool's carried to the end; and the shares by pool."""
    pools = {pool["id"]: pool for pool in document["pools"]}
    finals = {target["id"] for target in document["targets"]}
    shares: dict[str, dict[str, Fraction]] = {}
    for place in range(len(order) - 1, -1, -1):
        pool = pools[order[place]]
        later = set(order[place + 1 :]) if document["method"] == "step_down" else set()
        values = {
            key: Fraction(number(text, where))
            for key, text in pool.get("driver", {}).get("values", {}).items()
            if key in finals | later and number(text, where)
        }
        whole = sum(values.values(), Fraction(0))
        row: dict[str, Fraction] = defaultdict(Fraction)
        for key, value in values.items():
            for final, part in shares.get(key, {key: Fraction(1)}).items():
                row[final] += value / whole * part
        shares[pool["id"]] = dict(row) or {"unallocated": Fraction(1)}
    totals = {t["id"]: cents_of(t.get("amount"), where, places) for t in document["targets"]}
    totals["unallocated"] = 0
    for name, parts in shares.items():
        for final, moved in split(cents_of(pools[name]["amount"], where, places), parts).items():
            totals[final] += moved
    return totals, shares


def ratio(document: Document, where: str) -> Fraction:
    """A fraction written as two whole numbers."""
    top, bottom = (int(number(document[key], where)) for key in ("numerator", "denominator"))
    return Fraction(top, bottom)


def check_rates(
    rates: list[Document], costs: dict[str, dict[str, int]], places: int
) -> tuple[int, list[str]]:
    """A derived rate is its part of a service's cost, adjusted, over the volume, rounded once.

    Returns how many were derived again, and the prices that were decided for a reason instead."""
    checked, decided = 0, []
    for rate in rates:
        derivation = rate.get("derivation") or {}
        if derivation.get("kind") != "cost_over_volume":
            decided.append(rate["code"])
            continue
        where = f"rate {rate['code']}"
        cost = number(derivation["service_cost"], where)
        run = costs.get(str(derivation.get("run")))
        if run is None:
            raise Difference(f"{where}: its cost allocation is not in allocation.json")
        service = derivation["service"]
        differ(f"{where}: cost of {service}", minor(cost, places), run.get(service))
        exact = Fraction(cost) * ratio(derivation["share"], where)
        exact *= ratio(derivation["scale"], where)
        for entry in derivation["adjustments"]:
            exact += Fraction(number(entry["amount"], where))
        differ(f"{where}: cost to recover", ratio(derivation["numerator"], where), exact)
        exact /= Fraction(number(derivation["denominator"], where))
        shift = int(derivation["places"])
        if not 0 <= shift <= 20:
            raise Difference(f"{where}: it is rounded to {shift} decimals")
        scaled = exact * 10**shift
        whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
        found = Decimal(whole).scaleb(-shift, WIDE)
        if derivation["rounding"] == "half_up":
            differ(f"{where}: cost over volume", number(derivation["rate"], where), found)
        model = rate["model"]
        stated = model.get("rate", model.get("amount", "0"))
        if "tiers" in model or number(stated, where) != number(derivation["rate"], where):
            if not rate.get("reason"):
                differ(f"{where}: price", stated, derivation["rate"])
            decided.append(rate["code"])
        checked += 1
    return checked, decided


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
        (line["kind"], line["charge_period"], line["rate_version"])
        for line in bill["lines"]
        if line["kind"] == "correction" and line["corrects"] is None
    }
    sums = check_usage(rows, by_code, fresh)
    lines.append(f"{len(rows):,} usage records were priced again.")
    total = check_lines(bill, sums, by_code, orders, places)
    lines.append(f"{len(bill['lines'])} lines follow from them and are split by their funding.")
    differ("total", minor(number(bill["total"], "total"), places), total)
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
