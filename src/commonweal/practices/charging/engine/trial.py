"""Random cases by the thousand: the kernel against the oracle, to the last digit.

A case is one group's facts under a random price of any kind. Many cases go through one DuckDB
statement, as a month's usage does; each is rated again fact by fact in plain Python, and its facts
are added up against the price of its total. `./run deep` runs a million of them (ops/deep/prices).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pyarrow

from .cases import dimension_names
from .charges import rate_pool
from .connection import open_connection
from .exact import exact_sum, r9
from .models import PriceModel, Tier
from .price import (
    Fact,
    RatedFact,
    at_cost,
    cell_key,
    cell_price,
    channel,
    flat,
    gather,
    graduated,
    matrix,
    minimum,
    package,
    peak,
    per_unit,
    percentage,
    pooled,
    price,
    rate_facts,
    step,
    volume,
)
from .rating import rate_to_table
from .rating_sql import RatingPlan
from .shared_models import Cell, Matrix, Pooled
from .totals import prove_totals

Chance = random.Random
START = datetime(2026, 10, 1, tzinfo=UTC)
CHANNELS = ("", "desk", "phone", "web")
GRADES = ("", "a", "b")
SIMPLE = ("flat", "per_unit", "graduated", "volume", "package", "step", "percentage", "at_cost")
KINDS = (*SIMPLE, "minimum", "peak", "channel", "matrix", "pooled")
"""What usage can be rated by."""
_COLUMNS = ("agency_id", "charge_item", "rate_version", "order_line", "source", "fact_id")


def _rate(chance: Chance) -> Decimal:
    places = chance.choice((0, 2, 4, 9))
    return Decimal(chance.randrange(10 ** chance.randrange(1, places + 4))).scaleb(-places)


def _quantity(chance: Chance) -> Decimal:
    places = chance.choice((0, 0, 2, 6))
    return Decimal(chance.randrange(10 ** chance.randrange(1, places + 5))).scaleb(-places)


def _tiers(chance: Chance) -> list[Tier]:
    bounds = sorted({_quantity(chance) for _ in range(chance.randrange(4))} - {Decimal(0)})
    starts = [Decimal(0), *bounds]
    ends = [*bounds, None]
    return [Tier(lo, hi, _rate(chance)) for lo, hi in zip(starts, ends, strict=True)]


def _size(chance: Chance) -> Decimal:
    return max(_quantity(chance), Decimal("0.001"))


def _cap(chance: Chance, least: Decimal = Decimal(0)) -> Decimal | None:
    return None if chance.randrange(10) < 3 else least + _rate(chance)


def _limited(chance: Chance) -> PriceModel:
    floor = _rate(chance) if chance.randrange(10) < 5 else Decimal(0)
    percent = Decimal(chance.randrange(10**4)).scaleb(-chance.choice((0, 2, 7)))
    return percentage(percent, floor, _cap(chance, floor))


def _fixed(chance: Chance) -> Decimal:
    return _rate(chance) if chance.randrange(10) < 2 else Decimal(0)


def _overhead(chance: Chance) -> Decimal:
    return Decimal(chance.randrange(3000)).scaleb(-2)


_SIMPLE: dict[str, Callable[[Chance], PriceModel]] = {
    "flat": lambda c: flat(_rate(c)),
    "per_unit": lambda c: per_unit(_rate(c), _fixed(c)),
    "graduated": lambda c: graduated(_tiers(c), _fixed(c)),
    "volume": lambda c: volume(_tiers(c), _fixed(c)),
    "package": lambda c: package(_size(c), _rate(c), _fixed(c)),
    "step": lambda c: step(_size(c), _rate(c), _cap(c)),
    "percentage": _limited,
    "at_cost": lambda c: at_cost(_overhead(c), _cap(c)),
}


def random_model(chance: Chance, kind: str) -> PriceModel:
    """A price of a kind, with every part of it drawn."""
    if kind in _SIMPLE:
        return _SIMPLE[kind](chance)
    if kind == "minimum":
        return minimum(_rate(chance), random_model(chance, chance.choice(SIMPLE)))
    if kind == "peak":
        return peak(random_model(chance, chance.choice((*SIMPLE, "minimum"))))
    if kind == "pooled":
        return pooled(_unfixed(chance))
    inner = (*SIMPLE, "minimum", "peak")
    rest = random_model(chance, chance.choice(inner))
    if kind == "channel":
        named = chance.sample(CHANNELS[1:], chance.randrange(1, 4))
        return channel({n: random_model(chance, chance.choice(inner)) for n in named}, rest)
    pairs = [(one, two) for one in CHANNELS[1:] for two in GRADES[1:]]
    cells = [
        Cell(values, random_model(chance, chance.choice(inner)))
        for values in chance.sample(pairs, chance.randrange(1, 5))
    ]
    return matrix(("channel", "grade"), cells, rest)


def _unfixed(chance: Chance) -> PriceModel:
    kind = chance.choice(("per_unit", "graduated", "volume", "package", "step", "at_cost"))
    if kind == "per_unit":
        return per_unit(_rate(chance))
    if kind == "graduated":
        return graduated(_tiers(chance))
    if kind == "volume":
        return volume(_tiers(chance))
    if kind == "package":
        return package(_size(chance), _rate(chance))
    return _SIMPLE[kind](chance)


@dataclass(slots=True)
class Batch:
    """Random prices by rate version, and facts by (agency, version) with their dimensions."""

    models: dict[str, PriceModel]
    facts: dict[tuple[str, str], list[tuple[Fact, dict[str, str]]]] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        """The number of groups."""
        return len(self.facts)


def random_batch(chance: Chance, cases: int) -> Batch:
    """So many groups of a few facts each, under an eighth as many prices of all kinds."""
    batch = Batch({})
    for number in range(-(-cases // 8)):
        kind = KINDS[number % len(KINDS)]
        version = f"v{number:06d}-{kind}"
        batch.models[version] = random_model(chance, kind)
        for agency in range(min(8, cases - number * 8)):
            facts = _facts(chance, f"{number}-{agency}", batch.models[version])
            batch.facts[f"agency-{agency}", version] = facts
    return batch


def _facts(chance: Chance, name: str, model: PriceModel) -> list[tuple[Fact, dict[str, str]]]:
    """One to six facts; a tenth of them take back part of what came before, where they may."""
    reducible = not isinstance(model, Matrix) and model.kind != "peak"
    found = []
    total = Decimal(0)
    for place in range(chance.randrange(1, 7)):
        quantity = _quantity(chance)
        if reducible and chance.randrange(10) < 1:
            quantity = -min(total, quantity)
        total += quantity
        moment = START + timedelta(seconds=place * 60)
        fact = Fact(moment, f"s{chance.randrange(3)}", f"{name}-{place}", quantity)
        dimensions = {"channel": chance.choice(CHANNELS), "grade": chance.choice(GRADES)}
        found.append((fact, dimensions))
    return found


Rated = dict[tuple[str, str], tuple[Decimal, Decimal]]


def oracle(batch: Batch) -> Rated:
    """Quantity before and amount of every fact, one by one in plain Python."""
    rated: list[RatedFact] = []
    pools: dict[str, dict[str, list[Fact]]] = defaultdict(dict)
    for (agency, version), facts in batch.facts.items():
        model = batch.models[version]
        if isinstance(model, Pooled):
            pools[version][agency] = [fact for fact, _ in facts]
        elif isinstance(model, Matrix):
            for cell, members in cells(model, facts).items():
                rated += rate_facts(members, cell_price(model, cell))
        else:
            rated += rate_facts((fact for fact, _ in facts), model)
    for version, by_agency in pools.items():
        model = batch.models[version]
        assert isinstance(model, Pooled)
        for found in rate_pool(by_agency, model).values():
            rated += found
    return {(r.fact.source, r.fact.id): (r.quantity_before, r.amount) for r in rated}


def cells(
    model: Matrix, facts: list[tuple[Fact, dict[str, str]]]
) -> dict[tuple[str, ...], list[Fact]]:
    """A group's facts by cell."""
    found: dict[tuple[str, ...], list[Fact]] = defaultdict(list)
    for fact, dimensions in facts:
        found[cell_key(model, dimensions)].append(fact)
    return found


def table_of(batch: Batch) -> pyarrow.Table:
    """The facts in the kernel's columns, as they come."""
    rows = [
        (agency, f"item-{version}", version, "", fact.source, fact.id, fact, dimensions)
        for (agency, version), facts in batch.facts.items()
        for fact, dimensions in facts
    ]
    columns: dict[str, Any] = {
        name: pyarrow.array([row[place] for row in rows], pyarrow.string())
        for place, name in enumerate(_COLUMNS)
    }
    for name in ("channel", "grade"):
        values = [row[7][name] or None for row in rows]
        columns[f"dimension_{name}"] = pyarrow.array(values, pyarrow.string())
    moments = [row[6].from_time for row in rows]
    columns["from_time"] = pyarrow.array(moments, pyarrow.timestamp("us", tz="UTC"))
    quantities = [row[6].quantity for row in rows]
    columns["quantity"] = pyarrow.array(quantities, pyarrow.decimal128(18, 6))
    return pyarrow.table(columns)


def kernel(connection: Any, batch: Batch) -> tuple[Rated, list[str]]:
    """The same by the kernel, and what the second path says against it."""
    plan = RatingPlan(dimensions=("channel", "grade"))
    assert set(dimension_names(batch.models.values())) <= set(plan.dimensions)
    connection.register("usage", table_of(batch))
    rate_to_table(connection, plan, batch.models, "rated")
    differences = prove_totals(
        connection, "usage", "rated", batch.models, plan.keys, dimensions=plan.dimensions
    )
    rows = connection.execute(
        "SELECT source, fact_id, quantity_before, amount FROM rated"
    ).fetchall()
    return {row[:2]: row[2:] for row in rows}, [
        f"second path: {' / '.join((*found.group, *found.cell))}: facts {found.found},"
        f" total {found.expected}"
        for found in differences
    ]


def sums(batch: Batch, rated: Mapping[tuple[str, str], tuple[Decimal, Decimal]]) -> list[str]:
    """Groups whose facts do not add up to the price of their total, by the oracle's formula."""
    wrong = []
    pools: dict[str, list[Fact]] = defaultdict(list)
    for (agency, version), facts in batch.facts.items():
        model = batch.models[version]
        if isinstance(model, Pooled):
            pools[version] += [fact for fact, _ in facts]
            continue
        parts = [((), [fact for fact, _ in facts])]
        if isinstance(model, Matrix):
            parts = list(cells(model, facts).items())  # type: ignore[arg-type]
        for cell, members in parts:
            priced = cell_price(model, cell) if isinstance(model, Matrix) else model
            if not _adds_up(priced, members, rated):
                wrong.append(f"sum: {agency} / {version} / {cell}")
    for version, members in pools.items():
        if not _adds_up(batch.models[version], members, rated):
            wrong.append(f"sum: the pool of {version}")
    return wrong


def _adds_up(
    model: PriceModel,
    facts: list[Fact],
    rated: Mapping[tuple[str, str], tuple[Decimal, Decimal]],
) -> bool:
    total = r9(price(model, gather(model, [fact.quantity for fact in facts])))
    return exact_sum(rated[fact.source, fact.id][1] for fact in facts) == total


def try_batch(connection: Any, batch: Batch) -> list[str]:
    """Every difference between kernel, oracle, second path and price of totals; in words."""
    found, wrong = kernel(connection, batch)
    expected = oracle(batch)
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            wrong.append(f"fact {key}: kernel {found.get(key)}, oracle {expected.get(key)}")
    return wrong + (sums(batch, found) if not wrong else [])


@cache
def _connection() -> Any:
    """One DuckDB for each process, with one thread: processes share the cores."""
    return open_connection(threads=1)


def try_seed(asked: tuple[str, int]) -> tuple[str, int, int, list[str]]:
    """Try one batch: its seed, its groups and facts, and what differs. The same seed makes the same
    batch: `try_seed(("7:12", 5000))` repeats one by hand."""
    seed, cases = asked
    batch = random_batch(random.Random(f"prices:{seed}"), cases)
    wrong = try_batch(_connection(), batch)
    return seed, batch.cases, sum(len(facts) for facts in batch.facts.values()), wrong
