"""The hook to a virus scanner: a command of the installation, or ClamAV's daemon.

Either is optional. A scanner that fails, hangs or answers nonsense is never taken for "clean".
"""

from __future__ import annotations

import contextlib
import socket
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.conf import settings

Answer = Literal["no", "clean", "found", "error"]
PIECE = 64 * 1024
ENOUGH = 4096


@dataclass(frozen=True)
class Scan:
    """What a scanner said: `no` where none is set up; `says`: what it found, or why it failed."""

    answer: Answer
    says: str = ""


def scan(data: bytes) -> Scan:
    """Ask every scanner that is set up; the first that is not content decides."""
    answers = []
    if settings.SCAN_COMMAND:
        answers.append(by_command(data, settings.SCAN_COMMAND, settings.SCAN_SECONDS))
    if settings.CLAMD_SOCKET and all(each.answer == "clean" for each in answers):
        answers.append(by_daemon(data, settings.CLAMD_SOCKET, settings.SCAN_SECONDS))
    return answers[-1] if answers else Scan("no")


def by_command(data: bytes, command: Sequence[str], seconds: int) -> Scan:
    """Give the file to a program's standard input: it ends with 0 (clean), 1 (found), else failed.

    No shell is involved, and nothing of the file or its name is on the command line.
    """
    try:
        done = subprocess.run(
            list(command), input=data, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return Scan("error", f"no answer within {seconds} s")
    except OSError as error:
        return Scan("error", error.strerror or type(error).__name__)
    said = _plain(done.stdout or done.stderr)
    if done.returncode == 0:
        return Scan("clean")
    if done.returncode == 1:
        return Scan("found", said)
    return Scan("error", said or f"ended with {done.returncode}")


def by_daemon(data: bytes, path: str, seconds: int) -> Scan:
    """Stream the file to clamd over its local socket (`zINSTREAM`: pieces with their lengths).

    The daemon answers `stream: OK`, `stream: NAME FOUND` or `… ERROR`, ended by a zero byte
    (clamd(8), "INSTREAM"). It may answer and close before it has all, at its own size limit.
    """
    said = b""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(seconds)
            line.connect(path)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                line.sendall(b"zINSTREAM\0")
                for begin in range(0, len(data), PIECE):
                    piece = data[begin : begin + PIECE]
                    line.sendall(struct.pack("!I", len(piece)) + piece)
                line.sendall(struct.pack("!I", 0))
            while b"\0" not in said and len(said) < ENOUGH and (more := line.recv(1024)):
                said += more
    except TimeoutError:
        return Scan("error", f"no answer within {seconds} s")
    except OSError as error:
        return Scan("error", error.strerror or type(error).__name__)
    return _read(_plain(said.partition(b"\0")[0]))


def _read(answer: str) -> Scan:
    if answer == "stream: OK":
        return Scan("clean")
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return Scan("found", answer.removeprefix("stream: ").removesuffix(" FOUND"))
    return Scan("error", answer or "closed without an answer")


def _plain(said: bytes) -> str:
    """One readable line of at most 200 characters."""
    text = said[:ENOUGH].decode("utf-8", "replace")
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown.split())[:200]
