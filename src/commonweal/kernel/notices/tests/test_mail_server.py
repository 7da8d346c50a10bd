"""Mail leaves through the server that the settings name: a process of its own, a real dialogue."""

from __future__ import annotations

import base64
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

SEND = (
    "from django.core.mail import send_mail; from django.conf import settings;"
    " send_mail('Your bill', 'is ready', None, ['nora@example.test'])"
)


class Server(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as a client needs, and keeps what it was told."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.heard: list[str] = []


class _Dialogue(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self._say("220 mail.test")
        in_data = False
        for line in self.rfile:
            text = line.decode().rstrip("\r\n")
            self.server.heard.append(text)
            if in_data:
                in_data = text != "."
                if not in_data:
                    self._say("250 kept")
            elif text[:4].upper() == "EHLO":
                self._say("250-mail.test\r\n250 AUTH PLAIN")
            elif text.upper() == "DATA":
                in_data = True
                self._say("354 go on")
            elif text.upper() == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("235 in" if text.startswith("AUTH") else "250 fine")

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def send(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "COMMONWEAL_DATA": str(tmp_path), **variables}
    env["DJANGO_SETTINGS_MODULE"] = "commonweal.settings"
    return subprocess.run(
        [sys.executable, "-c", SEND], env=env, capture_output=True, text=True, check=False
    )


def test_the_server_the_user_and_the_secret_in_its_file(tmp_path: Path, server: Server) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "smtp_password").write_text("open sesame\n")
    done = send(
        tmp_path,
        COMMONWEAL_SMTP_HOST="127.0.0.1",
        COMMONWEAL_SMTP_PORT=str(server.server_address[1]),
        COMMONWEAL_SMTP_SECURITY="none",
        COMMONWEAL_SMTP_USER="centre",
        COMMONWEAL_MAIL_FROM="billing@centre.test",
    )
    assert done.returncode == 0, done.stderr
    told = base64.b64decode(server.heard[1].removeprefix("AUTH PLAIN "))
    assert told == b"\0centre\0open sesame"
    assert any(line.startswith("mail FROM:<billing@centre.test>") for line in server.heard)
    assert "Subject: Your bill" in server.heard


def test_without_encryption_offered_nothing_is_said(tmp_path: Path, server: Server) -> None:
    done = send(
        tmp_path,
        COMMONWEAL_SMTP_HOST="127.0.0.1",
        COMMONWEAL_SMTP_PORT=str(server.server_address[1]),
    )
    assert done.returncode == 1
    assert "STARTTLS" in done.stderr
    assert not any(line.startswith("mail FROM") for line in server.heard)


def test_without_a_server_mail_stays_in_the_folder(tmp_path: Path) -> None:
    assert send(tmp_path).returncode == 0
    (kept,) = (tmp_path / "mail").iterdir()
    assert "Subject: Your bill" in kept.read_text()


def test_an_unknown_security_is_named(tmp_path: Path) -> None:
    done = send(tmp_path, COMMONWEAL_SMTP_SECURITY="ssl3")
    assert "SETTINGS-103" in done.stderr
