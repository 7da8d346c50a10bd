"""The command line, through `main(argv)`, on the interfaces' scene."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commonweal.interfaces.api.tests.scene import CLOSED, OPEN, A, Scene
from commonweal.interfaces.cli import bench, close, kit
from commonweal.interfaces.cli.main import build_parser, main
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.audit.public import head

BILL = f"{A}-{CLOSED}"
Run = Callable[..., tuple[int, str, str]]


def parsers(parser: argparse.ArgumentParser, path: str = "") -> Any:
    """Every verb below a parser with its parser."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield f"{path} {name}".strip(), inner
                yield from parsers(inner, f"{path} {name}".strip())


def test_every_verb_teaches_by_example() -> None:
    found = dict(parsers(build_parser()))
    ours = {name: parser for name, parser in found.items()
            if name.split()[0] not in ("engine", "demo", "costs", "deep")}  # fmt: skip
    assert len(ours) > 25
    for name, parser in ours.items():
        assert "Examples:" in parser.epilog, name
        assert f"commonweal {name.split()[0]}" in parser.epilog, name
        assert "--data" in parser.format_help(), name


@pytest.mark.parametrize("words", [
    ["--data", "first", "doctor"], ["doctor", "--data", "first"], ["--data=first", "doctor"],
    ["--data", "other", "doctor", "--data", "first"],
])  # fmt: skip
def test_data_stands_before_or_after_the_verb(words: list[str]) -> None:
    assert build_parser().parse_args(words).data == Path("first")


def test_bills(run: Run, tmp_path: Path) -> None:
    status, out, _ = run("bills", "list", "--period", str(CLOSED))
    assert status == 0
    assert BILL in out
    status, out, _ = run("bills", "show", BILL, "--json")
    document = json.loads(out)
    assert document["number"] == BILL
    status, out, _ = run("bills", "show", BILL)
    assert f"Total {document['total']} USD" in out
    status, _, _ = run("bills", "files", BILL, "--out", str(tmp_path / "papers"))
    assert status == 0
    names = {path.name for path in (tmp_path / "papers").iterdir()}
    assert {f"{BILL}.pdf", f"{BILL}.csv", f"{BILL}-proof.zip", "check_bill.py"} <= names
    assert run("bills", "show", "NONE-2020-01")[0] == 2


def test_an_agency_sees_its_own_only(run: Run) -> None:
    status, out, _ = run("bills", "list", "--as", "finance@dot.example")
    assert status == 0
    assert BILL not in out
    assert "DOT" in out
    status, _, err = run("bills", "show", BILL, "--as", "finance@dot.example")
    assert status == 2
    assert "BILL-406" in err
    assert "CLI-102" in run("bills", "list", "--as", "nobody@nowhere.example")[2]


def test_audit(run: Run, scene: Scene) -> None:
    status, out, _ = run("audit", "verify")
    assert status == 0
    assert "sound" in out
    with act_as(SYSTEM):
        printed = str(head(scene.world.agencies[A]))
    assert run("audit", "head", A)[1].strip() == printed
    assert run("audit", "check-head", A, printed)[0] == 0
    changed = printed[:-1] + ("0" if printed[-1] != "0" else "1")
    status, out, _ = run("audit", "check-head", A, changed)
    assert status == 1
    assert "NOT" in out
    assert run("audit", "head", "centre")[0] == 0
    assert "bill.issued" in run("audit", "events", "--agency", A, "--verb", "bill.issued")[1]


def test_a_bill_is_what_was_issued_until_it_is_changed(run: Run, scene: Scene) -> None:
    from django.db import connections

    assert run("audit", "check-bill", BILL) == (0, run("audit", "check-bill", BILL)[1], "")
    status, out, _ = run("audit", "check-bill", BILL, "--head", f"7:{'0' * 64}")
    assert status == 1
    assert "history" in out
    with connections["owner"].cursor() as cursor:  # what only a superuser could do
        cursor.execute("ALTER TABLE charging_billline DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE charging_billline NO FORCE ROW LEVEL SECURITY")
        change = """UPDATE charging_billline SET quantity = quantity + %s WHERE number = 1 AND
                    bill_id = (SELECT id FROM charging_bill WHERE number = %s)"""
        cursor.execute("ALTER TABLE charging_bill NO FORCE ROW LEVEL SECURITY")
        cursor.execute(change, [1, BILL])
        changed = cursor.rowcount
    try:
        status, out, _ = run("audit", "check-bill", BILL)
        assert changed == 1
        assert status == 1
        assert "differ" in out
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute(change, [-1, BILL])
            cursor.execute("ALTER TABLE charging_billline ENABLE TRIGGER USER")
            for table in ("charging_billline", "charging_bill"):
                cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    assert run("audit", "check-bill", BILL)[0] == 0


def test_close(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run("close", str(CLOSED), "--status")
    assert status == 0
    assert "Prove by a second path" in out
    assert "is done" in run("close", str(CLOSED))[1]
    assert "CLOSE-101" in run("close", "2199-01")[2]
    assert "CLOSE-103" in run("close", str(CLOSED), "--until", "lunch")[2]
    assert "CLOSE-104" in run("close", str(CLOSED), "--waive", "desk")[2]
    assert "CLOSE-404" in run("close", "2199-01", "--status")[2]
    assert "CLOSE-404" in run("close", "2199-01", "--stop")[2]
    args = argparse.Namespace(period=str(CLOSED), email="")
    close.tell_rows(args, {"rows": [{"code": "desk", "problem": "silent"}] * 25, "note": "x"})
    said = capsys.readouterr().err
    assert said.count("Problem: silent; Source: desk") == close.SHOWN
    assert "5 more" in said


def test_usage(run: Run, tmp_path: Path, scene: Scene) -> None:
    file = tmp_path / "june.csv"
    file.write_text(
        "nr,Dept,charge_item,quantity,unit,from,to\n"
        f"cli-1,{A},payroll.payslip,3,C62,{OPEN}-02T05:00:00Z,{OPEN}-03T05:00:00Z\n"
        f"cli-2,{A},payroll.payslip,,C62,{OPEN}-02T05:00:00Z,{OPEN}-03T05:00:00Z\n"
    )
    words = ["usage", "load", str(file), "--source", "payroll-engine", "--column", "nr=id",
             "--column", "Dept=agency",
             *(f"--column={name}={name}" for name in ("charge_item", "quantity", "unit", "from",
                                                      "to"))]  # fmt: skip
    status, out, err = run(*words, "--dry-run")
    assert status == 1
    assert "1 would be accepted" in out
    assert "USAGE-104" in err
    status, out, _ = run(*words, "--json")
    assert (status, json.loads(out)["accepted"]) == (1, 1)
    status, out, _ = run(*words)
    assert "1 known already" in out
    assert "CLI-101" in run("usage", "load", str(tmp_path / "no.csv"), "--source", "x")[2]
    assert "CLI-104" in run("usage", "load", str(file), "--source", "x", "--column", "odd")[2]
    out_file = tmp_path / "out.csv"
    assert run("usage", "export", A, str(OPEN), "--item", "payroll.payslip",
               "--out", str(out_file))[0] == 0  # fmt: skip
    assert "cli-1" in out_file.read_text()
    assert run("usage", "export", A, str(CLOSED))[1].startswith("id,")


def test_quarantine_and_sources(run: Run) -> None:
    assert run("usage", "quarantine", "list")[0] in (0, 1)
    assert "CLI-106" in run("usage", "quarantine", "release")[2]
    assert "CLI-103" in run("usage", "quarantine", "discard", "x")[2]
    nowhere = "018f0000-0000-7000-8000-000000000000"
    assert "USAGE-404" in run("usage", "quarantine", "discard", nowhere)[2]
    status, out, _ = run("usage", "sources", str(CLOSED))
    assert status == 0
    assert "complete" in out
    assert "CLI-107" in run("usage", "report", "desk", str(OPEN), "--count", "1", "--total", "x")[2]


def test_ledger(run: Run, tmp_path: Path) -> None:
    status, out, _ = run("ledger", "trial-balance", "centre", str(CLOSED))
    assert status == 0
    assert "Debits equal credits." in out
    file = tmp_path / "centre.journal"
    assert run("ledger", "export", "centre", "--out", str(file))[0] == 0
    assert "; Commonweal export for hledger" in file.read_text()
    assert "open " in run("ledger", "export", A, str(CLOSED), "--format", "beancount")[1]
    assert run("ledger", "check", "centre")[0] == 0


def test_jobs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("jobs", "list")[0] == 0
    monkeypatch.setattr("commonweal.kernel.jobs.public.Worker.run", lambda self, once: 0)
    assert "0 pieces" in run("jobs", "run", "--once")[2]
    assert "JOBS-404" in run("jobs", "requeue", "018f0000-0000-7000-8000-000000000000")[2]


def test_database(run: Run) -> None:
    status, out, _ = run("database", "status")
    assert status == 0, out
    assert "PostgreSQL" in out
    assert "nothing" in out


def test_init_changes_settings_and_makes_an_administrator_once(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from commonweal.kernel.access.public import user_by_email
    from commonweal.kernel.party.public import actor_for

    monkeypatch.setattr("commonweal.ops.schema.migrate", lambda: None)
    name = "State of Meridian Shared Services"
    words = ["init", "--name", name, "--short-name", "Meridian", "--admin", "root@cli.example"]
    status, out, _ = run(*words)
    assert status == 0
    assert "password: " in out
    user = user_by_email("root@cli.example")
    assert user is not None
    assert actor_for(user).may("access.manage_people")
    assert "already" in run(*words)[2]
    assert "CLI-109" in run(*words[:-1], "nobody")[2]


def test_doctor_looks_at_the_folder_named(run: Run, tmp_path: Path) -> None:
    status, out, _ = run("doctor", "--data", str(tmp_path))
    assert "python" in out
    assert status in (0, 1)


def test_serve_takes_port_and_host(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("commonweal.ops.serve.serve", lambda *words: asked.append(words) or 0)
    assert run("serve", "--port", "8123")[0] == 0
    assert asked == [(8123, "127.0.0.1")]


def test_bench_shows_machine_target_and_ratio(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"what": "x", "result": "1", "unit": "s", "target": "≤ 2", "baseline": "1.0×"}
    for part in bench.PARTS:
        monkeypatch.setattr(
            bench, part.replace("-", "_"), lambda *size: [row | {"result": str(size[-1])}]
        )
    monkeypatch.setattr(bench, "prepare", lambda folder: None)
    status, out, _ = run("bench", "--quick")
    assert status == 0
    assert out.count("≤ 2") == len(bench.PARTS)
    found = json.loads(run("bench", "rating", "--json")[1])
    assert (found["rows"][0]["result"], found["quick"]) == ("1", False)
    assert found["machine"]["python"]


def test_a_dead_database_is_said_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError, ProgrammingError

    def fail(error: Exception) -> Callable[..., Any]:
        def broken(*_: Any, **__: Any) -> Any:
            raise error

        return broken

    target = "commonweal.kernel.audit.public.verify"
    monkeypatch.setattr(target, fail(OperationalError("gone")))
    assert "CLI-501" in run("audit", "verify")[2]
    monkeypatch.setattr(target, fail(ProgrammingError('relation "x" does not exist')))
    assert "CLI-502" in run("audit", "verify")[2]
    monkeypatch.setattr(target, fail(KeyboardInterrupt()))
    assert run("audit", "verify")[0] == 130
    monkeypatch.setattr(target, fail(ValueError("defect")))
    with pytest.raises(ValueError, match="defect"):
        run("audit", "verify")


def test_files_are_whole_or_absent(tmp_path: Path) -> None:
    with pytest.raises(kit.CommandError, match="CLI-105"):
        kit.write(tmp_path / "missing" / "x", b"data")
    kit.write(tmp_path / "x", b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_tables_align(capsys: pytest.CaptureFixture[str]) -> None:
    kit.table(("name", "n"), [("a", "1"), ("bb", "-1,234.50")], "")
    assert capsys.readouterr().out == "name          n\na             1\nbb    -1,234.50\n"
    kit.table(("name",), [], "Nothing.")
    assert capsys.readouterr().out == "Nothing.\n"


@pytest.mark.parametrize("words", [[], ["nothing"], ["close"], ["usage", "load"]])
def test_what_cannot_be_parsed_exits_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as gone:
        main(words)
    assert gone.value.code == 2
