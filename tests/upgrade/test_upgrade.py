"""The data of every earlier tag, restored and brought to the present version (design §8)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.conftest import pages_world
from commonweal.ops.localdb.binaries import find_binaries

__all__ = ["pages_world"]

KEPT = Path(__file__).parent / "kept"
VERSIONS = sorted(each.name for each in KEPT.glob("*") if each.is_dir())
SAFELY: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
"""Debian 12's Python 3.11.2 does not know the filter yet."""
ALL_ROWS = {"PGOPTIONS": "-c app.centre=on"}
"""Row-level security binds the owner too; in the centre's scope it sees every row."""


def _at(name: str) -> dict[str, str]:
    """The environment in which a database of this name is the centre's."""
    urls = {
        key: urlsplit(os.environ[key])._replace(path=f"/{name}").geturl()
        for key in ("DATABASE_URL", "DATABASE_APP_URL")
    }
    return {**os.environ, **urls}


def _program(name: str, *words: str) -> None:
    subprocess.run(
        [find_binaries().folder / name, *words], env={**os.environ, **ALL_ROWS}, check=True
    )


@contextmanager
def _database(template: str = "template0") -> Iterator[str]:
    name = f"cw_upgrade_{os.getpid()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield name
        finally:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _keep(world: tuple[str, Path, World], place: Path) -> Path:
    """Keep the small centre of this version, as a centre's own backup would."""
    name, folder, _ = world
    place.mkdir(parents=True)
    dump = ("--format=custom", "--enable-row-security", f"--file={place / 'database'}")
    _program("pg_dump", *dump, f"--dbname={_at(name)['DATABASE_URL']}")
    with tarfile.open(place / "data.tar.gz", "x:gz") as archive:
        for each in sorted(folder.iterdir()):
            if each.name != "secrets":
                archive.add(each, each.name)
    return place


def _restored(kept: Path, data: Path, url: str) -> None:
    with tarfile.open(kept / "data.tar.gz") as archive:
        archive.extractall(data, **SAFELY)
    words = ("--no-owner", "--no-acl", "--exit-on-error", f"--dbname={url}")
    _program("pg_restore", *words, str(kept / "database"))


def _told(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "commonweal.interfaces.cli", *words],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


@pytest.mark.parametrize("version", [*VERSIONS, "present"])
def test_what_a_centre_held_is_there_and_sound(
    version: str, pages_world: tuple[str, Path, World], tmp_path: Path
) -> None:
    kept = KEPT / version
    if version == "present":
        kept = _keep(pages_world, Path(os.environ.get("KEEP") or tmp_path / "kept"))
    with _database() as name:
        environment = {**_at(name), "COMMONWEAL_DATA": str(tmp_path / "data")}
        _restored(kept, tmp_path / "data", environment["DATABASE_URL"])
        _told(environment, "database", "migrate")
        assert "sound" in _told(environment, "audit", "verify")
        assert "is the sum" in _told(environment, "ledger", "check", "centre")
        bills = re.findall(r"^\S+-\d{4}-\d{2}\b", _told(environment, "bills", "list"), re.M)
        assert len(bills) >= 4
        for number in bills:
            papers = tmp_path / number
            _told(environment, "audit", "check-bill", number)
            _told(environment, "bills", "files", number, "--out", str(papers))
            (verifier,), (pack,) = papers.glob("check_bill*.py"), papers.glob("*.zip")
            checked = subprocess.run([sys.executable, "-I", verifier, pack], check=False)
            assert checked.returncode == 0
