"""Which order line covers usage of an item by a bureau on a day, and who pays for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID


@dataclass(frozen=True)
class FundingShare:
    """One funding source of a line: its share is exact."""

    id: UUID
    name: str
    account_string: str
    share: Fraction
    grant: bool
    grant_ref: str


@dataclass(frozen=True)
class Cover:
    """One active line as far as coverage needs it: [starts, ends), bureau None for all bureaus."""

    line_id: UUID
    agency_id: UUID
    item_id: UUID
    bureau_id: UUID | None
    starts: date
    ends: date | None

    def covers(self, day: date) -> bool:
        """Whether the line is in force on the day."""
        return self.starts <= day and (self.ends is None or day < self.ends)


@dataclass(frozen=True)
class LineInForce:
    """An order line in force on some day of a span, with what it pays from.

    `starts` and `ends` are the line's own, not cut to the span asked for.
    """

    id: UUID
    number: int
    agency_id: UUID
    bureau_id: UUID | None
    order_id: UUID
    order_number: str
    modification: int
    agreement_id: UUID
    agreement_number: str
    service_id: UUID
    charge_item_id: UUID
    item_code: str
    unit_code: str
    kind: str
    starts: date
    ends: date | None
    estimated_quantity: Decimal
    estimated_amount_minor: int
    currency: str
    funding: tuple[FundingShare, ...]

    @property
    def cover(self) -> Cover:
        """The line as coverage sees it."""
        return Cover(
            self.id, self.agency_id, self.charge_item_id, self.bureau_id, self.starts, self.ends
        )


def covering_line(
    lines: Iterable[Cover], item_id: UUID, bureau_id: UUID | None, day: date
) -> UUID | None:
    """The line of one agency that covers the item on the day: the bureau's own, else the agency's.

    None: nothing covers it, and so it may not be charged (design law 5).
    """
    whole: UUID | None = None
    for line in lines:
        if line.item_id != item_id or not line.covers(day):
            continue
        if line.bureau_id is None:
            whole = line.line_id
        elif line.bureau_id == bureau_id:
            return line.line_id
    return whole


class CoverageIndex:
    """All active lines of some agencies, ready to answer for many usage facts."""

    def __init__(self, lines: Iterable[Cover]) -> None:
        self._lines: dict[tuple[UUID, UUID], list[Cover]] = defaultdict(list)
        self._by_id: dict[UUID, Cover] = {}
        for line in lines:
            self._lines[line.agency_id, line.item_id].append(line)
            self._by_id[line.line_id] = line

    def __len__(self) -> int:
        return len(self._by_id)

    def resolve(
        self, agency_id: UUID, item_id: UUID, bureau_id: UUID | None, day: date
    ) -> UUID | None:
        """The order line that covers the usage, or None."""
        lines = self._lines.get((agency_id, item_id))
        return covering_line(lines, item_id, bureau_id, day) if lines else None

    def line(self, line_id: UUID) -> Cover | None:
        """The line with this id, if it is among those indexed."""
        return self._by_id.get(line_id)


def funding_problems(line: LineInForce) -> list[str]:
    """Why a line's funding cannot carry a charge; empty when the shares add up to exactly one."""
    if not line.funding:
        return [f"Order {line.order_number}, line {line.number}: no funding source."]
    total = sum((source.share for source in line.funding), Fraction(0))
    if total != 1:
        return [f"Order {line.order_number}, line {line.number}: funding shares add up to {total}."]
    return []
