"""What a price comes to for a quantity that is expected, whatever the price depends on. Pure.

A forecast knows an agency and a quantity, and no more. So a price by dimensions is taken at the
dearest of its cells, a shared price at what all expected use together costs, a prorated amount for
the whole month, and an agency's lump sum or share as it is.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from ..engine.charges import share_parts
from ..engine.models import PriceModel
from ..engine.price import price
from ..engine.shared_models import FixedShare, LumpSum, Matrix, Pooled, Prorated


def expected_month(
    model: PriceModel, quantity: Decimal | None, agency: str = "", everyone: Decimal | None = None
) -> Fraction:
    """A month's price in major units, exact. `quantity` None: nothing is covered. `agency`: the
    code by which lump sums and shares name it. `everyone`: what all agencies use together, for a
    shared price; None: this quantity alone."""
    if quantity is None:
        return Fraction(0)
    if isinstance(model, Matrix):
        cells = [cell.model for cell in model.cells]
        known = [*cells, model.otherwise] if model.otherwise is not None else cells
        return max(Fraction(price(cell, quantity)) for cell in known)
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
