"""Where documents lie."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


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
