"""Large files: taken in by a worker, as whoever uploaded them; killed, cancelled, gone on with."""

from __future__ import annotations

import os
import threading
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commonweal.kernel.access.public import SYSTEM, Actor, User, act_as, create_user
from commonweal.kernel.calendar.public import at, now
from commonweal.kernel.jobs.public import Job, JobError, Worker
from commonweal.kernel.metering import background, tasks
from commonweal.kernel.metering import public as metering
from commonweal.kernel.metering.intake import files
from commonweal.kernel.metering.models import Upload, UsageBatch, UsageFact
from commonweal.kernel.party.public import actor_for, add_membership, create_person, sync_roles
from commonweal.kernel.schema.public import Conflict, Forbidden, NotFound

from .test_kills import _acknowledged, _found, _start, committed_world
from .world import World

__all__ = ["committed_world"]
HEADER = "id,agency,charge_item,quantity,unit,from,to"


def usage_file(folder: Path, rows: int, name: str = "large.csv") -> Path:
    """Every hundredth row has a quantity that is no number."""
    lines = [
        f"f{number},parks,payslip,{'x' if number % 100 == 50 else 1},C62,"
        "2026-10-02T10:00:00Z,2026-10-02T11:00:00Z"
        for number in range(rows)
    ]
    path = folder / name
    path.write_text("\n".join([HEADER, *lines]))
    return path


def officer(email: str = "fin@example.org") -> Actor:
    """A finance officer with an account."""
    with act_as(SYSTEM):
        sync_roles()
        user = create_user(actor=SYSTEM, email=email)
        person = create_person(
            actor=SYSTEM, name="Fin", email=email, user_id=user.pk, home_agency_id=None
        )
        add_membership(
            actor=SYSTEM, person_id=person.pk, role="finance_officer", agency_id=None,
            starts=date(2026, 1, 1),
        )  # fmt: skip
    return actor_for(user)


def later(actor: Actor, path: Path, **more: bool) -> Upload:
    with act_as(actor):
        return metering.submit_later(actor=actor, source="payrun", path=path, kind="csv", **more)


def work() -> None:
    assert Worker().run(once=True) == 1


def present(upload: Upload) -> tuple[Upload, Job]:
    with act_as(SYSTEM):
        return Upload.objects.get(pk=upload.pk), metering.upload_jobs(SYSTEM, [upload])[upload.pk]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CHUNK_ROWS", 100)


def test_a_worker_takes_it_in_as_whoever_uploaded_it(
    committed_world: World, data_dir: Path
) -> None:
    fin, path = officer(), usage_file(data_dir, 400)
    upload = later(fin, path)
    assert upload.rows_expected == 400
    path.unlink()  # it is kept beside the upload
    assert metering.kept_file(upload.id).is_file()
    with pytest.raises(Conflict, match="JOBS-409"):
        later(fin, usage_file(data_dir, 400))
    work()
    done, job = present(upload)
    assert (done.state, done.accepted, done.rejected) == ("done", 396, 4)
    assert (job.state, job.asked_by) == ("done", fin.user_id)
    with act_as(SYSTEM):
        assert {row.submitted_by for row in UsageBatch.objects.all()} == {fin.user_id}
        assert UsageFact.objects.count() == 396
    assert not metering.kept_file(upload.id).exists()
    assert (data_dir / done.problems_path).is_file()


def test_a_killed_worker_loses_and_doubles_nothing(
    committed_world: World, committed_db: str, data_dir: Path
) -> None:
    fin = officer()
    upload = later(fin, usage_file(data_dir, 3000))
    killed = _start(committed_db, data_dir, "worker")
    assert max(_acknowledged(killed, 4)) >= 400
    half, job = present(upload)
    assert (half.state, job.state) == ("running", "running")
    assert 400 <= half.rows_done < 3000
    assert Worker().run(once=True) == 0  # its lease has not run out
    with at(now() + timedelta(minutes=1)):
        work()
    done, job = present(upload)
    assert (done.state, done.rows_done, done.accepted) == ("done", 3000, 2970)
    assert (job.state, job.attempts) == ("done", 2)
    assert len(_found()) == 2970
    listed = (data_dir / done.problems_path).read_text("utf-8-sig").splitlines()
    assert len(listed) == 31


def test_cancelled_between_chunks_and_gone_on_with(
    committed_world: World, data_dir: Path, small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fin = officer()
    upload = later(fin, usage_file(data_dir, 1000))
    real, seen = background.report, []

    def until_cancelled(job_id: object, done: int, total: int | None) -> None:
        seen.append((done, total))
        if done == 300:
            with act_as(fin):
                metering.cancel_upload(actor=fin, upload_id=upload.id)
            for _ in range(200):
                real(job_id, done, total)  # type: ignore[arg-type]
                pause.wait(0.05)

    pause = threading.Event()
    monkeypatch.setattr(background, "report", until_cancelled)
    work()
    monkeypatch.setattr(background, "report", real)
    stopped, job = present(upload)
    assert seen == [(100, 1000), (200, 1000), (300, 1000)]
    assert (stopped.state, stopped.rows_done, job.state) == ("running", 300, "cancelled")
    assert len(_found()) == 297
    with act_as(fin), pytest.raises(JobError, match="JOBS-104"):
        metering.cancel_upload(actor=fin, upload_id=upload.id)
    other = officer("other@example.org")
    with act_as(other), pytest.raises(Forbidden, match="USAGE-403"):
        metering.resume_upload(actor=other, upload_id=upload.id)
    with act_as(fin):
        metering.resume_upload(actor=fin, upload_id=upload.id)
    work()
    assert present(upload)[0].accepted == len(_found()) == 990


def test_a_dry_run_says_what_would_happen_and_stores_nothing(
    committed_world: World, data_dir: Path, small_chunks: None
) -> None:
    fin, path = officer(), usage_file(data_dir, 450)
    tried = later(fin, path, dry_run=True)
    work()
    done, _job = present(tried)
    assert (done.state, done.dry_run, done.accepted, done.rejected) == ("done", True, 446, 4)
    assert len((data_dir / done.problems_path).read_text("utf-8-sig").splitlines()) == 5
    assert not _found()
    with act_as(SYSTEM):
        assert not UsageBatch.objects.exists()
    upload = later(fin, metering.kept_file(tried.id))
    assert upload.id != tried.id
    work()
    assert present(upload)[0].accepted == len(_found()) == 446


def test_a_killed_dry_run_goes_on(
    committed_world: World, committed_db: str, data_dir: Path
) -> None:
    tried = later(officer(), usage_file(data_dir, 2000), dry_run=True)
    _acknowledged(_start(committed_db, data_dir, "worker"), 3)
    assert present(tried)[0].rows_done >= 200
    with at(now() + timedelta(minutes=1)):
        work()
    done, _job = present(tried)
    assert (done.state, done.rows_done, done.accepted, done.rejected) == ("done", 2000, 1980, 20)
    assert not _found()


def test_what_is_wrong_with_the_file_is_said_at_once_or_kept(
    committed_world: World, data_dir: Path, small_chunks: None
) -> None:
    fin = officer()
    path = data_dir / "wrong.csv"
    path.write_text("who,what\n1,2\n")
    with pytest.raises(metering.UsageError, match="USAGE-203"):
        later(fin, path)
    assert not (data_dir / "uploads").exists()
    upload = later(fin, usage_file(data_dir, 200))
    metering.kept_file(upload.id).unlink()
    work()
    gone, job = present(upload)
    assert (job.state, job.last_error) == ("dead", "USAGE-216")
    assert gone.problem.endswith("goes on where it stopped. (USAGE-216)")
    with act_as(fin):
        with pytest.raises(metering.UsageError, match="USAGE-216"):
            metering.resume_upload(actor=fin, upload_id=upload.id)
        with pytest.raises(NotFound, match="USAGE-404"):
            metering.cancel_upload(actor=fin, upload_id=fin.user_id or upload.id)
    again = later(fin, usage_file(data_dir, 200))
    assert again.id == upload.id
    work()
    assert present(upload)[0].problem == ""


def test_rights_are_those_of_the_day_on_which_it_runs(
    committed_world: World, data_dir: Path
) -> None:
    fin = officer()
    upload = later(fin, usage_file(data_dir, 10))
    with act_as(SYSTEM):
        User.objects.filter(pk=fin.user_id).update(is_active=False)
    work()
    assert present(upload)[1].last_error == "ACCESS-403"
    assert not _found()


def test_an_agency_cannot_touch_the_upload_of_another(world: World, data_dir: Path) -> None:
    mine, theirs = (world.agency_actor(each) for each in (world.parks, world.roads))
    path = usage_file(data_dir, 10)
    with act_as(mine):
        upload = metering.submit_later(actor=mine, source="payrun", path=path, kind="csv")
    with act_as(theirs):
        for touch in (metering.resume_upload, metering.cancel_upload):
            with pytest.raises(NotFound, match="USAGE-404"):
                touch(actor=theirs, upload_id=upload.id)
        assert metering.upload_jobs(theirs, [upload]) == {}


def test_kept_files_are_removed_after_two_weeks(world: World, data_dir: Path) -> None:
    path = usage_file(data_dir, 10)
    old = metering.submit_later(actor=SYSTEM, source="payrun", path=path, kind="csv")
    fresh = metering.submit_later(
        actor=SYSTEM, source="payrun", path=path, kind="csv", dry_run=True
    )
    lost = data_dir / "uploads" / str(uuid4())
    lost.mkdir()
    (lost / "file").write_text("of an upload that was rolled back")
    for folder in (lost, metering.kept_file(old.id).parent):
        moment = (now() - timedelta(days=15)).timestamp()
        os.utime(folder, (moment, moment))
    moment = now().timestamp()
    os.utime(metering.kept_file(fresh.id).parent, (moment, moment))
    assert tasks.clean_uploads() == 2
    assert not lost.exists()
    assert not metering.kept_file(old.id).exists()
    assert metering.kept_file(fresh.id).exists()
    assert tasks.clean_uploads() == 0


def test_rows_are_counted(data_dir: Path) -> None:
    path = data_dir / "some.csv"
    for text, rows in (("a\n", 0), ("a\n1\n2", 2), ("a\n1\n2\n", 2), ("", 0)):
        path.write_text(text)
        assert background.count_rows(path, "csv") == rows
    pq.write_table(pa.table({"a": [1, 2, 3]}), path)
    assert background.count_rows(path, "parquet") == 3
    assert not background.is_large(path)
