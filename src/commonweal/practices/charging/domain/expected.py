"""What a price comes to for a quantity that is expected, whatever the price depends on. Pure.

A forecast knows an agency and a quantity. A price by dimensions takes the quantity apart as the
agency's newest recorded month of use fell into its cells; only where nothing is recorded, it is
taken at the dearest of them. A shared price costs what all expected use together costs, a prorated
amount is that of the whole month, and an agency's lump sum or share stays as it is.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from ..engine.charges import share_parts
from ..engine.models import PriceModel
from ..engine.price import cell_price, price
from ..engine.shared_models import FixedShare, LumpSum, Matrix, Pooled, Prorated
from .mixes import Mix, cell_shares, split


def expected_month(
    model: PriceModel,
    quantity: Decimal | None,
    agency: str = "",
    everyone: Decimal | None = None,
    mix: Mix = (),
) -> Fraction:
    """A month's price in major units, exact. `quantity` None: nothing is covered. `agency`: the
    code by which lump sums and shares name it. `everyone`: what all agencies use together, for a
    shared price; None: this quantity alone. `mix`: what the agency recorded by dimensions."""
    if quantity is None:
        return Fraction(0)
    if isinstance(model, Matrix):
        return _by_cells(model, quantity, mix)
    if isinstance(model, LumpSum):
        return Fraction(model.amounts.get(agency, Decimal(0)))
    if isinstance(model, FixedShare):
        return Fraction(share_parts(model).get(agency, Decimal(0)))
    if isinstance(model, Prorated):
        return Fraction(model.amount)
    if isinstance(model, Pooled):
        total = quantity if everyone is None else everyone
        return (
            Fraction(price(model, total)) * Fraction(quantity) / Fraction(total)
            if total
            else (Fraction(0))
        )
    return Fraction(price(model, quantity))


def _by_cells(model: Matrix, quantity: Decimal, mix: Mix) -> Fraction:
    parts = split(quantity, cell_shares(model, mix))
    if parts:
        amounts = (Fraction(price(cell_price(model, cell), part)) for cell, part in parts.items())
        return sum(amounts, Fraction(0))
    cells = [cell.model for cell in model.cells]
    known = [*cells, model.otherwise] if model.otherwise is not None else cells
    return max(Fraction(price(cell, quantity)) for cell in known)
