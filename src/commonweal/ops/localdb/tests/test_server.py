"""The local database, for real: started, killed, recovered, stopped, in every isolation."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from commonweal.ops import localdb
from commonweal.ops.localdb import Database, LocalDatabaseError
from commonweal.ops.localdb.binaries import find_binaries
from commonweal.ops.localdb.folders import Folders
from commonweal.ops.localdb.isolation import _copied
from commonweal.ops.localdb.processes import alive, orphans, wait_until

SOURCE = Path(localdb.__file__).parents[3]


@pytest.fixture(autouse=True)
def _no_given_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests start servers of their own, whatever the suite itself runs on."""
    for name in ("DATABASE_URL", "DATABASE_APP_URL", "COMMONWEAL_POSTGRES_BIN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An empty folder with a short path; its server and everything else go afterwards."""
    path = Path(tempfile.mkdtemp(prefix="cw-test-"))
    yield path / "data"
    localdb.discard_database(path / "data")
    shutil.rmtree(path)


def start(data_dir: Path, isolation: str = "") -> Database:
    return localdb.ensure_database(data_dir, durable=False, isolation=isolation)


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


def test_a_killed_server_is_revived_and_a_stopped_one_is_not(data_dir: Path) -> None:
    first = start(data_dir)
    assert first.pid
    assert not localdb.revive_database(data_dir)
    os.kill(first.pid, signal.SIGKILL)
    assert wait_until(lambda: not localdb.status(data_dir).running, 10)
    assert localdb.revive_database(data_dir)
    assert run(first.app_url, "SELECT 1") == [(1,)]
    localdb.stop_database(data_dir)
    assert not localdb.revive_database(data_dir)
    assert not localdb.status(data_dir).running


def modes(folder: Path) -> set[tuple[str, int]]:
    return {
        ("folder" if path.is_dir() else "file", stat.S_IMODE(path.stat().st_mode))
        for path in [folder, *folder.rglob("*")]
        if not path.is_socket()
    }


def test_starts_once_and_is_found_again(data_dir: Path) -> None:
    first = start(data_dir)
    second = start(data_dir)
    assert first == second
    assert first.pid is not None
    assert int(first.version.split(".")[0]) >= 15
    assert localdb.status(data_dir).running
    assert localdb.running_database(data_dir) == first


def test_listens_on_no_network_address(data_dir: Path) -> None:
    database = start(data_dir)
    assert run(database.app_url, "SHOW listen_addresses") == [("",)]
    assert database.socket_dir is not None
    socket = database.socket_dir / ".s.PGSQL.5432"
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    assert len(os.fsencode(socket)) < 100


def test_the_serving_role_owns_nothing_and_the_owner_is_no_superuser(data_dir: Path) -> None:
    database = start(data_dir)
    rows = run(
        database.owner_url,
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles "
        "WHERE rolname IN ('commonweal_app', 'commonweal_owner') ORDER BY 1",
    )
    assert rows == [
        ("commonweal_app", False, False, False, False),
        ("commonweal_owner", False, False, False, True),
    ]
    run(database.owner_url, "CREATE EXTENSION btree_gist")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(database.app_url, "CREATE TABLE mine (id int)")
    run(database.app_url, "CREATE TEMPORARY TABLE loading (id int)")


def test_a_wrong_password_is_refused(data_dir: Path) -> None:
    database = start(data_dir)
    wrong = database.app_url.replace("commonweal_app:", "commonweal_app:x")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        run(wrong, "SELECT 1")


def test_folders_are_closed_and_secrets_private(data_dir: Path) -> None:
    start(data_dir)
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert modes(data_dir) == {("folder", 0o700), ("file", 0o600)}


def test_an_existing_data_folder_keeps_its_mode(data_dir: Path) -> None:
    data_dir.mkdir()
    data_dir.chmod(0o755)
    start(data_dir)
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o755
    assert stat.S_IMODE((data_dir / "database").stat().st_mode) == 0o700


@pytest.mark.skipif(not Path("/proc").exists(), reason="reads processes from /proc")
def test_no_password_is_visible_in_the_process_list_or_log(data_dir: Path) -> None:
    database = start(data_dir)
    folders = Folders(data_dir)
    secrets = [path.read_bytes().strip() for path in folders.secrets.iterdir()]
    assert len(secrets) == 3
    process = Path("/proc") / str(database.pid)
    shown = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    shown += folders.log(folders.load()).read_bytes()
    assert not any(secret in shown for secret in secrets)
    assert not list(data_dir.rglob("initial-password"))
    assert secrets[0].decode() not in repr(database)


def test_a_failing_statement_puts_no_data_into_the_log(data_dir: Path) -> None:
    database = start(data_dir)
    run(database.owner_url, "CREATE TABLE people (name text PRIMARY KEY)")
    run(database.owner_url, "INSERT INTO people VALUES ('Maria Example')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(database.owner_url, "INSERT INTO people VALUES ('Maria Example')")
    folders = Folders(data_dir)
    assert "Maria" not in folders.log(folders.load()).read_text()


@pytest.mark.parametrize("isolation", ["", "private"])
def test_a_killed_server_recovers_with_its_data(data_dir: Path, isolation: str) -> None:
    database = localdb.ensure_database(data_dir, isolation=isolation)
    run(database.owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert database.pid is not None
    os.kill(database.pid, signal.SIGKILL)
    again = localdb.ensure_database(data_dir)
    assert again.pid != database.pid
    assert run(again.owner_url, "SELECT answer FROM kept") == [(42,)]


def test_a_reused_process_id_does_not_hinder_the_start(data_dir: Path) -> None:
    database = start(data_dir)
    assert database.pid is not None
    os.kill(database.pid, signal.SIGKILL)
    assert wait_until(lambda: not alive(database.pid or 0), 10)
    pid_file = data_dir / "database" / "cluster" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert not localdb.status(data_dir).running
    assert run(start(data_dir).app_url, "SELECT 1") == [(1,)]


def test_children_that_outlive_a_killed_server_are_ended_first(data_dir: Path) -> None:
    database = start(data_dir)
    assert database.pid is not None
    busy = subprocess.Popen(
        [
            sys.executable, "-c",
            "import os, psycopg; psycopg.connect(os.environ['URL']).execute("
            "'SELECT count(*) FROM generate_series(1, 100000000000) a')",
        ],
        env={**os.environ, "URL": database.app_url}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    active = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%100000000000) a'"
    assert wait_until(lambda: bool(run(database.superuser_url or "", active)), 30, 0.1)
    os.kill(database.pid, signal.SIGKILL)
    again = start(data_dir)
    busy.wait(30)
    assert again.pid is not None
    assert again.pid in orphans(data_dir / "database" / "cluster")
    assert run(again.app_url, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("isolation", ["", "private"])
def test_stop_keeps_the_data(data_dir: Path, isolation: str) -> None:
    database = start(data_dir, isolation)
    run(database.owner_url, "CREATE TABLE kept AS SELECT 7 AS answer")
    assert localdb.stop_database(data_dir)
    assert not localdb.stop_database(data_dir)
    found = localdb.status(data_dir)
    assert (found.exists, found.running) == (True, False)
    assert localdb.running_database(data_dir) is None
    assert run(start(data_dir).owner_url, "SELECT answer FROM kept") == [(7,)]


def test_a_half_made_cluster_is_made_anew(data_dir: Path) -> None:
    remains = data_dir / "database" / "making"
    remains.mkdir(parents=True)
    (remains / "PG_VERSION").write_text("18\n")
    assert run(start(data_dir).app_url, "SELECT 1") == [(1,)]


def test_a_long_path_gets_a_short_socket_folder(data_dir: Path) -> None:
    deep = data_dir / ("a" * 80) / ("b" * 80)
    database = start(deep)
    try:
        assert database.socket_dir is not None
        assert not database.socket_dir.is_relative_to(deep)
        assert len(os.fsencode(database.socket_dir / ".s.PGSQL.5432")) < 100
        assert stat.S_IMODE(database.socket_dir.stat().st_mode) == 0o700
        assert run(database.app_url, "SELECT 1") == [(1,)]
        localdb.stop_database(deep)
        shutil.rmtree(database.socket_dir)
        assert run(start(deep).app_url, "SELECT 1") == [(1,)]
    finally:
        localdb.discard_database(deep)
    assert not database.socket_dir.exists()


def test_a_path_with_spaces_and_signs_works(data_dir: Path) -> None:
    odd = data_dir / "Büro & Söhne %41,'x'"
    try:
        assert run(start(odd).app_url, "SELECT 1") == [(1,)]
    finally:
        localdb.discard_database(odd)


def test_two_folders_do_not_disturb_each_other(data_dir: Path) -> None:
    one, two = start(data_dir / "one"), start(data_dir / "two")
    try:
        run(one.owner_url, "CREATE TABLE only_here (id int)")
        assert run(two.owner_url, "SELECT to_regclass('only_here')") == [(None,)]
        localdb.stop_database(data_dir / "one")
        assert run(two.app_url, "SELECT 1") == [(1,)]
    finally:
        localdb.discard_database(data_dir / "one")
        localdb.discard_database(data_dir / "two")


def test_syncing_comes_back_when_data_counts(data_dir: Path) -> None:
    fast = start(data_dir)
    assert run(fast.app_url, "SHOW fsync") == run(fast.app_url, "SHOW autovacuum") == [("off",)]
    durable = localdb.ensure_database(data_dir)
    assert run(durable.app_url, "SHOW fsync") == [("on",)]
    assert run(durable.app_url, "SHOW autovacuum") == [("on",)]
    assert start(data_dir).pid == durable.pid


def test_two_processes_start_one_server(data_dir: Path) -> None:
    code = textwrap.dedent("""
        import sys
        from pathlib import Path
        from commonweal.ops.localdb import ensure_database
        print(ensure_database(Path(sys.argv[1]), durable=False).pid)
    """)
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    starting = [
        subprocess.Popen([sys.executable, "-c", code, data_dir], env=environment, text=True,
                         stdout=subprocess.PIPE)
        for _ in range(3)
    ]  # fmt: skip
    assert len({process.communicate()[0] for process in starting}) == 1


def test_the_private_folder_is_closed_recorded_and_removed(data_dir: Path) -> None:
    database = start(data_dir, "private")
    recorded = json.loads((data_dir / "database" / "state.json").read_text())
    private = Path(recorded["private_dir"])
    assert private.parent == Path("/var/tmp")
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert not (data_dir / "database" / "cluster").exists()
    if os.geteuid() == 0:
        assert private.stat().st_uid == Path(f"/proc/{database.pid}").stat().st_uid != 0
    localdb.discard_database(data_dir)
    assert not private.exists()


def test_a_vanished_private_folder_is_named_and_not_replaced(data_dir: Path) -> None:
    start(data_dir, "private")
    localdb.stop_database(data_dir)
    state = data_dir / "database" / "state.json"
    private = Path(json.loads(state.read_text())["private_dir"])
    private.rename(private.with_name(private.name + "-away"))
    try:
        with pytest.raises(LocalDatabaseError, match="which is gone") as caught:
            start(data_dir)
        assert caught.value.code == "LOCALDB-109"
    finally:
        private.with_name(private.name + "-away").rename(private)


USER_CODE = """
import os, sys
from pathlib import Path
from commonweal.ops import localdb
assert os.geteuid() == int(sys.argv[2])
database = localdb.ensure_database(Path(sys.argv[1]), durable=False)
assert os.stat(f"/proc/{database.pid}").st_uid == os.geteuid()
print(localdb.status(Path(sys.argv[1])).isolation)
localdb.discard_database(Path(sys.argv[1]))
"""


def _installation(home: Path) -> dict[str, str]:
    """What another user needs, copied where that user can read it."""
    programs = _copied(find_binaries(), home)
    shutil.copytree(SOURCE / "commonweal", home / "packages" / "commonweal")
    for pattern in ("psycopg*", "typing_extensions*"):
        for part in Path(psycopg.__file__).parents[1].glob(pattern):
            target = home / "packages" / part.name
            shutil.copytree(part, target) if part.is_dir() else shutil.copy(part, target)
    return {
        "PYTHONPATH": str(home / "packages"),
        "PATH": "/usr/bin:/bin",
        "COMMONWEAL_POSTGRES_BIN": str(programs),
    }


def _system_python() -> str:
    """A Python of this one's version that every user of the machine may run."""
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return shutil.which(name, path="/usr/local/bin:/usr/bin") or sys.executable


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(("user", "isolation"), [(1, "direct"), (54321, "namespace")])
def test_an_ordinary_user_runs_it(user: int, isolation: str) -> None:
    home = Path(tempfile.mkdtemp(prefix="cw-user-"))
    try:
        environment = _installation(home)
        for path in [home, *home.rglob("*")]:
            os.chown(path, user, user, follow_symlinks=False)
        done = subprocess.run(
            [_system_python(), "-c", USER_CODE, str(home / "data"), str(user)],
            env=environment, user=user, group=user, extra_groups=[], cwd=home,
            text=True, capture_output=True, check=False,
        )  # fmt: skip
        assert done.stdout == isolation + "\n", done.stderr
    finally:
        shutil.rmtree(home)
