"""Random price models and quantities."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from ..price import PriceModel, Tier, flat, graduated, per_unit


def scaled(limit: int, places: int) -> st.SearchStrategy[Decimal]:
    """Decimals from 0 to `limit` units of the last of `places` decimals."""
    return st.integers(0, limit).map(lambda number: Decimal(number).scaleb(-places))


RATES = st.one_of(scaled(10**11, 9), scaled(10**18 - 1, 9), scaled(10**6, 2))
QUANTITIES = st.one_of(scaled(10**9, 6), scaled(10**4, 0), scaled(10**16, 6))


@st.composite
def tiered(draw: st.DrawFn) -> PriceModel:
    """Up to four tiers with bounds near the quantities."""
    bounds = sorted(draw(st.sets(QUANTITIES.filter(bool), max_size=3)))
    starts = [Decimal(0), *bounds]
    ends = [*bounds, None]
    tiers = [Tier(lo, hi, draw(RATES)) for lo, hi in zip(starts, ends, strict=True)]
    return graduated(tiers, draw(st.sampled_from([Decimal(0), Decimal("12.5")])))


MODELS = st.one_of(RATES.map(flat), RATES.map(per_unit), tiered())
