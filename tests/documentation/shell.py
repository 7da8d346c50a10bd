"""Executing what a page tells a reader to type, in this process, in a folder of its own.

`commonweal …` and `./run cli …` are the command itself; `curl` becomes a request to the site in
this process; programs of the page run as they would. What serves for ever returns at once.
"""

from __future__ import annotations

import io
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.test import Client
from tests.documentation.pages import ROOT

from commonweal.interfaces.cli.main import main
from commonweal.kernel.jobs.manifests import all_manifests
from commonweal.ops import doctor

PLAIN = ("mkdir", "cp", "mv", "ls", "cat", "chmod", "unzip")
"""Programs that every Debian has; what they do stays in the page's folder."""
SHOWN = {
    "cw_…": r"cw_[A-Za-z0-9_-]{20,}",
    "whsec_…": r"whsec_[A-Za-z0-9+/]{43}=",
    "cwo_…": r"cwo_[A-Za-z0-9_-]{20,}",
    "…-…": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
}
"""What a page cannot know beforehand: a token, a key, an id."""
ELSEWHERE = {
    "./run demo": "tests/simulation/test_demo.py",
    "./run test": "tests/architecture/test_commands.py",
    "./run check": "tests/architecture/test_commands.py",
    "./run deep": "tests/faults/test_deep.py",
    "-m commonweal.ops.messages": "src/commonweal/ops/tests/test_messages.py",
    "-m commonweal.ops.reference": "tests/documentation/test_reference.py",
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
        self.text = ""
        """The page itself."""
        self.superuser = ""
        """Where a page brings its own server: its superuser's address."""
        self.page: Callable[[], str] = str
        """What the browser shows."""
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
            return self._export(*words[1].split("=", 1))
        if program == "commonweal":
            return self._command(words[1:]), ""
        if program == "./run":
            return self._run(words[1:]), ""
        if program in ("python3", ".venv/bin/python"):
            return self._python(program, words[1:])
        if program == "pip":
            return self._install(Path(words[2]))
        if program == "psql":
            return self._psql(Path(words[2]))
        if program == "curl":
            return self._curl(words[1:])
        return self._other(words)

    def _export(self, name: str, value: str) -> tuple[int, str]:
        """Set a variable; `cw_…`, `whsec_…`, `…-…`: the token, key or id that was shown last."""
        if "…" in value:
            shown = re.findall(SHOWN[value], f"{self.page()} {' '.join(self.told)}")
            assert shown, f"nothing like {value} was shown"
            value = shown[-1]
        self.variables["$" + name] = value
        self.monkeypatch.setenv(name, value)
        if name == "COMMONWEAL_DATA":
            settings.DATA_DIR = Path(value)
        return 0, ""

    def _command(self, words: list[str]) -> int:
        if "$DATABASE_URL" in self.variables:  # another database: a process of its own
            done = subprocess.run(
                [sys.executable, "-m", "commonweal.interfaces.cli", *words],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            print(done.stdout, done.stderr)
            return done.returncode
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
        if words[0] == "-m":  # keeps files of the checkout in step: never from a test
            assert f"-m {words[1]}" in ELSEWHERE
            return 0, ""
        if "urllib.request" in (self.folder / words[0]).read_text(encoding="utf-8"):
            return self._talking(words)
        if program == "python3":  # plain: what is installed here must not help
            done = subprocess.run(
                [sys.executable, "-I", *words], cwd=self.folder, capture_output=True, text=True,
                check=False,
            )  # fmt: skip
            return done.returncode, done.stdout + done.stderr
        self.monkeypatch.setattr(sys, "argv", words)
        runpy.run_path(words[0], run_name="__main__")
        return 0, ""

    def _talking(self, words: list[str]) -> tuple[int, str]:
        """A program that speaks with the site by HTTP: what it asks is answered in this process."""
        with self.monkeypatch.context() as patched:
            patched.setattr(urllib.request, "urlopen", answer)
            patched.setattr(sys, "argv", words)
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

    def _install(self, project: Path) -> tuple[int, str]:
        """What pip does for a package without dependencies: importable, with its entry points."""
        home = self.folder / project
        about = tomllib.loads((home / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        info = home / f"{about['name']}-{about['version']}.dist-info"
        info.mkdir()
        lines = [f"Name: {about['name']}", f"Version: {about['version']}"]
        (info / "METADATA").write_text("\n".join(["Metadata-Version: 2.4", *lines]) + "\n")
        (info / "entry_points.txt").write_text(
            "\n".join(
                line
                for group, points in about["entry-points"].items()
                for line in (f"[{group}]", *(f"{name} = {at}" for name, at in points.items()))
            )
        )
        self.monkeypatch.syspath_prepend(str(home))
        all_manifests.cache_clear()
        return 0, ""

    def _psql(self, file: Path) -> tuple[int, str]:
        """The statements of a file, as the superuser of a server of one's own."""
        statements = (self.folder / file).read_text(encoding="utf-8").split(";\n")
        with psycopg.connect(self.superuser, autocommit=True) as server:
            for statement in filter(str.strip, statements):
                server.execute(statement)
        return 0, ""

    def _other(self, words: list[str]) -> tuple[int, str]:
        assert words[0] in (*PLAIN, "hledger"), f"no page may ask for {words[0]}: see shell.py"
        if shutil.which(words[0]) is None:
            pytest.skip(f"{words[0]} is not installed")
        done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


def answer(asked: urllib.request.Request) -> io.BytesIO:
    """What the site answers to a request of a program; a refusal is raised, as urllib does."""
    parts = urlsplit(asked.full_url)
    media = asked.get_header("Content-type") or ""
    response = Client().generic(
        asked.get_method(), parts.path, asked.data or b"", content_type=media,
        headers=dict(asked.header_items()),
    )  # fmt: skip
    if response.status_code >= 400:
        raise AssertionError(f"{asked.full_url}: {response.status_code} {response.content!r}")
    return io.BytesIO(response.content)


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
