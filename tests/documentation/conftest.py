"""Where pages begin: an empty database, or a demo of three months that is built once."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core import mail
from django.test import override_settings
from tests.documentation.browser import Browser
from tests.documentation.pages import ROOT, Page
from tests.documentation.shell import Shell

from commonweal.interfaces.cli.main import main
from commonweal.kernel.jobs.manifests import all_manifests
from commonweal.kernel.jobs.public import Worker
from commonweal.kernel.party.selectors import forget_centre
from commonweal.ops.localdb import Database, ensure_database, stop_database

DEMO = ["demo", "--once", "--as-of", "2026-09", "--months", "3"]
TIMES = {"Twice": 2, "Six times": 6}
"""How often a step is taken that begins with these words."""
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:8]


@pytest.fixture(scope="session")
def demo_template(
    template_database: str,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, Path]:
    """Database and data folder of the demo that pages speak of; workers share one."""
    from conftest import _admin, _away, _clone, _point_at, _worker

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    name, folder = f"cw_demo_{RUN}", shared / "demo-of-the-pages"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "built").exists():
            with _admin() as admin:
                found = admin.execute(
                    "SELECT datname FROM pg_database WHERE datname LIKE 'cw_demo_%'"
                ).fetchall()
                for (old,) in found:
                    _away(admin, old)
            _clone(template_database, name)
            with django_db_blocker.unblock(), override_settings(DATA_DIR=folder):
                before = os.environ["COMMONWEAL_DATA"]
                os.environ["COMMONWEAL_DATA"] = str(folder)
                _point_at(name)
                forget_centre()
                assert main(DEMO) == 0
                forget_centre()
                _point_at(f"cw_test_{_worker()}")
                os.environ["COMMONWEAL_DATA"] = before
            (folder / "built").touch()
    return name, folder


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory, monkeypatch: Any) -> Iterator[Database]:
    """A PostgreSQL that is not the tests' own, with its superuser."""
    folder = tmp_path_factory.mktemp("server")
    with monkeypatch.context() as alone:
        for name in ("DATABASE_URL", "DATABASE_APP_URL"):
            alone.delenv(name)
        database = ensure_database(folder, durable=False)
    yield database
    stop_database(folder)


@pytest.fixture
def follow(
    request: pytest.FixtureRequest,
    own_database: Callable[[str], str],
    template_database: str,
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Callable[[Page], Shell]]:
    """Execute a page from top to bottom; the shell that did it."""

    def go(page: Page) -> Shell:
        data = tmp_path / ".commonweal"
        if page.starts == "demo":
            database, folder = request.getfixturevalue("demo_template")
            shutil.copytree(folder, data)
        else:
            database = template_database
        own_database(database)
        forget_centre()
        settings.DATA_DIR, settings.EMAIL_FILE_PATH = data, data / "mail"
        for name in [name for name in os.environ if name.startswith("COMMONWEAL_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("COMMONWEAL_DATA", str(data))
        monkeypatch.chdir(tmp_path)
        return execute(page, tmp_path, monkeypatch, capsys, request)

    yield go
    forget_centre()
    all_manifests.cache_clear()


def learnt(text: str, shell: Shell) -> str:
    """What stands for itself: the password that was printed, the link of the newest letter."""
    if text == "…":
        return re.findall(r"password: (\S+)", " ".join(shell.told))[-1]
    if text.endswith("/…"):
        return re.findall(r"https?://\S+key\S+", str(mail.outbox[-1].body))[-1]
    return text


def work() -> None:
    """What the worker beside a server does at once."""
    Worker().run(once=True)


def execute(
    page: Page,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> Shell:
    """Each part of the page in its order; a failure says the line."""
    stand_ins = {"/srv/commonweal": str(folder / "srv")}
    if "SPEND" in page.text:
        stand_ins["SPEND"] = str(request.getfixturevalue("shared_data") / "oxford-spend")
    (folder / "docs").symlink_to(ROOT / "docs")
    shell, browser = Shell(folder, monkeypatch, capsys, stand_ins), Browser(folder)
    shell.page = lambda: browser.text
    browser.known = lambda text: learnt(text, shell)
    monkeypatch.setattr("commonweal.ops.serve.serve", lambda *_: setattr(browser, "work", work))
    if "psql" in page.text:
        server = request.getfixturevalue("own_server")
        shell.superuser = server.superuser_url
        socket = quote(str(server.socket_dir), safe="")
        stand_ins["@db.shire.example:5432/shire"] = f"@/shire?host={socket}"
    before = ""
    for part in page.parts:
        try:
            if part.language == "sh":
                shell.run(part.text, int(part.note.removeprefix("exit=") or 0))
            elif part.language == "step":
                for _ in range(TIMES.get(part.text.partition(":")[0], 1)):
                    browser.follow(part.text)
            elif part.language == "text" and before == "sh":
                for line in filter(None, map(str.strip, part.text.splitlines())):
                    assert holds(shell.last, line), f"“{line}” is not in:\n{shell.last}"
            elif part.note:
                shell.write(part.note, part.text)
        except (AssertionError, OSError) as error:
            raise AssertionError(f"{page.name}:{part.line}: {error}") from error
        before = part.language
    return shell


def holds(told: str, line: str) -> bool:
    """Whether a printed line says this; `…` stands for anything, and so do runs of blanks."""
    pieces = (re.escape(" ".join(piece.split())) for piece in line.split("…"))
    wanted = re.compile(" ?.*".join(pieces))
    return any(wanted.search(" ".join(said.split())) for said in told.splitlines())
