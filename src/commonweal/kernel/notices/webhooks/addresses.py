"""Which addresses an event may be sent to. Pure.

Whoever may name an address that this server calls could make it call its own network. So a URL is
checked when it is named, every address of its name each time it is called, and the connection goes
to exactly the address that was checked.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...errors import CommonwealError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LONGEST = 500
_HOST = re.compile(r"[a-z0-9._:-]+")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

REFUSED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers; some clouds' metadata
        "127.0.0.0/8",  # this machine
        "168.63.129.16/32",  # a cloud's own agent
        "169.254.0.0/16",  # the link, and most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocols' own
        "192.0.2.0/24",  # examples
        "192.88.99.0/24",  # 6to4's relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # examples
        "203.0.113.0/24",  # examples
        "224.0.0.0/4",  # many at once
        "240.0.0.0/4",  # reserved, and everybody
        "2001::/23",  # protocols' own, Teredo among them
        "2001:db8::/32",  # examples
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",  # examples
    )
)
GLOBAL = ipaddress.ip_network("2000::/3")
"""Of IPv6 only this is the open network: loopback, mapped and translated IPv4 (`::ffff:0:0/96`,
`64:ff9b::/96`), unique local, link-local and multicast addresses all lie outside."""
OWN_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa", "onion")


class WebhookError(CommonwealError):
    """A webhook cannot be set up or changed as asked."""


@dataclass(frozen=True)
class Policy:
    """Where events may go. `networks`: inner networks that the operator opened on purpose."""

    ports: frozenset[int] = frozenset({443})
    http: bool = False
    networks: tuple[Network, ...] = ()


@dataclass(frozen=True)
class Target:
    """A URL in its parts: where to connect, and what to ask for there."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The host as the request names it, with a port that is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"https": 443, "http": 80}[self.scheme]
        return host if self.port == usual else f"{host}:{self.port}"


def target(url: str, policy: Policy) -> Target:
    """A URL's parts, if events may be sent there (NOTICES-121 with what is wrong)."""
    blank = any(ord(sign) in (*range(33), 127) for sign in url)
    if not url.isascii() or len(url) > LONGEST or blank:
        raise _wrong(f"it holds a blank or a letter beyond ASCII, or more than {LONGEST} signs")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise _wrong("it is no web address") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and policy.http):
        raise _wrong("it must begin with https://")
    if not _HOST.fullmatch(host) or "@" in parts.netloc or "\\" in url:
        raise _wrong("it must name a host, without a user or password before it")
    if parts.fragment:
        raise _wrong("it must not hold a “#”")
    usual = 443 if parts.scheme == "https" else 80
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    found = Target(parts.scheme, host, usual if port is None else port, path)
    if found.port not in policy.ports and not (found.port == 80 and policy.http):
        raise _wrong(f"port {found.port} is not open for webhooks")
    _check_host(host, policy)
    return found


def _check_host(host: str, policy: Policy) -> None:
    """Refuse what already says that it is inside."""
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        last = host.rpartition(".")[2].lower()
        if _NUMBER.fullmatch(last):  # 127.1 and 0x7f.1 are addresses to some resolvers
            raise _wrong("write its address in full, or better a name") from None
        inner = "." not in host or last in OWN_NAMES
        if inner and not policy.networks:
            raise _wrong("it names a machine of an inner network") from None
        return
    if not allowed(literal, policy):
        raise _wrong("its address belongs to an inner network")


def allowed(address: Address, policy: Policy) -> bool:
    """Whether events may be sent to an address."""
    if any(address in network for network in policy.networks):
        return True
    if isinstance(address, ipaddress.IPv6Address) and address not in GLOBAL:
        return False
    return not any(address in network for network in REFUSED)


def checked(addresses: list[str], policy: Policy) -> list[Address]:
    """The addresses of a name, if every one of them is allowed; else none.

    One refused address refuses the name: whoever mixes inner and outer ones waits for our retry.
    """
    found = [ipaddress.ip_address(each.partition("%")[0]) for each in addresses]
    return found if all(allowed(each, policy) for each in found) else []


def _wrong(what: str) -> WebhookError:
    return WebhookError(
        "NOTICES-121",
        f"Events cannot be sent to this address: {what}. Enter a public one that you run.",
        field="url",
    )
