"""Modules from outside this repository announce themselves by entry point."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from commonweal.kernel.jobs import manifests
from commonweal.kernel.schema.public import Manifest


def test_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    outside = Manifest(
        name="outside", permissions={"outside.do": "Do it"}, jobs={"outside.x": print}
    )
    points = [
        SimpleNamespace(name="b", load=lambda: outside),
        SimpleNamespace(name="c", load=lambda: outside),
        SimpleNamespace(name="a", load=lambda: "no manifest"),
    ]
    monkeypatch.setattr(manifests, "entry_points", lambda group: points)
    manifests.all_manifests.cache_clear()
    try:
        found = manifests.all_manifests()
        assert found.count(outside) == 1
        assert manifests.handlers()["outside.x"] is print
        assert manifests.all_permissions()["outside.do"] == "Do it"
    finally:
        manifests.all_manifests.cache_clear()


def test_every_granted_permission_is_announced() -> None:
    known = manifests.all_permissions()
    for manifest in manifests.all_manifests():
        for role, granted in manifest.roles.items():
            assert set(granted) <= set(known), (manifest.name, role)
