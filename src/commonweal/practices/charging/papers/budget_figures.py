"""An issued budget figure as rows of a CSV file."""

from __future__ import annotations

from typing import Any

from ..models import BudgetFigure

FIGURE_HEADER = (
    "fiscal_year", "number", "issued_on", "service", "charge_item", "quantity", "unit", "method",
    "months_of_history", "rates", "low", "expected", "high", "interval_known", "currency",
)  # fmt: skip


def figure_rows(row: BudgetFigure) -> list[tuple[Any, ...]]:
    """A figure as rows for CSV; amounts in minor units."""
    return [
        (
            row.fiscal_year, row.number, row.issued_on.isoformat(), line["service"], line["item"],
            line["quantity"], line["unit"], line["method"], line["months"],
            " ".join(line["rates"]), line["low"], line["expected"], line["high"], line["known"],
            row.currency,
        )
        for line in row.document["lines"]
    ]  # fmt: skip
