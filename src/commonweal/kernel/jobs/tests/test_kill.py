"""A worker process killed with `kill -9` in the middle of a job leaves nothing half-done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection

from commonweal.kernel.access.public import SYSTEM, Role, act_as
from commonweal.kernel.jobs import public as jobs
from commonweal.kernel.jobs import queueing
from commonweal.kernel.jobs.models import Job

WORKER = """
import sys, time
from datetime import timedelta
import django
django.setup()
from commonweal.kernel.access.public import Role
from commonweal.kernel.jobs.public import Worker

def slow(*, actor, job_id, payload):
    Role.objects.create(code="half", name="half", side="centre", permissions=[])
    print("inside", flush=True)
    time.sleep(60)

Worker(handlers={"test.slow": slow}, lease=timedelta(seconds=2)).run(once=True)
"""


def url_of(name: str, database: str) -> str:
    return urlsplit(os.environ[name])._replace(path=f"/{database}").geturl()


@pytest.mark.slow
def test_kill_nine(committed_db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def quick(**_: object) -> None:
        Role.objects.create(code="whole", name="whole", side="centre", permissions=[])

    monkeypatch.setattr(queueing, "handlers", lambda: {"test.slow": quick})
    with act_as(SYSTEM):
        job = jobs.enqueue(actor=SYSTEM, kind="test.slow")
    environment = os.environ | {
        name: url_of(name, committed_db) for name in ("DATABASE_URL", "DATABASE_APP_URL")
    }
    environment |= {
        "DJANGO_SETTINGS_MODULE": "commonweal.settings",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside\n"
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    worker = jobs.Worker(handlers={"test.slow": quick}, lease=timedelta(seconds=30))
    assert worker.run(once=True) == 0
    for _ in range(100):
        if worker.run(once=True):
            break
        time.sleep(0.1)
    with act_as(SYSTEM):
        assert set(Role.objects.filter(code__in=["half", "whole"]).values_list("code")) == {
            ("whole",)
        }
        done = Job.objects.get(pk=job.pk)
    assert (done.state, done.attempts) == ("done", 2)


def test_a_worker_whose_connection_is_cut_goes_on(
    committed_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def cut(**_: object) -> None:
        tried.append(1)
        if len(tried) == 1:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        worker.stop()

    monkeypatch.setattr(queueing, "handlers", lambda: {"test.cut": cut})
    with act_as(SYSTEM):
        job = jobs.enqueue(actor=SYSTEM, kind="test.cut")
    worker = jobs.Worker(
        handlers={"test.cut": cut}, lease=timedelta(milliseconds=300), idle_seconds=0.02
    )
    worker.run()
    with act_as(SYSTEM):
        done = Job.objects.get(pk=job.pk)
    assert (done.state, len(tried)) == ("done", 2)
