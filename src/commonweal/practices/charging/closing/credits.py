"""Credits on draft bills: the instalments due, as lines that name the line they credit.

A credit never takes a bill below zero: what does not fit moves to the next bill and is said there.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from commonweal.kernel.money.public import Money

from ..domain.bills import DraftLine, FundingShare
from ..domain.credits import due, fit
from ..models import CreditPortion
from ..selectors.credits import portions_left
from .drafting import ROUNDING, funding_shares

Lines = dict[UUID, list[DraftLine]]


@dataclass(frozen=True)
class Credited:
    """What the month's bills took of all credits, and what moved on, in minor units."""

    taken_minor: int
    moved_minor: int


def add_credits(lines: Lines, period: str, currency: str) -> Credited:
    """Put what is due of every credit on the agencies' draft lines, oldest credit first.

    An agency without a bill keeps its credits for its next one; a charge (a year-end adjustment
    against it) makes a bill of its own.
    """
    wanted: dict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
    rows: dict[UUID, CreditPortion] = {}
    for row, portion in portions_left(period):
        amount = due(portion, period)
        if amount:
            wanted[row.agency_id].append((row.pk, amount))
            rows[row.pk] = row
    shares = funding_shares(row.line.order_line_id for row in rows.values())
    taken = moved = 0
    for agency_id, found in wanted.items():
        own = lines.get(agency_id, [])
        fitted = fit(sum(line.amount_minor for line in own), found)
        taken += sum(fitted.taken.values())
        moved += sum(fitted.moved.values())
        added = [
            _line(rows[key], -fitted.taken[key], shares[rows[key].line.order_line_id], currency)
            for key, _amount in found
            if key in fitted.taken
        ]
        if added:
            lines[agency_id] = [*own, *added]
    return Credited(taken, moved)


def _line(
    portion: CreditPortion, minor: int, funding: tuple[FundingShare, ...], currency: str
) -> DraftLine:
    source = portion.line
    return DraftLine(
        kind="credit",
        service_id=source.service_id,
        charge_item_id=source.charge_item_id,
        rate_version_id=source.rate_version_id,
        order_line_id=source.order_line_id,
        charge_period=source.charge_period,
        quantity=Decimal(0),
        facts=0,
        amount_exact=Money(minor, currency).decimal.quantize(Decimal("1e-9")),
        amount_minor=minor,
        rounding=ROUNDING,
        funding=funding,
        corrects_id=source.pk,
        credit_id=portion.pk,
    )
