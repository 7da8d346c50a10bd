"""`./run` and `.ci/run`: what they offer, and that the bootstrap keeps to its promises."""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The `run` script as a module; nothing of it is executed."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = importlib.machinery.SourceFileLoader("run_script", str(ROOT / "run"))
    spec = importlib.util.spec_from_loader("run_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    for name in ("DATABASE_URL", "DATABASE_APP_URL", "COMMONWEAL_DATA", "COMMONWEAL_TEST_DATA"):
        monkeypatch.delenv(name, raising=False)
    return module


def test_run_imports_the_standard_library_only() -> None:
    tree = ast.parse((ROOT / "run").read_text())
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom)
                     else [alias.name for alias in node.names])
    }  # fmt: skip
    assert names <= sys.stdlib_module_names


def test_run_can_be_read_by_an_old_python_that_must_be_told_to_go() -> None:
    ast.parse((ROOT / "run").read_text(), feature_version=(3, 7))


def test_help_names_every_verb_and_no_other(run: ModuleType) -> None:
    words = {line.split()[0] for line in run.HELP.splitlines() if line.startswith("  ")}
    assert words == {"demo", "cli", "doctor", "stop", "test", "check", "deep", "bench"}


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"]])
def test_help_needs_no_environment(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "run").write_bytes((ROOT / "run").read_bytes())
    done = subprocess.run(
        [sys.executable, tmp_path / "run", *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "demo" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_an_unknown_verb_is_named() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "run", "dmeo"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "'dmeo'" in done.stderr
    assert not done.stdout


def test_arguments_reach_pytest(run: ModuleType) -> None:
    command = run.command_for("test", ["tests/x.py", "-k", "y"])
    assert command[command.index("pytest") + 1 :] == [
        "-n", "2", "--dist", "worksteal", "tests/x.py", "-k", "y",
    ]  # fmt: skip
    assert run.command_for("test", ["-n0"])[-2:] == ["pytest", "-n0"]
    assert run.command_for("test", ["-n0", "--cover", "x.py"])[-4:] == [
        "-p", "tests.cover", "-n0", "x.py",
    ]  # fmt: skip


def test_tests_never_use_the_database_of_a_centre(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql:///production")
    monkeypatch.setenv("COMMONWEAL_DATA", "/srv/centre")
    assert "/srv/centre" not in run.command_for("test", [])
    assert "DATABASE_URL" not in os.environ


def test_the_data_folder_comes_from_option_then_environment(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run.data_folder(["--data", "a"]) == str(Path.cwd() / "a")
    assert run.data_folder(["--once", "--data=/b"]) == "/b"
    assert run.data_folder([]) == str(ROOT / ".commonweal")
    monkeypatch.setenv("COMMONWEAL_DATA", "/c")
    assert run.data_folder([]) == "/c"


def test_a_finished_environment_is_not_touched_again(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("installed again")

    monkeypatch.setattr(run, "install", refuse)
    want = run.wanted("dev")
    monkeypatch.setattr(run, "found", lambda: {**want, "venv": run.VENV})
    run.bootstrap("dev")
    run.bootstrap("runtime")


def test_a_changed_lock_calls_for_a_new_installation(run: ModuleType) -> None:
    want = run.wanted("runtime")
    assert run.covers(run.wanted("dev"), want)
    assert not run.covers({**want, "runtime": "another"}, want)
    assert not run.covers({}, want)


def test_ci_runs_everything_and_ends_with_the_tests() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert "set -euo pipefail" in lines
    assert lines[-2:] == ["./run check", "./run test"]


@pytest.mark.parametrize("name", ["run", ".ci/run"])
def test_commands_are_executable(name: str) -> None:
    assert os.access(ROOT / name, os.X_OK)
