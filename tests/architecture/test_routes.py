"""Every address of the web declares who may use it (design §7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

LIBRARIES = ("allauth.", "django.")
API = "api/"  # its operations declare their permissions in their own test
WORDS = ("all", "signed-in", "centre:", "agency:", "permission:", "token")


def routes(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each address with its view."""
    for entry in (resolver or get_resolver()).url_patterns:
        place = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, place)
        elif isinstance(entry, URLPattern):
            yield place, entry.callback


OWN = [
    (place, view)
    for place, view in routes()
    if not place.startswith(API) and not getattr(view, "__module__", "").startswith(LIBRARIES)
]


def test_there_are_routes() -> None:
    assert len(OWN) > 20


@pytest.mark.parametrize(("place", "view"), OWN, ids=[place or "/" for place, _ in OWN])
def test_a_route_says_who_may_use_it(place: str, view: Any) -> None:
    access = getattr(view, "access", None)
    assert access is not None, f"{place}: decorate the view with one of interfaces/web/access.py"
    assert access.startswith(WORDS)


def test_permissions_that_routes_name_exist() -> None:
    from commonweal.kernel.jobs.public import all_permissions

    named = {
        name
        for _place, view in OWN
        if ":" in view.access
        for name in view.access.partition(":")[2].split("|")
    }
    assert named <= set(all_permissions())
