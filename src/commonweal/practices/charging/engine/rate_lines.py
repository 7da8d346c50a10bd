"""The lines of a rate result: rated facts and charges by group, with their sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .cases import dimension_names
from .charge_documents import Charged
from .exact import EXACT, ZERO, exact_sum, plain, r9
from .explain import amount, number
from .explain_prices import cell_name, charge_sentences, pool_sentences, price_sentences
from .models import PriceModel
from .price import cell_key, cell_price, gather, price
from .shared_models import Matrix, Pooled

Group = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """A group's charge before it is rounded: `quantity` is None where nothing is measured."""

    group: Group
    quantity: Decimal | None
    facts: int
    exact: Decimal
    sentences: Sequence[str]
    cells: Sequence[Mapping[str, Any]] = field(default=())


def lines_of(
    facts: Sequence[tuple[Any, ...]],
    charges: Mapping[Group, Charged],
    models: Mapping[str, PriceModel],
    openings: Mapping[Group, Decimal],
    units: Mapping[str, str],
    currency: str,
) -> list[Line]:
    """Every group with usage or a charge, in order."""
    groups: dict[Group, list[tuple[Any, ...]]] = defaultdict(list)
    for fact in facts:
        groups[fact[:3]].append(fact)
    dimensions = dimension_names(models.values())
    pools = _pool_totals(facts, models)
    lines = []
    for group in sorted(groups.keys() | charges.keys()):
        model, unit = models[group[2]], units[group[2]]
        members = groups.get(group, [])
        if not members:
            lines.append(_charged(group, model, charges[group], unit, currency))
        elif isinstance(model, Matrix):
            lines.append(_cells(group, model, members, dimensions, unit, currency))
        else:
            pool = pools.get(group[1:], ZERO)
            lines.append(_used(group, model, members, openings.get(group), pool, unit, currency))
    return lines


def _pool_totals(
    facts: Sequence[tuple[Any, ...]], models: Mapping[str, PriceModel]
) -> dict[tuple[str, str], Decimal]:
    totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for fact in facts:
        if isinstance(models[fact[2]], Pooled):
            totals[fact[1:3]] = EXACT.add(totals[fact[1:3]], fact[5])
    return totals


def _charged(group: Group, model: PriceModel, charged: Charged, unit: str, currency: str) -> Line:
    if model.basis in ("agency", "days"):
        said = charge_sentences(
            model,
            group[0],
            charged.exact,
            currency,
            covered=charged.covered,
            days=charged.days,
        )
        return Line(group, None, 0, charged.exact, said)
    if isinstance(model, Pooled):
        said = ["Nothing was used, so nothing is borne of the pool's price"]
        return Line(group, ZERO, 0, charged.exact, said)
    said = ["Nothing was used", *price_sentences(model, ZERO, unit, currency)]
    return Line(group, ZERO, 0, charged.exact, said)


def _used(
    group: Group,
    model: PriceModel,
    members: Sequence[tuple[Any, ...]],
    opening: Decimal | None,
    pool: Decimal,
    unit: str,
    currency: str,
) -> Line:
    exact = exact_sum(member[7] for member in members)
    quantity = gather(model, [member[5] for member in members])
    assert quantity is not None
    if isinstance(model, Pooled):
        said = pool_sentences(model, quantity, pool, exact, unit, currency)
        return Line(group, quantity, len(members), exact, said)
    if opening is None:
        said = price_sentences(model, quantity, unit, currency)
        return Line(group, quantity, len(members), exact, said)
    reached = max(opening, quantity) if model.kind == "peak" else EXACT.add(opening, quantity)
    earlier = amount(r9(price(model, opening)), currency)
    said = [
        f"With {number(opening)} {unit} from before this period it is {number(reached)} {unit}",
        *price_sentences(model, reached, unit, currency),
        f"Charged before this period: {earlier}, which leaves {amount(exact, currency)}",
    ]
    return Line(group, quantity, len(members), exact, said)


def _cells(
    group: Group,
    model: Matrix,
    members: Sequence[tuple[Any, ...]],
    dimensions: Sequence[str],
    unit: str,
    currency: str,
) -> Line:
    """Each cell has its own quantity and sentences; the line adds the cells up."""
    by_cell: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for member in members:
        values = dict(zip(dimensions, member[8:], strict=True))
        by_cell[cell_key(model, values)].append(member)
    said, cells = [], []
    for cell in sorted(by_cell, key=lambda cell: (not cell, cell)):
        found = by_cell[cell]
        inner = cell_price(model, cell)
        quantity = gather(inner, [member[5] for member in found])
        exact = exact_sum(member[7] for member in found)
        assert quantity is not None
        name = cell_name(model.dimensions, cell)
        said += [
            f"{name}: {sentence}" for sentence in price_sentences(inner, quantity, unit, currency)
        ]
        cells.append(
            {
                "values": list(cell),
                "quantity": plain(quantity),
                "facts": len(found),
                "exact": f"{exact:f}",
            }
        )
    total = exact_sum(member[7] for member in members)
    if len(by_cell) > 1:
        said.append(f"Together: {amount(total, currency)}")
    quantity = exact_sum(member[5] for member in members)
    return Line(group, quantity, len(members), total, said, cells)
