"""Large ledger files: imported by a worker as whoever asked, all of a file or nothing."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from commonweal.kernel.access.public import SYSTEM, User, act_as
from commonweal.kernel.audit.public import events
from commonweal.kernel.calendar.public import at, now
from commonweal.kernel.jobs.public import Job, Worker, cancel
from commonweal.kernel.metering.public import kept_file
from commonweal.kernel.schema.public import Conflict, Forbidden, NotFound, uuid7
from commonweal.practices.charging import public as charging
from commonweal.practices.charging import tasks
from commonweal.practices.charging.actions import costs as costs_actions
from commonweal.practices.charging.import_costs import reading as reading_module
from commonweal.practices.charging.models import CostFile, CostImport, CostLine

from .copies import closed, copies, enter, world
from .test_close_steps import ask_elsewhere
from .world import MAPPING, SEPTEMBER, World

__all__ = ["closed", "copies", "enter", "world"]
HEAD = "Period,Unit,Amount\n"


def asked(rows: int = 5000, text: str = "", **more: Any) -> charging.CostRequest:
    """A file of September; every hundredth row has no amount."""
    text = text or HEAD + "".join(
        f"{SEPTEMBER},payroll,{'ten' if number % 100 == 50 else f'{number}.25'}\n"
        for number in range(rows)
    )
    return charging.CostRequest(
        filename="september.csv", data=text.encode(), given=MAPPING, currency="USD", **more
    )


def later(world: World, request: charging.CostRequest) -> CostFile:
    with act_as(world.finance):
        return charging.import_costs_later(actor=world.finance, request=request)


def work() -> None:
    assert Worker().run(once=True) == 1


def present(file: CostFile) -> tuple[CostFile, Job]:
    with act_as(SYSTEM):
        return charging.cost_file(SYSTEM, file.id), charging.file_jobs(SYSTEM, [file])[file.id]


def lines() -> int:
    with act_as(SYSTEM):
        return CostLine.objects.filter(period=SEPTEMBER).count()


def test_a_worker_imports_it_as_whoever_asked(world: World) -> None:
    file = later(world, asked())
    with act_as(SYSTEM):
        assert [each.id for each in charging.waiting_files(SYSTEM)] == [file.id]
    assert (lines(), kept_file(file.id).is_file()) == (0, True)
    work()
    found, job = present(file)
    assert (job.state, job.asked_by) == ("done", world.finance.user_id)
    with act_as(SYSTEM):
        made = CostImport.objects.get(pk=found.cost_import_id)
        assert (made.rows_total, made.rows_used, made.rows_rejected) == (5000, 4950, 50)
        assert made.recorded_by == world.finance.user_id
        event = events(SYSTEM, verb="costs.imported").rows[0]
        assert event.actor_id == world.finance.user_id
        assert charging.waiting_files(SYSTEM) == []
    assert (lines(), kept_file(file.id).exists()) == (4950, False)
    with act_as(world.finance), pytest.raises(Conflict, match="COSTS-115"):
        charging.resume_import(actor=world.finance, file_id=file.id)
    with act_as(world.finance), pytest.raises(charging.CostError, match="COSTS-109"):
        charging.import_costs_later(actor=world.finance, request=asked())
    tasks.import_file(actor=world.finance, job_id=job.pk, payload=job.payload)  # once more: nothing
    assert lines() == 4950


def test_what_its_first_rows_show_is_refused_at_once(world: World) -> None:
    unknown = asked(text="Wann,Wer,Wieviel\n" + "2026-09,a,1\n" * 9)
    with pytest.raises(charging.MappingNeeded, match="COSTS-105"):
        later(world, replace(unknown, given=charging.ColumnMapping({}, decimal="")))
    with pytest.raises(charging.CostError, match="COSTS-111"):
        later(world, replace(asked(), currency="EUR"))
    director = world.of("director")
    with act_as(director), pytest.raises(Forbidden):
        charging.import_costs_later(actor=director, request=asked())
    with act_as(SYSTEM):
        assert not CostFile.objects.exists()


def test_a_refused_file_says_why_and_is_tried_again(world: World) -> None:
    """None of its rows can be used: known only when all are read."""
    file = later(world, asked(text=HEAD + f"{SEPTEMBER},payroll,ten\n" * 3000))
    work()
    found, job = present(file)
    assert (job.state, job.last_error) == ("dead", "COSTS-113")
    assert found.problem["code"] == "COSTS-113"
    assert found.problem["rows"][0]["row"] == 2
    with act_as(world.finance):
        charging.resume_import(actor=world.finance, file_id=file.id)
        with pytest.raises(Conflict, match="JOBS-409"):
            charging.resume_import(actor=world.finance, file_id=file.id)
    kept_file(file.id).unlink()
    work()
    assert present(file)[0].problem["code"] == "COSTS-114"
    with act_as(world.finance):
        with pytest.raises(charging.CostError, match="COSTS-114"):
            charging.resume_import(actor=world.finance, file_id=file.id)
        with pytest.raises(NotFound, match="COSTS-404"):
            charging.resume_import(actor=world.finance, file_id=uuid7())
        with pytest.raises(NotFound, match="COSTS-404"):
            charging.cost_file(world.finance, uuid7())


@pytest.mark.parametrize("while_", ["read", "stored"])
def test_cancelled_in_the_middle_it_leaves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, while_: str
) -> None:
    file = later(world, asked())
    seen: list[tuple[int, int | None]] = []
    real, pause = tasks.report, threading.Event()

    def report(job_id: Any, done: int, total: int | None) -> None:
        seen.append((done, total))
        if len(seen) == (2 if while_ == "read" else 5):
            ask_elsewhere(lambda: cancel(actor=world.finance, job_id=job_id), world.finance)
            for _ in range(200):
                real(job_id, done, total)
                pause.wait(0.05)

    monkeypatch.setattr(tasks, "report", report)
    work()
    assert present(file)[1].state == "cancelled"
    assert seen[:2] == [(0, 5000), (2000, 5000)]
    assert lines() == 0
    monkeypatch.setattr(tasks, "report", real)
    with act_as(world.finance):
        charging.resume_import(actor=world.finance, file_id=file.id)
    work()
    assert lines() == 4950


def test_a_killed_worker_leaves_nothing_and_the_next_begins_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill: its transaction is gone, and there is no more sign of life."""
    file = later(world, asked())
    good = costs_actions._store_rows

    class Killed(BaseException):
        pass

    def killed(*given: Any) -> None:
        good(*given)
        raise Killed

    monkeypatch.setattr(costs_actions, "_store_rows", killed)
    with pytest.raises(Killed):
        Worker().run(once=True)
    assert (lines(), present(file)[1].state) == (0, "running")
    monkeypatch.setattr(costs_actions, "_store_rows", good)
    with at(now() + timedelta(minutes=1)):
        work()
    assert (lines(), present(file)[1].attempts) == (4950, 2)


def test_rights_are_those_of_the_day_on_which_it_runs(world: World) -> None:
    file = later(world, asked())
    with act_as(SYSTEM):
        User.objects.filter(pk=world.finance.user_id).update(is_active=False)
    work()
    assert present(file)[1].last_error == "ACCESS-403"
    assert lines() == 0


def test_the_first_rows_are_read_without_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "HEAD_BYTES", 100)
    table = reading_module.first_rows(asked(200))
    assert 1 < len(table.rows) < 10
    quoted = HEAD + f'{SEPTEMBER},"a\n' + "b\n" * 100 + '",1.00\n'
    assert len(reading_module.first_rows(asked(text=quoted)).rows) == 1
    wide = replace(asked(200), data=asked(200).data.decode().encode("utf-16"))
    options = charging.CostFileOptions(encoding="utf-16")
    assert len(reading_module.first_rows(replace(wide, options=options)).rows) == 200


def test_a_workbook_is_large_sooner() -> None:
    assert not charging.is_large_ledger(b"x" * 4_000_000)
    assert charging.is_large_ledger(b"x" * 5_000_000)
    assert charging.is_large_ledger(b"PK\x03\x04" + b"x" * 2_000_000)
