"""A database for a data folder, in this order: `DATABASE_URL`, the user's PostgreSQL, ours."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from . import folders as _folders
from .binaries import find_binaries
from .errors import LocalDatabaseError
from .folders import Folders, State
from .isolation import choose
from .processes import is_server
from .roles import APP, OWNER, bootstrap, server_version, url
from .server import SUPERUSER, Server

LOCAL_DATABASE = "COMMONWEAL_LOCAL_DATABASE"
"""Set where the URLs in the environment are those of our own local server."""


@dataclass(frozen=True)
class Database:
    """A database that answers. The URLs hold passwords: never log or print them."""

    owner_url: str = field(repr=False)
    app_url: str = field(repr=False)
    superuser_url: str | None = field(repr=False)
    pid: int | None
    version: str
    socket_dir: Path | None


@dataclass(frozen=True)
class Status:
    """What is known about a data folder's local database without starting it."""

    exists: bool
    running: bool
    pid: int | None
    isolation: str
    durable: bool
    socket_dir: Path | None
    log: Path | None


def ensure_database(data_dir: Path, *, durable: bool = True, isolation: str = "") -> Database:
    """The data folder's database, made and started where needed; safe to repeat.

    `durable=False` lets commits not wait for the disk (tests only); a later call with True
    brings everything to the disk first. `isolation="private"` forces the folder under /var/tmp
    for a new cluster. Raises LocalDatabaseError with a remedy.
    """
    given = _given()
    if given:
        return given
    folders = Folders(data_dir.resolve())
    try:
        folders.prepare()
        with folders.locked():
            server = _server(folders, isolation, durable)
            if not server.exists:
                server.create()
            server.check_version()
            _match_durability(server, durable)
            if server.pid() is None:
                server.start()
            return _reachable(server)
    except OSError as error:
        raise LocalDatabaseError(
            "LOCALDB-112",
            f"The data folder {data_dir} cannot hold a database: {error.strerror} "
            f"({error.filename}). Free some space or correct its permissions, or give another "
            "folder with --data.",
        ) from error


def _given() -> Database | None:
    """The database that the environment names; both roles' URLs are needed."""
    owner, app = os.environ.get("DATABASE_URL"), os.environ.get("DATABASE_APP_URL")
    if not owner and not app:
        return None
    if not owner or not app:
        raise LocalDatabaseError(
            "LOCALDB-101",
            "DATABASE_URL (the owner, for migrations) and DATABASE_APP_URL (the role that serves "
            "and owns nothing) belong together, and one is missing. Set both, or neither to use "
            "the local database.",
        )
    try:
        version = server_version(app)
    except psycopg.OperationalError as error:
        raise LocalDatabaseError(
            "LOCALDB-108",
            "The database of DATABASE_APP_URL does not answer. Check that the server runs and "
            f"that role and password are right ({type(error).__name__}).",
        ) from error
    if int(version.split(".")[0]) < 15:
        raise LocalDatabaseError(
            "LOCALDB-103", f"DATABASE_URL: PostgreSQL {version} is too old. Use 15 or newer."
        )
    return Database(owner, app, None, None, version, None)


def _server(folders: Folders, isolation: str, durable: bool) -> Server:
    state = folders.load()
    if state.private_dir and not Path(state.private_dir).is_dir():
        raise LocalDatabaseError(
            "LOCALDB-109",
            f"The database of {folders.data_dir} lived in {state.private_dir}, which is gone. "
            f"Restore that folder, or remove {folders.home} to begin with an empty database.",
        )
    if not state.isolation:
        state.durable = durable
    runner = choose(folders, state, find_binaries(), isolation)
    folders.save(state)
    return Server(folders, state, runner, find_binaries())


def _match_durability(server: Server, durable: bool) -> None:
    """Turn syncing back on before data counts; turning it off waits for the next start."""
    if server.state.durable == durable:
        return
    if durable:
        server.stop()
        server.sync()
    elif server.pid() is not None:
        return
    server.state.durable = durable
    server.folders.save(server.state)


def _reachable(server: Server) -> Database:
    database = _database(server.folders, server.state, server.pid(), server.binaries.version)
    state = server.state
    if not state.ready:
        assert database.superuser_url is not None
        names = ("owner", "app")
        superuser = database.superuser_url.replace("@/commonweal?", "@/postgres?")
        bootstrap(superuser, {name: server.folders.password(name) for name in names})
        state.ready = True
        server.folders.save(state)
    try:
        server_version(database.app_url)
    except psycopg.OperationalError as error:
        raise LocalDatabaseError(
            "LOCALDB-108",
            f"The local database of {server.folders.data_dir} runs but does not let us in. "
            f"See {server.folders.log(state)}; run ./run stop and try again.",
        ) from error
    return database


def _database(folders: Folders, state: State, pid: int | None, version: str) -> Database:
    socket_dir = folders.socket(state)
    owner, app, superuser = (
        url(role, folders.password(name), str(socket_dir))
        for role, name in ((OWNER, "owner"), (APP, "app"), (SUPERUSER, "superuser"))
    )
    return Database(owner, app, superuser, pid, version, socket_dir)


def running_database(data_dir: Path) -> Database | None:
    """The data folder's database if it runs (or the one that the environment names), else None.

    Starts nothing and creates nothing.
    """
    given = _given()
    if given:
        return given
    folders = Folders(data_dir.resolve())
    found = status(data_dir)
    if not found.running:
        return None
    state = folders.load()
    version = server_version(url(APP, folders.password("app"), str(folders.socket(state))))
    return _database(folders, state, found.pid, version)


def status(data_dir: Path) -> Status:
    """What is known about the local database; starts nothing and creates nothing."""
    folders = Folders(data_dir.resolve())
    state = folders.load()
    cluster = folders.cluster(state)
    if not (cluster / "PG_VERSION").exists():
        return Status(False, False, None, state.isolation, state.durable, None, None)
    try:
        pid = int((cluster / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        pid = 0
    found = pid if pid and is_server(pid, cluster) else None
    return Status(
        True,
        found is not None,
        found,
        state.isolation,
        state.durable,
        folders.socket(state),
        folders.log(state),
    )


def revive_database(data_dir: Path) -> bool:
    """Start the local server again where it died; True if it did. One that was stopped stays so.

    A server that is stopped removes its `postmaster.pid`; one that is killed leaves it behind.
    """
    folders = Folders(data_dir.resolve())
    state = folders.load()
    found = status(data_dir)
    if found.running or not (folders.cluster(state) / "postmaster.pid").exists():
        return False
    with folders.locked():
        server = _server(folders, "", state.durable)
        if server.pid() is not None:
            return False
        server.start()
        return True


def stop_database(data_dir: Path) -> bool:
    """Stop the local database, keeping its data. True if one was running."""
    if not status(data_dir).exists:
        return False
    folders = Folders(data_dir.resolve())
    with folders.locked():
        state = folders.load()
        runner = choose(folders, state, find_binaries())
        server = Server(folders, state, runner, find_binaries())
        running = server.pid() is not None
        server.stop()
        return running


def discard_database(data_dir: Path) -> None:
    """Stop the local database and delete it with all its data, wherever it lies."""
    stop_database(data_dir)
    folders = Folders(data_dir.resolve())
    state = folders.load()
    for path in (state.private_dir, state.socket_dir, str(folders.home)):
        if path:
            _folders.remove(Path(path))
