"""What the tests prove of the rules and of the writes: `./run test --cover`.

Every branch of each module's `domain`, `rules` and `actions` must be taken by some test; one that
is not fails the run. Loaded by `-p`, in every worker, before anything of Commonweal is imported.
"""

from __future__ import annotations

import ast
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import coverage
import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "commonweal"
NAMES = ("domain.py", "domain/*.py", "rules.py", "rules/*.py", "actions.py", "actions/*.py")
FOLDER = Path(os.environ["COMMONWEAL_DATA"]) / "coverage"
WORKER = "PYTEST_XDIST_WORKER" in os.environ

FOLDER.mkdir(parents=True, exist_ok=True)
if not WORKER:
    for old in FOLDER.iterdir():
        old.unlink()
measured = coverage.Coverage(
    data_file=FOLDER / "taken",
    data_suffix=True,
    branch=True,
    include=[f"{SOURCE}/*/*/{name}" for name in NAMES],
    concurrency=["thread", "greenlet"],
    config_file=False,
)
measured.start()


def unseen(seen: set[str]) -> list[str]:
    """Files to be measured that no test even imported; a docstring alone is nothing to measure."""
    there = {path for name in NAMES for path in SOURCE.glob(f"*/*/{name}")}
    return sorted(
        str(path)
        for path in there
        if str(path) not in seen and len(ast.parse(path.read_text()).body) > 1
    )


def report() -> tuple[float, str]:
    """Percent of lines and branches taken, and a table of the files that have some left."""
    table = io.StringIO()
    together = coverage.Coverage(data_file=FOLDER / "taken", branch=True, config_file=False)
    together.combine([str(FOLDER)])
    percent = together.report(
        file=table, show_missing=True, skip_covered=True, ignore_errors=True, precision=2
    )
    missing = unseen(together.get_data().measured_files())
    lines = [table.getvalue(), *(f"{path} was never imported" for path in missing)]
    return 0 if missing else percent, "\n".join(lines)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Put away what this process saw; the last one judges what all of them saw."""
    yield
    measured.stop()
    measured.save()
    if not WORKER:
        percent, session.config.stash[TOLD] = report()
        if percent < 100 and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


TOLD = pytest.StashKey[str]()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table, before pytest's own last line."""
    terminalreporter.section("branches of domain, rules and actions that a test takes")
    terminalreporter.write_line(terminalreporter.config.stash.get(TOLD, ""))
