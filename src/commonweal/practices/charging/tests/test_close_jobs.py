"""The close as background work: by whom, how far, stopped, killed, refused, and resumed."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from commonweal.kernel.access.public import SYSTEM, User, act_as
from commonweal.kernel.audit.public import events
from commonweal.kernel.calendar.public import at, now
from commonweal.kernel.jobs.public import Job, Worker, cancel, requeue
from commonweal.kernel.schema.public import Conflict, Forbidden
from commonweal.practices.charging.actions import close
from commonweal.practices.charging.closing import steps
from commonweal.practices.charging.domain.close import CODES
from commonweal.practices.charging.models import Bill, CloseRun, CloseStep
from commonweal.practices.charging.public import (
    CloseOptions,
    ask_close,
    close_jobs,
    close_run,
    request_stop,
    running,
)

from .copies import closed, copies, enter, world
from .test_close_steps import ask_elsewhere, states
from .world import AUGUST, JULY, World

__all__ = ["closed", "copies", "enter", "world"]


def ask(world: World, until: str = "notify", **options: Any) -> CloseRun:
    with act_as(world.finance):
        return ask_close(
            actor=world.finance, period=AUGUST, options=CloseOptions(**options), until=until
        )


def work() -> Job:
    """Let a worker do what is due; the month's job."""
    Worker().run(once=True)
    return job()


def job() -> Job:
    with act_as(SYSTEM):
        return close_jobs(SYSTEM, [AUGUST])[AUGUST]


def test_a_month_is_closed_in_the_background_by_the_person_who_asked(world: World) -> None:
    world.report(AUGUST)
    ask(world, preview_days=0, preview_reason="The year-end comes early")
    assert states(AUGUST)["freeze"] == "waiting"
    assert work().state == "done"
    assert states(AUGUST)["approve"] == "waiting"
    assert world.approve(AUGUST)
    done = work()
    assert (done.state, done.asked_by) == ("done", world.finance.user_id)
    assert states(AUGUST) == dict.fromkeys(CODES, "done")
    with act_as(SYSTEM):
        assert world.bill("PARKS", AUGUST).due_on == (now() + timedelta(days=30)).date()
        made = events(SYSTEM, verb="close.issue_done").rows[0]
        assert (made.actor_kind, made.actor_id) == ("person", world.finance.user_id)
    assert ask(world).state == "done"
    assert job().state == "done"


def test_a_finding_ends_the_work_with_its_code_and_the_next_asking_resumes_it(
    world: World,
) -> None:
    ask(world, until="prove")
    stopped = work()
    assert (stopped.state, stopped.last_error, stopped.attempts) == ("dead", "CLOSE-201", 1)
    assert states(AUGUST)["freeze"] == "stopped"
    waived = {"waived": ("desk", "payrun"), "waive_reason": "Both are being moved"}
    ask(world, until="prove", **waived)
    done = work()
    assert (done.pk, done.state, done.last_error) == (stopped.pk, "done", "")
    assert states(AUGUST)["prove"] == "done"
    assert states(AUGUST)["draft"] == "waiting"


def test_of_two_who_ask_in_the_same_moment_one_is_told_that_the_other_was_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.report(AUGUST)
    with act_as(world.finance):
        close.start_close(actor=world.finance, period=AUGUST)
    free = close.refuse_if_busy

    def slow(actor: Any, run: CloseRun) -> None:
        monkeypatch.setattr(close, "refuse_if_busy", free)
        free(actor, run)
        ask_elsewhere(lambda: ask(world, until="freeze"), world.finance)

    monkeypatch.setattr(close, "refuse_if_busy", slow)
    with pytest.raises(Conflict, match="CLOSE-409"):
        ask(world)
    assert work().state == "done"
    assert (states(AUGUST)["freeze"], states(AUGUST)["rate"]) == ("done", "waiting")


def test_the_second_is_told_who_runs_it(world: World) -> None:
    world.report(AUGUST)
    ask(world)
    with pytest.raises(Conflict) as second:
        ask(world)
    assert second.value.code == "CLOSE-409"
    assert "finance_officer runs it since 5 September 2026" in second.value.message
    with pytest.raises(Conflict, match="CLOSE-409"):
        world.close(AUGUST)
    with act_as(SYSTEM):
        run = close_run(SYSTEM, AUGUST)
        found = running(SYSTEM, run, run.steps.all(), job())
    assert found is not None
    assert (found.by, found.step) == ("finance_officer", "")


def test_rights_are_checked_when_it_runs(world: World) -> None:
    world.report(AUGUST)
    ask(world)
    with act_as(SYSTEM):
        User.objects.filter(pk=world.finance.user_id).update(is_active=False)
    refused = work()
    assert (refused.state, refused.last_error) == ("dead", "ACCESS-403")
    assert states(AUGUST) == dict.fromkeys(CODES, "waiting")
    director = world.of("director")
    with act_as(director), pytest.raises(Forbidden):
        ask_close(actor=director, period=AUGUST)


def test_work_that_waits_is_stopped_at_once(world: World) -> None:
    world.report(AUGUST)
    ask(world)
    with act_as(world.finance):
        request_stop(actor=world.finance, period=AUGUST)
    assert work().state == "cancelled"
    assert states(AUGUST)["freeze"] == "waiting"
    ask(world, until="freeze")
    assert work().state == "done"
    assert states(AUGUST)["freeze"] == "done"


@pytest.mark.parametrize("how", ["close page", "jobs page"])
def test_a_step_that_runs_is_taken_back(
    world: World, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Stopped while bills are drafted: no draft stays; going on drafts them all."""
    world.report(AUGUST)
    ask(world, until="draft")
    good, seen = steps.HANDLERS["draft"], []

    def stop() -> None:
        if how == "close page":
            request_stop(actor=world.finance, period=AUGUST)
        else:
            cancel(actor=world.finance, job_id=job().pk)

    def asked_meanwhile(*, tell: Any, **given: Any) -> dict[str, Any]:
        ask_elsewhere(stop, world.finance)

        def patient(done: int, total: int | None) -> None:
            for _ in range(200):
                seen.append((done, total))
                tell(done, total)
                pause.wait(0.05)

        return good(tell=patient, **given)

    pause = threading.Event()
    monkeypatch.setitem(steps.HANDLERS, "draft", asked_meanwhile)
    assert work().state == "cancelled"
    assert seen[0] == (0, 3)
    assert states(AUGUST)["draft"] == "waiting"
    with act_as(SYSTEM):
        assert not Bill.objects.filter(period=AUGUST).exists()
        assert not CloseRun.objects.get(period=AUGUST).cancel_requested
    monkeypatch.setitem(steps.HANDLERS, "draft", good)
    ask(world, until="draft")
    assert work().state == "done"
    assert states(AUGUST)["draft"] == "done"


def test_a_killed_worker_leaves_the_step_to_the_next_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill: no more sign of life, the step's transaction gone, its mark left."""
    world.report(AUGUST)
    ask(world, until="allocate")
    good = steps.HANDLERS["freeze"]

    class Killed(BaseException):
        pass

    def killed(**given: Any) -> dict[str, Any]:
        good(**given)
        raise Killed

    monkeypatch.setitem(steps.HANDLERS, "freeze", killed)
    with pytest.raises(Killed):
        Worker().run(once=True)
    assert states(AUGUST)["freeze"] == "running"
    with act_as(SYSTEM):
        run = close_run(SYSTEM, AUGUST)
        left = list(run.steps.all())
        assert running(SYSTEM, run, left, None) is None  # nobody holds the close
    monkeypatch.setitem(steps.HANDLERS, "freeze", good)
    assert work().state == "running"
    with at(now() + timedelta(seconds=61)):
        done = work()
    assert (done.state, done.attempts) == ("done", 2)
    assert states(AUGUST)["allocate"] == "done"


def test_run_again_from_the_list_of_failed_work_goes_on(world: World) -> None:
    ask(world, until="freeze")
    assert work().state == "dead"
    world.report(AUGUST)
    with act_as(world.finance):
        requeue(actor=world.finance, job_id=job().pk)
    assert work().state == "done"
    assert states(AUGUST)["freeze"] == "done"


def test_a_close_at_the_command_line_is_seen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is at its job: that it runs is known by the close's lock."""
    world.report(AUGUST)
    good, seen = steps.HANDLERS["freeze"], []

    def look() -> None:
        run = close_run(world.finance, AUGUST)
        seen.append(running(world.finance, run, run.steps.all(), None))
        try:
            ask_close(actor=world.finance, period=AUGUST)
        except Conflict as refused:
            seen.append(refused.code)

    def watched(**given: Any) -> dict[str, Any]:
        ask_elsewhere(look, world.finance)
        return good(**given)

    monkeypatch.setitem(steps.HANDLERS, "freeze", watched)
    world.close(AUGUST, until="freeze")
    found, refused = seen
    assert (found.job, found.by, found.step) == (None, "finance_officer", "freeze")
    assert refused == "CLOSE-409"
    with act_as(SYSTEM):
        assert CloseStep.objects.get(run__period=JULY, code="notify").state == "done"
