"""Law 11, everything leaves: an agency's archive holds all of its data, and none of another's."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commonweal.interfaces.api.tests.scene import CLOSED, OPEN, A, B, Scene
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at, now
from commonweal.kernel.documents import public as documents
from commonweal.kernel.documents.leaving import own_tables, staying
from commonweal.kernel.documents.tasks import tidy
from commonweal.kernel.jobs.public import Worker
from commonweal.kernel.metering.public import Usage, emit, facts, totals
from commonweal.practices.charging.public import bills

OFFICER = "agency_finance:LWD"


@pytest.fixture
def made(scene: Scene) -> Any:
    """What the API says of an archive that A's finance officer asked for, and its bytes."""
    client = scene.client(OFFICER)
    asked = client.post(f"/api/v1/agencies/{A}/take-outs")
    assert asked.status_code == 201, asked.content
    found = asked.json()
    assert found["finished_at"] is None
    early = client.get(f"/api/v1/take-outs/{found['id']}/file")
    assert (early.status_code, early.json()["code"]) == (404, "DOCUMENTS-412")
    again = client.post(f"/api/v1/agencies/{A}/take-outs")
    assert (again.status_code, again.json()["code"]) == (409, "DOCUMENTS-413")
    Worker().run(once=True)
    found = client.get(f"/api/v1/take-outs/{found['id']}").json()
    file = client.get(f"/api/v1/take-outs/{found['id']}/file")
    return found, b"".join(file.streaming_content)


def texts(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Every file of an archive, and of the archives in it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            inside = archive.read(name)
            yield name, inside
            if name.endswith(".zip"):
                for deeper, content in texts(inside):
                    yield f"{name}/{deeper}", content


def rows(data: bytes, name: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def test_it_is_whole_and_says_what_it_holds(made: Any) -> None:
    found, data = made
    assert found["sha256"] == hashlib.sha256(data).hexdigest()
    assert found["size"] == len(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        assert len(names) == len(set(names)) == found["files"] + 1
        hashes = dict(
            reversed(line.split("  ", 1))
            for line in archive.read("manifest.sha256").decode().splitlines()
        )
        for name in names:
            if name != "manifest.sha256":
                assert hashlib.sha256(archive.read(name)).hexdigest() == hashes[name], name
        contents = json.loads(archive.read("contents.json"))
        assert contents["code"] == A
        assert all(row["holds"] for row in contents["files"])
        assert "manifest.sha256" in archive.read("README.txt").decode()
        assert json.loads(archive.read("stays.json")) == staying()


def test_everything_of_the_agency_is_there(made: Any, scene: Scene) -> None:
    _, data = made
    own = scene.world.agencies[A]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
    for label in own_tables():
        assert (f"tables/{label.lower()}.csv" in names) == (label not in staying()), label
    for label, why in staying().items():
        assert label in own_tables(), label
        assert len(why) > 20, label
    with act_as(SYSTEM):
        issued = [bill for bill in bills(SYSTEM, period=CLOSED.code) if bill.agency_id == own]
        used = totals(SYSTEM, CLOSED.code, agency_id=own)
    assert [row["number"] for row in rows(data, "tables/charging.bill.csv")] == [
        bill.number for bill in issued
    ]
    number = issued[0].number
    assert "check_bill.py" in names
    for kind, ending in (("pdf", ".pdf"), ("csv", ".csv"), ("pack", "-proof.zip")):
        assert f"files/{kind}/{number}{ending}" in names
    assert f"journals/{number}-journal.csv" in names
    usage = rows(data, f"usage/{CLOSED.code}.csv")
    assert len(usage) == sum(row.count for row in used)
    people = {row["email"] for row in rows(data, "tables/party.person.csv")}
    assert "finance@lwd.example" in people
    for name in (
        "catalogue.agreement", "catalogue.order", "catalogue.orderline", "catalogue.fundingsource",
        "party.membership", "ledger.journal", "ledger.posting", "audit.event", "audit.link",
        "charging.forecast", "charging.billline",
    ):  # fmt: skip
        assert rows(data, f"tables/{name}.csv"), name
    items = {row["code"] for row in rows(data, "reference/catalogue.chargeitem.csv")}
    assert "helpdesk.case" in items


def test_nothing_of_another_agency_is_there(made: Any, scene: Scene) -> None:
    _, data = made
    other = scene.world.agencies[B]
    with act_as(SYSTEM):
        strangers = {str(other), f"finance@{B.lower()}.example", f"approver@{B.lower()}.example",
                     "Department of Transportation"}  # fmt: skip
        for model, column in own_tables().values():
            keys = model._default_manager.filter(**{column: other}).values_list("pk", flat=True)
            strangers |= {str(key) for key in keys[:2_000] if len(str(key)) > 30}
    assert len(strangers) > 100
    for name, content in texts(data):
        text = content.decode("utf-8", "replace")
        found = [word for word in strangers if word in text]
        assert not found, (name, found[:3])


def test_another_agency_finds_neither_door_nor_archive(made: Any, scene: Scene) -> None:
    found, _ = made
    stranger = scene.client(f"agency_finance:{B}")
    assert stranger.post(f"/api/v1/agencies/{A}/take-outs").status_code in (403, 404)
    assert stranger.get(f"/api/v1/agencies/{A}/take-outs").status_code in (403, 404)
    for path in ("", "/file"):
        answer = stranger.get(f"/api/v1/take-outs/{found['id']}{path}")
        assert answer.status_code == 404, path
    listed = scene.client(OFFICER).get(f"/api/v1/agencies/{A}/take-outs").json()["items"]
    assert found["id"] in [row["id"] for row in listed]


def test_an_approver_may_ask_and_a_liaison_may_not(scene: Scene) -> None:
    path = f"/api/v1/agencies/{A}/take-outs"
    assert scene.client(f"agency_liaison:{A}").post(path).status_code == 403
    assert scene.client(f"agency_approver:{A}").post(path).status_code == 201
    Worker().run(once=True)


def test_usage_that_was_replaced_leaves_too(scene: Scene) -> None:
    with act_as(SYSTEM):
        old = facts(SYSTEM, scene.world.agencies[A], OPEN.code).rows[-1]
        fixed = Usage(
            external_id="fixed", agency=A, charge_item=str(old.charge_item_id),
            quantity=old.quantity, unit=old.unit, starts=old.starts, ends=old.ends,
            replaces=old.external_id,
        )  # fmt: skip
        emit(actor=SYSTEM, source=old.source, facts=[fixed])
    client = scene.client(OFFICER)
    asked = client.post(f"/api/v1/agencies/{A}/take-outs").json()
    Worker().run(once=True)
    answer: Any = client.get(f"/api/v1/take-outs/{asked['id']}/file")
    data = b"".join(answer.streaming_content)
    replaced = rows(data, f"usage/replaced-{OPEN.code}.csv")
    assert old.external_id in {row["external_id"] for row in replaced}
    counting = {row["external_id"] for row in rows(data, f"usage/{OPEN.code}.csv")}
    assert "fixed" in counting
    assert old.external_id not in counting
    assert not rows(data, f"usage/replaced-{CLOSED.code}.csv")


def test_what_a_kill_left_is_removed(scene: Scene, settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    folder = tmp_path / "take-outs" / str(scene.world.agencies[A])
    folder.mkdir(parents=True)
    left, being_made = folder / "1.zip.part", folder / "2.zip.part"
    for part, hours in ((left, 25), (being_made, 1)):
        part.write_bytes(b"half")
        moment = (now() - timedelta(hours=hours)).timestamp()
        os.utime(part, (moment, moment))
    with act_as(SYSTEM):
        tidy(actor=SYSTEM, job_id=scene.world.agencies[A], payload={})
    assert (left.exists(), being_made.exists()) == (False, True)


def test_it_is_removed_after_some_days(made: Any, scene: Scene) -> None:
    found, _ = made
    client = scene.client(OFFICER)
    with at(now() + timedelta(days=documents.DAYS, minutes=1)), act_as(SYSTEM):
        tidy(actor=SYSTEM, job_id=scene.world.agencies[A], payload={})
    assert client.get(f"/api/v1/take-outs/{found['id']}").json()["removed_at"]
    gone = client.get(f"/api/v1/take-outs/{found['id']}/file")
    assert (gone.status_code, gone.json()["code"]) == (404, "DOCUMENTS-412")


def test_the_operator_makes_one_by_command(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from commonweal.interfaces.cli.main import main

    out = tmp_path / "lwd.zip"
    assert main(["parties", "take-out", A, "--out", str(out)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert rows(out.read_bytes(), "tables/charging.bill.csv")
    assert main(["parties", "take-out", A, "--as", f"finance@{B.lower()}.example"]) == 2
