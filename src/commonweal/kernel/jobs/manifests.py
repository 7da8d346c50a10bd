"""Finding what the modules announce."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any

from ..schema.public import Manifest, own_apps

GROUP = "commonweal.modules"


@cache
def all_manifests() -> tuple[Manifest, ...]:
    """The manifests of the installed Commonweal apps, then those of plug-ins (entry points).

    An entry point of the group `commonweal.modules` names a `Manifest` object.
    """
    found: list[Manifest] = []
    for app in own_apps():
        if find_spec(f"{app.name}.manifest") is not None:
            manifest = getattr(import_module(f"{app.name}.manifest"), "MANIFEST", None)
            if isinstance(manifest, Manifest):
                found.append(manifest)
    for point in sorted(entry_points(group=GROUP), key=lambda item: item.name):
        loaded = point.load()
        if isinstance(loaded, Manifest) and loaded not in found:
            found.append(loaded)
    return tuple(found)


def handlers() -> dict[str, Callable[..., Any]]:
    """Every kind of job and the function that does it."""
    return {kind: run for manifest in all_manifests() for kind, run in manifest.jobs.items()}


def all_permissions() -> dict[str, str]:
    """Every permission and its plain words."""
    return {
        code: words for manifest in all_manifests() for code, words in manifest.permissions.items()
    }
