"""No test reaches the network, and nothing secret is kept in the repository (design §7, §8)."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = "192.0.2.1"  # a network that is reserved for documentation (RFC 5737)


def test_a_connection_to_another_machine_is_refused() -> None:
    with pytest.raises(RuntimeError, match="never reach the network"):
        socket.create_connection((ELSEWHERE, 80), timeout=0.01)


def test_a_name_is_not_looked_up() -> None:
    with pytest.raises(RuntimeError, match="never reach the network"):
        socket.getaddrinfo("commonweal.example", 443)


def test_a_datagram_is_not_sent() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out,
        pytest.raises(RuntimeError, match="never reach the network"),
    ):
        out.sendto(b"", (ELSEWHERE, 53))


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def test_no_data_folder_is_committed() -> None:
    """Secrets lie in data folders; a file of one in the repository would be published."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("this is no git checkout")
    names = listed.stdout.split("\0")
    assert "run" in names
    assert not [name for name in names if ".commonweal/" in name or "/secrets/" in name]
