"""Large files that wait for a worker: one a folder, beside the list of their refused rows.

A file that nobody goes on with is removed after two weeks (`tasks.clean_uploads`), whoever kept it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from uuid import UUID

from .files import data_folder, sync_folders


def kept_file(key: UUID) -> Path:
    """Where the file of an upload, or of other large work, is kept until it is done."""
    return data_folder() / "uploads" / str(key) / "file"


def keep_file(key: UUID, content: Path | bytes) -> None:
    """Keep a file, whole and on disk; a link to it where that can be."""
    place = kept_file(key)
    if isinstance(content, Path) and place.exists() and place.samefile(content):
        return
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = place.with_name("file.part")
    part.unlink(missing_ok=True)
    _fill(part, content)
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    os.replace(part, place)
    sync_folders(place.parent)


def _fill(part: Path, content: Path | bytes) -> None:
    if isinstance(content, bytes):
        part.write_bytes(content)
        return
    try:
        os.link(content, part)
    except OSError:
        shutil.copyfile(content, part)
