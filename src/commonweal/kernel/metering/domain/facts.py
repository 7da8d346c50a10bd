"""Usage as sent, as checked, and its canonical form. Pure.

Canonical form (format 1, never changed; the vectorised intake makes the same bytes in SQL): the
fields below joined by U+001F, a quantity with 6 decimals, moments as microseconds since 1970 UTC,
dimensions by name as `name U+001E value U+001E`. Its hash is the first 128 bits of SHA-256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

FIELD = "\x1f"
PART = "\x1e"


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage as a service of the kernel sends it. References are codes or ids.

    `quantity` is counted in `unit` (UN/ECE code); [starts, ends) are aware moments. `origin` is an
    opaque reference to what caused it, never a name.
    """

    external_id: str
    agency: str
    charge_item: str
    quantity: Decimal
    unit: str
    starts: datetime
    ends: datetime
    bureau: str = ""
    order_line: str = ""
    origin: str = ""
    replaces: str = ""
    dimensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Raw:
    """One record as text, before any check. `row` is its place in the batch or file."""

    row: int
    external_id: str
    agency: str
    bureau: str
    charge_item: str
    order_line: str
    quantity: str
    unit: str
    starts: str
    ends: str
    origin: str
    replaces: str
    dimensions: Mapping[str, str]


SENT_QUANTITY, SENT_UNIT, CONVERSION = "_sent_quantity", "_sent_unit", "_conversion"
"""What a converted fact keeps beside its dimensions; no sender can use such names."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a converted record said, and the conversion by which it counts."""

    quantity: str
    unit: str
    conversion_id: UUID


@dataclass(frozen=True, slots=True)
class Fact:
    """One checked record. Moments are microseconds since 1970 UTC; `quantity` has 6 decimals, in
    the item's own unit; `sent`: what the record said, where that was another unit."""

    row: int
    external_id: str
    agency_id: UUID
    bureau_id: UUID | None
    order_line_id: UUID | None
    named_line: bool
    charge_item_id: UUID
    quantity: str
    unit: str
    starts: int
    ends: int
    dimensions: Mapping[str, str]
    origin: str
    replaces: str
    period: str
    replaced_quantity: str = ""
    sent: Sent | None = None

    @property
    def kept_dimensions(self) -> Mapping[str, str]:
        """The dimensions, and what was sent where it was converted."""
        if self.sent is None:
            return self.dimensions
        return {
            **self.dimensions,
            SENT_QUANTITY: self.sent.quantity,
            SENT_UNIT: self.sent.unit,
            CONVERSION: str(self.sent.conversion_id),
        }

    @property
    def payload_hash(self) -> UUID:
        """The hash of the content as sent: an order line that intake found is not part of it."""
        return content_hash(
            (
                str(self.agency_id),
                str(self.bureau_id or ""),
                str(self.order_line_id) if self.named_line else "",
                str(self.charge_item_id),
                self.sent.quantity if self.sent else self.quantity,
                self.sent.unit if self.sent else self.unit,
                str(self.starts),
                str(self.ends),
                dimension_text(self.dimensions),
                self.origin,
                self.replaces,
            )
        )


def dimension_text(dimensions: Mapping[str, str]) -> str:
    """Dimensions in canonical form."""
    return "".join(f"{name}{PART}{dimensions[name]}{PART}" for name in sorted(dimensions))


def content_hash(fields: tuple[str, ...]) -> UUID:
    """The first 128 bits of SHA-256 over the joined fields."""
    return UUID(bytes=hashlib.sha256(FIELD.join(fields).encode()).digest()[:16])


def key_hash(source: str, external_id: str) -> UUID:
    """The hash by which key files know a record: the source's code and the sender's id."""
    return content_hash((source, external_id))


def quantity_text(value: Decimal) -> str:
    """A quantity with exactly 6 decimals."""
    return f"{value:.6f}"
