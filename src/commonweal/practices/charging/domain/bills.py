"""Draft lines, and what changed between two bills. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

AFTERWARDS = ("correction", "credit")
"""Kinds of line about an earlier bill: they say nothing of what the month used."""
UNCOUNTED = ("credit", "discount")
"""Kinds of line with neither a quantity nor a rate of their own."""


@dataclass(frozen=True)
class FundingShare:
    """A funding source and its integer weight within an order line."""

    source_id: UUID
    weight: int


@dataclass(frozen=True)
class DraftLine:
    """A line before it is written: `amount_exact` has 9 decimals, `amount_minor` is it, rounded."""

    kind: str
    service_id: UUID
    charge_item_id: UUID
    rate_version_id: UUID
    order_line_id: UUID
    charge_period: str
    quantity: Decimal
    facts: int
    amount_exact: Decimal
    amount_minor: int
    rounding: str
    funding: tuple[FundingShare, ...]
    corrects_id: UUID | None = None
    cell: str = ""
    credit_id: UUID | None = None
    exact_before: Decimal = Decimal(0)
    priced: Decimal | None = None
    priced_before: Decimal = Decimal(0)
    exchange_id: UUID | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """What makes the line one of its bill."""
        credit = () if self.credit_id is None else (str(self.credit_id),)
        return (
            self.kind,
            self.charge_period,
            str(self.charge_item_id),
            str(self.rate_version_id),
            str(self.order_line_id),
            *([self.cell] if self.cell else []),
            *credit,
        )


@dataclass(frozen=True)
class ItemTotal:
    """A charge item's part of a bill: quantity and cents of its ordinary lines, and corrections
    and credits."""

    item_id: UUID
    quantity: Decimal
    amount_minor: int
    correction_minor: int = 0


@dataclass(frozen=True)
class Change:
    """How one charge item moved from one bill to the next, in quantity and cents."""

    item_id: UUID
    quantity_before: Decimal
    quantity_now: Decimal
    amount_before: int
    amount_now: int
    correction_change: int

    @property
    def quantity(self) -> Decimal:
        """Units more (or fewer)."""
        return self.quantity_now - self.quantity_before

    @property
    def amount(self) -> int:
        """Cents more (or less), corrections included."""
        return self.amount_now - self.amount_before + self.correction_change

    @property
    def rate_only(self) -> bool:
        """The amount moved although the quantity did not."""
        return self.quantity == 0 and self.amount_now != self.amount_before


def totals_by_item(rows: Iterable[tuple[UUID, str, Decimal, int]]) -> dict[UUID, ItemTotal]:
    """Sum (item, kind, quantity, cents) rows into one total per charge item."""
    found: dict[UUID, ItemTotal] = {}
    for item, kind, quantity, amount in rows:
        before = found.get(item, ItemTotal(item, Decimal(0), 0))
        if kind in AFTERWARDS:
            found[item] = ItemTotal(
                item, before.quantity, before.amount_minor, before.correction_minor + amount
            )
        else:
            found[item] = ItemTotal(
                item,
                before.quantity + quantity,
                before.amount_minor + amount,
                before.correction_minor,
            )
    return found


def changes(before: Mapping[UUID, ItemTotal], now: Mapping[UUID, ItemTotal]) -> list[Change]:
    """Every item's change, largest movement of money first; they add up to the bill's change."""
    none = Decimal(0)
    result = []
    for item in set(before) | set(now):
        old = before.get(item, ItemTotal(item, none, 0))
        new = now.get(item, ItemTotal(item, none, 0))
        result.append(
            Change(
                item,
                old.quantity,
                new.quantity,
                old.amount_minor,
                new.amount_minor,
                new.correction_minor - old.correction_minor,
            )
        )
    return sorted(result, key=lambda change: (-abs(change.amount), str(change.item_id)))


def main_cause(moved: Sequence[Change]) -> Change | None:
    """The change that explains most, if it moves the same way as the whole and at least a third."""
    total = sum(change.amount for change in moved)
    if total == 0 or not moved:
        return None
    same_way = [change for change in moved if (change.amount > 0) == (total > 0)]
    if not same_way or 3 * abs(same_way[0].amount) < abs(total):
        return None
    return same_way[0]
