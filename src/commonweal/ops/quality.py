"""`./run check`: every static check, each with its time; all run, and the failures come last."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent

STEPS: dict[str, Sequence[str]] = {
    "lint": (str(BIN / "ruff"), "check", "--quiet", "--output-format=concise", "."),
    "format": (str(BIN / "ruff"), "format", "--check", "."),
    "contracts": (str(BIN / "lint-imports"), "--no-cache"),
    "types": (str(BIN / "mypy"), "--strict", "src"),
    "migrations": (
        sys.executable,
        "-m",
        "django",
        "makemigrations",
        "--check",
        "--dry-run",
        "--settings",
        "commonweal.settings",
    ),
    "architecture": (sys.executable, "-m", "pytest", "-p", "no:randomly", "tests/architecture"),
}


def run_step(name: str) -> tuple[bool, str]:
    """Run one check; whether it passed, and everything it said."""
    began = time.monotonic()
    done = subprocess.run(
        STEPS[name],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    passed = done.returncode == 0
    word = "ok    " if passed else "FAILED"
    print(f"{word}  {name:<14}{time.monotonic() - began:6.1f} s", flush=True)
    return passed, done.stdout


def main(names: Sequence[str]) -> int:
    """Run the named checks (all without a name). Returns 1 if any failed."""
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        print(f"No such check: {', '.join(unknown)}. There are: {', '.join(STEPS)}.")
        return 2
    results = {name: run_step(name) for name in names or STEPS}
    failed = {name: said for name, (passed, said) in results.items() if not passed}
    for name, said in failed.items():
        print(f"\n--- {name}: {' '.join(Path(STEPS[name][0]).name.split())}\n{said.rstrip()}")
    if failed:
        print(f"\n{len(failed)} of {len(results)} checks failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
