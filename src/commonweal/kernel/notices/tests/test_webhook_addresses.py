"""Where events may go: nowhere inside, whatever an address is called or leads to."""

from __future__ import annotations

import ipaddress

import pytest

from commonweal.kernel.notices.webhooks.addresses import Policy, WebhookError, allowed, target

OPEN = Policy()
INNER = [
    "https://127.0.0.1/", "https://10.1.2.3/", "https://172.16.0.1/", "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/", "https://100.100.100.200/",
    "https://168.63.129.16/", "https://0.0.0.0/", "https://255.255.255.255/", "https://224.0.0.1/",
    "https://192.0.2.1/", "https://198.18.0.1/", "https://[::1]/", "https://[::]/",
    "https://[fe80::1]/", "https://[fc00::1]/", "https://[fd00:ec2::254]/", "https://[ff02::1]/",
    "https://[::ffff:127.0.0.1]/", "https://[::ffff:a9fe:a9fe]/", "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/", "https://[2001:db8::1]/", "https://[::127.0.0.1]/",
    "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/",
    "https://017700000001/", "https://127.0.0.0x1/", "https://localhost/",
    "https://LOCALHOST./", "https://printer/", "https://db.internal/", "https://a.b.local/",
    "https://metadata.google.internal/", "https://x.corp/", "https://1.0.0.127.in-addr.arpa/",
]  # fmt: skip
ODD = [
    "http://hooks.parks.org/", "ftp://hooks.parks.org/", "file:///etc/passwd", "gopher://x.org/",
    "javascript:alert(1)", "", "hooks.parks.org", "https://", "https:///x", "//hooks.parks.org/",
    "https://hooks.parks.org:8443/", "https://hooks.parks.org:22/", "https://hooks.parks.org:0/",
    "https://hooks.parks.org:99999/", "https://hooks.parks.org:x/",
    "https://user:word@hooks.parks.org/", "https://hooks.parks.org@127.0.0.1/",
    "https://hooks.parks.org\\@127.0.0.1/", "https://127.0.0.1\\.hooks.parks.org/",
    "https://hooks.parks.org/#part", "https://hooks.parks.org/a b",
    "https://hooks.parks.org/\r\nX: y", "https://hooks.parks.org/\x00", "https://hööks.org/",
    "https://hooks.parks.org/" + "x" * 500, "https://[::1", "https://%31%32%37.0.0.1/",
    "https://a,b.org/",
]  # fmt: skip


@pytest.mark.parametrize("url", [*INNER, *ODD])
def test_refused(url: str) -> None:
    with pytest.raises(WebhookError) as caught:
        target(url, OPEN)
    assert (caught.value.code, caught.value.details["field"]) == ("NOTICES-121", "url")


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://hooks.parks.org", "hooks.parks.org", 443, "/"),
        ("https://Hooks.Parks.Org:443/a/b?c=d%20e", "hooks.parks.org", 443, "/a/b?c=d%20e"),
        ("https://93.184.215.14/x", "93.184.215.14", 443, "/x"),
        ("https://[2606:4700::1111]/", "2606:4700::1111", 443, "/"),
    ],
)
def test_taken(url: str, host: str, port: int, path: str) -> None:
    found = target(url, OPEN)
    assert (found.host, found.port, found.path) == (host, port, path)


def test_what_the_operator_opened_and_nothing_beside_it() -> None:
    own = Policy(
        ports=frozenset({443, 8443}), http=True, networks=(ipaddress.ip_network("10.20.0.0/16"),)
    )
    assert target("http://10.20.1.2/", own).authority == "10.20.1.2"
    assert target("https://10.20.1.2:8443/", own).authority == "10.20.1.2:8443"
    assert target("https://desk.internal:8443/", own).host == "desk.internal"
    for url in ("http://10.21.1.2/", "https://127.0.0.1/", "http://10.20.1.2:8080/"):
        with pytest.raises(WebhookError):
            target(url, own)


def test_an_inner_address_is_refused_however_it_is_written() -> None:
    for text in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1", "172.31.255.255"):
        plain = ipaddress.IPv4Address(text)
        assert not allowed(plain, OPEN)
        for prefix in ("::ffff:0:0", "64:ff9b::", "::"):
            inside = int(ipaddress.IPv6Address(prefix)) + int(plain)
            assert not allowed(ipaddress.IPv6Address(inside), OPEN)
        assert not allowed(ipaddress.IPv6Address((0x2002 << 112) + (int(plain) << 80)), OPEN)
    assert allowed(ipaddress.ip_address("8.8.8.8"), OPEN)
    assert allowed(ipaddress.ip_address("2606:4700::1111"), OPEN)
