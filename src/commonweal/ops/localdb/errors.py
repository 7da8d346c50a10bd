"""What can go wrong with the local database, in words that name the remedy."""

from __future__ import annotations

from commonweal.kernel.errors import CommonwealError


class LocalDatabaseError(CommonwealError):
    """The local database cannot be made, started or reached."""

    status = 503
