"""Workers that send are killed, and work beside each other: no event is lost, none sent twice but
those that the killed one held, and these under the same id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.notices import public as notices
from commonweal.kernel.notices.models import WebhookDelivery
from commonweal.kernel.notices.webhooks import events
from commonweal.kernel.notices.webhooks.tasks import send_events
from commonweal.kernel.party.tests.world import build_world

from .receiver import Got, Receiver

EVENTS = 40
HELD = 6
KIND = "commonweal.killed.v1"
WORKER = """
from uuid import uuid4
import django
django.setup()
from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.notices.webhooks import events
from commonweal.kernel.notices.webhooks.tasks import send_events
print(send_events(actor=SYSTEM, job_id=uuid4(), payload={}), flush=True)
"""


def start(database: str, receiver: Receiver) -> subprocess.Popen[str]:
    environment = dict(os.environ)
    for name in ("DATABASE_URL", "DATABASE_APP_URL"):
        environment[name] = urlsplit(os.environ[name])._replace(path=f"/{database}").geturl()
    environment |= {
        "DJANGO_SETTINGS_MODULE": "commonweal.settings",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "COMMONWEAL_WEBHOOK_HTTP": "1",
        "COMMONWEAL_WEBHOOK_PORTS": str(receiver.server_address[1]),
        "COMMONWEAL_WEBHOOK_NETWORKS": "127.0.0.0/8",
    }
    return subprocess.Popen(
        [sys.executable, "-c", WORKER], env=environment, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_kill_nine_and_two_at_once(
    committed_db: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = Receiver()
    receiver.open_settings(settings)
    notices.event_types()
    kind = notices.EventType(KIND, "An example", {"number": "Its number."})
    monkeypatch.setitem(events._types, KIND, kind)
    world = build_world()
    with act_as(SYSTEM):
        for place in range(3):
            notices.create_webhook(
                actor=SYSTEM, agency_id=world.north.pk, name=f"Books {place}", types=[KIND],
                url=f"{receiver.url}&place={place}",
            )  # fmt: skip
        wanted = {str(uuid4()) for _ in range(EVENTS)}
        for number, each in enumerate(sorted(wanted)):
            notices.announce(SYSTEM, world.north.pk, KIND, each, {"number": number})  # type: ignore[arg-type]
    held, go = threading.Event(), threading.Event()

    def hold(_got: Got) -> int:
        if len(receiver.got) >= HELD:
            held.set()
            go.wait(60)
        return 204

    receiver.answer = hold
    process = start(committed_db, receiver)
    try:
        assert held.wait(60)
        time.sleep(0.5)  # what else is in flight arrives, too
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    before = list(receiver.got)
    go.set()
    receiver.answer = lambda _got: time.sleep(0.01) or 204  # type: ignore[func-returns-value]
    with act_as(SYSTEM):
        open_ = WebhookDelivery.objects.filter(state="waiting")
        assert open_.count() >= 3 * EVENTS - len(before)
    pair = [start(committed_db, receiver) for _ in range(2)]
    taken = [int(each.communicate(timeout=120)[0]) for each in pair]
    middle = receiver.got[len(before) :]
    again = Counter((got.path, got.id) for got in middle)
    assert sum(taken) == len(middle)
    assert set(again.values()) == {1}, "two workers at once sent an event twice"
    assert not {(got.path, got.id) for got in before} & set(again), "a lease was not kept"
    with at(datetime.now(UTC) + timedelta(minutes=4)):
        send_events(actor=SYSTEM, job_id=uuid4(), payload={})
    paths = {got.path for got in receiver.got}
    assert {(got.path, got.id) for got in receiver.got} == {
        (path, each) for path in paths for each in wanted
    }
    assert len(paths) == 3
    twice = [
        key for key, count in Counter((g.path, g.id) for g in receiver.got).items() if count > 1
    ]
    assert set(twice) <= {(got.path, got.id) for got in before}
    bodies = {(got.path, got.id, got.body) for got in receiver.got}
    assert len(bodies) == 3 * EVENTS
    with act_as(SYSTEM):
        assert Counter(WebhookDelivery.objects.values_list("state", flat=True)) == {
            "delivered": 3 * EVENTS
        }
    receiver.stop()
