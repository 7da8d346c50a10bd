"""The built world in databases of its own: made once for each worker, copied for every test.

So tests may commit, use threads, and spoil what they like.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from commonweal.kernel.calendar.public import at

from .world import AUGUST, World, after, build_world

_BUILT: list[Copies] = []


class Copies:
    """Databases with their data folders, copied from the built world or from its closed August."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = World()
        self.stages: list[str] = []

    def name(self, stage: str) -> str:
        """The database of a stage (`open`, `closed`)."""
        return f"cw_world_{os.getpid()}_{stage}"

    def make(self, stage: str, basis: str, build: Callable[[], None]) -> None:
        """Build a stage, once, on a copy of another database."""
        folder = self.folder / stage
        if self.stages:
            shutil.copytree(self.folder / self.stages[-1], folder)
        else:
            folder.mkdir()
        with using(self.name(stage), folder):
            copy_database(basis, self.name(stage))
            build()
        self.stages.append(stage)

    def need(self, stage: str) -> None:
        """Make sure that a stage is built."""
        if stage not in self.stages:
            self.make(stage, self.name("open"), partial(_close_august, self.world))

    @contextmanager
    def visit(self, label: str, folder: Path, stage: str = "open") -> Iterator[World]:
        """A copy of a stage for a while: its database and data folder, in September 2026."""
        self.need(stage)
        name = self.name(f"test_{label}")
        copy_database(self.name(stage), name)
        try:
            shutil.copytree(self.folder / stage, folder)
            with using(name, folder), at(after(AUGUST)):
                yield replace(self.world, database=name, items=dict(self.world.items))
        finally:
            drop(name)


def _close_august(world: World) -> None:
    with at(after(AUGUST)):
        world.close_fully(AUGUST)


def copy_database(basis: str, name: str) -> None:
    """A new database, equal to another that nobody is using."""
    drop(name)
    _admin(f'CREATE DATABASE "{name}" TEMPLATE "{basis}"')


def drop(name: str) -> None:
    """Drop a database. Not by force: that fails while the server's own vacuum looks at it."""
    _admin(f'DROP DATABASE IF EXISTS "{name}"')


@contextmanager
def using(name: str, folder: Path) -> Iterator[None]:
    """Work in a database and data folder; go back to those of before afterwards."""
    before, known = connections.databases["default"]["NAME"], settings.DATA_DIR
    point_at(name)
    settings.DATA_DIR = folder
    try:
        yield
    finally:
        settings.DATA_DIR = known
        point_at(before)


def _admin(statement: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(730100)")
        admin.execute(statement)


def point_at(name: str) -> None:
    """Let both connections use another database."""
    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        connections.databases[alias]["NAME"] = name


@pytest.fixture(scope="session")
def copies(
    template_database: str,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Copies]:
    """The built world, once for each worker, whichever modules import this fixture."""
    if _BUILT:
        yield _BUILT[0]
        return
    made = Copies(tmp_path_factory.mktemp("world"))

    def build() -> None:
        made.world = build_world()

    with django_db_blocker.unblock():
        made.make("open", template_database, build)
    _BUILT.append(made)
    yield made
    _BUILT.clear()
    for stage in made.stages:
        drop(made.name(stage))


@pytest.fixture
def enter(
    copies: Copies, django_db_blocker: Any, tmp_path: Path
) -> Iterator[Callable[[str, str], World]]:
    """Give a test worlds of its own (label, stage); entering one leaves the one before."""
    with django_db_blocker.unblock(), ExitStack() as stack:

        def go(label: str, stage: str = "open") -> World:
            stack.close()
            return stack.enter_context(copies.visit(label, tmp_path / label, stage))

        yield go


@pytest.fixture
def world(enter: Callable[[str], World]) -> World:
    """August's usage has arrived; nobody has reported or closed it."""
    return enter("a")


@pytest.fixture
def closed(enter: Callable[[str, str], World]) -> World:
    """August is closed too."""
    return enter("a", "closed")
