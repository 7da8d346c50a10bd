"""Random price models and quantities."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st

from ..models import PriceModel, Tier
from ..price import (
    at_cost,
    channel,
    fixed_share,
    flat,
    graduated,
    lump_sum,
    matrix,
    minimum,
    package,
    peak,
    per_unit,
    percentage,
    pooled,
    prorated,
    step,
    volume,
)
from ..shared_models import Cell


def scaled(limit: int, places: int, least: int = 0) -> st.SearchStrategy[Decimal]:
    """Decimals from `least` to `limit` units of the last of `places` decimals."""
    return st.integers(least, limit).map(lambda number: Decimal(number).scaleb(-places))


RATES = st.one_of(scaled(10**11, 9), scaled(10**18 - 1, 9), scaled(10**6, 2))
AMOUNTS = st.one_of(scaled(10**6, 2), scaled(10**14, 9))
QUANTITIES = st.one_of(scaled(10**9, 6), scaled(10**4, 0), scaled(10**16, 6))
SIZES = st.one_of(scaled(10**9, 6, 1), scaled(10**4, 0, 1))
PERCENTS = st.one_of(scaled(10**4, 2), scaled(10**9, 7))
FIXED = st.sampled_from([Decimal(0), Decimal("12.5")])


@st.composite
def tiers(draw: st.DrawFn) -> list[Tier]:
    """Up to four tiers with bounds near the quantities."""
    bounds = sorted(draw(st.sets(QUANTITIES.filter(bool), max_size=3)))
    starts = [Decimal(0), *bounds]
    ends = [*bounds, None]
    return [Tier(lo, hi, draw(RATES)) for lo, hi in zip(starts, ends, strict=True)]


def limits(least: Decimal = Decimal(0)) -> st.SearchStrategy[Decimal | None]:
    """A cap, or none."""
    return st.one_of(st.none(), AMOUNTS.map(lambda amount: amount + least))


@st.composite
def percentages(draw: st.DrawFn) -> PriceModel:
    """With and without floor and cap."""
    floor = draw(st.one_of(st.just(Decimal(0)), AMOUNTS))
    return percentage(draw(PERCENTS), floor, draw(limits(floor)))


MODELS = st.one_of(RATES.map(flat), RATES.map(per_unit), st.builds(graduated, tiers(), FIXED))
UNFIXED = st.one_of(
    RATES.map(per_unit),
    tiers().map(graduated),
    tiers().map(volume),
    st.builds(package, SIZES, RATES),
    st.builds(step, SIZES, RATES, limits()),
    st.builds(at_cost, PERCENTS, limits()),
)
SIMPLE = st.one_of(
    MODELS,
    UNFIXED,
    st.builds(volume, tiers(), FIXED),
    st.builds(package, SIZES, RATES, FIXED),
    percentages(),
)
MINIMUM = st.builds(minimum, AMOUNTS, SIMPLE)
PEAK = st.one_of(SIMPLE, MINIMUM).map(peak)
BY_QUANTITY = st.one_of(SIMPLE, MINIMUM, PEAK)
POOLED = UNFIXED.map(pooled)
VALUES = ("web", "phone", "desk")


@st.composite
def matrices(draw: st.DrawFn) -> PriceModel:
    """Two dimensions, some of their nine cells, with and without a price for the rest."""
    pairs = st.tuples(st.sampled_from(VALUES), st.sampled_from(VALUES))
    found = sorted(draw(st.sets(pairs, min_size=1, max_size=5)))
    cells = [Cell(values, draw(BY_QUANTITY)) for values in found]
    return matrix(("channel", "grade"), cells, draw(st.one_of(st.none(), BY_QUANTITY)))


CHANNELS = st.builds(
    channel,
    st.dictionaries(st.sampled_from(VALUES), BY_QUANTITY, min_size=1),
    st.one_of(st.none(), BY_QUANTITY),
)
AGENCIES = st.sampled_from(("parks", "roads", "health", "courts"))
SHARES = st.dictionaries(AGENCIES, st.integers(0, 250).map(lambda n: Fraction(n, 1000)), min_size=1)
ALL = st.one_of(
    BY_QUANTITY,
    matrices(),
    CHANNELS,
    POOLED,
    st.builds(fixed_share, AMOUNTS, SHARES),
    st.builds(lump_sum, st.dictionaries(AGENCIES, AMOUNTS, min_size=1)),
    AMOUNTS.map(prorated),
)
