"""Executing what a page tells a reader to type, in this process, in a folder of its own.

`commonweal …` and `./run cli …` are the command itself; `curl` becomes a request to the site in
this process; programs of the page run as they would. What serves for ever returns at once.
"""

from __future__ import annotations

import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from tests.documentation.pages import ROOT

from commonweal.interfaces.cli.main import main
from commonweal.ops import doctor

PLAIN = ("mkdir", "cp", "ls", "cat", "head", "grep", "unzip")
"""Programs that every Debian has; what they do stays in the page's folder."""
ELSEWHERE = {
    "./run demo": "tests/simulation/test_demo.py",
    "./run test": "tests/architecture/test_commands.py",
    "./run check": "tests/architecture/test_commands.py",
    "./run deep": "tests/faults/test_deep.py",
    "./run bench": "src/commonweal/interfaces/cli/tests/test_cli.py",
}
"""What takes minutes: the test that executes the same thing, smaller. `./run demo` with options
is executed."""


class Shell:
    """One page's shell: its folder, its variables, and what the last command printed."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        stand_ins: dict[str, str],
    ) -> None:
        self.folder, self.monkeypatch, self.capsys = folder, monkeypatch, capsys
        self.stand_ins = stand_ins
        self.variables: dict[str, str] = {}
        self.told: list[str] = []
        self.last = ""
        """What the last block printed."""

    def write(self, name: str, text: str) -> None:
        """A file of the page."""
        path = self.folder / self._real(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, block: str, wanted: int = 0) -> None:
        """Every command of a block; each must end with the status wanted."""
        since = len(self.told)
        for command in block.replace("\\\n", " ").strip().splitlines():
            self.capsys.readouterr()
            status, out = self._execute(self._real(command))
            said = self.capsys.readouterr()
            self.told.append((said.out + out).replace("\N{NO-BREAK SPACE}", " "))
            assert status == wanted, f"{command}\nstatus {status}\n{said.out}{out}{said.err}"
        self.last = "\n".join(self.told[since:])

    def _real(self, text: str) -> str:
        for word, real in {**self.stand_ins, **self.variables}.items():
            text = text.replace(word, real)
        return text

    def _execute(self, command: str) -> tuple[int, str]:
        words = shlex.split(command, comments=True)
        if not words:
            return 0, ""
        program = words[0]
        if program == "export":
            name, _, value = words[1].partition("=")
            self.variables["$" + name] = value
            self.monkeypatch.setenv(name, value)
            return 0, ""
        if program == "commonweal":
            return self._command(words[1:]), ""
        if program == "./run":
            return self._run(words[1:]), ""
        if program in ("python3", ".venv/bin/python"):
            return self._python(program, words[1:])
        if program == "curl":
            return self._curl(words[1:])
        return self._other(words)

    def _command(self, words: list[str]) -> int:
        try:
            return main(words)
        except SystemExit as stop:
            return int(stop.code or 0)

    def _run(self, words: list[str]) -> int:
        verb, rest = words[0], words[1:]
        short = f"./run {verb}"
        if short in ELSEWHERE and not (verb == "demo" and rest):
            assert Path(ROOT / ELSEWHERE[short]).is_file()
            return 0
        if verb == "doctor":
            return doctor.main(["--data", str(self.folder), *rest])
        if verb == "stop":
            return 0
        return self._command(rest if verb == "cli" else [verb, *rest])

    def _python(self, program: str, words: list[str]) -> tuple[int, str]:
        if program == "python3":  # plain: what is installed here must not help
            done = subprocess.run(
                [sys.executable, "-I", *words], cwd=self.folder, capture_output=True, text=True,
                check=False,
            )  # fmt: skip
            return done.returncode, done.stdout + done.stderr
        self.monkeypatch.setattr(sys, "argv", words)
        runpy.run_path(words[0], run_name="__main__")
        return 0, ""

    def _curl(self, words: list[str]) -> tuple[int, str]:
        """A request to the site, as curl would send it; status 22 where curl --fail has it."""
        ask = read_curl(words, self.folder)
        response = Client().generic(
            ask.method, ask.address, ask.body, content_type=ask.media, headers=ask.headers
        )
        body = b"".join(response) if response.streaming else response.content
        if ask.out is not None:
            (self.folder / ask.out).write_bytes(body)
            return 0, ""
        status = 22 if ask.fails and response.status_code >= 400 else 0
        return status, body.decode()

    def _other(self, words: list[str]) -> tuple[int, str]:
        assert words[0] in (*PLAIN, "hledger"), f"no page may ask for {words[0]}: see shell.py"
        if shutil.which(words[0]) is None:
            pytest.skip(f"{words[0]} is not installed")
        done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


class Request:
    """What a curl command asks for."""

    def __init__(self) -> None:
        self.method, self.address, self.media = "", "", "application/x-www-form-urlencoded"
        self.headers: dict[str, str] = {}
        self.body = b""
        self.out: str | None = None
        self.fails = False


def read_curl(words: list[str], folder: Path) -> Request:
    """The options that pages use; any other is refused, so that nothing is ignored."""
    ask, rest = Request(), iter(words)

    def data(text: str) -> None:
        ask.body = (folder / text[1:]).read_bytes() if text[:1] == "@" else text.encode()
        ask.method = ask.method or "POST"

    def header(text: str) -> None:
        name, _, value = text.partition(":")
        if name.lower() == "content-type":
            ask.media = value.strip()
        else:
            ask.headers[name] = value.strip()

    takes: dict[str, Callable[[str], Any]] = {
        "-X": lambda text: setattr(ask, "method", text),
        "-H": header,
        "-d": data,
        "--data-binary": data,
        "-o": lambda text: setattr(ask, "out", text),
    }
    for word in rest:
        if word in takes:
            takes[word](next(rest))
        elif word == "--fail":
            ask.fails = True
        elif word in ("-s", "-sS"):
            continue
        else:
            assert not word.startswith("-"), f"shell.py does not know curl {word}"
            parts = urlsplit(word)
            ask.address = parts.path + (f"?{parts.query}" if parts.query else "")
    ask.method = ask.method or "GET"
    return ask
