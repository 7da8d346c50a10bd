"""When what failed is the database or the disk: told apart from our own defects, with a remedy."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import psycopg
from django.db import InterfaceError, OperationalError

from ..errors import CommonwealError

# Connection lost, out of resources, shutting down (PostgreSQL's error classes).
_CLASSES = ("08", "53", "57")


class Unavailable(CommonwealError):
    """The database does not answer just now."""

    status = 503


class NoRoom(CommonwealError):
    """A disk is full."""

    status = 507


def outage_of(error: BaseException | None) -> CommonwealError | None:
    """The outage behind an error, or None if it is something else."""
    for cause in _causes(error):
        full = isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT)
        if full or isinstance(cause, psycopg.errors.DiskFull):
            return NoRoom(
                "HOUSE-507",
                "There is no room left on a disk of the server, so nothing of this step was kept."
                " Ask the administrator to free space, then do it again.",
            )
        if isinstance(cause, OperationalError | InterfaceError | psycopg.OperationalError):
            state = getattr(cause, "sqlstate", None) or getattr(cause.__cause__, "sqlstate", None)
            if state is None or state[:2] in _CLASSES:
                return Unavailable(
                    "HOUSE-503",
                    "The database does not answer just now, so nothing of this step was kept."
                    " Wait a minute, then do it again.",
                )
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
