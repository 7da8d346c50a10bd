"""The virus scanner: a command, and a daemon that speaks INSTREAM; silence is not “clean”."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commonweal.kernel.documents.public import Scan, inspect, scan

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SCANNER = [
    sys.executable, "-c",
    "import sys; data = sys.stdin.buffer.read(); found = b'EICAR' in data;"
    " print('Eicar-Test' if found else 'fine'); sys.exit(1 if found else 0)",
]  # fmt: skip


class Daemon:
    """A small clamd on a local socket: it reads the pieces as the protocol has them."""

    def __init__(self, path: Path, answer: bytes | None = None, most: int = 1 << 30) -> None:
        self.path, self.answer, self.most = path, answer, most
        self.got: list[bytes] = []
        self.commands: list[bytes] = []
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.server.bind(str(path))
        self.server.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while True:
            try:
                line, _address = self.server.accept()
            except OSError:
                return
            with line:
                self.one(line)

    def one(self, line: socket.socket) -> None:
        self.commands.append(self.exactly(line, len(b"zINSTREAM\0")))
        content = b""
        while size := struct.unpack("!I", self.exactly(line, 4))[0]:
            content += self.exactly(line, size)
            if len(content) > self.most:
                line.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.got.append(content)
        found = b"stream: Eicar-Test FOUND\0" if b"EICAR" in content else b"stream: OK\0"
        line.sendall(found if self.answer is None else self.answer)

    @staticmethod
    def exactly(line: socket.socket, size: int) -> bytes:
        got = b""
        while len(got) < size and (more := line.recv(size - len(got))):
            got += more
        return got

    def close(self) -> None:
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join(timeout=5)


@pytest.fixture
def place() -> Iterator[Path]:
    """A short path: a local socket's may not be long."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder) / "clamd"


@pytest.fixture
def daemon(place: Path, settings: Any) -> Iterator[Daemon]:
    settings.CLAMD_SOCKET = str(place)
    served = Daemon(place)
    yield served
    served.close()


def test_without_a_scanner_nothing_is_said() -> None:
    assert scan(EICAR) == Scan("no")
    assert inspect("a.txt", "", EICAR).verdict == "ok"


def test_a_command_says_clean_or_found(settings: Any) -> None:
    settings.SCAN_COMMAND = SCANNER
    assert scan(b"hello") == Scan("clean")
    assert scan(EICAR) == Scan("found", "Eicar-Test")
    clean, found = inspect("a.txt", "", b"hello"), inspect("a.txt", "", EICAR)
    assert (clean.verdict, clean.scanned) == ("ok", "clean")
    assert (found.verdict, found.code) == ("quarantine", "DOCUMENTS-219")
    assert (found.scanned, found.scanner_says) == ("found", "Eicar-Test")


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ([sys.executable, "-c", "import sys; sys.exit(2)"], "ended with 2"),
        ([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], "ended with -9"),
        (["/nowhere/scanner"], "No such file or directory"),
        (
            [sys.executable, "-c", "import sys; print('database too old'); sys.exit(2)"],
            "database too old",
        ),
    ],
)
def test_a_command_that_fails_holds_the_file_back(
    settings: Any, command: list[str], says: str
) -> None:
    settings.SCAN_COMMAND = command
    found = inspect("a.txt", "", b"hello")
    assert (found.verdict, found.code) == ("quarantine", "DOCUMENTS-220")
    assert (found.scanned, found.scanner_says) == ("error", says)


def test_a_command_that_hangs_is_ended(settings: Any) -> None:
    settings.SCAN_COMMAND = [sys.executable, "-c", "import threading; threading.Event().wait()"]
    settings.SCAN_SECONDS = 1
    assert scan(b"hello") == Scan("error", "no answer within 1 s")


def test_nothing_of_the_name_reaches_the_command(settings: Any, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    write = f"import sys, pathlib; pathlib.Path({str(seen)!r}).write_text(repr(sys.argv))"
    settings.SCAN_COMMAND = [sys.executable, "-c", write]
    inspect("$(touch x); --help.txt", "", b"hello")
    assert seen.read_text() == "['-c']"


def test_a_daemon_gets_the_whole_file_in_pieces(daemon: Daemon) -> None:
    data = b"hello " * 50_000
    assert scan(data) == Scan("clean")
    assert daemon.got == [data]
    assert daemon.commands == [b"zINSTREAM\0"]
    assert scan(EICAR) == Scan("found", "Eicar-Test")
    assert inspect("a.txt", "", EICAR).code == "DOCUMENTS-219"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "closed without an answer"),
        (b"UNKNOWN COMMAND\0", "UNKNOWN COMMAND"),
        (b"stream: OK but not really\0", "stream: OK but not really"),
        (b"\xff\x01\0", "\ufffd"),
    ],
)
def test_a_daemon_that_talks_nonsense_holds_the_file_back(
    settings: Any, place: Path, answer: bytes, says: str
) -> None:
    settings.CLAMD_SOCKET = str(place)
    served = Daemon(place, answer)
    try:
        assert scan(b"hello") == Scan("error", says)
        assert inspect("a.txt", "", b"hello").code == "DOCUMENTS-220"
    finally:
        served.close()


def test_a_daemon_that_stops_at_its_limit_is_heard(settings: Any, place: Path) -> None:
    settings.CLAMD_SOCKET = str(place)
    served = Daemon(place, most=100_000)
    try:
        found = scan(b"x" * 3_000_000)
        assert found.answer == "error"
    finally:
        served.close()


def test_a_daemon_that_is_not_there_holds_the_file_back(settings: Any, place: Path) -> None:
    settings.CLAMD_SOCKET = str(place)
    assert scan(b"hello") == Scan("error", "No such file or directory")


def test_a_daemon_that_is_silent_is_not_waited_for_long(settings: Any, place: Path) -> None:
    settings.CLAMD_SOCKET, settings.SCAN_SECONDS = str(place), 1
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.bind(str(place))
        silent.listen()
        assert scan(b"hello") == Scan("error", "no answer within 1 s")


def test_both_scanners_must_be_content(settings: Any, daemon: Daemon) -> None:
    settings.SCAN_COMMAND = [sys.executable, "-c", "pass"]
    assert scan(EICAR) == Scan("found", "Eicar-Test")
    settings.SCAN_COMMAND = [sys.executable, "-c", "import sys; sys.exit(3)"]
    assert scan(b"hello").answer == "error"
    assert daemon.got == [EICAR]


SETTINGS = """
import json
from commonweal import settings as s
print(json.dumps([s.SCAN_COMMAND, s.SCAN_SECONDS, s.UPLOAD_LIMIT, s.CLAMD_SOCKET]))
"""


def read(tmp_path: Path, **given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SETTINGS], capture_output=True, text=True, check=False,
        env={**os.environ, "COMMONWEAL_DATA": str(tmp_path), **given},
    )  # fmt: skip


def test_settings_are_read_as_typed_or_as_a_list(tmp_path: Path) -> None:
    done = read(
        tmp_path, COMMONWEAL_SCAN_COMMAND="scanner --quiet 'a b' -", COMMONWEAL_UPLOAD_LIMIT="2"
    )
    assert json.loads(done.stdout) == [["scanner", "--quiet", "a b", "-"], 30, 2 << 20, ""]
    listed = read(tmp_path, COMMONWEAL_SCAN_COMMAND='["scanner", "a b"]')
    assert json.loads(listed.stdout)[0] == ["scanner", "a b"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("COMMONWEAL_SCAN_COMMAND", "scanner 'open", "SETTINGS-104"),
        ("COMMONWEAL_SCAN_COMMAND", "[1,", "SETTINGS-104"),
        ("COMMONWEAL_SCAN_SECONDS", "0", "SETTINGS-105"),
        ("COMMONWEAL_UPLOAD_LIMIT", "ten", "SETTINGS-105"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(
    tmp_path: Path, name: str, value: str, code: str
) -> None:
    assert code in read(tmp_path, **{name: value}).stderr
