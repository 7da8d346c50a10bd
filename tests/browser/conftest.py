"""The pages' small world, really served on a port of its own, and browsers to visit it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.test import override_settings

from commonweal.interfaces.web.agency.tests.world import PASSWORD, World
from commonweal.interfaces.web.conftest import NOW, _point_at, pages_world
from commonweal.kernel.calendar.public import at
from commonweal.kernel.party.selectors import forget_centre

from .matters import open_matters

__all__ = ["pages_world"]

PHONE = {"width": 375, "height": 812}


class _Server(ThreadingMixIn, WSGIServer):
    """Each request in a thread of its own, on the world's day."""

    daemon_threads = True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        from django.db import connections

        try:
            with at(NOW):
                super().process_request_thread(request, client_address)
        finally:
            connections.close_all()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: requests by the hundred."""


@dataclass(frozen=True)
class Site:
    """Where the world is served, and who is who in it."""

    url: str
    world: World

    def sign_in(self, page: Any, who: str) -> Any:
        """Sign a person in through the form; the page that follows is theirs."""
        page.goto(f"{self.url}/sign-in/login/")
        page.get_by_label("E-mail").fill(f"{who}@example.test")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        return page


@pytest.fixture(scope="session")
def served(
    pages_world: tuple[str, Path, World],
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, Path, Site]]:
    """A copy of the world, so that what browsers do stays out of it, and its server."""
    from conftest import _clone, _drop

    from commonweal.interfaces.web.wsgi import application

    basis, basis_folder, basis_world = pages_world
    name = basis.replace("cw_pages", "cw_browse")
    folder = tmp_path_factory.mktemp("browse") / "data"
    shutil.copytree(basis_folder, folder)
    world = replace(basis_world, users=dict(basis_world.users), actors=dict(basis_world.actors))
    _clone(basis, name)
    with django_db_blocker.unblock(), override_settings(DATA_DIR=folder), at(NOW):
        before = _point_at(name)
        forget_centre()
        open_matters(world, folder)
        forget_centre()
        _point_at(before)
    server = make_server("127.0.0.1", 0, application, _Server, _Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield name, folder, Site(f"http://127.0.0.1:{server.server_port}", world)
    server.shutdown()
    server.server_close()
    _drop(name)


@pytest.fixture
def site(served: tuple[str, Path, Site], settings: Any, django_db_blocker: Any) -> Iterator[Site]:
    """The served world; Django's connections, the server's too, are pointed at its database."""
    name, folder, found = served
    settings.DATA_DIR = folder
    with django_db_blocker.unblock(), at(NOW):
        before = _point_at(name)
        forget_centre()
        yield found
        forget_centre()
        _point_at(before)


@pytest.fixture
def phone(browser: Any) -> Iterator[Any]:
    """A page 375 px wide, without JavaScript."""
    context = browser.new_context(
        viewport=PHONE, java_script_enabled=False, accept_downloads=True, has_touch=True
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def desk(browser: Any) -> Iterator[Callable[..., Any]]:
    """Makes pages of any width and options; their windows are closed after the test."""
    contexts = []

    def opened(width: int = 1280, **options: Any) -> Any:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **options))
        return contexts[-1].new_page()

    yield opened
    for context in contexts:
        context.close()
