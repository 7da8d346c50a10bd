"""A few kills of every campaign, on one site of its own; `./run deep` does it by the thousand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from commonweal.ops.deep.report import Result

ROOT = Path(__file__).resolve().parents[2]
CAMPAIGNS = ("intake", "jobs", "close", "power")


@pytest.mark.slow
def test_a_few_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    given = {"DATABASE_URL", "DATABASE_APP_URL", "COMMONWEAL_DATA", "DJANGO_SETTINGS_MODULE"}
    env = {name: value for name, value in os.environ.items() if name not in given}
    env["PYTHONPATH"] = str(ROOT / "src")
    done = subprocess.run(
        [sys.executable, "-m", "commonweal.ops.deep", *CAMPAIGNS, "--data", str(tmp_path / "site"),
         "--out", str(tmp_path), "--seed", "1", "--kills", "3", "--seconds", "4"],
        env=env, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    for name in CAMPAIGNS:
        result = Result.load(tmp_path / f"{name}.json")
        assert result.findings == []
        assert result.total_kills >= 1
    assert done.returncode == 0, done.stderr[-3000:]
    assert not (tmp_path / "site").exists()
