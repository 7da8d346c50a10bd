"""The contract is tested on a copy of the interfaces' own scene: what it writes stays there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commonweal.interfaces.api.tests.scene import Scene
from commonweal.interfaces.conftest import scene, scene_database

__all__ = ["own_copy", "scene", "scene_database", "written_scene"]


@pytest.fixture(scope="session")
def own_copy(scene_database: tuple[str, Scene]) -> Iterator[str]:
    """The name of a copy of the scene's database."""
    from conftest import _clone, _drop, _worker

    name = f"cw_contract_{_worker()}"
    _clone(scene_database[0], name)
    yield name
    _drop(name)


@pytest.fixture
def written_scene(scene: Scene, own_copy: str) -> Scene:
    """The scene, with Django pointed at the copy; `scene` points it back."""
    from conftest import _point_at

    _point_at(own_copy)
    return scene
