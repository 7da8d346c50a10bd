"""`kill -9` and concurrency: nothing acknowledged is lost, nothing is counted twice."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connections

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.metering import public as metering
from commonweal.kernel.metering.models import Upload, UsageBatch, UsageFact
from commonweal.kernel.party.selectors import forget_centre

from .sender import BATCH, names, send_batches
from .world import World, build_world, event

SETTINGS = os.environ.get("DJANGO_SETTINGS_MODULE", "commonweal.settings")


@pytest.fixture
def committed_world(committed_db: str, data_dir: Path) -> Iterator[World]:
    """The small centre in a database of its own, committed."""
    forget_centre()
    yield build_world()
    forget_centre()
    connections.close_all()
    _wait_for_backends(committed_db)


def _wait_for_backends(database: str) -> None:
    """A killed client's backend may still be at work for a moment."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        for _ in range(100):
            (count,) = owner.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [database]
            ).fetchone() or (0,)
            if not count:
                return
            time.sleep(0.05)


def _start(database: str, data_dir: Path, *arguments: str) -> subprocess.Popen[str]:
    env = {
        **os.environ,
        "COMMONWEAL_DATA": str(data_dir),
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    for name in ("DATABASE_URL", "DATABASE_APP_URL"):
        parts = urlsplit(os.environ[name])
        env[name] = urlunsplit(parts._replace(path=f"/{database}"))
    return subprocess.Popen(
        [sys.executable, "-m", "commonweal.kernel.metering.tests.sender", *arguments],
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    )


def _acknowledged(process: subprocess.Popen[str], wanted: int) -> list[int]:
    """Read acknowledgements, kill the process in its next one, read what it still said."""
    assert process.stdout is not None
    found = [int(process.stdout.readline()) for _ in range(wanted)]
    process.kill()
    found += [int(line) for line in process.stdout.read().split()]
    process.wait()
    return found


def _found() -> set[str]:
    with act_as(SYSTEM):
        return set(UsageFact.objects.values_list("external_id", flat=True))


def test_a_killed_sender_loses_nothing(
    committed_world: World, committed_db: str, data_dir: Path
) -> None:
    done = -1
    for kill in range(3):
        process = _start(committed_db, data_dir, "batches", str(done + 1), "400")
        done = max(_acknowledged(process, 2 + kill))
        found = _found()
        sent = {name for batch in range(done + 1) for name in names(batch)}
        assert sent <= found
        assert len(found) % BATCH == 0, "a batch is whole or absent"
    send_batches(0, done + 2)
    assert len(_found()) == (done + 2) * BATCH
    with act_as(SYSTEM):
        (total,) = metering.totals(SYSTEM, "2026-10")
        assert total.quantity == (done + 2) * BATCH
        batches = UsageBatch.objects.all()
        assert sum(each.accepted for each in batches) == (done + 2) * BATCH


def test_a_killed_upload_goes_on(committed_world: World, committed_db: str, data_dir: Path) -> None:
    lines = [
        f"f{number},parks,payslip,{'x' if number % 100 == 50 else 1},C62,"
        "2026-10-02T10:00:00Z,2026-10-02T11:00:00Z"
        for number in range(3000)
    ]
    path = data_dir / "usage.csv"
    path.write_text("\n".join(["id,agency,charge_item,quantity,unit,from,to", *lines]))
    process = _start(committed_db, data_dir, "file", str(path))
    done = max(_acknowledged(process, 3))
    with act_as(SYSTEM):
        upload = Upload.objects.get()
        assert upload.rows_done >= done
    result = metering.submit_file(actor=SYSTEM, source="payrun", path=path, kind="csv")
    assert result.upload_id == upload.id
    assert (result.rows, result.accepted, result.rejected) == (3000, 2970, 30)
    assert len(_found()) == 2970
    listed = (data_dir / result.problems_path).read_text("utf-8-sig").splitlines()
    assert len(listed) == 31


def test_many_senders_and_a_freeze_at_once(committed_world: World) -> None:
    def send(worker: int) -> int:
        try:
            accepted = 0
            for batch in range(8):
                events = [event(f"n{batch}-{number}", quantity="1") for number in range(20)]
                with act_as(SYSTEM):
                    accepted += metering.submit(
                        actor=SYSTEM, events=events[worker:] + events[:worker]
                    ).accepted
                if worker == 0 and batch == 3:
                    with act_as(SYSTEM):
                        metering.freeze_period(actor=SYSTEM, period="2026-10")
            return accepted
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        accepted = sum(pool.map(send, range(4)))
    assert accepted == len(_found()) == 160
    with act_as(SYSTEM):
        on_time: Any = metering.totals(SYSTEM, "2026-10")
        late: Any = metering.totals(SYSTEM, "2026-11", late=True)
        assert sum(each.count for each in [*on_time, *late]) == 160
        assert len(metering.late_facts(SYSTEM)) == sum(each.count for each in late)
        metering.write_partitions(actor=SYSTEM, period="2026-10")
        metering.seal_period(actor=SYSTEM, period="2026-10")
    assert len(_found()) == sum(each.count for each in late)
