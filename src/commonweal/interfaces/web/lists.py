"""What every list of the web shares: its place in the address, its neighbours, its declaration.

A view that shows rows of tables that grow says so with `lists`; one that shows a whole short table
on purpose says why with `report`. tests/test_lists.py reads both, opens every page
with few rows and with many, and refuses a page that grows without saying so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import HttpRequest

from commonweal.kernel.schema.public import PAGE, Listing, Place

View = TypeVar("View", bound=Callable[..., Any])


def lists(*tables: str) -> Callable[[View], View]:
    """The page shows rows of these tables (`catalogue.Order`), fifty at a time."""

    def decorate(view: View) -> View:
        view.lists = tables  # type: ignore[attr-defined]
        return view

    return decorate


def report(why: str) -> Callable[[View], View]:
    """The page shows a short table as a whole, because of `why`."""

    def decorate(view: View) -> View:
        view.report = why  # type: ignore[attr-defined]
        return view

    return decorate


def place(request: HttpRequest, name: str = "at", limit: int = PAGE) -> Place:
    """Where the address says the list is read. `name`: for a page with several lists."""
    return Place(request.GET.get(name, ""), limit)


@dataclass(frozen=True)
class Pages:
    """The addresses of the pages beside this one, for `pagination`; None: there is none."""

    previous: str | None
    next: str | None


def pages(request: HttpRequest, found: Listing[Any], name: str = "at") -> Pages:
    """The neighbours of a page of a list, with the filters of the address kept."""

    def address(at: str) -> str | None:
        if not at:
            return None
        query = request.GET.copy()
        query[name] = at
        return f"{request.path}?{query.urlencode()}"

    return Pages(address(found.previous), address(found.next))
