"""`commonweal close`: it stops for the second person, who approves by the same command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from commonweal.interfaces.cli.main import main
from commonweal.kernel.access.models import User
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at

from .copies import closed, copies, enter, world
from .world import AUGUST, World, after

__all__ = ["closed", "copies", "enter", "world"]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:  # fmt: skip
    """Run the command on the fifth day after August; status, standard output and error."""
    monkeypatch.setenv("COMMONWEAL_DATA", str(tmp_path))

    def call(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(list(words))
        said = capsys.readouterr()
        return status, said.out, said.err

    with at(after(AUGUST)):
        yield call


def test_a_close_waits_for_a_second_person(world: World, run: Run) -> None:
    month, early = AUGUST, "Every agency has confirmed its bill"
    by = {role: email_of(world, role) for role in ("finance_officer", "director")}
    world.report(AUGUST)
    assert "CLOSE-502" in run("close", month, "--preview-days", "1")[2]
    status, out, err = run("close", month, "--end-preview", early, "--as", by["finance_officer"])
    assert status == 1, err
    assert f"The bills of {month} wait for the approval of a second person." in out
    assert early in out
    assert "May approve: director (" in out
    assert f"commonweal close {month} --approve --as EMAIL" in out
    status, out, _ = run("close", month, "--status")
    assert status == 1
    waiting = [line for line in out.splitlines() if " waiting" in line]
    assert [line.split("  ")[0] for line in waiting] == [
        "Have the issue approved", "Issue bills", "Post journals", "Notify agencies",
    ]  # fmt: skip
    assert not any(line.rstrip().endswith("done") for line in waiting)
    assert "total_minor" not in out
    assert "May approve: " in out
    own = run("close", month, "--approve", "--as", by["finance_officer"])
    assert "ACCESS-403" in own[2]
    status, out, _ = run("close", month, "--approve", "--as", by["director"])
    assert (status, "Approved." in out) == (0, True)
    assert "CLOSE-508" in run("close", month, "--approve", "--as", by["director"])[2]
    assert "is done" in run("close", month, "--as", by["finance_officer"])[1]


def email_of(world: World, role: str) -> str:
    """The address that somebody of the centre signs in with."""
    with act_as(SYSTEM):
        user = User.objects.get(pk=world.of(role).user_id)
    return str(user.email)
