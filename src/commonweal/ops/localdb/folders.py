"""Where a local database keeps its files. Every folder is 0700, every secret 0600.

Only the standard library. Nothing outside the folders that this module made is ever touched.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from .errors import LocalDatabaseError

SOCKET_FILE = ".s.PGSQL.5432"
SOCKET_LIMIT = 100
"""Bytes that a socket's whole path may have (Linux allows 107, other systems 103)."""


@dataclass
class State:
    """What a data folder remembers of its database; kept in `database/state.json`."""

    isolation: str = ""
    """How the server runs: "direct", "namespace" or "private"."""
    private_dir: str = ""
    """The folder of binaries and cluster outside the data folder; only when "private"."""
    socket_dir: str = ""
    """The short folder of the socket; only when the data folder's own path is too long."""
    durable: bool = True
    """False while commits do not wait for the disk (tests)."""
    ready: bool = False
    """True once roles and database exist."""


@dataclass(frozen=True)
class Folders:
    """The paths of one data folder's database."""

    data_dir: Path

    @property
    def home(self) -> Path:
        """Our own folder inside the data folder."""
        return self.data_dir / "database"

    @property
    def secrets(self) -> Path:
        """Passwords, one file each."""
        return self.home / "secrets"

    def base(self, state: State) -> Path:
        """The folder that holds the cluster, its log and (if the path is short) its socket."""
        return Path(state.private_dir) if state.private_dir else self.home

    def cluster(self, state: State) -> Path:
        """PostgreSQL's data directory."""
        return self.base(state) / "cluster"

    def log(self, state: State) -> Path:
        """What the server says."""
        return self.base(state) / "server.log"

    def socket(self, state: State) -> Path:
        """The folder of the Unix socket."""
        return Path(state.socket_dir) if state.socket_dir else self.base(state) / "socket"

    def prepare(self) -> None:
        """Create our folder, closed to others; a folder that was there keeps its mode."""
        for folder in (*reversed(self.data_dir.parents), self.data_dir):
            folder.mkdir(exist_ok=True, mode=0o700)
        own_folder(self.home)
        own_folder(self.secrets)

    def load(self) -> State:
        """The remembered state; a fresh one where nothing was made yet."""
        try:
            return State(**json.loads((self.home / "state.json").read_text()))
        except FileNotFoundError:
            return State()

    def save(self, state: State) -> None:
        """Remember the state; a kill while writing leaves the old one."""
        draft = self.home / "state.json.new"
        write_secret(draft, json.dumps(asdict(state), indent=1))
        draft.replace(self.home / "state.json")

    def password(self, name: str) -> str:
        """The password in `secrets/<name>`, generated the first time."""
        path = self.secrets / name
        if not path.exists():
            write_secret(path, secrets.token_hex(24))
        return path.read_text().strip()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold this folder's lock, so that two processes never start or stop one server at once."""
        handle = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def own_folder(path: Path) -> None:
    """Make `path` a folder of mode 0700, refusing a link or somebody else's folder."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise LocalDatabaseError(
            "LOCALDB-110",
            f"{path} is not a folder of yours. Work as its owner, or give another folder "
            "with --data.",
        )
    if stat.S_IMODE(found.st_mode) != 0o700:
        path.chmod(0o700)


def write_secret(path: Path, text: str) -> None:
    """Write `text` to a file that only its owner can read, from its first byte on."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w") as stream:
        os.fchmod(handle, 0o600)
        stream.write(text)
        stream.flush()
        os.fsync(handle)


def fits(socket_dir: Path) -> bool:
    """Whether a socket in this folder has a path that the system and PostgreSQL accept.

    A comma separates hosts in a connection URL, so a socket's path may have none.
    """
    short = len(os.fsencode(socket_dir / SOCKET_FILE)) < SOCKET_LIMIT
    return short and not set(str(socket_dir)) & set(',"')


def short_folder() -> Path:
    """A new private folder with a short path, for the socket of a data folder with a long one."""
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if os.access(parent, os.W_OK | os.X_OK) and fits(Path(parent) / "commonweal-12345678"):
            return Path(tempfile.mkdtemp(prefix="commonweal-", dir=parent))
    raise LocalDatabaseError(
        "LOCALDB-111",
        "No folder has a path short enough for a database socket. Set TMPDIR to a short path, "
        "or give a shorter folder with --data.",
    )


def private_folder(uid: int, gid: int) -> Path:
    """A new folder under /var/tmp, open to nobody but `uid`, for binaries and cluster."""
    parent = "/var/tmp" if os.access("/var/tmp", os.W_OK | os.X_OK) else tempfile.gettempdir()
    path = Path(tempfile.mkdtemp(prefix="commonweal-", dir=parent))
    if uid != os.geteuid():
        os.chown(path, uid, gid)
    return path


def remove(path: Path) -> None:
    """Remove one of our folders with all that it holds."""
    shutil.rmtree(path, ignore_errors=True)
