"""The command line in a test's own data folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from commonweal.interfaces.api.tests.scene import Scene
from commonweal.interfaces.cli.main import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    scene: Scene,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Run the command; its status, standard output and standard error."""
    monkeypatch.setenv("COMMONWEAL_DATA", str(tmp_path))

    def call(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(list(words))
        said = capsys.readouterr()
        return status, said.out, said.err

    return call
