"""The benchmark runs and proves what it measured; it asserts no time."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..bench import bench_rating


@pytest.mark.slow
def test_bench_runs(tmp_path: Path) -> None:
    result = bench_rating(12_000, tmp_path)
    assert result["facts"] == 12_000
    assert result["ratio_to_bare"] > 0
    assert list(tmp_path.iterdir()) == []
