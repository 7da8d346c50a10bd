"""Where documents lie."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import connection


def absolute(place: str) -> Path:
    """The file of a document's relative path."""
    return Path(settings.DATA_DIR) / "documents" / place


def plain_name(filename: str) -> str:
    """A file's name for the person who downloads it: no folders, no control characters.

    It never becomes part of a path here; bytes lie under their hash.
    """
    last = filename.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(letter for letter in last if letter.isprintable() and letter not in '"<>|')
    return kept.strip(". ")[:160] or "file"


def hold_place(place: str, *, shared: bool = False) -> None:
    """Hold where bytes lie until the transaction ends: who keeps, shared; who removes, alone."""
    call = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {call}(730420, hashtext(%s))", [place])
