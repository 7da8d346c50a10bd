"""`./run demo --once --json`: built and closed for real, then checked as a customer would."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from commonweal.ops.localdb import stop_database

from . import story

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow]


def door(folder: Path, *words: str) -> dict[str, Any]:
    """The command in a data folder of its own, with a database of its own."""
    given = {"DATABASE_URL", "DATABASE_APP_URL", "COMMONWEAL_DATA", "DJANGO_SETTINGS_MODULE"}
    env = {name: value for name, value in os.environ.items() if name not in given}
    env["PYTHONPATH"] = str(ROOT / "src")
    words = ("-m", "commonweal.interfaces.cli", "--data", str(folder), *words)
    return {"args": [sys.executable, *words], "env": env, "cwd": folder.parent, "text": True}


def commonweal(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(**door(folder, *words), capture_output=True, timeout=900, check=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory):
    """The demo, built by what the command calls, with every law checked after each month."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    given = door(folder)
    script = str(Path(__file__).with_name("laws.py"))
    given["args"] = [sys.executable, script, str(folder), "2026-08", "3", "8555"]
    done = subprocess.run(**given, capture_output=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    yield folder, json.loads(done.stdout)
    stop_database(folder)


@pytest.fixture(scope="module")
def demo(built):
    folder, found = built
    return folder, {**found["report"], "seconds": 0}


def test_every_law_holds_after_each_month(built):
    """Trail, books, bills, what was issued before, the run's total, the walls, the ledger."""
    _, found = built
    assert found["wrong"] == []
    months = found["seen"]
    assert [month["period"] for month in months] == ["2026-06", "2026-07", "2026-08"]
    assert [month["bills"] for month in months] == [13, 26, 39]
    assert [month["unchanged"] for month in months] == [0, 13, 26]
    for earlier, later in pairwise(months):
        assert all(later[name] > earlier[name] > 0 for name in ("trail", "books", "walls"))
    assert all(month["run"] > 0 for month in months)
    assert months[-1]["reconciled"] >= 3 * 20


def test_one_document_says_what_was_built(demo):
    folder, report = demo
    done = commonweal(folder, "demo", "--once", "--json", "--port", "8555")
    assert {**json.loads(done.stdout), "seconds": 0} == report
    assert report["period"] == "2026-08"
    assert report["agencies"] == report["bills"] == 13
    assert report["url"] == "http://127.0.0.1:8555/"
    assert Decimal(report["total"]) > 1_000_000
    assert report["currency"] == "USD"
    roles = {login["role"] for login in report["logins"]}
    assert {
        "director",
        "finance officer",
        "service owner",
        "agency finance officer",
        "auditor",
    } <= (roles)


def check(report, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", report["verifier"], *words],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_bill_checks_with_plain_python(demo):
    _, report = demo
    honest = check(report, report["proof_pack"])
    assert honest.returncode == 0, honest.stderr
    assert "it fits" in honest.stdout


def test_one_altered_digit_is_found(demo, tmp_path):
    _, report = demo
    altered = tmp_path / "altered.zip"
    with zipfile.ZipFile(report["proof_pack"]) as source, zipfile.ZipFile(altered, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "usage.csv":
                lines = data.decode().splitlines()
                cells = lines[3].split(",")
                cells[8] = str(Decimal(cells[8]) + 1)
                lines[3] = ",".join(cells)
                data = ("\n".join(lines) + "\n").encode()
            target.writestr(name, data)
    assert check(report, str(altered)).returncode == 1
    found = check(report, str(altered), "--ignore-hashes")
    assert found.returncode == 1
    assert "usage.csv row 4" in found.stderr


def test_every_cent_is_followed_both_ways_and_the_year_ends(demo):
    folder, _ = demo
    script = Path(__file__).with_name("auditor.py")
    given = door(folder)["env"] | {"DJANGO_SETTINGS_MODULE": "commonweal.settings"}
    words = ("-m", "commonweal.ops.localdb", "exec", "--no-sync", "--data", str(folder), "--")
    done = subprocess.run(
        [sys.executable, *words, sys.executable, str(script)],
        env=given | {"COMMONWEAL_DATA": str(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["bill_lines"] > 100
    assert found["ledger_lines"] > 50
    assert found["adjustments"] == {"hosting": "refund", "helpdesk": "future_rates"}
    assert found["worth"]["EDU hosting"] == ["saving", "loss"]  # nominal, then in today's prices
    assert found["worth"]["VET payroll"] == ["saving", "saving"]


def cases_of(folder: Path, *words: str) -> list[dict[str, Any]]:
    done = commonweal(folder, "cases", "list", "--json", "--limit", "200", *words)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def test_both_desks_have_a_history_and_work_to_do(demo):
    folder, _ = demo
    live, late, done = cases_of(folder), cases_of(folder, "--late"), cases_of(folder, "--done")
    assert len(live) > 40
    assert 0 < len(late) < len(live)
    assert len(done) == 200
    numbers = [row["number"] for row in (*live, *done)]
    assert len(set(numbers)) == len(numbers)
    assert {row["queue"] for row in live} >= {"helpdesk", "citizen-streets", "citizen-homes"}
    shown = commonweal(folder, "cases", "show", late[0]["number"], "--json")
    assert json.loads(shown.stdout)["late"] == "yes"


def test_a_second_start_changes_nothing_and_is_quick(demo):
    folder, report = demo
    again = commonweal(folder, "demo", "--once", "--json", "--port", "8555")
    assert again.returncode == 0, again.stderr[-2000:]
    second = json.loads(again.stdout)
    assert {**second, "seconds": 0} == {**report, "seconds": 0}


def test_another_size_in_the_same_folder_is_refused(demo):
    folder, _ = demo
    refused = commonweal(folder, "demo", "--once", "--as-of", "2026-09")
    assert refused.returncode == 2
    assert "DEMO-101" in refused.stderr


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory):
    """A second demo in a folder of its own, whose first building was interrupted."""
    folder = tmp_path_factory.mktemp("other") / "data"
    words = ("demo", "--once", "--json", "--as-of", "2026-10", "--months", "2", "--port", "8556")
    with subprocess.Popen(**door(folder, *words), stderr=subprocess.PIPE) as building:
        for line in building.stderr:
            if line.startswith("2026-"):
                building.kill()
    assert json.loads((folder / "demo.json").read_text())["state"] == "building"
    done = commonweal(folder, *words)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "beginning again" in done.stderr
    yield folder, json.loads(done.stdout)
    stop_database(folder)


def test_an_interrupted_demo_is_built_anew_beside_another(demo, other):
    first_folder, first = demo
    _, report = other
    assert report["bills"] == 13
    assert report["url"] == "http://127.0.0.1:8556/"
    assert check(report, report["proof_pack"]).returncode == 0
    again = commonweal(first_folder, "demo", "--once", "--json", "--port", "8555")
    assert json.loads(again.stdout)["total"] == first["total"]


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def serving(folder: Path, port: int):
    """The demo of a folder, served on a port until the block ends; gives its home page."""
    words = ("demo", "--port", str(port))
    with subprocess.Popen(**door(folder, *words), stdout=subprocess.PIPE) as server:
        try:
            for line in server.stdout:
                if "Ctrl-C" in line:
                    break
            yield answer(f"http://127.0.0.1:{port}/", server)
        finally:
            server.send_signal(signal.SIGINT)
            server.stdout.read()


def answer(address: str, server: subprocess.Popen[str]) -> str:
    """The page, once the server that has just said its address listens."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=60) as page:
                return str(page.read().decode())
        except urllib.error.URLError as wrong:
            if not isinstance(wrong.reason, ConnectionRefusedError):
                raise
            time.sleep(0.05)
    raise AssertionError("the server ended")


def test_two_demos_serve_beside_each_other(demo, other):
    ports = free_port(), free_port()
    with serving(demo[0], ports[0]) as first, serving(other[0], ports[1]) as second:
        for page in (first, second):
            assert "Meridian" in page


@contextmanager
def mail_door(folder: Path):
    """The door for mail servers of a demo, until the block ends; its port."""
    port = free_port()
    words = ("mail", "serve", "--listen", f"127.0.0.1:{port}")
    with subprocess.Popen(**door(folder, *words), stdout=subprocess.PIPE) as server:
        try:
            while server.poll() is None:
                with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            yield port
        finally:
            server.send_signal(signal.SIGINT)
            server.stdout.read()


def test_a_report_goes_on_by_mail_and_ends_at_the_counter(demo, page, tmp_path):
    """One case on three channels, and every clock of it computed again by the command."""
    folder, report = demo
    made = commonweal(folder, "open311", "keys", "add", "DOT", "City app", "--json")
    clerk = next(row for row in report["logins"] if row["role"] == "citizen desk clerk")
    page.set_default_timeout(60_000)
    port = free_port()
    with serving(folder, port), mail_door(folder) as lmtp:
        told = story.Story(
            f"http://127.0.0.1:{port}/",
            folder / "mail",
            lmtp,
            page,
            json.loads(made.stdout)["api_key"],
        )
        number = story.tell(told, clerk)
        clocks = story.clocks_of(told, number)
    shown = json.loads(commonweal(folder, "cases", "show", number, "--json").stdout)
    assert (shown["state"], shown["agency"]) == ("resolved", "DOT")
    said = [shown[f"said {place}"] for place in (1, 2, 3)]
    for words, text in zip((story.ANSWER, story.QUESTION, "bakery is dark"), said, strict=True):
        assert words in text
    assert "said 4" not in shown
    assert len(clocks) == 4
    for place, (words, file) in enumerate(clocks):
        (tmp_path / f"{place}.json").write_bytes(file)
        done = commonweal(folder, "engine", "clock", str(tmp_path / f"{place}.json"))
        assert done.returncode == 0, done.stderr
        [cycle] = json.loads(done.stdout)["cycles"]
        assert cycle["state"] == "met"
        assert len(cycle["intervals"]) == words.count("<tr") - 1
        level = json.loads(file)["service_levels"][0]
        due = datetime.fromisoformat(cycle["due"]).astimezone(UTC)
        assert f"met {due:%Y-%m-%d %H:%MZ}" == shown[f"{level['code']} 1"]


def test_a_demo_is_not_mixed_into_a_centre(demo):
    folder, _ = demo
    state = folder / "demo.json"
    kept = state.read_text()
    state.unlink()
    try:
        refused = commonweal(folder, "demo", "--once", "--as-of", "2026-10")
        assert refused.returncode == 2
        assert "DEMO-103" in refused.stderr
        assert not state.exists()
    finally:
        state.write_text(kept)


def test_a_copy_of_the_stopped_folder_is_a_backup(demo, tmp_path):
    """As docs/how-to/back-up-and-restore.md says: copied, put back, and everything is there."""
    folder, report = demo
    stop_database(folder)
    backup = tmp_path / "backup"
    shutil.copytree(folder, backup, symlinks=True)
    folder.rename(tmp_path / "lost")
    try:
        shutil.copytree(backup, folder, symlinks=True)
        number = Path(report["proof_pack"]).name.removesuffix("-proof.zip")
        for words in (("audit", "verify"), ("audit", "check-bill", number)):
            done = commonweal(folder, *words)
            assert done.returncode == 0, done.stdout + done.stderr
        files = commonweal(folder, "bills", "files", number, "--out", str(tmp_path / "papers"))
        assert files.returncode == 0, files.stderr
        restored = tmp_path / "papers" / Path(report["proof_pack"]).name
        assert restored.read_bytes() == Path(report["proof_pack"]).read_bytes()
    finally:
        stop_database(folder)
        shutil.rmtree(folder)
        (tmp_path / "lost").rename(folder)
