"""Fixtures of the whole suite: a real PostgreSQL, the app's role, one template per schema."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).resolve().parent
SHARED_DATA = ROOT.parent / "shared" / "data"
OWNER_URL = os.environ["DATABASE_URL"]
APP_URL = os.environ["DATABASE_APP_URL"]
# Playwright keeps an event loop in the worker for its session; Django must not mistake it for ours.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_configure(config: pytest.Config) -> None:
    """In CI nothing may be skipped for a missing tool; passwords cost next to nothing."""
    from django.conf import settings

    config.option.strict_skips = os.environ.get("CI") == "true"
    settings.PASSWORD_HASHERS = ["tests.hashers.Quick"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no worker is left with it at the end.

    The other worker takes over what waits behind it. Both kinds stay in their random order.
    """
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Turn a skip into a failure where `.ci/run` promises that nothing is skipped."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and item.config.option.strict_skips:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {reason}"


def _schema_hash() -> str:
    digest = hashlib.sha256()
    for pattern in (
        "**/migrations/*.py",
        "**/schema.sql",
        "**/models.py",
        "**/models/*.py",
        "kernel/schema/*.py",
    ):
        for path in sorted((ROOT / "src" / "commonweal").glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _admin() -> psycopg.Connection[Any]:
    return psycopg.connect(OWNER_URL, autocommit=True)


def _point_at(name: str) -> None:
    from django.db import connections

    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        connections.databases[alias]["NAME"] = name


def _allow() -> None:
    """Take off what an earlier test's TestCase left on connections that it did not name."""
    from django.db import connections

    for alias in ("default", "owner"):
        for name in ("connect", "temporary_connection", "cursor", "chunked_cursor"):
            method = getattr(connections[alias], name)
            if hasattr(method, "wrapped"):
                setattr(connections[alias], name, method.wrapped)


def _build(template: str) -> None:
    """Create the template database for this schema, under a lock that other workers wait for."""
    from commonweal.ops.schema import migrate

    with _admin() as admin:
        admin.execute("SELECT pg_advisory_lock(730100)")
        found = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone()
        if not found:
            old = admin.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE 'cw_template_%'"
            ).fetchall()
            for (name,) in old:
                _away(admin, name)
            _away(admin, "cw_building")
            admin.execute('CREATE DATABASE "cw_building"')
            _point_at("cw_building")
            migrate()
            _point_at("cw_none")
            admin.execute(f'ALTER DATABASE "cw_building" RENAME TO "{template}"')
        admin.execute("SELECT pg_advisory_unlock(730100)")


_LEAVE = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = %s AND usename = current_user AND pid <> pg_backend_pid()"""


def _away(admin: psycopg.Connection[Any], name: str) -> None:
    """Drop a database. The sessions of either role are ended by that role, whose right it is; those
    of the server, which clean it just now and are nobody's to end, it sends away itself."""
    for turn in range(3):
        admin.execute(_LEAVE, [name])
        with psycopg.connect(APP_URL, autocommit=True) as app:
            app.execute(_LEAVE, [name])
        try:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
            return
        except psycopg.errors.ObjectInUse:
            if turn == 2:
                raise


def _clone(template: str, name: str) -> None:
    with _admin() as admin:
        admin.execute("SELECT pg_advisory_lock(730100)")
        _away(admin, name)
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        admin.execute("SELECT pg_advisory_unlock(730100)")


def _drop(name: str) -> None:
    with _admin() as admin:
        _away(admin, name)


def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main") + f"_{os.getpid()}"


@pytest.fixture(scope="session")
def template_database(django_db_blocker: Any) -> str:
    """The name of a migrated database with every right applied."""
    name = f"cw_template_{_schema_hash()}"
    with django_db_blocker.unblock():
        _build(name)
    return name


@pytest.fixture(scope="session")
def django_db_setup(template_database: str, django_db_blocker: Any) -> Iterator[None]:
    """Each worker's own copy; tests run in it as the app's role and are rolled back."""
    name = f"cw_test_{_worker()}"
    _clone(template_database, name)
    with django_db_blocker.unblock():
        _point_at(name)
    yield
    with django_db_blocker.unblock():
        _point_at("cw_none")
    _drop(name)


@pytest.fixture
def own_database(
    template_database: str, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Callable[[str], str]]:
    """Makes a database of the test's own from a template, and points Django at it."""
    name = f"cw_own_{_worker()}"

    def make(template: str) -> str:
        _clone(template, name)
        _point_at(name)
        _allow()
        return name

    with django_db_blocker.unblock():
        yield make
        _point_at(f"cw_test_{_worker()}")
    _drop(name)


@pytest.fixture(scope="session")
def kept_worlds(
    template_database: str, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Callable[[str, Callable[[], Any]], tuple[str, Any]]]:
    """Finds a world by its name; whoever asks first in this worker has it built."""
    kept: dict[str, tuple[str, Any]] = {}

    def find(name: str, build: Callable[[], Any]) -> tuple[str, Any]:
        if name not in kept:
            database = f"cw_{name}_{_worker()}"
            _clone(template_database, database)
            _point_at(database)
            kept[name] = database, build()
        return kept[name]

    yield find
    for database, _ in kept.values():
        _drop(database)


@pytest.fixture
def kept_world(
    kept_worlds: Callable[[str, Callable[[], Any]], tuple[str, Any]], django_db_blocker: Any
) -> Iterator[Callable[[str, Callable[[], Any]], Any]]:
    """Points Django at a kept world, before the transaction that the test rolls back begins."""

    def visit(name: str, build: Callable[[], Any]) -> Any:
        database, world = kept_worlds(name, build)
        _point_at(database)
        return world

    with django_db_blocker.unblock():
        yield visit
        _point_at(f"cw_test_{_worker()}")


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """A page leaves its reader's language set in the thread; the next test must not inherit it."""
    from django.utils import translation

    yield
    translation.deactivate()


@pytest.fixture
def committed_db(template_database: str, own_database: Callable[[str], str]) -> str:
    """A database of its own for tests that must commit (threads, processes, kills)."""
    return own_database(template_database)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real inputs beside the checkout."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared data folder is missing")
    return SHARED_DATA


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's Chromium."""
    path = shutil.which("chromium")
    if not path:
        pytest.skip("Chromium is not installed")
    return path


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], chromium: str) -> Any:
    """Playwright drives Debian's Chromium."""
    quiet = [
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ]
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": chromium, "args": [*root, *quiet]}
