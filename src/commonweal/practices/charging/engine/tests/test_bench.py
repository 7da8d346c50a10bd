"""The benchmark runs and proves what it measured; it asserts no time."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..bench import bench_rating, make_usage
from ..bench_prices import KINDS, bench_capped, bench_prices, models_of, rate_kind
from ..trial import KINDS as RATED


@pytest.mark.slow
def test_bench_runs(tmp_path: Path) -> None:
    result = bench_rating(12_000, tmp_path)
    assert result["facts"] == 12_000
    assert result["ratio_to_bare"] > 0
    assert list(tmp_path.iterdir()) == []


def test_every_price_that_rates_usage_is_measured() -> None:
    assert set(KINDS) == set(RATED)
    assert all({model.kind for model in models_of(kind).values()} == {kind} for kind in KINDS)


@pytest.mark.parametrize("kind", ["matrix", "pooled", "bare"])
def test_a_price_is_rated_and_proved(tmp_path: Path, kind: str) -> None:
    make_usage(240, tmp_path)
    rate_kind(tmp_path, kind, prove=True)
    assert not list(tmp_path.glob("out*"))


@pytest.mark.slow
def test_prices_are_measured(tmp_path: Path) -> None:
    result = bench_prices(1_200, tmp_path, rounds=1, kinds=("volume",))
    assert result["models"]["volume"]["ratio_to_bare"] > 0
    capped = bench_capped(1_200, tmp_path)
    assert (capped["facts"], capped["within_cap"]) == (1_200, True)
    assert list(tmp_path.iterdir()) == []
