"""From `demo` to its first page: in an empty folder, and once it is built."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

PATIENCE = 1800


def bench_first_page() -> list[dict[str, str]]:
    """Rows for the bench's table. The environment is there already: its set-up is not counted."""
    folder = Path(tempfile.mkdtemp(prefix="commonweal-bench-"))
    try:
        cold, warm = (_seconds(folder / "data") for _ in range(2))
    finally:
        from commonweal.ops.localdb import discard_database

        discard_database(folder / "data")
        shutil.rmtree(folder, ignore_errors=True)
    rows = [
        ("first page of the demo, cold", f"{cold:.1f}", "s", "≤ 90",
         "thirteen months built and closed; the environment's set-up not counted"),
        ("first page of the demo, warm", f"{warm:.1f}", "s", "≤ 10", f"{cold / warm:.0f}× faster"),
    ]  # fmt: skip
    names = ("what", "result", "unit", "target", "baseline")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _seconds(folder: Path) -> float:
    """How long until the demo answers; it is stopped then."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    words = ["--data", str(folder), "demo", "--port", str(port)]
    began = time.monotonic()
    demo = subprocess.Popen(
        [sys.executable, "-m", "commonweal.interfaces.cli", *words], stdout=subprocess.DEVNULL
    )
    try:
        while not _answers(port):
            if demo.poll() is not None or time.monotonic() - began > PATIENCE:
                raise RuntimeError("the demo did not come up; see its messages above")
            time.sleep(0.05)
        return time.monotonic() - began
    finally:
        demo.terminate()
        demo.wait(30)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
