"""What an agency does not pay of the full price: a line of its own beside the full one.

A line is rated and billed at the full price, as the proof wants it, and a line of kind `discount`
that names it takes off what an approved reduction says. Its sum is the service's imputed revenue
(OMB A-87 Att. C §G.1): the service shows what the full price would have brought, and nobody else
pays the difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.money.public import Money, round_quotient
from commonweal.kernel.schema.public import derived_id

from ..domain.bills import DraftLine
from ..models import PriceReduction

KIND = "discount"
PRICED = {"usage", "fixed", "correction"}
"""Kinds of lines that have a price of their own."""
Percents = dict[tuple[UUID, UUID], list[PriceReduction]]


def reductions_of(agency_ids: Sequence[UUID]) -> Percents:
    """The approved reductions of some agencies, by agency and charge item."""
    found: Percents = {}
    for row in PriceReduction.objects.filter(state="approved", agency_id__in=agency_ids):
        found.setdefault((row.agency_id, row.charge_item_id), []).append(row)
    return found


def taken_off(amount: Decimal, percent: Decimal) -> Decimal:
    """What comes off an exact amount when `percent` of it is billed: negative, nine decimals."""
    exact = Fraction(amount) * Fraction(100 - percent) / 100
    nanos = round_quotient(exact.numerator * 10**9, exact.denominator, "half_up")
    return Decimal(-nanos).scaleb(-9)


def with_reductions(
    lines: Mapping[UUID, Sequence[DraftLine]], period: str, currency: str
) -> dict[UUID, list[DraftLine]]:
    """The draft lines of each agency, each followed by the line that reduces it, if any.

    The month charged for decides: a correction is reduced as its own month was.
    """
    percents = reductions_of(list(lines))
    found: dict[UUID, list[DraftLine]] = {}
    for agency_id, own in lines.items():
        result: list[DraftLine] = []
        for line in own:
            result.append(line)
            row = _holds(percents.get((agency_id, line.charge_item_id), ()), line.charge_period)
            if row is not None and line.amount_exact and line.kind in PRICED:
                bill_id = derived_id("bill", agency_id, period)
                exact = taken_off(line.amount_exact, row.percent)
                result.append(
                    replace(
                        line,
                        kind=KIND,
                        quantity=Decimal(0),
                        facts=0,
                        amount_exact=exact,
                        amount_minor=Money.from_decimal(exact, currency, line.rounding).minor,
                        corrects_id=derived_id("line", bill_id, *line.key),
                        exact_before=Decimal(0),
                        priced=None,
                        priced_before=Decimal(0),
                        exchange_id=None,
                    )
                )
        found[agency_id] = result
    return found


def _holds(rows: Sequence[PriceReduction], period: str) -> PriceReduction | None:
    day = FiscalPeriod.parse(period).first_day
    return next((row for row in rows if row.starts <= day < row.ends), None)
