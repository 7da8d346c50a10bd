"""The second path: every group's total priced apart, in fractions, and compared with its facts.

It reads usage and rated facts with plain aggregates only, and shares no formula with the kernel
(pieces) or the oracle (`price`): here every price is worked out from the top down, in rational
numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

from commonweal.kernel.money.public import round_quotient

from .errors import EngineDefect
from .exact import EXACT, exact_sum
from .models import AtCost, Blocks, Minimum, Peak, Percentage, PriceModel, Tiered
from .rating_sql import KEYS, largest_sql, totals_sql
from .shared_models import FixedShare, LumpSum, Matrix, Pooled, Prorated

Group = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A group whose facts do not add up to the price of its total (`None`: group is missing).

    `cell` names the matrix cell, where the price is a matrix.
    """

    group: Group
    facts: int | None
    quantity: Decimal | None
    expected: Decimal | None
    found_facts: int | None
    found: Decimal | None
    cell: tuple[str, ...] = ()


@dataclass(slots=True)
class _Sum:
    """One side of the comparison, of one group and cell: filled facts, sum, largest."""

    facts: int = 0
    total: Decimal | None = None
    largest: Decimal | None = None

    def add(self, facts: int, total: Decimal | None) -> None:
        self.facts += facts
        if total is not None:
            self.total = total if self.total is None else EXACT.add(self.total, total)

    def reach(self, largest: Decimal | None) -> None:
        if largest is not None and (self.largest is None or largest > self.largest):
            self.largest = largest


def quoted(path: Path | str) -> str:
    """A path as an SQL text."""
    return "'" + str(path).replace("'", "''") + "'"


def relation_of(place: Path | str) -> str:
    """A Parquet file as a relation, or a relation's name unchanged."""
    return f"read_parquet({quoted(place)})" if isinstance(place, Path) else place


def price_of_total(model: PriceModel, quantity: Decimal) -> Decimal:
    """R9(F(quantity)) of a price by quantity, in rational arithmetic."""
    return nano(exact_of_total(model, Fraction(quantity)))


def nano(exact: Fraction) -> Decimal:
    """Nine decimals, half away from zero, of a fraction."""
    scaled = exact * 10**9
    return Decimal(round_quotient(scaled.numerator, scaled.denominator, "half_up")).scaleb(-9)


def exact_of_total(model: PriceModel, quantity: Fraction) -> Fraction:
    """F(quantity) as a fraction: tiers from the top down, limits by what they take off or add."""
    if isinstance(model, Peak | Pooled):
        return exact_of_total(model.inner, quantity)
    if isinstance(model, Tiered):
        return Fraction(model.fixed) + _tiers(model, quantity)
    if isinstance(model, Blocks):
        exact = Fraction(model.fixed) + ceil(quantity / Fraction(model.size)) * Fraction(model.rate)
        return exact - _above(exact, model.cap)
    if isinstance(model, Minimum):
        exact = exact_of_total(model.inner, quantity)
        return exact + max(Fraction(0), Fraction(model.amount) - exact)
    if isinstance(model, Percentage):
        exact = quantity * Fraction(model.percent) / 100
        exact += max(Fraction(0), Fraction(model.floor) - exact)
        return exact - _above(exact, model.cap)
    assert isinstance(model, AtCost), model.kind
    overhead = quantity * Fraction(model.overhead) / 100
    return quantity + overhead - _above(overhead, model.cap)


def charge_of_totals(model: PriceModel, agency: str, covered: int, days: int) -> Decimal:
    """What is charged without usage, from the end down: by this path's own formulas."""
    if isinstance(model, LumpSum):
        return nano(Fraction(model.amounts[agency]))
    if isinstance(model, Prorated):
        return nano(Fraction(model.amount) * covered / days)
    if isinstance(model, FixedShare):
        others = [share for name, share in model.shares.items() if name > agency]
        last = sum(model.shares.values(), Fraction(0)) - sum(others, Fraction(0))
        first = last - model.shares[agency]
        whole = Fraction(model.amount)
        return EXACT.subtract(nano(whole * last), nano(whole * first))
    return nano(exact_of_total(model, Fraction(0)))


def _above(exact: Fraction, cap: Decimal | None) -> Fraction:
    """What a cap takes off."""
    return Fraction(0) if cap is None else max(Fraction(0), exact - Fraction(cap))


def _tiers(model: Tiered, quantity: Fraction) -> Fraction:
    left, exact = quantity, Fraction(0)
    for tier in reversed(model.tiers):
        lo, rate = Fraction(tier.lo), Fraction(tier.rate)
        if model.kind == "volume":
            if left >= lo:
                return left * rate
        elif left > lo:
            exact += (left - lo) * rate
            left = lo
    return exact


def prove_totals(
    connection: Any,
    usage: Path | str,
    rated: Path | str,
    models: Mapping[str, PriceModel],
    keys: Sequence[str] = KEYS,
    *,
    dimensions: Sequence[str] = (),
    openings: str = "",
) -> list[Difference]:
    """Price every group's total apart, and compare with its facts' amounts.

    Reads `usage` and `rated` with plain aggregates, prices in Fractions, and returns every
    group that differs in amount or in its number of facts, ordered. Empty means proved.
    `dimensions` and `openings` are the plan's.
    """
    names = tuple(keys)
    version = names.index("rate_version")
    columns = (*names, *(f"dimension_{name}" for name in dimensions))
    wanted = _side(connection, usage, columns, "quantity", models, version, dimensions)
    if any(_has_peak(model) for model in models.values()):
        sql = largest_sql(relation_of(usage), columns)
        for row in connection.execute(sql).fetchall():
            place = _place(row[:-1], len(names), models, version, dimensions)
            wanted[place].reach(row[-1])
    found = _side(connection, rated, columns, "amount", models, version, dimensions)
    before = _openings(connection, openings, names)
    expected = _expected(wanted, models, version, names, before)
    differences = []
    for group, cell in sorted(wanted.keys() | found.keys()):
        total, rows = wanted.get((group, cell)), found.get((group, cell))
        due = expected.get((group, cell))
        each = Difference(
            group,
            total.facts if total else None,
            total.total if total else None,
            due,
            rows.facts if rows else None,
            rows.total if rows else None,
            cell,
        )
        if due is None or due != each.found or each.facts != each.found_facts:
            differences.append(each)
    return differences


def _side(
    connection: Any,
    relation: Path | str,
    columns: tuple[str, ...],
    measure: str,
    models: Mapping[str, PriceModel],
    version: int,
    dimensions: Sequence[str],
) -> dict[tuple[Group, Group], _Sum]:
    """Numbers of filled facts and sums by group and cell."""
    sums: dict[tuple[Group, Group], _Sum] = defaultdict(_Sum)
    width = len(columns) - len(dimensions)
    for row in connection.execute(totals_sql(relation_of(relation), columns, measure)).fetchall():
        place = _place(row[:-3], width, models, version, dimensions)
        sums[place].add(row[-2], row[-1])
    return sums


def _place(
    row: Sequence[Any],
    width: int,
    models: Mapping[str, PriceModel],
    version: int,
    dimensions: Sequence[str],
) -> tuple[Group, Group]:
    """The group and the cell of aggregated facts; values that no cell names share one cell."""
    group = tuple(map(str, row[:width]))
    model = models.get(group[version])
    if not isinstance(model, Matrix):
        return group, ()
    values = dict(zip(dimensions, row[width:], strict=True))
    cell = tuple(str(values.get(name) or "") for name in model.dimensions)
    return group, cell if cell in {known.values for known in model.cells} else ()


def _has_peak(model: PriceModel) -> bool:
    if isinstance(model, Matrix):
        cells = [cell.model for cell in model.cells]
        return any(m.kind == "peak" for m in (*cells, model.otherwise) if m is not None)
    return model.kind == "peak"


def _openings(connection: Any, relation: str, keys: Group) -> dict[Group, Decimal]:
    if not relation:
        return {}
    listed = ", ".join(keys)
    rows = connection.execute(f"SELECT {listed}, quantity FROM {relation}").fetchall()
    return {tuple(map(str, row[:-1])): row[-1] for row in rows}


def _expected(
    totals: Mapping[tuple[Group, Group], _Sum],
    models: Mapping[str, PriceModel],
    version: int,
    keys: Group,
    openings: Mapping[Group, Decimal],
) -> dict[tuple[Group, Group], Decimal]:
    """What each group and cell costs."""
    expected: dict[tuple[Group, Group], Decimal] = {}
    pools: dict[Group, dict[str, Decimal]] = defaultdict(dict)
    agency = keys.index("agency_id") if "agency_id" in keys else -1
    for (group, cell), sums in totals.items():
        model = models.get(group[version])
        if model is None or sums.total is None:
            continue
        if isinstance(model, Pooled):
            pools[group[:agency] + group[agency + 1 :]][group[agency]] = sums.total
            continue
        due = _group_price(model, cell, sums, openings.get(group))
        if due is not None:
            expected[group, cell] = due
    for rest, members in pools.items():
        version_of = rest[version - (0 <= agency < version)]
        for name, due in _pool_prices(models[version_of], members).items():
            expected[(*rest[:agency], name, *rest[agency:]), ()] = due
    return expected


def _group_price(
    model: PriceModel, cell: Group, sums: _Sum, opening: Decimal | None
) -> Decimal | None:
    if isinstance(model, Matrix):
        found = {known.values: known.model for known in model.cells}.get(cell, model.otherwise)
        if found is None:
            return None
        model = found
    assert sums.total is not None
    if model.kind == "peak":
        reached = sums.largest
        if reached is not None and opening is not None:
            reached = max(reached, opening)
    else:
        reached = sums.total if opening is None else EXACT.add(sums.total, opening)
    if reached is None:
        return None
    earlier = Decimal(0) if opening is None else price_of_total(model, opening)
    return EXACT.subtract(price_of_total(model, reached), earlier)


def _pool_prices(model: PriceModel, members: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """The pool's price by agency, from the pool's end down: what is left after each, rounded."""
    total = exact_sum(members.values())
    if total == 0:
        return {agency: Decimal("0.000000000") for agency in members}
    average = exact_of_total(model, Fraction(total)) / Fraction(total)
    prices = {}
    left = Fraction(total)
    above = nano(average * left)
    for agency in sorted(members, reverse=True):
        left -= Fraction(members[agency])
        below = nano(average * left)
        prices[agency] = EXACT.subtract(above, below)
        above = below
    return prices


def require_proof(differences: Sequence[Difference]) -> None:
    """Raise RATE-902 naming the first differing group, so that nothing is billed."""
    if differences:
        first = differences[0]
        raise EngineDefect(
            "RATE-902",
            f"{len(differences)} groups differ between the two paths; in {' / '.join(first.group)}"
            f" facts add up to {first.found}, the total's price is {first.expected}."
            " Nothing may be billed: keep the files and report this.",
            groups=[difference.group for difference in differences[:100]],
        )
