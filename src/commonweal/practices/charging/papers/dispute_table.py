"""The board's report of disputes as CSV."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from commonweal.kernel.money.public import Rounding, round_quotient

from ..selectors.bill_document import money_text
from ..selectors.disputes import BoardReport
from .tables import write_csv

COLUMNS = (
    "service", "category", "raised", "open", "open_to_10_days", "open_to_30_days", "open_older",
    "open_amount", "resolved", "upheld_percent", "median_days", "credited", "currency",
)  # fmt: skip


def decimal_of(value: Fraction | None, times: int = 1) -> Decimal | None:
    """A fraction (times a factor) with one decimal, half away from zero; None stays None."""
    return None if value is None else rounded(value * times)


def rounded(value: Fraction) -> Decimal:
    """One decimal, half away from zero."""
    tenths = round_quotient(value.numerator * 10, value.denominator, Rounding.HALF_UP)
    return Decimal(tenths).scaleb(-1)


def dispute_report_csv(found: BoardReport) -> bytes:
    """A row for each service and category, and the sum of all; what is not known stays empty."""
    named = [*((row.service, row.category, row) for row in found.rows), ("all", "all", found.total)]
    rows = [
        (
            service, category, row.raised, row.still_open, *row.open,
            money_text(row.open_minor, found.currency), row.resolved,
            decimal_of(row.share_upheld, 100), decimal_of(row.median_days),
            money_text(row.credited_minor, found.currency), found.currency,
        )
        for service, category, row in named
    ]  # fmt: skip
    return write_csv(COLUMNS, rows)
