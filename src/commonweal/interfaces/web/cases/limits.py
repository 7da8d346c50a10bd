"""How often one sender may do something at a door: nobody floods an agency."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address, ip_network
from pathlib import Path

from django.conf import settings
from django.core.cache import cache

from commonweal.kernel.calendar.public import now
from commonweal.kernel.schema.public import CommonwealError

from ..requests import Asked

HOUR = 3600
MOST_LOOKS = 400


class TooMany(CommonwealError):
    """Too much came from one sender in an hour."""

    status = 429


def limited(request: Asked, what: str, most: int) -> None:
    """Refuse what comes too often from one account, else one place (DOOR-429), within an hour of
    the clock. Only a hash of it is kept, an hour."""
    account = getattr(getattr(request, "actor", None), "user_id", None)
    who = str(account or place_of(request))
    sender = hashlib.sha256(who.encode()).hexdigest()[:16]
    key = f"door:{what}:{sender}:{int(now().timestamp()) // HOUR}"
    with _alone():
        count = int(cache.get(key, 0)) + 1
        cache.set(key, count, HOUR)
    if count > most:
        raise TooMany(
            "DOOR-429",
            "So much has come from here within an hour that we take no more just now. Try again "
            "later, or telephone.",
        )


def place_of(request: Asked) -> str:
    """From where a request comes: the address that our own proxies saw, whatever the sender wrote
    before it; of IPv6 the network, because one household has all the addresses of its own."""
    found = str(request.META.get("REMOTE_ADDR", ""))
    said = request.headers.get("X-Forwarded-For", "").split(",")
    hops = [each.strip() for each in said if each.strip()]
    if settings.PROXIES and len(hops) >= settings.PROXIES:
        found = hops[-settings.PROXIES]
    try:
        address = ip_address(found)
    except ValueError:
        return found
    return str(ip_network(f"{address}/64", strict=False) if address.version == 6 else address)


@contextmanager
def _alone() -> Iterator[None]:
    """One process counts at a time: who sends many at once is counted once for each."""
    folder = Path(str(settings.CACHES["default"]["LOCATION"]))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "limits.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
