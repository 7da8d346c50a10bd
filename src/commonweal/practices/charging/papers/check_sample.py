#!/usr/bin/env python3
"""Draw an auditor's sample again. Needs Python 3.8 or newer, and nothing else.

    python3 check_sample.py population.csv sample.json

Every minor unit has the same chance: items in order of their id, each as long as its amount without
sign; from a start that the seed gives (SHA-256 modulo the interval, plus one), every interval-th
unit picks the item it lies in. Items of at least the interval are always picked, and stand apart.
Exit status: 0 the sample is the one that the seed gives, 1 it is not, 2 a file cannot be read.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys


def draw(
    items: list[tuple[str, int]], interval: int, seed: str
) -> tuple[int, list[list[object]], list[list[object]]]:
    """(start, always picked, picked with the unit hit) of (id, amount) pairs; whole numbers."""
    start = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big") % interval + 1
    ordered = sorted(items)
    top: list[list[object]] = [[key, amount] for key, amount in ordered if abs(amount) >= interval]
    picked: list[list[object]] = []
    reached, following = 0, start
    for key, amount in ordered:
        if 0 < abs(amount) < interval:
            reached += abs(amount)
            if following <= reached:
                picked.append([key, amount, following])
                following += interval
    return start, top, picked


def main(arguments: list[str]) -> int:
    """Compare the sample with the one drawn anew."""
    try:
        with open(arguments[0], encoding="utf-8", newline="") as stream:
            items = [(row["id"], int(row["amount_minor"])) for row in csv.DictReader(stream)]
        with open(arguments[1], encoding="utf-8") as stream:
            sample = json.load(stream)
    except (OSError, IndexError, KeyError, ValueError) as error:
        print(f"The files cannot be read: {error!r}", file=sys.stderr)
        return 2
    start, top, picked = draw(items, int(sample["interval"]), sample["seed"])
    found = {
        "count": len(items),
        "total": sum(amount for _key, amount in items),
        "start": start,
        "top": top,
        "picked": picked,
    }
    for name, value in found.items():
        if sample[name] != value:
            print(f"NOT the same: {name} is {sample[name]!r}, drawn anew {value!r}.")
            return 1
    print(f"{len(items)} items, {len(top)} always picked, {len(picked)} picked: it is the sample.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
