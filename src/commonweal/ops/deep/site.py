"""A data folder with its own PostgreSQL for one campaign, and the means to take it away."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from commonweal.ops.localdb import Database, discard_database, ensure_database, status

from .children import in_child

_GIVEN = ("DATABASE_URL", "DATABASE_APP_URL")
PROC = Path("/proc")


class Site:
    """The folder, its server, and the database and data folder that children work in."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.database = database
        self.work = folder / "work"
        self.work.mkdir(exist_ok=True)

    @classmethod
    def open(cls, folder: Path) -> Site:
        """Make the server and a database with every table and right. Sets up Django, once."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _GIVEN:
            os.environ.pop(name, None)
        database = ensure_database(folder)
        os.environ |= {"DATABASE_URL": database.owner_url, "DATABASE_APP_URL": database.app_url}
        os.environ["COMMONWEAL_DATA"] = str(folder / "none")
        os.environ["DJANGO_SETTINGS_MODULE"] = "commonweal.settings"
        warnings.filterwarnings("ignore", "No directory at", UserWarning)  # whitenoise, no statics
        import django

        django.setup()
        for name in _GIVEN:
            os.environ.pop(name)
        from .web import warm

        warm()
        site = cls(folder, database)
        in_child(_migrate, site.work)
        return site

    def copy(self, name: str, basis: str = "commonweal") -> None:
        """A database equal to another that nobody uses; an older one of this name goes."""
        with self._admin() as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{basis}"')

    def drop(self, name: str) -> None:
        """Delete a database."""
        with self._admin() as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def quiet(self, name: str) -> None:
        """End what killed clients left running in a database."""
        with self._admin() as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE datname = %s AND pid <> pg_backend_pid()",
                [name],
            )

    @contextmanager
    def _admin(self) -> Iterator[psycopg.Connection]:
        assert self.database.superuser_url is not None
        with psycopg.connect(self.database.superuser_url, autocommit=True) as admin:
            yield admin

    def use(self, name: str, data: Path) -> None:
        """Let children forked from now on work in this database and data folder."""
        from django.conf import settings
        from django.db import connections

        data.mkdir(parents=True, exist_ok=True)
        settings.DATA_DIR = data
        for alias in ("default", "owner"):
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = name
            connections.databases[alias]["NAME"] = name

    def kill_server(self, *, whole: bool = False) -> bool:
        """SIGKILL to the postmaster; `whole`: first to all its children too. False if not there."""
        pid = status(self.folder).pid
        if pid is None:
            return False
        doomed = [*(_children(pid) if whole else ()), pid]
        os.kill(pid, signal.SIGSTOP)  # so that it starts no child between the kills
        for each in doomed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        return True

    def start_server(self) -> None:
        """Start the server again; it recovers by itself."""
        ensure_database(self.folder)

    def discard(self) -> None:
        """Stop the server and delete everything."""
        discard_database(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)


def _migrate() -> None:
    from commonweal.ops.schema import migrate

    migrate()


def _children(parent: int) -> list[int]:
    found = []
    for entry in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(entry.name))
    return found
