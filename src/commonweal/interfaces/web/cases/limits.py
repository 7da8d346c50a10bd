"""How often one sender may do something at a door: nobody floods an agency."""

from __future__ import annotations

import hashlib

from django.core.cache import cache

from commonweal.kernel.schema.public import CommonwealError

from ..requests import Asked

HOUR = 3600
MOST_LOOKS = 400


class TooMany(CommonwealError):
    """Too much came from one sender in an hour."""

    status = 429


def limited(request: Asked, what: str, most: int) -> None:
    """Refuse what comes too often from one account, else one place (DOOR-429). Only a hash of it is
    kept, an hour."""
    account = getattr(getattr(request, "actor", None), "user_id", None)
    who = str(account or request.META.get("REMOTE_ADDR", ""))
    sender = hashlib.sha256(who.encode()).hexdigest()[:16]
    key = f"door:{what}:{sender}"
    cache.add(key, 0, HOUR)
    if cache.incr(key) > most:
        raise TooMany(
            "DOOR-429",
            "So much has come from here within an hour that we take no more just now. Try again "
            "later, or telephone.",
        )
