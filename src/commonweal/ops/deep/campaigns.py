"""The whole of `./run deep`: every campaign in a process and site of its own, then the page."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from .report import Result, page

SHARES = {
    "prices": (22, 0),
    "clocks": (18, 0),
    "pages": (25, 0),
    "close": (16, 8),
    "power": (14, 12),
    "intake": (27, 45),
    "jobs": (18, 35),
}
"""Percent of the time and of the kills; what one does not use goes to those after it."""
SETUP_SECONDS = 14
ROOT = Path(__file__).resolve().parents[4]


def run_all(
    folder: Path, *, seed: int, minutes: float, kills: int, only: Sequence[str] = ()
) -> list[Result]:
    """Run the campaigns one after the other, all or only those named; a campaign that breaks is
    itself a finding."""
    shutil.rmtree(folder, ignore_errors=True)
    out = folder / "results"
    out.mkdir(parents=True)
    ends = time.monotonic() + minutes * 60
    results: list[Result] = []
    waiting = {name: share for name, share in SHARES.items() if not only or name in only}
    for name, (of_time, of_kills) in list(waiting.items()):
        left = ends - time.monotonic()
        seconds = left * of_time / sum(share[0] for share in waiting.values()) - SETUP_SECONDS
        done = sum(result.total_kills for result in results)
        of_all = sum(share[1] for share in waiting.values()) or 1
        quota = -(-(kills - done) * of_kills // of_all)
        del waiting[name]
        results.append(_one(folder / name, out, name, seed, max(quota, 1), max(seconds, 5)))
    return results


def _one(data: Path, out: Path, name: str, seed: int, kills: int, seconds: float) -> Result:
    environment = dict(os.environ)
    for variable in ("DATABASE_URL", "DATABASE_APP_URL"):
        environment.pop(variable, None)
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    options = {"--data": data, "--out": out, "--seed": seed, "--kills": kills, "--seconds": seconds}
    words = [str(word) for pair in options.items() for word in pair]
    done = subprocess.run(
        [sys.executable, "-m", "commonweal.ops.deep", name, *words], env=environment, check=False
    )
    kept = out / f"{name}.json"
    if kept.exists():
        return Result.load(kept)
    broken = Result(name, seed)
    broken.found(f"the campaign broke off with status {done.returncode}; see its messages above")
    return broken


def write_page(results: list[Result], *, seed: int, minutes: float, kills: int) -> Path:
    """Write the result file into docs/measurements of the checkout, or the present folder."""
    day = date.today()  # noqa: DTZ011  the day of the measurement; no figure depends on it
    folder = ROOT / "docs" / "measurements"
    if not (ROOT / "pyproject.toml").is_file():
        folder = Path.cwd()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"deep-{day.isoformat()}-seed{seed}.md"
    path.write_text(page(results, seed=seed, minutes=f"{minutes:g}", kills=kills, day=day))
    return path
