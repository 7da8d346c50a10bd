"""The doctor says what is wrong and what to do, and changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from commonweal.ops import doctor, localdb

GIB = doctor.GIB


@pytest.fixture
def _nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("DATABASE_APP_URL", raising=False)


@pytest.mark.parametrize(
    ("finding", "level"),
    [
        (doctor.check_python((3, 11)), "ok"),
        (doctor.check_python((3, 10)), "fail"),
        (doctor.check_disk(Path("/nowhere/at/all"), 50 * GIB), "ok"),
        (doctor.check_disk(Path("/"), 2 * GIB), "warn"),
        (doctor.check_disk(Path("/"), 1000), "fail"),
        (doctor.check_memory(4 * GIB), "ok"),
        (doctor.check_memory(GIB + 1), "warn"),
        (doctor.check_memory(1000), "fail"),
        (doctor.check_clock(), "ok"),
        (doctor.check_clock(datetime(1970, 1, 1, tzinfo=UTC)), "fail"),
    ],
)
def test_each_level_and_its_remedy(finding: doctor.Finding, level: str) -> None:
    assert finding.level == level
    assert bool(finding.remedy) == (level != "ok")
    assert str(finding).startswith(level)


def test_an_open_data_folder_is_noticed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert doctor.check_folder(tmp_path).level == "warn"
    tmp_path.chmod(0o700)
    assert doctor.check_folder(tmp_path).level == "ok"
    assert doctor.check_folder(tmp_path / "missing").level == "ok"


def test_mail_that_goes_nowhere_is_noticed(tmp_path: Path) -> None:
    assert doctor.check_mail(tmp_path / "missing", "").level == "ok"
    assert doctor.check_mail(tmp_path, "").level == "warn"
    assert doctor.check_mail(tmp_path, "mail.example.test").said.endswith("mail.example.test")
    (tmp_path / "demo.json").touch()
    assert doctor.check_mail(tmp_path, "").level == "ok"


def test_a_provider_that_takes_no_money_is_noticed(tmp_path: Path) -> None:
    assert doctor.check_payments(tmp_path, "").level == "ok"
    assert doctor.check_payments(tmp_path, "real").said == "go through real"
    assert doctor.check_payments(tmp_path, "test", https=False).level == "warn"
    assert "refused" in doctor.check_payments(tmp_path, "test", https=True).said
    (tmp_path / "demo.json").touch()
    assert doctor.check_payments(tmp_path, "test").level == "ok"


@pytest.mark.usefixtures("_nothing_given")
def test_a_missing_database_is_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor.main(["--data", str(tmp_path / "data")]) == 0
    assert "was not made yet" in capsys.readouterr().out
    assert not (tmp_path / "data").exists()


@pytest.mark.usefixtures("_nothing_given")
def test_a_role_that_owns_something_fails(tmp_path: Path) -> None:
    database = localdb.ensure_database(tmp_path, durable=False)
    try:
        found = {(f.subject, f.level) for f in doctor.check_database(tmp_path)}
        assert ("role", "ok") in found
        assert ("database", "warn") in found, "a folder for tests is named as such"
        with psycopg.connect(database.superuser_url or "") as connection:
            connection.execute("CREATE TABLE mine (id int)")
            connection.execute("ALTER TABLE mine OWNER TO commonweal_app")
        assert ("role", "fail") in {(f.subject, f.level) for f in doctor.check_database(tmp_path)}
    finally:
        localdb.discard_database(tmp_path)


def test_a_half_given_database_fails_with_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql:///x")
    monkeypatch.delenv("DATABASE_APP_URL", raising=False)
    (finding,) = doctor.check_database(tmp_path)
    assert finding.level == "fail"
    assert "belong together" in finding.remedy
