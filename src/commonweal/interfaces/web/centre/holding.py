"""Uploaded files between “show me” and “do it”: kept for one person and one day, then gone.

A file's name is an id made here; no word of a person reaches a path.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.schema.public import Forbidden

from .base import FormError

KEEP_SECONDS = 24 * 3600
LARGEST = 512 * 1024 * 1024


def folder(actor: Actor) -> Path:
    """The person's own folder of held files."""
    if actor.user_id is None:
        raise Forbidden("FORM-403", _("Only a signed-in person can upload a file."))
    return Path(settings.DATA_DIR) / "held" / str(actor.user_id)


def hold(actor: Actor, upload: UploadedFile[Any] | None) -> UUID:
    """Keep an uploaded file; the person's files older than a day go (FORM-107)."""
    if upload is None or not upload.size:
        raise FormError("FORM-107", _("Choose a file that is not empty."), field="file")
    if upload.size > LARGEST:
        raise FormError("FORM-107", _("The file is larger than 512 MB. Split it."), field="file")
    token = uuid4()
    with (_swept(actor) / token.hex).open("xb") as stream:
        for chunk in upload.chunks():
            stream.write(chunk)
    return token


def hold_again(actor: Actor, path: Path) -> UUID:
    """Hold a file that is kept elsewhere in the data folder (FORM-110 once it is gone)."""
    token = uuid4()
    try:
        shutil.copyfile(path, _swept(actor) / token.hex)
    except FileNotFoundError:
        raise _gone() from None
    return token


def _swept(actor: Actor) -> Path:
    """The person's folder, without what is older than a day."""
    place = folder(actor)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in place.iterdir():
        if old.stat().st_mtime < time.time() - KEEP_SECONDS:
            old.unlink(missing_ok=True)
    return place


def _gone() -> FormError:
    return FormError(
        "FORM-110", _("The uploaded file is not kept any more. Upload it again."), field="file"
    )


def held(actor: Actor, token: UUID) -> Path:
    """A held file of the same person (FORM-110 once it is gone)."""
    path = folder(actor) / token.hex
    if not path.is_file():
        raise _gone()
    return path


def still_held(actor: Actor, token: UUID | None) -> UUID | None:
    """The token, while its file is kept."""
    return token if token and (folder(actor) / token.hex).is_file() else None


def move_beside(actor: Actor, token: UUID, source: Path) -> None:
    """Keep what a try of a held file found, in place of what an earlier try found."""
    shutil.move(source, folder(actor) / f"{token.hex}.rows")


def beside(actor: Actor, token: UUID) -> Path:
    """What the last try of the person's held file found (FORM-110 if nothing is kept)."""
    path = folder(actor) / f"{token.hex}.rows"
    if not path.is_file():
        raise FormError("FORM-110", _("These rows are not kept any more. Upload the file again."))
    return path


def release(actor: Actor, token: UUID) -> None:
    """Delete a held file, and what was kept beside it."""
    for path in folder(actor).glob(f"{token.hex}*"):
        path.unlink(missing_ok=True)
