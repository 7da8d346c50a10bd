"""One PostgreSQL server: made, started, recovered, stopped. No network, no password in sight."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .binaries import Binaries
from .errors import LocalDatabaseError
from .folders import SOCKET_FILE, Folders, State, fits, own_folder, short_folder, write_secret
from .isolation import Runner
from .processes import alive, end_orphans, is_server, orphans, wait_until

SUPERUSER = "commonweal_superuser"
LOG_LIMIT = 10_000_000
"""Bytes after which the server's log is put aside at the next start (one old log is kept)."""
START_SECONDS = 600
"""Recovery after a crash may replay a long log: as long as the server lives, we wait for it."""
STOP_SECONDS = 60

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failing statement and a violated key carry people's data: neither reaches the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",  # tests' databases die young; who cleans one keeps it from being dropped
}


class Server:
    """The server of one data folder. Callers hold the folder's lock."""

    def __init__(self, folders: Folders, state: State, runner: Runner, binaries: Binaries) -> None:
        self.folders, self.state, self.runner, self.binaries = folders, state, runner, binaries
        self.cluster = folders.cluster(state)

    @property
    def exists(self) -> bool:
        """Whether a complete cluster is there."""
        return (self.cluster / "PG_VERSION").exists()

    def create(self) -> None:
        """Make the cluster. One that a kill left half-made is thrown away first."""
        draft = self.cluster.with_name("making")
        shutil.rmtree(draft, ignore_errors=True)
        with self._password_file() as secret:
            command = self.runner.command(
                "initdb",
                f"--pgdata={draft}",
                f"--username={SUPERUSER}",
                "--auth=scram-sha-256",
                f"--pwfile={secret}",
                "--encoding=UTF8",
                "--no-instructions",
                *self._locale(),
                *self._sync(),
            )
            process = self.runner.popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            said, _ = process.communicate()
        if process.returncode:
            raise LocalDatabaseError(
                "LOCALDB-105",
                f"The database cannot be made in {self.cluster.parent}: {_last_line(said)}. "
                "Check free disk space and permissions with ./run doctor.",
            )
        draft.rename(self.cluster)

    def _locale(self) -> list[str]:
        if self.binaries.major >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        return ["--locale=C.UTF-8"]

    def _sync(self) -> list[str]:
        return [] if self.state.durable else ["--no-sync"]

    @contextmanager
    def _password_file(self) -> Iterator[Path]:
        path = self.folders.base(self.state) / "initial-password"
        write_secret(path, self.folders.password("superuser") + "\n")
        self.runner.give(path)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def check_version(self) -> None:
        """Refuse a cluster that another major version made."""
        made_by = (self.cluster / "PG_VERSION").read_text().strip()
        if made_by != str(self.binaries.major):
            raise LocalDatabaseError(
                "LOCALDB-106",
                f"The database in {self.cluster} was made by PostgreSQL {made_by}; this is "
                f"{self.binaries.version}. Set COMMONWEAL_POSTGRES_BIN to version {made_by}'s "
                "programs, or give another folder with --data.",
            )

    def pid(self) -> int | None:
        """The running postmaster's process id, or None."""
        lines = self._pid_file()
        pid = int(lines[0]) if lines and lines[0].strip().isdigit() else 0
        return pid if pid and is_server(pid, self.cluster) else None

    def _pid_file(self) -> list[str]:
        try:
            return (self.cluster / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, PermissionError):
            return []

    def _answering(self) -> bool:
        lines = self._pid_file()
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def start(self) -> None:
        """Start the server and wait until it answers; after a kill it recovers by itself."""
        self._clear_remains()
        socket_dir = self._socket_dir()
        self._roll_log()
        settings = {**SETTINGS, **_memory(), **({} if self.state.durable else FAST)}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        options += ["-c", f'unix_socket_directories="{socket_dir}"']
        command = self.runner.command("postgres", "-D", str(self.cluster), *options)
        # The shell goes at once, so that the server is nobody's child and leaves no zombie.
        script = 'log=$1; shift; "$@" >>"$log" 2>&1 & echo $!'
        log = self.folders.log(self.state)
        shell = self.runner.popen(
            ["/bin/sh", "-c", script, "start", str(log), *command], stdout=subprocess.PIPE
        )
        said, _ = shell.communicate()
        pid = int(said)
        wait_until(lambda: not alive(pid) or self._answering(), START_SECONDS)
        if not alive(pid) or not self._answering():
            raise LocalDatabaseError(
                "LOCALDB-107",
                f"The database does not start: {_last_line(_tail(log))}. The whole story is in "
                f"{log}. Try ./run stop, then the same command again.",
            )

    def _clear_remains(self) -> None:
        """After a kill: wait for left-over children, and drop a stale `postmaster.pid`.

        PostgreSQL drops it itself unless the process id was given to somebody else meanwhile.
        """
        if self.pid() is not None:
            return
        if orphans(self.cluster):
            end_orphans(self.cluster)
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def _socket_dir(self) -> Path:
        """The folder of the socket, made where it is missing; remembered where it is elsewhere."""
        usual = self.folders.base(self.state) / "socket"
        if fits(usual):
            self.state.socket_dir = ""
        elif not self.state.socket_dir or not Path(self.state.socket_dir).is_dir():
            self.state.socket_dir = str(short_folder())
            self.folders.save(self.state)
        path = self.folders.socket(self.state)
        if self.runner.uid is None:
            own_folder(path)
        else:
            path.mkdir(mode=0o700, exist_ok=True)
            self.runner.give(path)
        for name in (SOCKET_FILE, SOCKET_FILE + ".lock"):
            (path / name).unlink(missing_ok=True)
        return path

    def _roll_log(self) -> None:
        log = self.folders.log(self.state)
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))

    def stop(self) -> None:
        """Stop the server in an orderly way; the data stays."""
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)
        if not wait_until(lambda: not alive(pid), STOP_SECONDS):
            os.kill(pid, signal.SIGQUIT)
            wait_until(lambda: not alive(pid), STOP_SECONDS)

    def sync(self) -> None:
        """Bring everything to the disk after a time without syncing (the server is stopped)."""
        process = self.runner.popen(
            self.runner.command("initdb", "--sync-only", f"--pgdata={self.cluster}"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        process.wait()


def _memory() -> dict[str, str]:
    """Parallel queries share memory through /dev/shm; containers often give it only 64 MB."""
    try:
        room = shutil.disk_usage("/dev/shm").total
    except OSError:
        room = 0
    return {} if room >= 256_000_000 else {"dynamic_shared_memory_type": "mmap"}


def _tail(path: Path) -> str:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 4000))
        return stream.read().decode("utf-8", "replace")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    wrong = [line for line in lines if "FATAL" in line or "error:" in line]
    return (wrong or lines or ["no message"])[-1].rstrip(".")
