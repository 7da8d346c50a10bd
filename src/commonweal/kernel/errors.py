"""The errors that a person may see. Pure: domain code imports them from here."""

from __future__ import annotations

from typing import Any


class CommonwealError(Exception):
    """An error that a person may read: a stable code, and a message with what, where and remedy."""

    status = 400

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message
        self.details = details


class NotFound(CommonwealError):
    """The thing does not exist, or is not the actor's to see (both look alike on purpose)."""

    status = 404


class Forbidden(CommonwealError):
    """The actor may not do this."""

    status = 403


class Conflict(CommonwealError):
    """The request contradicts what is already recorded."""

    status = 409
