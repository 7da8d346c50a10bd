"""Prices by more than one agency's one quantity: matrices, pools, shares, lump sums, days."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from .errors import EngineError
from .exact import ZERO, plain
from .models import SIMPLE, PriceModel, check_inner, check_rate

_DIMENSION = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
IN_CELLS = (*SIMPLE, "minimum", "peak")
POOLABLE = ("per_unit", "graduated", "volume", "package", "step", "percentage", "at_cost")
REFUSE = "refuse"


def _check_period(model: PriceModel, where: str) -> None:
    if model.span != "period":
        raise EngineError(
            "RATE-119",
            "A price that runs over the year cannot stand inside this one. Leave “over” out.",
            f"{where}/over",
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """The price of one combination of dimension values."""

    values: tuple[str, ...]
    model: PriceModel


@dataclass(frozen=True, slots=True)
class Matrix(PriceModel):
    """A price of its own for each combination of the records' dimension values.

    Each cell adds up its own quantity. What no cell names has the price `otherwise`, all of it
    together in one more cell, or is refused (None; RATE-208). Kind `channel` is the matrix of the
    one dimension `channel`.
    """

    basis: ClassVar[str] = "cells"

    dimensions: tuple[str, ...]
    cells: tuple[Cell, ...]
    otherwise: PriceModel | None

    def __post_init__(self) -> None:
        if not self.dimensions or len(set(self.dimensions)) != len(self.dimensions):
            raise EngineError(
                "RATE-115", "A matrix names its dimensions, once each. Name them.", "dimensions"
            )
        for number, name in enumerate(self.dimensions):
            if not _DIMENSION.match(name):
                raise EngineError(
                    "RATE-115",
                    f"“{name}” cannot name a dimension. Use small letters, digits and _, at most"
                    " 40, a letter first.",
                    f"dimensions/{number}",
                )
        seen: set[tuple[str, ...]] = set()
        for number, cell in enumerate(self.cells):
            where = self._where(number, cell)
            self._check_cell(cell, where)
            if cell.values in seen:
                raise EngineError(
                    "RATE-114",
                    f"There are two prices for {' / '.join(cell.values)}. Keep one.",
                    where,
                )
            seen.add(cell.values)
        if not self.cells and self.otherwise is None:
            raise EngineError("RATE-102", "A matrix needs at least one price. Add one.", "cells")
        if self.otherwise is not None:
            check_inner(self.otherwise, IN_CELLS, "otherwise")
            _check_period(self.otherwise, "otherwise")

    def _where(self, number: int, cell: Cell) -> str:
        return f"channels/{cell.values[0]}" if self.kind == "channel" else f"cells/{number}"

    def _check_cell(self, cell: Cell, where: str) -> None:
        if len(cell.values) != len(self.dimensions) or not all(cell.values):
            raise EngineError(
                "RATE-115",
                f"A price here needs one value for each of: {', '.join(self.dimensions)}.",
                f"{where}/values",
            )
        inner = where if self.kind == "channel" else f"{where}/model"
        check_inner(cell.model, IN_CELLS, inner)
        _check_period(cell.model, inner)

    def document(self) -> dict[str, Any]:
        """Its JSON form."""
        otherwise = REFUSE if self.otherwise is None else self.otherwise.document()
        if self.kind == "channel":
            channels = {cell.values[0]: cell.model.document() for cell in self.cells}
            return {"kind": "channel", "channels": channels, "otherwise": otherwise}
        cells = [{"values": list(c.values), "model": c.model.document()} for c in self.cells]
        return {
            "kind": "matrix",
            "dimensions": list(self.dimensions),
            "cells": cells,
            "otherwise": otherwise,
        }


@dataclass(frozen=True, slots=True)
class Pooled(PriceModel):
    """One price of all agencies' total together; each pays by its share of that total."""

    basis: ClassVar[str] = "pool"

    inner: PriceModel

    def __post_init__(self) -> None:
        check_inner(self.inner, POOLABLE, "model")
        _check_period(self.inner, "model")
        for part in ("fixed", "floor"):
            if getattr(self.inner, part, ZERO):
                raise EngineError(
                    "RATE-118",
                    "A pooled price cannot have a fixed part: nothing says whose it is while"
                    " nobody uses anything. Charge it as an item of its own.",
                    f"model/{part}",
                )

    @property
    def bounds(self) -> tuple[Decimal, ...]:
        """Those of the pool's price."""
        return self.inner.bounds

    def document(self) -> dict[str, Any]:
        """Its JSON form."""
        return {"kind": self.kind, "model": self.inner.document()}


@dataclass(frozen=True, slots=True)
class FixedShare(PriceModel):
    """Each named agency pays its fixed share (n/d) of an amount a period; shares are at most 1."""

    basis: ClassVar[str] = "agency"

    amount: Decimal
    shares: Mapping[str, Fraction]

    def __post_init__(self) -> None:
        check_rate(self.amount, "amount")
        if not self.shares:
            raise EngineError("RATE-117", "No agency is named. Name at least one.", "shares")
        for agency, share in self.shares.items():
            if not 0 <= share <= 1 or share.denominator >= 10**9:
                raise EngineError(
                    "RATE-116",
                    f"The share {share} of {agency} is not from 0 to 1, or too fine. Give a"
                    " fraction of whole numbers below a billion, such as 1/4.",
                    f"shares/{agency}",
                )
        whole = sum(self.shares.values(), Fraction(0))
        if whole > 1:
            raise EngineError(
                "RATE-116",
                f"The shares add up to {whole}, more than the whole. Lower them to 1 together.",
                "shares",
            )

    def document(self) -> dict[str, Any]:
        """Its JSON form, agencies in order."""
        shares = {
            agency: f"{self.shares[agency].numerator}/{self.shares[agency].denominator}"
            for agency in sorted(self.shares)
        }
        return {"kind": self.kind, "amount": plain(self.amount), "shares": shares}


@dataclass(frozen=True, slots=True)
class LumpSum(PriceModel):
    """An amount a period for each named agency, as enacted (an appropriation act, a resolution)."""

    basis: ClassVar[str] = "agency"

    amounts: Mapping[str, Decimal]

    def __post_init__(self) -> None:
        if not self.amounts:
            raise EngineError("RATE-117", "No agency is named. Name at least one.", "amounts")
        for agency, amount in self.amounts.items():
            check_rate(amount, f"amounts/{agency}")

    def document(self) -> dict[str, Any]:
        """Its JSON form, agencies in order."""
        amounts = {agency: plain(self.amounts[agency]) for agency in sorted(self.amounts)}
        return {"kind": self.kind, "amounts": amounts}


@dataclass(frozen=True, slots=True)
class Prorated(PriceModel):
    """A period's amount by the days of it that are covered: amount × covered ÷ days of the period.

    Days are civil days, first day included and last day excluded.
    """

    basis: ClassVar[str] = "days"

    amount: Decimal

    def __post_init__(self) -> None:
        check_rate(self.amount, "amount")

    def document(self) -> dict[str, Any]:
        """Its JSON form."""
        return {"kind": self.kind, "amount": plain(self.amount)}
