"""A price by quantity as straight pieces, which is all that the SQL kernel knows of prices.

A piece says: above `above`, F is base + rate × x, until the next piece begins. x is the group's
quantity (in steps of a millionth), or the number of started blocks for a price by blocks. Floors
and caps cut pieces where they cross: on the grid the crossing is exact, because between two grid
points there is no quantity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .exact import QUANTITY_LIMIT, QUANTITY_PLACES
from .models import AtCost, Blocks, Minimum, Peak, Percentage, PriceModel, Tiered
from .shared_models import Pooled

MICRO = 10**QUANTITY_PLACES
GRID = Fraction(1, MICRO)
_LIMIT = Fraction(QUANTITY_LIMIT)


@dataclass(frozen=True, slots=True)
class Piece:
    """F(x) = base + rate × x for x above `above` (the first piece: from 0 on, and `above` −1)."""

    above: Fraction
    base: Fraction
    rate: Fraction


@dataclass(frozen=True, slots=True)
class Compiled:
    """A price by quantity: pieces in order; `block` in millionths of a unit where x counts started
    blocks; `peak` where the quantity is the largest one."""

    pieces: tuple[Piece, ...]
    block: int | None = None
    peak: bool = False


def compile_price(model: PriceModel) -> Compiled:
    """The pieces of a price by quantity (or of a pool's)."""
    if isinstance(model, Peak):
        inner = compile_price(model.inner)
        return Compiled(inner.pieces, inner.block, True)
    if isinstance(model, Pooled):
        return compile_price(model.inner)
    block = _block(model)
    found = _pieces(model, GRID if block is None else Fraction(1))
    return Compiled(_joined(found), block)


def _block(model: PriceModel) -> int | None:
    if isinstance(model, Minimum):
        return _block(model.inner)
    return int(Fraction(model.size) * MICRO) if isinstance(model, Blocks) else None


def _pieces(model: PriceModel, grid: Fraction) -> list[Piece]:
    if isinstance(model, Tiered):
        return _volume(model) if model.kind == "volume" else _bands(model)
    if isinstance(model, Blocks):
        return at_most([_line(model.fixed, model.rate)], model.cap, grid)
    if isinstance(model, Minimum):
        return at_least(_pieces(model.inner, grid), model.amount, grid)
    if isinstance(model, Percentage):
        share = [_line(Decimal(0), model.percent.scaleb(-2))]
        return at_most(at_least(share, model.floor, grid), model.cap, grid)
    if isinstance(model, AtCost):
        overhead = at_most([_line(Decimal(0), model.overhead.scaleb(-2))], model.cap, grid)
        return [Piece(p.above, p.base, p.rate + 1) for p in overhead]
    raise TypeError(f"{model.kind} has no pieces of its own")


def _line(base: Decimal, rate: Decimal) -> Piece:
    return Piece(Fraction(-1), Fraction(base), Fraction(rate))


def _bands(model: Tiered) -> list[Piece]:
    """Graduated tiers join where they meet: the lower one may have the bound itself."""
    found = []
    reached = Fraction(model.fixed)
    for number, tier in enumerate(model.tiers):
        lo, rate = Fraction(tier.lo), Fraction(tier.rate)
        found.append(Piece(lo if number else Fraction(-1), reached - lo * rate, rate))
        if tier.hi is not None:
            reached += (Fraction(tier.hi) - lo) * rate
    return found


def _volume(model: Tiered) -> list[Piece]:
    """The bound belongs to the tier above it, so that tier begins a millionth before."""
    fixed = Fraction(model.fixed)
    return [
        Piece(Fraction(tier.lo) - GRID if tier.lo else Fraction(-1), fixed, Fraction(tier.rate))
        for tier in model.tiers
    ]


def _last_at_most(piece: Piece, limit: Fraction, grid: Fraction) -> Fraction | None:
    """The largest grid point where the piece's line is not above `limit`; None: all of them."""
    if piece.rate == 0:
        return None if piece.base <= limit else Fraction(-1)
    return (limit - piece.base) / piece.rate // grid * grid


def _cut(
    pieces: Sequence[Piece], limit: Fraction, grid: Fraction, *, keep_low: bool
) -> list[Piece]:
    """Replace by `limit` what lies above it (keep_low), or what does not."""
    level = Fraction(limit)
    found: list[Piece] = []
    for number, piece in enumerate(pieces):
        end = pieces[number + 1].above if number + 1 < len(pieces) else None
        turn = _last_at_most(piece, limit, grid)
        low, high = Piece(piece.above, level, Fraction(0)), piece
        if keep_low:
            low, high = piece, low
        if turn is None or (end is not None and turn >= end):
            found.append(Piece(piece.above, low.base, low.rate))
        elif turn < 0 or turn <= piece.above:
            found.append(Piece(piece.above, high.base, high.rate))
        else:
            found.append(Piece(piece.above, low.base, low.rate))
            found.append(Piece(turn, high.base, high.rate))
    return found


def at_least(pieces: Sequence[Piece], floor: Decimal, grid: Fraction) -> list[Piece]:
    """The larger of the price and `floor`, everywhere."""
    return _cut(pieces, Fraction(floor), grid, keep_low=False)


def at_most(pieces: Sequence[Piece], cap: Decimal | None, grid: Fraction) -> list[Piece]:
    """The smaller of the price and `cap`, everywhere."""
    return list(pieces) if cap is None else _cut(pieces, Fraction(cap), grid, keep_low=True)


def _joined(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Without pieces that only go on like the one before, and those that no quantity reaches."""
    found: list[Piece] = []
    for piece in pieces:
        if piece.above >= _LIMIT:
            break
        if not found or (found[-1].base, found[-1].rate) != (piece.base, piece.rate):
            found.append(piece)
    return tuple(found)
