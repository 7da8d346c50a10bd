"""Cost allocations, worked out again."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from .basis import cents_of, differ, number, ratio, split

if TYPE_CHECKING:
    from .basis import Document


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
