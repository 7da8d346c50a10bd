"""Which database is used, and what a person reads when it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from commonweal.ops import localdb
from commonweal.ops.localdb import LocalDatabaseError
from commonweal.ops.localdb.binaries import find_binaries
from commonweal.ops.localdb.folders import Folders, fits, own_folder
from commonweal.ops.localdb.isolation import namespace_works
from commonweal.ops.localdb.roles import url
from commonweal.ops.localdb.server import _last_line


def _program(folder: Path, version: str) -> Path:
    folder.mkdir()
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def _nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_APP_URL", "COMMONWEAL_POSTGRES_BIN"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("_nothing_given")
def test_the_bundled_binaries_are_found_without_importing_their_package() -> None:
    found = find_binaries()
    assert found.bundled
    assert found.major >= 15


@pytest.mark.usefixtures("_nothing_given")
def test_the_named_postgresql_comes_before_the_bundled_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _program(tmp_path / "bin", "16.4 (Debian 16.4-1)")
    monkeypatch.setenv("COMMONWEAL_POSTGRES_BIN", str(folder))
    found = find_binaries()
    assert (found.folder, found.version, found.bundled) == (folder, "16.4", False)


@pytest.mark.usefixtures("_nothing_given")
@pytest.mark.parametrize(("version", "code"), [("14.9", "LOCALDB-103"), (None, "LOCALDB-102")])
def test_an_unfit_postgresql_is_refused_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str | None, code: str
) -> None:
    folder = _program(tmp_path / "bin", version) if version else tmp_path
    monkeypatch.setenv("COMMONWEAL_POSTGRES_BIN", str(folder))
    with pytest.raises(LocalDatabaseError, match="COMMONWEAL_POSTGRES_BIN") as caught:
        find_binaries()
    assert caught.value.code == code


@pytest.mark.parametrize("given", ["DATABASE_URL", "DATABASE_APP_URL"])
@pytest.mark.usefixtures("_nothing_given")
def test_both_roles_are_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(given, "postgresql:///nowhere")
    with pytest.raises(LocalDatabaseError) as caught:
        localdb.ensure_database(tmp_path)
    assert caught.value.code == "LOCALDB-101"


@pytest.mark.usefixtures("_nothing_given")
def test_a_given_database_that_does_not_answer_is_named_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "DATABASE_APP_URL"):
        monkeypatch.setenv(name, url("someone", "open-sesame", str(tmp_path)))
    with pytest.raises(LocalDatabaseError) as caught:
        localdb.ensure_database(tmp_path / "data")
    assert caught.value.code == "LOCALDB-108"
    assert "open-sesame" not in str(caught.value)
    assert not (tmp_path / "data").exists()


@pytest.mark.usefixtures("_nothing_given")
def test_looking_creates_nothing(tmp_path: Path) -> None:
    assert not localdb.status(tmp_path / "data").exists
    assert localdb.running_database(tmp_path / "data") is None
    assert not localdb.stop_database(tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.usefixtures("_nothing_given")
def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(LocalDatabaseError) as caught:
        localdb.ensure_database(tmp_path / "data")
    assert caught.value.code == "LOCALDB-112"


def test_a_link_is_not_taken_for_our_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "database").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LocalDatabaseError, match="not a folder of yours"):
        own_folder(tmp_path / "database")


def test_passwords_are_made_once(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    folders.prepare()
    assert folders.password("app") == folders.password("app") != folders.password("owner")


def test_a_socket_path_must_be_under_a_hundred_bytes() -> None:
    room = 100 - len("/" + "/.s.PGSQL.5432") - 1
    assert fits(Path("/" + "a" * room))
    assert not fits(Path("/" + "a" * (room + 1)))
    assert not fits(Path("/" + "ü" * (room // 2 + 1)))


def test_a_namespace_that_cannot_write_is_noticed(tmp_path: Path) -> None:
    assert not namespace_works(tmp_path / "missing", tmp_path)


def test_a_server_message_is_shortened_to_what_matters() -> None:
    said = "LOG:  starting\nFATAL:  no space left on device.\nLOG:  shut down\n"
    assert _last_line(said) == "FATAL:  no space left on device"
    assert _last_line("") == "no message"
