"""Work is done once, tried again, given up, cancelled and seen; also by a killed worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections

from commonweal.kernel.access.public import SYSTEM, Actor, Role, User, act_as, create_user
from commonweal.kernel.calendar.public import at, now
from commonweal.kernel.jobs import actions, queueing
from commonweal.kernel.jobs import public as jobs
from commonweal.kernel.jobs.models import Job, Schedule
from commonweal.kernel.jobs.tasks import purge
from commonweal.kernel.party.public import add_membership, create_person, set_centre
from commonweal.kernel.schema.public import (
    CommonwealError,
    Conflict,
    Forbidden,
    NotFound,
    Place,
    place_text,
)

MOMENT = datetime(2026, 10, 15, 12, tzinfo=UTC)
Handlers = dict[str, Callable[..., Any]]


def write_role(code: str) -> None:
    Role.objects.create(code=code, name=code, side="centre", permissions=[])


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> Handlers:
    """Kinds of work for one test; `good` writes a role named by its payload."""

    def good(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
        write_role(payload["code"])

    def bad(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
        write_role("never")
        raise ValueError("a name that must not be kept")

    known: Handlers = {"test.good": good, "test.bad": bad}
    monkeypatch.setattr(queueing, "handlers", lambda: known)
    monkeypatch.setattr(actions, "handlers", lambda: known)
    return known


@pytest.fixture
def clock(db: None) -> Iterator[None]:
    with at(MOMENT):
        yield


def queue(kind: str = "test.good", **more: Any) -> Job:
    with act_as(SYSTEM):
        return jobs.enqueue(actor=SYSTEM, kind=kind, **({"payload": {"code": "r1"}} | more))


def run(handlers: Handlers) -> int:
    return jobs.Worker(handlers=handlers).run(once=True)


def again(job: Job) -> Job:
    with act_as(SYSTEM):
        job.refresh_from_db()
    return job


def test_done_once(clock: None, handlers: Handlers) -> None:
    job = queue(key="k")
    assert queue(key="k").pk == job.pk
    assert run(handlers) == 1
    assert run(handlers) == 0
    assert (again(job).state, job.attempts, job.lease) == ("done", 1, None)
    assert Role.objects.filter(code="r1").exists()


def test_order_and_time(clock: None, handlers: Handlers) -> None:
    seen: list[str] = []
    handlers["test.good"] = lambda *, actor, job_id, payload: seen.append(payload["code"])
    for code, priority, minutes in (("low", 0, 0), ("late", 9, 5), ("high", 5, 0)):
        moment = MOMENT + timedelta(minutes=minutes)
        queue(payload={"code": code}, priority=priority, run_at=moment)
    run(handlers)
    assert seen == ["high", "low"]


def test_failure_waits_then_dies_and_is_run_again(clock: None, handlers: Handlers) -> None:
    job = queue("test.bad", max_attempts=2)
    assert run(handlers) == 1
    assert (again(job).state, job.run_at) == ("queued", MOMENT + timedelta(seconds=5))
    assert job.last_error == "ValueError"
    with at(MOMENT + timedelta(minutes=1)):
        run(handlers)
    assert again(job).state == "dead"
    assert not Role.objects.filter(code="never").exists()
    with act_as(SYSTEM):
        assert jobs.unfinished(SYSTEM) == {"dead": 1}
        jobs.requeue(actor=SYSTEM, job_id=job.pk)
        with pytest.raises(CommonwealError, match="JOBS-103"):
            jobs.requeue(actor=SYSTEM, job_id=job.pk)
    assert (again(job).state, job.attempts) == ("queued", 0)


def test_our_errors_keep_their_code_and_waiting_costs_nothing(
    clock: None, handlers: Handlers
) -> None:
    def later(**_: Any) -> None:
        raise jobs.Later(30, "The period is not open yet.")

    handlers["test.later"] = later
    job, lost = queue("test.later"), queue()
    del handlers["test.good"]
    run(handlers)
    assert (again(job).state, job.attempts) == ("queued", 0)
    assert job.run_at == MOMENT + timedelta(seconds=30)
    assert again(lost).last_error == "JOBS-102"


def test_cancel(clock: None, handlers: Handlers) -> None:
    job = queue()
    with act_as(SYSTEM):
        jobs.cancel(actor=SYSTEM, job_id=job.pk)
        with pytest.raises(CommonwealError, match="JOBS-104"):
            jobs.cancel(actor=SYSTEM, job_id=job.pk)
        with pytest.raises(NotFound):
            jobs.cancel(actor=SYSTEM, job_id=uuid4())
    assert run(handlers) == 0
    assert again(job).state == "cancelled"


def test_a_killed_workers_job_is_tried_again(clock: None, handlers: Handlers) -> None:
    job, final, cancelled = queue(), queue(max_attempts=1), queue()
    worker = jobs.Worker(handlers=handlers)
    claimed = [worker._claim() for _ in range(3)]
    assert {item.pk for item in claimed if item} == {job.pk, final.pk, cancelled.pk}
    with act_as(SYSTEM):
        jobs.cancel(actor=SYSTEM, job_id=cancelled.pk)
    assert run(handlers) == 0
    assert not again(job).silent
    with at(MOMENT + timedelta(seconds=25)):
        assert job.silent
    with at(MOMENT + timedelta(seconds=61)):
        assert run(handlers) == 1
    assert (again(job).state, job.attempts, job.last_error) == ("done", 2, "")
    assert again(final).state == "dead"
    assert again(cancelled).state == "cancelled"


def test_a_worker_that_lost_its_lease_keeps_nothing(clock: None, handlers: Handlers) -> None:
    job = queue()

    def steal(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
        write_role("stolen")
        Job.objects.filter(pk=job_id).update(lease=uuid4())

    run({"test.good": steal})
    assert not Role.objects.filter(code="stolen").exists()
    assert again(job).state == "running"


def test_scopes(clock: None, handlers: Handlers) -> None:
    seen: list[tuple[bool, frozenset[UUID], str]] = []

    def look(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('app.centre')")
            seen.append((actor.centre, actor.agencies, cursor.fetchone()[0]))

    handlers["test.good"] = look
    agency = uuid4()
    queue(agency_id=agency)
    run(handlers)
    queue()
    run(handlers)
    assert seen == [(False, frozenset({agency}), ""), (True, frozenset(), "on")]


def test_the_wall(clock: None, handlers: Handlers) -> None:
    mine, theirs = uuid4(), uuid4()
    actor = Actor(
        kind="person", agencies=frozenset({mine}), grants=frozenset({("jobs.view", None)})
    )
    other = queue(agency_id=theirs, key="k")
    with act_as(actor):
        own = jobs.enqueue(actor=actor, kind="test.good", agency_id=mine, key="k")
        assert own.pk != other.pk
        assert list(Job.objects.all()) == [own]
        assert jobs.jobs(actor) == [own]
        assert jobs.unfinished(actor) == {"queued": 1}
        assert jobs.job(actor, own.pk) == own
        with pytest.raises(NotFound):
            jobs.job(actor, other.pk)
        with pytest.raises(Forbidden):
            jobs.enqueue(actor=actor, kind="test.good")
        with pytest.raises(Forbidden):
            jobs.cancel(actor=actor, job_id=own.pk)
        with pytest.raises(CommonwealError, match="JOBS-102"):
            jobs.enqueue(actor=actor, kind="test.unknown", agency_id=mine)


def test_lists(clock: None, handlers: Handlers) -> None:
    first, second = queue(), queue("test.bad")
    with act_as(SYSTEM):
        assert jobs.jobs(SYSTEM) == [second, first]
        assert jobs.jobs(SYSTEM, place=Place(place_text(False, [second.pk]))) == [first]
        assert jobs.jobs(SYSTEM, state="queued", kind="test.bad") == [second]


def test_schedules_run_once_however_many_were_missed(clock: None, handlers: Handlers) -> None:
    calls: list[datetime] = []
    handlers["test.good"] = lambda **_: calls.append(now())
    with act_as(SYSTEM):
        jobs.put_schedule(actor=SYSTEM, name="tick", kind="test.good", rule="every 5m")
        with pytest.raises(CommonwealError, match="JOBS-102"):
            jobs.put_schedule(actor=SYSTEM, name="x", kind="test.nothing", rule="every 5m")
        assert [row.name for row in jobs.schedules(SYSTEM)] == ["tick"]
    run(handlers)
    assert calls == []
    late = MOMENT + timedelta(hours=3)
    with at(late):
        run(handlers)
        run(handlers)
    assert calls == [late]
    assert Schedule.objects.get().next_run == late + timedelta(minutes=5)


def test_manifests_schedules_are_created_once(db: None) -> None:
    with act_as(SYSTEM):
        created = jobs.sync_schedules(actor=SYSTEM, zone="America/Chicago")
        assert "jobs.purge" in created
        Schedule.objects.update(enabled=False)
        assert jobs.sync_schedules(actor=SYSTEM) == []
        assert not Schedule.objects.filter(enabled=True).exists()
    assert "jobs.manage" in jobs.all_permissions()


def test_old_finished_work_is_removed(clock: None, handlers: Handlers) -> None:
    old = queue()
    run(handlers)
    with act_as(SYSTEM):
        kept = Job.objects.create(kind="test.good", state="done", finished_at=MOMENT)
        Job.objects.create(
            kind="test.good", state="done", finished_at=MOMENT, idempotency_key="schedule:x:1"
        )
    with at(MOMENT + timedelta(days=8)), act_as(SYSTEM):
        assert purge(actor=SYSTEM) == 1
        assert Job.objects.filter(pk__in=[old.pk, kept.pk]).count() == 2
        kept.delete()
    with at(MOMENT + timedelta(days=91)), act_as(SYSTEM):
        assert purge(actor=SYSTEM) == 1
        assert not Job.objects.filter(pk=old.pk).exists()


def test_stepwise_work_commits_by_itself(clock: None, handlers: Handlers) -> None:
    @jobs.stepwise
    def steps(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
        with act_as(actor):
            write_role("step")
        raise ValueError

    run({"test.good": steps}) if queue() else None
    assert Role.objects.filter(code="step").exists()


def test_report_outside_a_worker_does_nothing() -> None:
    jobs.report(uuid4(), 1, 2, "note")


def wait_until(check: Callable[[], bool]) -> None:
    for _ in range(200):
        if check():
            return
        time.sleep(0.05)
    pytest.fail("waited ten seconds in vain")


def test_progress_is_seen_while_the_job_runs_and_stops_it(
    committed_db: str, handlers: Handlers
) -> None:
    """In a database of its own, because the worker commits."""
    go_on = threading.Event()

    def slow(*, actor: Actor, job_id: UUID, payload: dict[str, Any]) -> None:
        write_role("slow")
        for step in range(1000):
            jobs.report(job_id, step, 1000, "counting")
            go_on.wait(0.05)

    handlers["test.slow"] = slow
    job = queue("test.slow")
    worker = jobs.Worker(handlers=handlers, lease=timedelta(seconds=3))

    def work() -> None:
        worker.run(once=True)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        wait_until(lambda: again(job).progress_done > 0)
        assert (job.progress_total, job.progress_note) == (1000, "counting")
        first = job.locked_until
        wait_until(lambda: (again(job).locked_until or first) > first)
        with act_as(SYSTEM):
            jobs.cancel(actor=SYSTEM, job_id=job.pk)
        wait_until(lambda: again(job).state == "cancelled")
    finally:
        go_on.set()
        worker.stop()
        thread.join()
        connections.close_all()
    with act_as(SYSTEM):
        assert not Role.objects.filter(code="slow").exists()


def test_two_workers_share_the_queue(committed_db: str, handlers: Handlers) -> None:
    """Every job is done exactly once by somebody."""
    for number in range(40):
        queue(payload={"code": f"r{number}"})
    tried: list[int] = []

    def work() -> None:
        tried.append(jobs.Worker(handlers=handlers).run(once=True))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with act_as(SYSTEM):
        assert Role.objects.filter(code__startswith="r").count() == 40
        assert sum(tried) == 40
    connections.close_all()


def test_work_acts_as_whoever_asked(clock: None, handlers: Handlers) -> None:
    """The rights are those of the day on which it runs, and no more than the token's."""
    seen: list[Actor] = []
    handlers["test.good"] = lambda *, actor, **_: seen.append(actor)
    with act_as(SYSTEM):
        set_centre(
            actor=SYSTEM, name="Centre", short_name="C", currency="USD", zone="UTC",
            fiscal_year_start_month=7, contact_email="c@example.org", contact_name="C",
            locale="en-us",
        )  # fmt: skip
        user = create_user(actor=SYSTEM, email="fin@example.org")
        person = create_person(
            actor=SYSTEM, name="Fin", email="fin@example.org", user_id=user.pk, home_agency_id=None
        )
    asker = Actor(kind="person", user_id=user.pk, centre=True)
    with act_as(asker):
        jobs.enqueue(actor=asker, kind="test.good")
    run(handlers)
    with act_as(SYSTEM):
        Role.objects.create(code="boss", name="Boss", side="centre", permissions=["a.do", "b.do"])
        add_membership(
            actor=SYSTEM, person_id=person.pk, role="boss", agency_id=None, starts=MOMENT.date()
        )
    with act_as(asker):
        jobs.enqueue(actor=asker, kind="test.good")
        token = asker.limited_to(frozenset({"a.do"}))
        jobs.enqueue(actor=token, kind="test.good")
    run(handlers)
    with act_as(SYSTEM):
        User.objects.filter(pk=user.pk).update(is_active=False)
    with act_as(asker):
        jobs.enqueue(actor=asker, kind="test.good")
    run(handlers)
    before, today, by_token, closed = seen
    assert {actor.user_id for actor in seen} == {user.pk}
    assert (before.may("a.do"), today.may("b.do"), closed.may("a.do")) == (False, True, False)
    assert (by_token.kind, by_token.may("a.do"), by_token.may("b.do")) == ("token", True, False)


def test_what_a_person_must_mend_is_not_tried_again(clock: None, handlers: Handlers) -> None:
    def refused(**_: Any) -> None:
        raise Forbidden("ACCESS-403", "Not you.")

    def busy(**_: Any) -> None:
        raise Conflict("X-409", "Somebody else is at it.")

    handlers |= {"test.refused": refused, "test.busy": busy}
    final, waits = queue("test.refused"), queue("test.busy")
    run(handlers)
    assert (again(final).state, final.last_error, final.attempts) == ("dead", "ACCESS-403", 1)
    assert (again(waits).state, waits.last_error) == ("queued", "X-409")
    assert jobs.remedy("ACCESS-403").startswith("Whoever asked")
    assert jobs.remedy("X-409").startswith("Open the page")
    assert jobs.remedy("ValueError").startswith("Something unexpected")
    assert jobs.remedy("") == ""


def test_failed_work_is_discarded(clock: None, handlers: Handlers) -> None:
    job = queue("test.bad", max_attempts=1)
    with act_as(SYSTEM), pytest.raises(CommonwealError, match="JOBS-105"):
        jobs.discard(actor=SYSTEM, job_id=job.pk)
    run(handlers)
    with act_as(SYSTEM):
        jobs.discard(actor=SYSTEM, job_id=job.pk)
        assert jobs.unfinished(SYSTEM) == {}
        with pytest.raises(CommonwealError, match="JOBS-103"):
            jobs.requeue(actor=SYSTEM, job_id=job.pk)
    assert again(job).state == "discarded"


def test_one_job_of_a_key_is_asked_for_again(clock: None, handlers: Handlers) -> None:
    def ask(code: str) -> Job:
        with act_as(SYSTEM):
            return jobs.enqueue_again(
                actor=SYSTEM, kind="test.good", key="once", payload={"code": code}
            )

    first = ask("r1")
    with pytest.raises(Conflict, match="JOBS-409"):
        ask("r2")
    run(handlers)
    second = ask("r2")
    assert (second.pk, again(second).state, second.attempts) == (first.pk, "queued", 0)
    with act_as(SYSTEM):
        assert jobs.withdraw(actor=SYSTEM, key="once")
        assert not jobs.withdraw(actor=SYSTEM, key="once")
        assert jobs.by_keys(SYSTEM, ["once", "never"]) == {"once": again(second)}
        outsider = Actor(kind="person", agencies=frozenset({uuid4()}))
        assert jobs.by_keys(outsider, ["once"]) == {}
    assert second.state == "cancelled"
    ask("r3")
    run(handlers)
    assert set(Role.objects.filter(code__startswith="r").values_list("code", flat=True)) == {
        "r1", "r3",
    }  # fmt: skip


def test_whoever_asked_may_cancel(clock: None, handlers: Handlers) -> None:
    asker, other = (Actor(kind="person", user_id=uuid4(), centre=True) for _ in range(2))
    with act_as(asker):
        job = jobs.enqueue(actor=asker, kind="test.good")
    with act_as(other), pytest.raises(Forbidden):
        jobs.cancel(actor=other, job_id=job.pk)
    with act_as(asker):
        assert jobs.cancel(actor=asker, job_id=job.pk).state == "cancelled"
        with pytest.raises(Forbidden):
            jobs.requeue(actor=asker, job_id=job.pk)
