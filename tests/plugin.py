"""What the tests stand on before Django's settings are read. Loaded by `-p`.

Keeps the tests off the network, and starts the local database when none was given: `./run test`
has done so already, this serves `python -m pytest` called by hand.
"""

from __future__ import annotations

import os
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))
os.environ.setdefault("COMMONWEAL_DATA", str(ROOT / ".commonweal" / "test"))


class Network(RuntimeError):
    """A test wanted to leave this machine."""


def is_near(host: object) -> bool:
    """Whether a host is this machine itself."""
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ip_address(os.fsdecode(str(host).split("%")[0])).is_loopback
    except ValueError:
        return False


def stay_here(event: str, given: tuple[Any, ...]) -> None:
    """Refuse every connection and look-up of this process that is not of this machine."""
    if event in ("socket.connect", "socket.sendto") and isinstance(given[1], tuple):
        host = given[1][0]
    elif event == "socket.getaddrinfo":
        host = given[0]
    else:
        return
    if not is_near(host):
        raise Network(f"tests never reach the network, this one asked for {host}")


sys.addaudithook(stay_here)
# Each worker counts failed sign-ins of its own; one must not inherit the controller's place.
os.environ["COMMONWEAL_CACHE"] = os.path.join(os.environ["COMMONWEAL_DATA"], f"cache-{os.getpid()}")

if "DATABASE_URL" not in os.environ:
    from commonweal.ops.localdb import ensure_database

    database = ensure_database(Path(os.environ["COMMONWEAL_DATA"]), durable=False)
    os.environ["DATABASE_URL"] = database.owner_url
    os.environ["DATABASE_APP_URL"] = database.app_url
