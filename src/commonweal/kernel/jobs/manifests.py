"""Finding what the modules announce."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_noop

from ..access.public import Actor
from ..schema.public import Manifest, own_apps

GROUP = "commonweal.modules"
ASK_THE_PAGE = gettext_noop(
    "Open the page of the work: it says what is wrong and what to do. Then run it again."
)
UNEXPECTED = gettext_noop(
    "Something unexpected went wrong. Look at the worker's log of that time. Run it again; if it "
    "fails again, report the code."
)
_CODE = re.compile(r"[A-Z]+-\d{3}\Z")


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


def ticks() -> dict[str, Callable[[], int]]:
    """What is looked at every half second, by name."""
    return {name: look for manifest in all_manifests() for name, look in manifest.ticks.items()}


def all_permissions() -> dict[str, str]:
    """Every permission and its plain words."""
    return {
        code: words for manifest in all_manifests() for code, words in manifest.permissions.items()
    }


def standing(user_id: UUID) -> Actor:
    """The actor that an account is today, found by the module that announces how."""
    find = next(manifest.standing for manifest in all_manifests() if manifest.standing)
    found: Actor = find(user_id)
    return found


def work_words() -> dict[str, str]:
    """Every kind of job in plain words (message ids of the catalogue)."""
    return {kind: words for manifest in all_manifests() for kind, words in manifest.work.items()}


def remedies() -> dict[str, str]:
    """What to do about a job that ended with a code or a class of error (message ids)."""
    return {
        code: words for manifest in all_manifests() for code, words in manifest.remedies.items()
    }


def remedy(error: str) -> str:
    """What to do about one code or class of error; a message id that names nobody."""
    if not error:
        return ""
    known = remedies().get(error)
    if known:
        return known
    return ASK_THE_PAGE if _CODE.match(error) else UNEXPECTED
