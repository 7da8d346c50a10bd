"""One POST to an address that was checked, in bounded time; of the answer only its status is read.

There is no ready client here on purpose: those that we know resolve the name once more when they
connect, follow redirects, or read whatever comes.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from .addresses import Address, Policy, Target, WebhookError, checked, target

SECONDS = 10.0
MOST_READ = 1024
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\r?\n")
Resolver = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, as this machine sees it now."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


@dataclass(frozen=True)
class Answer:
    """What came of an attempt: an HTTP status, or a code of why there is none; and how long."""

    status: int = 0
    error: str = ""
    milliseconds: int = 0

    @property
    def good(self) -> bool:
        """The receiver took the event."""
        return 200 <= self.status < 300


class _Ended(Exception):
    """The attempt ended without an answer, for this reason."""


@dataclass(frozen=True)
class Client:
    """Sends events. `proxy`: (host, port) of an HTTP proxy that alone may reach the outside; it is
    asked (CONNECT) for the address that was checked. `resolver` and `trust` are set in tests."""

    policy: Policy = field(default_factory=Policy)
    proxy: tuple[str, int] | None = None
    seconds: float = SECONDS
    resolver: Resolver = resolve
    trust: ssl.SSLContext | None = None

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST once; never raises. Redirects are not followed: they are answers like any other."""
        begun = time.monotonic()
        end = begun + self.seconds
        status, error = 0, ""
        try:
            status = self._post(target(url, self.policy), headers, body, end)
        except WebhookError:
            error = "refused"
        except _Ended as ended:
            error = str(ended)
        except TimeoutError:
            error = "timeout"
        except ssl.SSLError:
            error = "tls"
        except (OSError, ValueError):
            error = "unreachable"
        return Answer(status, error, int((time.monotonic() - begun) * 1000))

    def _post(self, to: Target, headers: Mapping[str, str], body: bytes, end: float) -> int:
        with self._connect(to, end) as plain, self._secured(plain, to, end) as line:
            line.settimeout(_left(end))
            line.sendall(_request(to, headers, body))
            return _status(line, end)

    def _secured(self, line: socket.socket, to: Target, end: float) -> socket.socket:
        """The line itself, or TLS on it, with the certificate checked against the URL's host."""
        if to.scheme == "http":
            return line
        line.settimeout(_left(end))
        return (self.trust or _trust()).wrap_socket(line, server_hostname=to.host)

    def _connect(self, to: Target, end: float) -> socket.socket:
        """A connection to one of the checked addresses: never to a name."""
        try:
            names = self.resolver(to.host, to.port)
        except (OSError, UnicodeError):
            raise _Ended("no_address") from None
        if not names:
            raise _Ended("no_address")
        found = checked(names, self.policy)
        if not found:
            raise _Ended("refused")
        failed: OSError | None = None
        for address in found[:4]:
            try:
                return self._reach(address, to.port, end)
            except OSError as wrong:
                failed = wrong
        raise failed or _Ended("unreachable")

    def _reach(self, address: Address, port: int, end: float) -> socket.socket:
        if self.proxy is None:
            return socket.create_connection((str(address), port), timeout=_left(end))
        line = socket.create_connection(self.proxy, timeout=_left(end))
        try:
            host = f"[{address}]" if address.version == 6 else str(address)
            line.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            if not 200 <= _status(line, end, whole=True) < 300:
                raise _Ended("proxy")
        except BaseException:
            line.close()
            raise
        return line


def _left(end: float) -> float:
    """The seconds that remain."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _request(to: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = {
        "Host": to.authority,
        "User-Agent": "Commonweal-Webhooks/1",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {to.path} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def _status(line: socket.socket, end: float, whole: bool = False) -> int:
    """The status of the answer; at most 1 kB is read, and nothing of it kept.

    `whole`: read to the end of the head, byte by byte, since what follows belongs to another layer.
    """
    seen, read = b"", 0
    while read < MOST_READ:
        line.settimeout(_left(end))
        piece = line.recv(1 if whole else MOST_READ - read)
        if not piece:
            break
        seen, read = seen + piece, read + len(piece)
        while seen.startswith(b"HTTP/1.1 1") and b"\r\n\r\n" in seen:
            seen = seen.partition(b"\r\n\r\n")[2]  # an interim answer; the real one follows
        found = _STATUS.match(seen)
        if found and not seen.startswith(b"HTTP/1.1 1") and (not whole or b"\r\n\r\n" in seen):
            return int(found[1])
    raise _Ended("no_http")
