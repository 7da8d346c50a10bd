"""Every page of a served site, found by following links as each person, and what is wrong with it.

An address is known by its pattern in the URL conf. A page that a person may see and that no link
leads to is a finding too. Forms are followed by their address only; nothing is sent.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from commonweal.kernel.access.public import ANONYMOUS, Actor

OUTSIDE = ("api/", "open311/v2/", "static/", "health/", "language/")
"""Addresses that are no pages of ours: other programs read them, or a form alone leads there."""
STARTS = ("/home/", "/")
NO_PAGES = (".webmanifest", "service-worker.js", "look/", "cases/undo/")
"""Files that browsers read by themselves, parts of pages, and what takes forms only."""
DOORS = ("help/", "open311/map/")
"""Pages of an agency for strangers, to which its own site leads; others need them not."""
ALONE = "no link"
EACH = 2


@dataclass(frozen=True)
class Visitor:
    """Who walks: the role's name, what they may do, how to sign in (without e-mail: a stranger)."""

    label: str
    actor: Actor
    email: str = ""
    password: str = ""
    starts: tuple[str, ...] = STARTS


@dataclass(frozen=True)
class Found:
    """An address that something leads to, its pattern, and the page that leads there."""

    path: str
    route: str
    origin: str = ""


@dataclass
class Walk:
    """What one visitor reached: one address for each pattern, and what was wrong."""

    visitor: Visitor
    pages: dict[str, Found] = field(default_factory=dict)
    files: dict[str, Found] = field(default_factory=dict)
    doors: set[str] = field(default_factory=set)
    """Patterns without a page: they lead on to another, take a form only, or are not open now."""
    unlinked: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    @property
    def reached(self) -> set[str]:
        """Every pattern that was found."""
        return {*self.pages, *self.files, *self.doors}


def routes() -> dict[str, Any]:
    """Each address pattern of the URL conf with its view; the first of equal ones holds."""
    found: dict[str, Any] = {}
    for place, view in _patterns(get_resolver(), ""):
        if not place.startswith(OUTSIDE) and not place.endswith(NO_PAGES):
            found.setdefault(place, view)
    return found


def _patterns(resolver: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        place = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _patterns(entry, place)
        elif isinstance(entry, URLPattern):
            yield place, entry.callback


def stranger(agency: str) -> Visitor:
    """Somebody who is not signed in, and comes to an agency's pages from its own site."""
    starts = (*STARTS, f"/help/{agency}/", f"/open311/map/{agency}/")
    return Visitor("public", ANONYMOUS, starts=starts)


def of_library() -> set[str]:
    """Patterns whose pages a library serves: they are the same for everybody."""
    return {place for place, view in routes().items() if not hasattr(view, "access")}


def may_see(actor: Actor, access: str) -> bool:
    """Whether a view's declaration (interfaces/web/access.py) lets the person in."""
    kind, _, names = access.partition(":")
    if kind == "all":
        return True
    side = {"centre": True, "agency": False}.get(kind, actor.centre)
    if actor.kind == "anonymous" or actor.centre is not side:
        return False
    return not names or any(actor.may_somewhere(name) for name in names.split("|"))


def expected(actor: Actor) -> set[str]:
    """The patterns of our own that the person may see."""
    own = ((place, getattr(view, "access", None)) for place, view in routes().items())
    theirs = DOORS if actor.kind != "anonymous" else ("\0",)
    return {
        place
        for place, access in own
        if access and may_see(actor, access) and not place.startswith(theirs)
    }


def _outside(place: str) -> bool:
    return place.startswith(OUTSIDE) or place.endswith(NO_PAGES)


def anything(place: str) -> str:
    """An address of the pattern with nothing behind it, to learn whether it takes forms only."""
    return "/" + _PART.sub(lambda part: _NOTHING.get(part[1], "x"), place)


_PART = re.compile(r"<(\w+):\w+>")
_NOTHING = {"uuid": "00000000-0000-7000-8000-000000000000", "int": "0"}
LINKS = """() => [...new Set([
  ...[...document.querySelectorAll('a[href]')].map(e => e.href),
  ...[...document.querySelectorAll('form[action]')].map(e => e.getAttribute('action') && e.action)
])].filter(Boolean)"""


class Walker:
    """One visitor's way through the site at `base` in an open browser page."""

    def __init__(self, page: Any, base: str, visitor: Visitor, skip: Iterable[str] = ()) -> None:
        """`skip` are patterns that somebody else opens."""
        self.page, self.base = page, base
        self.done = Walk(visitor)
        self.opened: dict[str, list[str]] = defaultdict(list)
        self.opened |= {place: [""] * EACH for place in skip}

    def sign_in(self) -> None:
        """Through the form, as a person does."""
        visitor, page = self.done.visitor, self.page
        if visitor.email:
            page.goto(f"{self.base}/sign-in/login/")
            page.locator("[name=login]").fill(visitor.email)
            page.locator("[name=password]").fill(visitor.password)
            page.locator("main form button").first.click()
            page.wait_for_url(lambda address: "/sign-in/login/" not in address)

    def follow(self, look: Callable[[Found], None]) -> Walk:
        """Open two addresses of each pattern that links lead to; `look` is called at the first.

        Patterns that no link led to are opened last, if there is nothing to fill in.
        """
        self._follow([Found(path, self._route(path)) for path in self.done.visitor.starts], look)
        mine = expected(self.done.visitor.actor)
        alone = [place for place in (*mine, *of_library()) if "<" not in place and "^" not in place]
        missed = mine.intersection(alone) - self.done.reached
        self._follow([Found(f"/{place}", place, ALONE) for place in sorted(alone)], look)
        self.done.unlinked = missed.intersection(self.done.pages)
        for place in mine - self.done.reached:
            answer = self.page.request.get(self.base + anything(place), max_redirects=0)
            if answer.status in (302, 405):
                self.done.doors.add(place)
        return self.done

    def _follow(self, waiting: list[Found], look: Callable[[Found], None]) -> None:
        while waiting:
            found = waiting.pop(0)
            before = self.opened[found.route]
            if found.path in before or len(before) >= EACH or _outside(found.route):
                continue
            before.append(found.path)
            if self._open(found):
                if len(before) == 1:
                    look(found)
                waiting += self._links()

    def _links(self) -> list[Found]:
        here = urlsplit(self.page.url).path
        inside = (link for link in self.page.evaluate(LINKS) if link.startswith(self.base + "/"))
        paths = [link.removeprefix(self.base).partition("#")[0] for link in inside]
        return [Found(path, self._route(path), here) for path in paths]

    @staticmethod
    def _route(path: str) -> str:
        plain = path.partition("?")[0]
        try:
            return str(resolve(plain).route)
        except Resolver404:
            return plain.lstrip("/")

    def _open(self, found: Found) -> bool:
        """Open an address and sort it; true where it is a page of its own."""
        from playwright.sync_api import Error

        try:
            answer = self.page.goto(self.base + found.path)
        except Error as error:
            if "Download is starting" not in str(error):
                self._wrong(found, str(error).splitlines()[0])
                return False
            answer = self.page.request.get(self.base + found.path)
            self.done.files[found.route] = found
        if answer.status == 405 or (found.origin == ALONE and 400 <= answer.status < 500):
            self.done.doors.add(found.route)
            return False
        if not answer.ok:
            self._wrong(found, f"status {answer.status}, “{self.page.title()}”")
            return False
        if found.route in self.done.files:
            return False
        there = self._route(self.page.url.removeprefix(self.base).partition("#")[0])
        if there != found.route:
            self.done.doors.add(found.route)
            if self.opened[there]:
                return False
            self.opened[there].append(self.page.url.removeprefix(self.base))
        self.done.pages.setdefault(there, found)
        return True

    def _wrong(self, found: Found, what: str) -> None:
        place = found.origin or "the start"
        self.done.wrong.append(f"{self.done.visitor.label}: {found.path} (from {place}): {what}")
