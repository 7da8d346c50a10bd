"""One POST to an address that was checked: in bounded time, with no redirect, to no other place."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from commonweal.kernel.notices.webhooks.addresses import Policy
from commonweal.kernel.notices.webhooks.client import Answer, Client

from .receiver import LOOPBACK, Receiver

Serve = Callable[[Callable[[socket.socket], None]], int]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.stop()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server that treats each connection as a function does; its port."""
    opened: list[socket.socket] = []

    def begin(treat: Callable[[socket.socket], None]) -> int:
        listening = socket.create_server(("127.0.0.1", 0))
        opened.append(listening)

        def work() -> None:
            while True:
                try:
                    line, _address = listening.accept()
                except OSError:
                    return
                with line:
                    try:
                        treat(line)
                    except OSError:
                        continue

        threading.Thread(target=work, daemon=True).start()
        return int(listening.getsockname()[1])

    yield begin
    for each in opened:
        each.close()


def client(port: int, **more: Any) -> Client:
    policy = Policy(ports=frozenset({port}), http=True, networks=(LOOPBACK,))
    given: dict[str, Any] = {"policy": policy, "seconds": 5.0, **more}
    return Client(**given)


def port_of(receiver: Receiver) -> int:
    return int(receiver.server_address[1])


def test_a_post(receiver: Receiver) -> None:
    answer = client(port_of(receiver)).post(receiver.url, {"X-One": "1"}, b'{"a":1}')
    assert (answer.status, answer.error, answer.good) == (204, "", True)
    (got,) = receiver.got
    assert (got.path, got.body, got.headers["x-one"]) == ("/hook?from=cw", b'{"a":1}', "1")
    assert got.headers["host"] == f"127.0.0.1:{port_of(receiver)}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_leads_nowhere(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _got: status
    receiver.location = receiver.url
    answer = client(port_of(receiver)).post(receiver.url, {}, b"")
    assert (answer.status, answer.good, len(receiver.got)) == (status, False, 1)


def test_the_address_that_was_checked_is_the_one_connected_to() -> None:
    """A name whose second look-up leads inside (DNS rebinding) is looked up once."""
    outer, inner = Receiver("127.0.0.2"), Receiver("127.0.0.3")
    outer_port = port_of(outer)
    inner.stop()
    inner = Receiver("127.0.0.3", outer_port)
    answers = [["127.0.0.2"], ["127.0.0.3"], ["127.0.0.3"]]
    policy = Policy(frozenset({outer_port}), True, (ipaddress.ip_network("127.0.0.2/32"),))
    sender = Client(policy, resolver=lambda *_: answers.pop(0))
    url = f"http://hooks.parks.org:{outer_port}/"
    assert sender.post(url, {}, b"").status == 204
    assert (len(outer.got), len(inner.got), len(answers)) == (1, 0, 2)
    assert outer.got[0].headers["host"] == f"hooks.parks.org:{outer_port}"
    assert sender.post(url, {}, b"") == Answer(0, "refused", 0)
    assert inner.got == []
    outer.stop()
    inner.stop()


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["::1"], ["::ffff:10.0.0.1"],
        ["fe80::1%eth0"], ["169.254.169.254"],
    ],
)  # fmt: skip
def test_a_name_that_leads_inside_is_refused_when_called(found: list[str]) -> None:
    def reach(*_: object) -> None:
        raise AssertionError("it was connected to")

    sender = Client(resolver=lambda *_: found)
    object.__setattr__(sender, "_reach", reach)
    assert sender.post("https://hooks.parks.org/", {}, b"").error == "refused"


def test_what_is_refused_by_name_is_not_even_looked_up(receiver: Receiver) -> None:
    def look(*_: object) -> list[str]:
        raise AssertionError("it was looked up")

    sender = Client(resolver=look)
    assert sender.post(receiver.url, {}, b"").error == "refused"
    assert receiver.got == []


def test_a_name_without_an_address() -> None:
    def nothing(*_: object) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    for resolver in (nothing, lambda *_: []):
        found = Client(resolver=resolver).post("https://hooks.parks.org/", {}, b"")
        assert found.error == "no_address"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert client(port).post(f"http://127.0.0.1:{port}/", {}, b"").error == "unreachable"


def test_whoever_is_slow_is_left_after_the_time_set(serve: Serve) -> None:
    def drip(line: socket.socket) -> None:
        for _ in range(200):
            line.sendall(b"H")
            time.sleep(0.05)

    def silent(line: socket.socket) -> None:
        line.recv(1)
        time.sleep(3)

    for treat in (drip, silent):
        port = serve(treat)
        begun = time.monotonic()
        answer = client(port, seconds=0.4).post(f"http://127.0.0.1:{port}/", {}, b"{}")
        assert answer.error == "timeout"
        assert answer.milliseconds >= 300
        assert time.monotonic() - begun < 2.5


def test_of_an_endless_answer_little_is_read(serve: Serve) -> None:
    sent = [0]

    def flood(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(500):
            line.sendall(b"x" * 100_000)
            sent[0] += 100_000

    port = serve(flood)
    assert client(port).post(f"http://127.0.0.1:{port}/", {}, b"{}").status == 200
    time.sleep(0.2)
    assert sent[0] < 20_000_000

    other = serve(lambda line: [line.sendall(b"junk" * 1000) for _ in range(100)] and None)
    assert client(other).post(f"http://127.0.0.1:{other}/", {}, b"{}").error == "no_http"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n", 202),
        (b"HTTP/1.0 500 No\r\n\r\n", 500),
        (b"HTTP/1.1 200\r\n\r\n", 200),
        (b"HTTP/2 200\r\n\r\n", 0),
        (b"", 0),
        (b"HTTP/1.1 999 Odd\r\n\r\n", 0),
    ],
)
def test_answers_of_all_kinds(serve: Serve, said: bytes, status: int) -> None:
    def treat(line: socket.socket) -> None:
        line.recv(10_000)
        line.sendall(said)

    port = serve(treat)
    answer = client(port).post(f"http://127.0.0.1:{port}/", {}, b"{}")
    assert (answer.status, answer.error) == (status, "" if status else "no_http")


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for a name, and one that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    pem = made.public_bytes(serialization.Encoding.PEM)
    file.write_bytes(
        pem
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(file)
    return own, ssl.create_default_context(cadata=pem.decode())


def test_the_certificate_is_checked_against_the_name(serve: Serve, tmp_path: Path) -> None:
    own, trust = certificate(tmp_path, "hooks.parks.org")

    def treat(line: socket.socket) -> None:
        with own.wrap_socket(line, server_side=True) as secured:
            secured.recv(10_000)
            secured.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    port = serve(treat)
    policy = Policy(ports=frozenset({port}), networks=(LOOPBACK,))

    def post(host: str, trusted: ssl.SSLContext | None) -> Answer:
        sender = Client(policy, seconds=5.0, resolver=lambda *_: ["127.0.0.1"], trust=trusted)
        return sender.post(f"https://{host}:{port}/", {}, b"{}")

    assert post("hooks.parks.org", trust).status == 200
    assert post("hooks.water.org", trust).error == "tls"
    assert post("hooks.parks.org", None).error == "tls"


def test_a_proxy_is_asked_for_the_checked_address(serve: Serve, receiver: Receiver) -> None:
    asked: list[bytes] = []

    def proxy(line: socket.socket) -> None:
        seen = b""
        while not seen.endswith(b"\r\n\r\n"):
            seen += line.recv(1000)
        asked.append(seen.partition(b"\r\n")[0])
        if b"127.0.0.1" not in asked[-1]:
            line.sendall(b"HTTP/1.1 403 No\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", port_of(receiver))) as onward:
            line.sendall(b"HTTP/1.1 200 Yes\r\nX: y\r\n\r\n")
            onward.sendall(line.recv(100_000))
            line.sendall(onward.recv(100_000))

    way = ("127.0.0.1", serve(proxy))
    port = port_of(receiver)
    sender = client(port, proxy=way, resolver=lambda *_: ["127.0.0.1"])
    assert sender.post(f"http://hooks.parks.org:{port}/", {}, b"{}").status == 204
    assert asked == [f"CONNECT 127.0.0.1:{port} HTTP/1.1".encode()]
    other = client(port, proxy=way, resolver=lambda *_: ["127.0.0.9"])
    assert other.post(f"http://hooks.parks.org:{port}/", {}, b"{}").error == "proxy"
    assert len(receiver.got) == 1
