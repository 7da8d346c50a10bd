"""Pages that come from outside this repository, found by entry point as ours are by their folder.

An entry point of the group `commonweal.web` names a `Section`. Its tables and templates come with
the Django app of the same package, named by an entry point of the group `commonweal.apps`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points

from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, include, path
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor

GROUP = "commonweal.web"


@dataclass(frozen=True)
class Place:
    """A link at the top of the pages: its words (a message id), the named page, who sees it."""

    words: str
    route: str
    permission: str


@dataclass(frozen=True)
class Section:
    """A plug-in's pages: the beginning of their address (`fleet/`), the module of their addresses,
    and their places in the centre's workspace and in an agency's portal."""

    prefix: str
    urls: str
    centre: tuple[Place, ...] = ()
    agency: tuple[Place, ...] = ()


@cache
def sections() -> tuple[Section, ...]:
    """The sections of the installed plug-ins, in the order of their names."""
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return tuple(point.load() for point in points)


def addresses(own: list[URLPattern | URLResolver]) -> list[URLResolver]:
    """The addresses of the plug-ins, beside our own.

    Refused are an address that one of ours begins with (PLUGIN-101) and a page that does not
    declare who may use it (PLUGIN-102): a plug-in must not open what the house keeps closed.
    """
    taken = {str(each.pattern) for each in own}
    found = []
    for section in sections():
        if section.prefix in taken or not section.prefix.endswith("/"):
            raise ImproperlyConfigured(
                f"The pages of {section.urls} want the address “{section.prefix}”, which is"
                " taken or does not end with “/”. Choose another prefix. (PLUGIN-101)"
            )
        taken.add(section.prefix)
        resolver = path(section.prefix, include(section.urls))
        for pattern in _patterns(resolver):
            if not hasattr(pattern.callback, "access"):
                raise ImproperlyConfigured(
                    f"The page {section.prefix}{pattern.pattern} of {section.urls} does not declare"
                    " who may use it. Decorate its view (interfaces/web/access.py). (PLUGIN-102)"
                )
        found.append(resolver)
    return found


def _patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from _patterns(each)
        else:
            yield each


def places(actor: Actor) -> list[tuple[str, str]]:
    """The plug-ins' links for this actor: words and named page."""
    return [
        (_(place.words), place.route)
        for section in sections()
        for place in (section.centre if actor.centre else section.agency)
        if actor.may_somewhere(place.permission)
    ]
