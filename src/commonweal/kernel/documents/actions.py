"""Writing documents: bytes first, then the row."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from uuid import UUID, uuid4

from ..access.public import Actor
from ..audit.public import action, record
from ..errors import CommonwealError, Forbidden
from .models import Document
from .storage import absolute, hold_place, plain_name


class DocumentError(CommonwealError):
    """A document cannot be stored or read as asked."""


_lasting: set[Path] = set()
"""Folders that this process saw on disk; none is ever taken away (`removing` takes files)."""


def _keep(path: Path, data: bytes) -> None:
    """Write bytes to a path safely: a whole file or none, on disk before this returns."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{uuid4().hex}.part")
    try:
        with draft.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        draft.chmod(0o600)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)
    if path.parent not in _lasting:
        # A new folder is on disk only with the one that holds it: agency, documents, data.
        for folder in list(path.parents)[1:4]:
            _sync_folder(folder)
        _lasting.add(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@action
def store(
    *,
    actor: Actor,
    agency_id: UUID,
    owner: tuple[str, UUID | str],
    kind: str,
    filename: str,
    media_type: str,
    data: bytes,
) -> Document:
    """Keep a file. Storing the same bytes for the same owner and kind again returns the first.

    Errors: DOCUMENTS-101 when the disk refuses; nothing is written then.
    """
    if not actor.centre and agency_id not in actor.agencies:
        raise Forbidden("DOCUMENTS-403", "You can keep files only for your own agency.")
    digest = hashlib.sha256(data).hexdigest()
    owner_type, owner_id = owner[0], UUID(str(owner[1]))
    known = Document.objects.filter(
        agency_id=agency_id, owner_type=owner_type, owner_id=owner_id, kind=kind, sha256=digest,
        removal__isnull=True,
    ).first()  # fmt: skip
    place = f"{agency_id}/{digest[:2]}/{digest}"
    path = absolute(place)
    hold_place(place, shared=True)
    if known is None or not path.is_file():
        try:
            _keep(path, data)
        except OSError as error:
            raise DocumentError(
                "DOCUMENTS-101",
                "The file could not be kept: the disk refuses it. Free space, then try again.",
            ) from error
    document = known or Document.objects.create(
        agency_id=agency_id,
        owner_type=owner_type,
        owner_id=owner_id,
        kind=kind,
        filename=plain_name(filename),
        media_type=media_type,
        size=len(data),
        sha256=digest,
        path=place,
        stored_by=actor.user_id,
    )
    record(
        actor=actor,
        verb="documents.stored" if known is None else "documents.stored_again",
        target=document,
        agency_id=agency_id,
        payload={"kind": kind, "sha256": digest, "owner": [owner_type, owner_id]},
    )
    return document
