"""Workers under kills: every job is done, and its effect is there exactly once."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.audit.public import record, seal, verify
from commonweal.kernel.jobs.public import Worker, enqueue

from .children import Child, in_child
from .plan import Plan
from .report import compare

KIND = "charging.close"
"""A kind that is announced, so that it can be queued; the workers here do the counting instead."""
EFFECT = "deep.effect"
LEASE = timedelta(seconds=1)
WORKERS = 2
AT_ONCE = 150
DATABASE_SHARE = 0.04


def count(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
    """The effect: one more event for this number. Nothing makes a second one harmless."""
    target = ("deep.Effect", str(payload["number"]))
    record(actor=actor, verb=EFFECT, target=target, payload={"half": 1})
    time.sleep(random.random() * 0.01)
    record(actor=actor, verb=EFFECT, target=target, payload={"half": 2})


def _work() -> None:
    Worker(handlers={KIND: count}, lease=LEASE, idle_seconds=0.02).run()


class Jobs:
    """The campaign: two workers, a queue that never runs dry, and kills."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.site, self.result = plan, plan.site, plan.result
        self.folder = self.site.work / "jobs"
        self.folder.mkdir()
        self.queued = 0
        self.workers: list[Child | None] = [None] * WORKERS

    def run(self) -> None:
        """Kill workers until kills or time are used up; let the queue run dry; compare."""
        self.plan.centre("jobs", self.folder / "data")
        self.plan.begin()
        try:
            while self.plan.goes_on():
                self.round()
            self.drain()
        finally:
            for worker in self.workers:
                if worker is not None:
                    worker.kill()
        self.check()

    def _start(self) -> None:
        for place, worker in enumerate(self.workers):
            if worker is not None and worker.ended():
                if worker.failure:
                    self.result.found(f"a worker failed: {worker.failure}")
                worker = None
            log = self.folder / f"worker{place}.log"
            self.workers[place] = worker or Child(_work, log)

    def round(self) -> None:
        """Some kills of workers or database, then a look at the queue."""
        if in_child(_waiting, self.folder) < AT_ONCE:
            in_child(partial(_queue, self.queued, AT_ONCE), self.folder)
            self.queued += AT_ONCE
        for _ in range(12):
            if not self.plan.goes_on():
                return
            self._start()
            self.plan.pause(0.25)
            if self.plan.chance.random() < DATABASE_SHARE:
                self.plan.kill_database()
                for worker in self.workers:
                    assert worker is not None
                    worker.wait(2)
                    if worker.kill():
                        self.result.killed("worker")
                self.site.start_server()
                continue
            victim = self.plan.chance.choice(self.workers)
            if victim is not None and victim.kill():
                self.result.killed("worker")
        self.plan.say(f"{self.result.total_kills} kills, {self.queued} jobs queued")

    def drain(self) -> None:
        """Let the workers finish in peace."""
        end = time.monotonic() + 120
        while in_child(_waiting, self.folder):
            if time.monotonic() > end:
                self.result.found("the queue does not run dry within 120 s")
                return
            self._start()
            time.sleep(0.3)

    def check(self) -> None:
        """Each job done, each effect once, the trail sound."""
        states, effects, problems = in_child(_found, self.folder)
        wanted = Counter({str(number): 1 for number in range(self.queued)})
        compare(self.result, "job", Counter({f"{n} done": 1 for n in wanted}), states)
        for half in ("1", "2"):
            compare(self.result, f"effect (half {half})", wanted, effects[half])
        for problem in problems:
            self.result.found(f"audit trail: {problem}")
        self.result.count("jobs with each effect counted", self.queued)


def _queue(first: int, number: int) -> None:
    with act_as(SYSTEM):
        for each in range(first, first + number):
            payload = {"number": each}
            enqueue(actor=SYSTEM, kind=KIND, payload=payload, key=f"deep:{each}", max_attempts=999)


def _waiting() -> int:
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM jobs_job WHERE kind = %s AND state IN ('queued', 'running')",
            [KIND],
        )
        return int(cursor.fetchone()[0])


def _found() -> tuple[Counter[str], dict[str, Counter[str]], tuple[str, ...]]:
    with act_as(SYSTEM):
        with connection.cursor() as cursor:
            cursor.execute("SELECT payload->>'number', state FROM jobs_job WHERE kind = %s", [KIND])
            states = Counter(f"{number} {state}" for number, state in cursor.fetchall())
            cursor.execute(
                "SELECT target_id, payload->>'half' FROM audit_event WHERE verb = %s", [EFFECT]
            )
            effects: dict[str, Counter[str]] = {"1": Counter(), "2": Counter()}
            for target, half in cursor.fetchall():
                effects[half][target] += 1
        while seal():
            pass
        return states, effects, verify().problems


def run(plan: Plan) -> None:
    """The campaign."""
    Jobs(plan).run()
