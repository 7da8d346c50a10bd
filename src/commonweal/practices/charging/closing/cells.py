"""Cells of a price by dimensions, as bill lines name them: `phone`, `phone / north`, `*`."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from ..engine.price import PriceModel, cell_key
from ..engine.shared_models import Matrix

OTHER = "*"
"""The cell of everything that no cell names."""


def label(key: tuple[str, ...]) -> str:
    """A cell's dimension values as one text of at most 200 characters; none: everything else."""
    return " / ".join(key)[:200] if key else OTHER


def cell_of(model: PriceModel, dimensions: Mapping[str, str]) -> str:
    """The cell that a record falls into; empty where the price knows no cells.

    RATE-208 if the price names none for its dimension values and refuses the rest.
    """
    return label(cell_key(model, dimensions)) if isinstance(model, Matrix) else ""


def in_cell(model: PriceModel, cell: str) -> PriceModel:
    """The price of a cell; the price itself where it knows no cells."""
    if not isinstance(model, Matrix):
        return model
    for each in model.cells:
        if label(each.values) == cell:
            return each.model
    if cell != OTHER or model.otherwise is None:
        raise LookupError(f"there is no cell “{cell}”")
    return model.otherwise


def price_in(models: Mapping[UUID, PriceModel], version_id: UUID, cell: str) -> PriceModel:
    """The price that applies to a cell of a rate version."""
    return in_cell(models[version_id], cell)
