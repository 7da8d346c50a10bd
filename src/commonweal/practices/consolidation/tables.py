"""The figures as rows of a table: for CSV, API and command alike."""

from __future__ import annotations

from collections.abc import Iterable

from commonweal.kernel.money.public import Money

from .domain import FIGURES, OWN_KINDS
from .selectors.years import YearView

HEADER = (
    "agency", "service", "fiscal_year", "months", "currency", "baseline_state", "charges",
    *OWN_KINDS, *FIGURES, "outcome", "verified", "not_proved", "doubts", "missing",
)  # fmt: skip


def worth_rows(views: Iterable[YearView]) -> tuple[tuple[str, ...], list[list[str]]]:
    """Heading and rows; amounts as decimal text, empty where they cannot be determined."""
    return HEADER, [_row(view) for view in views]


def _row(view: YearView) -> list[str]:
    def text(minor: int | None) -> str:
        return "" if minor is None else Money(minor, view.currency).text

    row = view.baseline
    state = "none" if row is None else "late" if row.late else row.state
    return [
        view.agency.code, view.service.code, str(view.fiscal_year), str(len(view.months)),
        view.currency, state, text(view.now.charges),
        *(text(view.now.own.get(kind)) for kind in OWN_KINDS),
        *(text(view.figures[name].minor) for name in FIGURES),
        view.saving.outcome, text(view.proof.verified), text(view.proof.not_proved),
        " ".join(view.proof.doubts), " ".join(view.saving.missing),
    ]  # fmt: skip
