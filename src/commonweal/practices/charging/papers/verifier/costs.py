"""Cost allocations, worked out again."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from .basis import cents_of, differ, number, ratio, split

if TYPE_CHECKING:
    from .basis import Document


def check_allocation(runs: Document, places: int) -> dict[str, dict[str, int]]:
    """Allocate each run's costs again and compare every service's cost, on each basis of cost."""
    costs = {}
    for run_id, run in sorted(runs.items()):
        document, where = run["document"], f"allocation {run_id[:8]}"
        stated = {(e["pool"], e["target"]): ratio(e, where) for e in run["result"]["shares"]}
        if document["method"] == "reciprocal":
            shares = check_circles(run, stated, where)
        else:
            shares = shares_of(document, where)
        check_shares(run["result"], stated, shares, where)
        costs[run_id] = compared(document, run["result"], shares, places, where)
        part = run["result"].get("allowable")
        if part:
            less = dict(part["unallowable"])
            costs[f"{run_id} allowable"] = compared(
                document, part, shares, places, f"{where}, allowable", less
            )
    return costs


def compared(
    document: Document,
    result: Document,
    shares: dict[str, dict[str, Fraction]],
    places: int,
    where: str,
    less: dict[str, int] | None = None,
) -> dict[str, int]:
    """Each final object's cost found from the shares, compared with what is stated.

    `less`: minor units of each pool that grants do not allow."""
    totals = {t["id"]: cents_of(t.get("amount"), where, places) for t in document["targets"]}
    totals["unallocated"] = 0
    for pool in document["pools"]:
        amount = cents_of(pool["amount"], where, places)
        amount -= (less or {}).get(pool["id"].replace("direct:", "", 1), 0)
        for final, moved in split(amount, shares[pool["id"]]).items():
            totals[final] += moved
    stated = {entry["target"]: entry["amount"] for entry in result["totals"]}
    for target in sorted(totals.keys() & stated.keys()):
        found = cents_of(stated[target], where, places)
        differ(f"{where}: cost of {target}", found, totals[target])
    return totals


def check_shares(
    result: Document,
    stated: dict[tuple[str, str], Fraction],
    shares: dict[str, dict[str, Fraction]],
    where: str,
) -> None:
    """The shares that are stated are those found, each once."""
    found = {(pool, key): part for pool, row in shares.items() for key, part in row.items()}
    differ(f"{where}: number of shares", len(result["shares"]), len(found))
    for key in sorted(stated.keys() | found.keys()):
        differ(f"{where}: share of {key[1]} in {key[0]}", stated.get(key), found.get(key))


def parts_of(pool: Document, reach: set[str], where: str) -> dict[str, Fraction]:
    """What part of its cost a pool gives to each in reach: by its driver, or by several."""
    parts: dict[str, Fraction] = defaultdict(Fraction)
    drivers = pool.get("drivers") or [{"weight": "1", **pool.get("driver", {"values": {}})}]
    rows = []
    for driver in drivers:
        values = {
            key: Fraction(number(text, where))
            for key, text in driver["values"].items()
            if key in reach and number(text, where)
        }
        rows.append((Fraction(number(driver["weight"], where)), values))
    if not any(values for _, values in rows):
        return {}
    weights = sum((weight for weight, _ in rows), Fraction(0))
    for weight, values in rows:
        whole = sum(values.values(), Fraction(0))
        for key, value in values.items():
            parts[key] += weight / weights * value / whole
        if not values:
            parts["unallocated"] += weight / weights
    return dict(parts)


def shares_of(document: Document, where: str) -> dict[str, dict[str, Fraction]]:
    """Each pool's shares in the final objects, from the last that gives back to the first."""
    pools = {pool["id"]: pool for pool in document["pools"]}
    finals = {target["id"] for target in document["targets"]}
    method = document["method"]
    order = document.get("order") or sorted(pools)
    second: dict[str, dict[str, Fraction]] = {}
    shares: dict[str, dict[str, Fraction]] = {}
    for rows, later_only in ((second, True), (shares, method != "double_step_down")):
        if rows is second and method != "double_step_down":
            continue
        for place in range(len(order) - 1, -1, -1):
            name = order[place]
            others = set() if method == "direct" else set(order[place + 1 if later_only else 0 :])
            row: dict[str, Fraction] = defaultdict(Fraction)
            for key, part in parts_of(pools[name], finals | others - {name}, where).items():
                onward = rows.get(key) or second.get(key) or {key: Fraction(1)}
                for final, share in onward.items():
                    row[final] += part * share
            rows[name] = dict(row) or {"unallocated": Fraction(1)}
    return shares


def check_circles(
    run: Document, stated: dict[tuple[str, str], Fraction], where: str
) -> dict[str, dict[str, Fraction]]:
    """Where pools give to one another, the stated shares must fulfil their equations: each pool's
    share is what it gives there, and what its receivers do. Only one set of shares does."""
    document = run["document"]
    bound = run["result"].get("share_bound")
    near = ratio(bound, where) * 2 if bound else Fraction(0)
    reach = {thing["id"] for kind in ("pools", "targets") for thing in document[kind]}
    shares: dict[str, dict[str, Fraction]] = {pool["id"]: {} for pool in document["pools"]}
    for (pool_id, target), share in stated.items():
        shares[pool_id][target] = share
    for pool in document["pools"]:
        row: dict[str, Fraction] = defaultdict(Fraction)
        for key, part in parts_of(pool, reach - {pool["id"]}, where).items():
            for final, share in shares.get(key, {key: Fraction(1)}).items():
                row[final] += part * share
        row = row or {"unallocated": Fraction(1)}
        own = shares[pool["id"]]
        differ(f"{where}: shares of {pool['id']} together", sum(own.values()), 1)
        for final in sorted(row.keys() | own.keys()):
            if abs(own.get(final, Fraction(0)) - row.get(final, Fraction(0))) > near:
                differ(f"{where}: share of {final} in {pool['id']}", own.get(final), row.get(final))
    return shares
