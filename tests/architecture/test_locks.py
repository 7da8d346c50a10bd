"""The locks hold no address, every package has hashes, and each lock follows from its list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
PINNED = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+)", re.MULTILINE)
WANTED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)", re.MULTILINE)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pins(lock: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in PINNED.findall(lock.read_text()):
        found.setdefault(_normal(name), set()).add(version)
    return found


def test_there_are_three_locks() -> None:
    assert [lock.name for lock in LOCKS] == [
        "requirements-dev.lock",
        "requirements-tools.lock",
        "requirements.lock",
    ]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert not re.search(r"://|file:|--(extra-)?index-url|--find-links|\s@\s", text)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_package_is_pinned_with_hashes(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", lock.read_text().strip())
    bare = [
        entry.splitlines()[0]
        for entry in entries
        if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry) or not PINNED.match(entry)
    ]
    assert not bare


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_covers_its_list(lock: Path) -> None:
    listed = {_normal(name) for name in WANTED.findall(lock.with_suffix(".in").read_text())}
    assert listed
    assert not listed - set(_pins(lock))


def test_tests_run_on_the_versions_that_are_shipped() -> None:
    shipped, tested = (
        _pins(ROOT / name) for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert {name: tested.get(name) for name in shipped} == shipped


def test_uv_lock_is_never_committed() -> None:
    assert "/uv.lock" in (ROOT / ".gitignore").read_text().splitlines()
