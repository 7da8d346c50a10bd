"""A small version of the million random prices."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from commonweal.interfaces.cli.deep import CAMPAIGNS
from commonweal.ops.deep import batches, campaigns, clocks, prices, report
from commonweal.ops.deep.campaigns import SHARES
from commonweal.ops.deep.plan import Plan
from commonweal.ops.deep.report import Result
from commonweal.practices.charging.engine import trial


def plan(seed: int, seconds: float = 600) -> Plan:
    site: Any = SimpleNamespace()
    return Plan(site, seed, 0, seconds, Result("prices", seed))


def test_batches_are_tried_and_counted() -> None:
    """In processes of their own, as in the campaign; nothing differs."""
    tried = plan(11)
    prices.run(tried, cases=400, batch=200)
    assert tried.result.findings == []
    assert tried.result.counts["random price cases"] == 400
    assert tried.result.counts["facts priced three ways"] > 400
    assert "DuckDB" in tried.result.versions
    assert tried.result.short == []
    assert "prices" in SHARES


def test_random_clocks_are_tried_and_counted() -> None:
    tried = Plan(SimpleNamespace(), 5, 0, 600, Result("clocks", 5))  # type: ignore[arg-type]
    clocks.run(tried, cases=200, batch=100)
    assert tried.result.findings == []
    assert tried.result.counts["random clock cases"] == 200
    assert tried.result.counts["clock cycles read two or three ways"] > 100
    assert "NumPy" in tried.result.versions
    assert tried.result.short == []
    assert "clocks" in SHARES


def test_time_ends_it() -> None:
    tried = plan(11, seconds=0)
    tried.begin()
    prices.run(tried, cases=10**9, batch=1)
    assert tried.result.counts.get("random price cases", 0) == 0
    (short,) = tried.result.short
    assert short.startswith("0 of 1,000,000,000 random price cases were tried: the time")
    shown = report.page([tried.result], seed=11, minutes="1", kills=1, day=date(2026, 11, 27))
    assert f"`prices`: {short}" in shown
    assert "kills were asked for" not in shown


def test_one_campaign_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def one(_data: Path, _out: Path, name: str, seed: int, _kills: int, _seconds: float) -> Result:
        asked.append(name)
        return Result(name, seed)

    monkeypatch.setattr(campaigns, "_one", one)
    campaigns.run_all(tmp_path / "deep", seed=1, minutes=1, kills=1, only=["prices"])
    assert asked == ["prices"]
    assert tuple(SHARES) == CAMPAIGNS


def test_a_seed_repeats_its_batch_and_is_named_with_a_finding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = trial.random_batch(random.Random("prices:3:0"), 50)
    assert one == trial.random_batch(random.Random("prices:3:0"), 50)
    real = trial.oracle

    def wrong(batch: trial.Batch) -> trial.Rated:
        return {key: (before, amount + 1) for key, (before, amount) in real(batch).items()}

    monkeypatch.setattr(trial, "oracle", wrong)
    tried = plan(3)
    batches.keep(tried, prices.KIND, trial.try_seed(("3:0", 50)))
    assert tried.result.findings[0].startswith("seed 3:0: fact ")
    assert tried.result.findings[-1].endswith("more differences")
    assert len(tried.result.findings) == batches.SHOWN + 1
