"""Fixtures of the interfaces: one committed scene per process, built once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from commonweal.interfaces.api.tests.scene import BUILT, Scene, build_scene

__all__ = ["scene", "scene_database"]


@pytest.fixture(autouse=True)
def _no_counters() -> None:
    """Failed sign-ins of one test are not held against the next."""
    cache.clear()


@pytest.fixture(scope="session")
def scene_database(
    template_database: str, django_db_setup: None, django_db_blocker: Any
) -> Iterator[tuple[str, Scene]]:
    """A database with the scene in it, and the scene."""
    from conftest import _clone, _drop, _point_at, _worker

    name = f"cw_scene_{_worker()}"
    if name not in BUILT:  # two folders ask for it; the second must not build it anew
        _clone(template_database, name)
        with django_db_blocker.unblock():
            _point_at(name)
            BUILT[name] = build_scene()
            _point_at(f"cw_test_{_worker()}")
    yield name, BUILT[name]
    _drop(name)


@pytest.fixture
def scene(scene_database: tuple[str, Scene], django_db_blocker: Any) -> Iterator[Scene]:
    """The scene, with Django pointed at its database; what a test writes there stays."""
    from conftest import _point_at, _worker

    name, found = scene_database
    with django_db_blocker.unblock():
        _point_at(name)
        yield found
        _point_at(f"cw_test_{_worker()}")
