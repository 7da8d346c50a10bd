"""From pools, drivers and ledger sums to the engine's document, and back to edges. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .costs import CostError

FORMAT = "commonweal.engine.allocate.v1"
DIRECT = "direct:"
UNALLOCATED = "unallocated"
ORDERED = frozenset({"step_down", "double_step_down"})
MAX_DIGITS = 4000


@dataclass(frozen=True)
class PoolInput:
    """A pool as the allocation needs it. `service`: the code whose direct cost it is, or empty.

    `parts`: several drivers (name, weight, values) in place of the one.
    """

    code: str
    name: str
    amount: str
    service: str = ""
    driver: str = ""
    values: Mapping[str, Decimal] | None = None
    parts: Sequence[tuple[str, str, Mapping[str, Decimal]]] = ()

    @property
    def id(self) -> str:
        """Its id in the document: a direct pool may have the code of its service."""
        return DIRECT + self.code if self.service else self.code


@dataclass(frozen=True)
class EdgeRow:
    """A resolved share of a pool in a service (or `unallocated`), and the amount it moves."""

    source: str
    target: str
    driver: str
    numerator: str
    denominator: str
    amount: str


def number_text(value: Decimal) -> str:
    """A driver's value without idle zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def targets_of(
    pool: PoolInput,
    direct: Mapping[str, str],
    known: set[str],
    part: tuple[str, Mapping[str, Decimal]],
) -> dict[str, str]:
    """Values of a shared pool's driver by the document's ids; a direct pool stands for its service.

    `part`: the driver's name and values.
    """
    found: dict[str, Decimal] = {}
    for target, value in part[1].items():
        place = direct.get(target, target)
        if place not in known:
            raise CostError(
                "COSTS-212",
                f"The driver “{part[0]}” measures “{target}”, which is neither a pool nor a "
                "service. Correct the code, or remove the value.",
            )
        if place != pool.code:
            found[place] = found.get(place, Decimal(0)) + value
    return {place: number_text(value) for place, value in sorted(found.items())}


def allocation_document(
    pools: Sequence[PoolInput],
    services: Sequence[tuple[str, str]],
    currency: str,
    method: str,
    idle: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """The engine's document: every pool with its cost and driver, every service as a target.

    `idle`: further final objects (id, name) for idle capacity. `pools` come in the order of the
    step-down; direct pools give their whole cost to their service.
    """
    direct = {pool.code: pool.service for pool in pools if pool.service}
    targets = {code for code, _ in services}
    known = targets | {pool.code for pool in pools if not pool.service} | {id for id, _ in idle}
    entries = []
    for pool in pools:
        entry: dict[str, Any] = {"id": pool.id, "name": pool.name, "amount": pool.amount}
        if pool.service:
            entry["driver"] = {"name": "direct cost", "values": {pool.service: "1"}}
        elif pool.parts:
            entry["drivers"] = [
                {
                    "name": name or "none",
                    "weight": weight,
                    "values": targets_of(pool, direct, known, (name, values)),
                }
                for name, weight, values in pool.parts
            ]
        elif pool.driver:
            own = (pool.driver, pool.values or {})
            entry["driver"] = {
                "name": pool.driver, "values": targets_of(pool, direct, known, own),
            }  # fmt: skip
        entries.append(entry)
    document: dict[str, Any] = {
        "format": FORMAT,
        "currency": currency,
        "method": method,
        "pools": entries,
        "targets": [{"id": code, "name": name} for code, name in (*services, *idle)],
    }
    if method in ORDERED:
        document["order"] = [pool.id for pool in pools]
    return document


def by_method(document: Mapping[str, Any], method: str) -> dict[str, Any]:
    """The same costs and drivers by another method; pools stand in the order of the step-down."""
    found = {name: value for name, value in document.items() if name != "order"}
    if method in ORDERED:
        found["order"] = [pool["id"] for pool in document["pools"]]
    return {**found, "method": method}


def edge_rows(document: Mapping[str, Any], result: Mapping[str, Any]) -> list[EdgeRow]:
    """The resolved shares of the engine's result, with pool codes as people know them."""
    drivers = {pool["id"]: driver_text(pool) for pool in document["pools"]}
    rows = []
    for share in result["shares"]:
        if max(len(share["numerator"]), len(share["denominator"])) > MAX_DIGITS:
            raise CostError(
                "COSTS-213",
                f"The share of “{share['pool']}” needs more than {MAX_DIGITS} digits. Use fewer "
                "pools that give to pools, or driver values with fewer digits.",
            )
        rows.append(
            EdgeRow(
                share["pool"].removeprefix(DIRECT),
                share["target"],
                drivers[share["pool"]],
                share["numerator"],
                share["denominator"],
                share["amount"],
            )
        )
    return rows


def driver_text(pool: Mapping[str, Any]) -> str:
    """What a pool of a document is shared by: its driver, or its drivers."""
    several = [part["name"] for part in pool.get("drivers", ())]
    return ", ".join(several) or str(pool.get("driver", {}).get("name", ""))


def total_of(result: Mapping[str, Any], target: str) -> str:
    """The full cost of one service in a result; `0` if it is not there."""
    found = [entry["amount"] for entry in result["totals"] if entry["target"] == target]
    return found[0] if found else "0"


def steps_to(result: Mapping[str, Any], target: str) -> list[dict[str, str]]:
    """Every single step of the step-down that ends in a target, with its driver's parts."""
    return [
        {**edge, "pool": edge["pool"].removeprefix(DIRECT)}
        for edge in result["edges"]
        if edge["target"] == target
    ]
