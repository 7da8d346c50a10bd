"""`commonweal recovery`: every command as an operator runs it, beside what the record says."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from commonweal.interfaces.cli.main import main
from commonweal.kernel.access.public import act_as
from commonweal.kernel.calendar.public import at
from commonweal.practices.charging import public as charging

from .copies import closed, copies, enter, world
from .recovery_scene import YEAR, decide, end_the_year, entered, proposed
from .test_close_cli import email_of
from .test_data_room import opened
from .world import AUGUST, JULY, World, after

__all__ = ["closed", "copies", "enter", "world"]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    closed: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:  # fmt: skip
    """Run a command of `recovery`; status, standard output and standard error."""
    monkeypatch.setenv("COMMONWEAL_DATA", str(tmp_path))
    end_the_year(closed)

    def call(*words: str, by: str = "finance_officer") -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["recovery", *words, "--as", email_of(closed, by)])
        said = capsys.readouterr()
        return status, said.out, said.err

    with at(after(AUGUST)):
        yield call


def cells(line: str) -> list[str]:
    """A table's row; columns are two spaces apart."""
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_accounts_and_one_month_by_month(closed: World, run: Run) -> None:
    status, out, err = run("list", "--year", str(YEAR))
    assert status == 0, err
    with act_as(closed.finance):
        found = {row.service.code: row for row in charging.recoveries(closed.finance, YEAR)}
    listed = {cells(line)[0]: cells(line) for line in out.splitlines()}
    for code, row in found.items():
        account = row.account
        assert charging.money_text(account.of("revenue"), "USD") in listed[code]
        assert charging.money_text(account.closing, "USD") in listed[code]
        assert listed[code][-1] == row.state
    status, out, _err = run("show", "payroll", "--year", str(YEAR))
    assert status == 0
    months = {cells(line)[0]: cells(line) for line in out.splitlines()}
    for month in found["payroll"].account.months:
        assert months[month.period][1] == charging.money_text(month.billed, "USD")
    assert {JULY, AUGUST} <= set(months)
    closing = charging.money_text(found["payroll"].account.closing, "USD")
    assert f"Balance {closing} USD" in out
    status, _out, err = run("show", "moon")
    assert (status != 0, "RECOVERY-404" in err) == (True, True)
    assert "No month of 1999 is closed yet." in run("show", "payroll", "--year", "1999")[1]


def test_an_adjustment_is_listed_shown_and_carried_out_once(closed: World, run: Run) -> None:
    assert "No year-end adjustment was proposed yet." in run("adjustments")[1]
    entered(closed, "payroll", "other_revenue", 500_000, "2026-08")
    row = proposed(closed, "payroll")
    status, out, _err = run("adjustments")
    assert status == 0
    (line,) = [line for line in out.splitlines() if str(row.pk) in line]
    assert cells(line)[1:4] == ["payroll", str(YEAR), "refund"]
    assert "proposed" in line
    early = run("carry-out", str(row.pk))
    assert (early[0] != 0, "RECOVERY-316" in early[2]) == (True, True)
    decide(closed, row.decision_id)
    document = json.loads(run("adjustment", str(row.pk))[1])
    assert document == row.document
    status, out, err = run("carry-out", str(row.pk))
    assert (status, out.startswith("Carried out on 2026-09-")) == (0, True), err
    assert run("carry-out", str(row.pk))[:2] == (status, out)  # again: nothing more happens
    assert "2026-09-" in run("adjustments")[1].split("approved")[1]
    for words in (("carry-out", "no-id"), ("adjustment", "no-id")):
        status, _out, err = run(*words)
        assert status != 0
        assert "CLI-" in err
    assert "ACCESS-403" in run("carry-out", str(row.pk), by="auditor")[2]


def test_the_package_is_written_with_its_root(closed: World, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "audit" / "deep"
    status, out, err = run("package", "--year", str(YEAR), "--out", str(folder), by="auditor")
    assert status == 0, err
    (made,) = list(folder.iterdir())
    with zipfile.ZipFile(io.BytesIO(made.read_bytes())) as archive:
        manifest = archive.read("manifest.sha256")
        assert "summary.pdf" in archive.namelist()
    assert f"Root {hashlib.sha256(manifest).hexdigest()}" in out
    status, _out, err = run("package", "--year", "1999", "--out", str(folder), by="auditor")
    assert (status != 0, "RECOVERY-601" in err) == (True, True)


def test_a_data_room_and_a_review(closed: World, run: Run, tmp_path: Path) -> None:
    room = opened(closed)
    status, out, err = run("room", str(room.pk), "--out", str(tmp_path / "room"), by="auditor")
    assert status == 0, err
    with act_as(closed.of("auditor")):
        controls = charging.controls(closed.of("auditor"), room.pk)
    for each in controls:
        (line,) = [line for line in out.splitlines() if cells(line)[0] == each.population.name]
        assert cells(line)[1] == str(each.count)
        written = (tmp_path / "room" / f"{each.population.name}.csv").read_text()
        assert len(list(csv.reader(io.StringIO(written)))) == each.count + 1
    status, out, err = run("review", "2026-Q3", by="director")
    assert status == 0, err
    assert json.loads(out)


def test_the_reserve_test_says_by_its_status_that_something_is_wrong(
    closed: World, run: Run
) -> None:
    entered(closed, "payroll", "other_revenue", 3_000_000, "2026-08")
    status, out, err = run("test")
    assert status == 1, err
    (line,) = [line for line in out.splitlines() if line.startswith("payroll")]
    assert cells(line)[-1] == "bad"
    with act_as(closed.finance):
        row = next(
            row for row in charging.recoveries(closed.finance) if row.service.code == "payroll"
        )
        assert row.reserve.days is not None
        assert abs(Fraction(cells(line)[2]) - row.reserve.days) < Fraction(1, 1000)
