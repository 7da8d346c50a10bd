"""Late records at the place where they count, and their corrections."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from commonweal.kernel.metering.public import UsageRow

ZERO = Decimal(0)


@dataclass(frozen=True)
class Place:
    """What a running total belongs to. `cell`: of a price by dimensions, else empty."""

    agency_id: UUID
    charge_item_id: UUID
    rate_version_id: UUID
    charge_period: str
    cell: str = ""


@dataclass(frozen=True)
class Late:
    """A late record at a place, and how much it adds there (less than zero: takes away)."""

    place: Place
    fact: UsageRow
    order_line_id: UUID
    delta: Decimal


@dataclass(frozen=True)
class Corrected:
    """A late record with its price: the quantity before it and the amount (9 decimals).

    `quantity`: what the record itself counts; `counted`: what it adds to its line's quantity, which
    is another only for a price of the largest quantity. `fact` None: other agencies' records moved
    a price that all share.
    """

    place: Place
    fact: UsageRow | None
    order_line_id: UUID
    before: Decimal
    amount: Decimal
    quantity: Decimal
    counted: Decimal
