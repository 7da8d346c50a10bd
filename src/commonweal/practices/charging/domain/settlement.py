"""What a payment does to bills and advances, and how a bill stands. Pure.

Amounts are minor units. A key is (fund, service code): nothing is netted between keys (law 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from commonweal.kernel.errors import CommonwealError
from commonweal.kernel.money.public import largest_remainder

Key = tuple[str, str]
Amounts = dict[Key, int]
BUCKETS = ("0-30", "31-60", "61-90", "90+")
STANDINGS = ("draft", "preview", "issued", "accepted", "part_settled", "settled")


class PaymentError(CommonwealError):
    """A payment cannot be read, matched, undone or paid back as asked."""


@dataclass(frozen=True)
class Part:
    """What one act moves for one service: `minor` of a bill's open amount (`bill_id`), or of the
    agency's advance (no bill). Positive: the bill is paid, the advance grows."""

    key: Key
    minor: int
    bill_id: UUID | None = None


@dataclass(frozen=True)
class OpenBill:
    """A bill that was issued: what is open of each service, and how much of it is disputed."""

    id: UUID
    number: str
    agency_id: UUID
    due_on: date | None
    opens: Mapping[Key, int]
    held_minor: int = 0

    @property
    def open_minor(self) -> int:
        """What is not paid yet; below zero where the centre owes the agency."""
        return sum(self.opens.values())

    @property
    def payable_minor(self) -> int:
        """What is open and not held by a dispute."""
        return max(0, self.open_minor - self.held_minor)


def spread(minor: int, opens: Mapping[Key, int]) -> Amounts:
    """An amount over a bill's services: the whole is each service's own amount, a part goes by
    largest remainder over what is open, so that no service gets more than its own.

    PAY-201 if the amount is not between nothing and what is open.
    """
    total = sum(opens.values())
    if minor == total:
        return {key: open_minor for key, open_minor in opens.items() if open_minor}
    owed = {key: value for key, value in sorted(opens.items()) if value > 0}
    if not 0 < minor < total:
        raise PaymentError(
            "PAY-201", "The amount is more than what is open. Give a smaller one, or an advance."
        )
    parts = largest_remainder(minor, list(owed.values()), ["\x1f".join(key) for key in owed])
    return {key: part for key, part in zip(owed, parts, strict=True) if part}


def in_proportion(minor: int, weights: Mapping[Key, int]) -> Amounts:
    """An advance over services in proportion to positive weights (PAY-202 if there are none)."""
    known = {key: weight for key, weight in sorted(weights.items()) if weight > 0}
    if not known:
        raise PaymentError(
            "PAY-202",
            "The agency has no bill yet that says which services the advance is for. "
            "Name the service.",
            field="service",
        )
    parts = largest_remainder(minor, list(known.values()), ["\x1f".join(key) for key in known])
    return {key: part for key, part in zip(known, parts, strict=True) if part}


def usable(advances: Mapping[Key, int], opens: Mapping[Key, int], most: int | None) -> Amounts:
    """How much of each service's advance pays the same service of a bill, in order of the keys.

    `most`: at most so much altogether. One service's advance never pays another's charge (law 5).
    """
    left = sum(advances.values()) if most is None else most
    found: Amounts = {}
    for key in sorted(opens):
        part = min(advances.get(key, 0), opens[key], left)
        if part > 0:
            found[key] = part
            left -= part
    return found


def negated(parts: Iterable[Part]) -> list[Part]:
    """What undoes an act: the same parts with the other sign."""
    return [Part(part.key, -part.minor, part.bill_id) for part in parts]


@dataclass(frozen=True)
class Moved:
    """What an act moves for one service: cash in, receivable paid, advance grown."""

    key: Key
    bill: int
    advance: int

    @property
    def cash(self) -> int:
        """Money that came in; below zero: went out."""
        return self.bill + self.advance


def moved(parts: Sequence[Part]) -> list[Moved]:
    """The parts summed by service, in order of the keys."""
    keys = sorted({part.key for part in parts})
    return [
        Moved(
            key,
            sum(part.minor for part in parts if part.key == key and part.bill_id is not None),
            sum(part.minor for part in parts if part.key == key and part.bill_id is None),
        )
        for key in keys
    ]


def bucket(due_on: date, today: date) -> str:
    """How long an amount is past due: `` (not yet), `0-30`, `31-60`, `61-90` or `90+` days.

    On the due day itself nothing is late.
    """
    days = (today - due_on).days
    if days <= 0:
        return ""
    return BUCKETS[(days > 30) + (days > 60) + (days > 90)]


def standing_of(state: str, *, accepted: bool, open_minor: int, paid: bool) -> str:
    """How a bill stands: one of STANDINGS. A bill of nothing is settled once it is accepted."""
    if state != "issued":
        return state
    if not accepted:
        return "issued"
    if open_minor == 0:
        return "settled"
    return "part_settled" if paid else "accepted"
