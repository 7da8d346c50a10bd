"""The contract is tested on the interfaces' own scene."""

from commonweal.interfaces.conftest import scene, scene_database

__all__ = ["scene", "scene_database"]
