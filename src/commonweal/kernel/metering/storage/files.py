"""Files that are the record: whole or absent, on disk before the manifest says so."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from ..domain import UsageError

ROOT = "usage"
_TEMPORARY = ".part"


@dataclass(frozen=True)
class Written:
    """A file that is safely on disk; `path` is relative to the data folder."""

    path: str
    size_bytes: int
    sha256: str


def data_folder() -> Path:
    """The installation's data folder."""
    return Path(settings.DATA_DIR)


def absolute(path: str) -> Path:
    """The place of a manifest's path, which must lie in the usage folder."""
    base = (data_folder() / ROOT).resolve()
    found = (data_folder() / path).resolve()
    if not found.is_relative_to(base):
        raise UsageError(
            "USAGE-304", f"The path {path} leaves the data folder. Restore the manifest's backup."
        )
    return found


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_whole(path: str, write: Callable[[Path], None]) -> Written:
    """Write a file beside its place, sync it, put it in place, sync the folders above it."""
    place = absolute(path)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = place.with_name(place.name + _TEMPORARY)
    try:
        write(part)
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        written = Written(path, part.stat().st_size, file_sha256(part))
        os.replace(part, place)
    finally:
        part.unlink(missing_ok=True)
    sync_folders(place.parent)
    return written


def sync_folders(folder: Path) -> None:
    """Bring a folder's entries to disk, and every name above it up to the data folder.

    Always all of them: that a folder is there does not say that its name is on disk, for whoever
    made it may have been killed before syncing it.
    """
    base = data_folder()
    for each in (folder, *folder.parents):
        sync_folder(each)
        if each == base:
            return


def sync_folder(folder: Path) -> None:
    """Bring a folder's entries to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_KNOWN: dict[Path, tuple[object, ...]] = {}
"""Files whose hash this process has compared, as they stood then: by number, size and times."""
_SETTLED = 2_000_000_000
"""Nanoseconds after which a change would show in a file's times, however coarse the clock."""


def _standing(place: Path, sha256: str) -> tuple[object, ...] | None:
    """What would differ if the file was written to; None while it is too young to tell."""
    seen = place.stat()
    # The machine's own clock, as the file's times are; no moment of the record.
    if time.time_ns() - max(seen.st_mtime_ns, seen.st_ctime_ns) < _SETTLED:
        return None
    return sha256, seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def known(path: str, sha256: str) -> Path:
    """As `checked`, for pages: a file is hashed once a process, and again once it was touched.

    What goes bad on the disk without a write shows at the next start, close or bill's pack.
    """
    place = absolute(path)
    standing = _standing(place, sha256) if place.is_file() else None
    if standing is not None and _KNOWN.get(place) == standing:
        return place
    found = checked(path, sha256)
    if standing is not None and standing == _standing(place, sha256):
        _KNOWN[place] = standing
    return found


def checked(path: str, sha256: str) -> Path:
    """The file of a manifest row, after comparing its hash (USAGE-303 if it differs)."""
    place = absolute(path)
    if not place.is_file() or file_sha256(place) != sha256:
        raise UsageError(
            "USAGE-303",
            f"The file {path} is missing or damaged. Restore it from the backup, then try again.",
        )
    return place


def orphans(known: set[str]) -> list[Path]:
    """Files of the usage folder that no manifest row names."""
    base = data_folder() / ROOT
    if not base.is_dir():
        return []
    return sorted(
        path
        for path in base.rglob("*")
        if path.is_file() and path.relative_to(data_folder()).as_posix() not in known
    )
