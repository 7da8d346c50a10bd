"""The small world of the pages' tests: built and closed once per worker, in a database of its own.

Each test runs in it as the app's role and is rolled back.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

from commonweal.interfaces.web.agency.tests.world import World, build_world, moment
from commonweal.kernel.calendar.public import at
from commonweal.kernel.party.selectors import forget_centre

NOW = moment(date(2026, 11, 20))
BUILT: dict[str, tuple[str, Path, World]] = {}
"""Worlds of this process by the name of their database."""


def _point_at(name: str) -> str:
    """Let Django's connections use another database; the name of the one before."""
    from django.db import connections

    before = str(connections["default"].settings_dict["NAME"])
    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        connections.databases[alias]["NAME"] = name
    return before


@pytest.fixture(scope="session")
def pages_world(
    template_database: str,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, Path, World]]:
    """The database's name, its data folder, and who is who in it."""
    from conftest import _clone, _drop

    name = f"cw_pages_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    if name not in BUILT:  # two folders ask for it; the second must not build it anew
        folder = tmp_path_factory.mktemp("pages")
        _clone(template_database, name)
        with django_db_blocker.unblock(), override_settings(DATA_DIR=folder):
            before = _point_at(name)
            forget_centre()
            BUILT[name] = name, folder, build_world()
            forget_centre()
            _point_at(before)
    yield BUILT[name]
    _drop(name)


@pytest.fixture
def pages_database(
    pages_world: tuple[str, Path, World], settings: Any, django_db_blocker: Any
) -> Iterator[World]:
    """Points at the world's database before a test's transaction begins, and back after."""
    name, folder, world = pages_world
    settings.DATA_DIR = folder
    with django_db_blocker.unblock():
        before = _point_at(name)
    yield world
    with django_db_blocker.unblock():
        _point_at(before)


@pytest.fixture
def world(pages_database: World, db: None) -> Iterator[World]:
    """Two closed months, on 20 November 2026."""
    forget_centre()
    with at(NOW):  # a copy: who a test makes is gone with its transaction
        yield replace(
            pages_database, users=dict(pages_database.users), actors=dict(pages_database.actors)
        )
    forget_centre()


@pytest.fixture
def own_world(
    pages_world: tuple[str, Path, World], settings: Any, tmp_path: Path, django_db_blocker: Any
) -> Iterator[World]:
    """The world in a database and folder of the test's own, in which a worker may commit."""
    from conftest import _clone, _drop

    basis, folder, found = pages_world
    name = f"{basis}_own"
    settings.DATA_DIR = tmp_path / "data"
    shutil.copytree(folder, settings.DATA_DIR)
    _clone(basis, name)
    with django_db_blocker.unblock():
        before = _point_at(name)
        forget_centre()
        try:
            with at(NOW):
                yield found
        finally:
            forget_centre()
            _point_at(before)
    _drop(name)


@pytest.fixture
def browser_of() -> Callable[[World, str], Client]:
    """A browser in which one of some world's people is signed in."""

    def browser(world: World, key: str) -> Client:
        client = Client()
        client.force_login(world.users[key])
        return client

    return browser


@pytest.fixture
def signed_in(world: World) -> Callable[[str], Client]:
    """A browser in which one of the world's people is signed in."""

    def browser(key: str) -> Client:
        client = Client()
        client.force_login(world.users[key])
        return client

    return browser
