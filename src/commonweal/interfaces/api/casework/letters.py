"""Letters by scan."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import File as Part
from ninja import Query
from ninja.files import UploadedFile
from pydantic import Field

from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import agency as find_agency

from ..kit import paging
from ..kit.doors import Asked, centre
from ..kit.types import AgencyKey, In, Long, Out, Page, Text
from .fees import FeeReasonIn
from .reads import door
from .shapes import CaseKey, CaseOut, ContactIn

WORK = centre("casework.work")
Subject = Annotated[Text, Field(min_length=1, max_length=200)]


class LetterOut(Out):
    """A scanned letter. `state`: waiting, filed or dropped; `how` it was filed: by its cover sheet
    (`cover`), by hand (`hand`), or a case was opened for it (`opened`)."""

    id: UUID
    name: str
    media_type: str
    size: int
    pages: int
    verdict: str
    sentence: str
    state: str
    how: str
    case: str | None
    scanned_at: datetime

    @staticmethod
    def resolve_case(row: Any) -> str | None:
        """The number of the case that it was filed to."""
        return str(row.case.number) if row.case else None


class TakenLetterOut(Out):
    """The letter. `fresh`: false where the same bytes were there before."""

    letter: LetterOut
    fresh: bool


@door.post("/letters", access=WORK, returns=TakenLetterOut, status=201)
def take_letter(
    request: Asked, file: UploadedFile = Part(..., description="A PDF or a picture.")
) -> Any:
    """Take in a scan; a cover sheet in it files it at once, else it waits to be sorted."""
    return casework.take_letter(
        actor=request.actor,
        filename=file.name or "",
        media_type=file.content_type or "",
        data=file.read(),
    )


@door.get("/letters", access=WORK, returns=Page[LetterOut])
def list_letters(
    request: Asked,
    waiting: bool = Query(False, description="Only those to be sorted, the oldest first."),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Letters that were taken in, the newest first."""
    at = paging.place(after, limit)
    return paging.answer(casework.letters(request.actor, at, waiting=waiting))


class FileLetterIn(In):
    """The number of the case that it belongs to."""

    case: CaseKey


@door.post("/letters/{letter_id}/file", access=WORK, returns=LetterOut)
def file_letter(request: Asked, letter_id: UUID, data: FileLetterIn) -> casework.ScannedLetter:
    """File a waiting letter to a case."""
    return casework.file_letter(actor=request.actor, letter_id=letter_id, number=data.case)


class OpenLetterIn(In):
    """The case that is opened for a letter, and who wrote it."""

    agency: AgencyKey
    category: Annotated[Text, Field(min_length=1, max_length=60)]
    subject: Subject
    text: Long = ""
    place: Annotated[Text, Field(max_length=300)] = ""
    contact: ContactIn | None = None


@door.post("/letters/{letter_id}/open", access=WORK, returns=CaseOut, status=201)
def open_for_letter(request: Asked, letter_id: UUID, data: OpenLetterIn) -> casework.Case:
    """Open a case for a waiting letter, by the channel letter."""
    actor = request.actor
    agency_id = find_agency(actor, data.agency).pk
    requester = None
    if data.contact is not None:
        given = data.contact.model_dump()
        requester = casework.put_contact(actor=actor, agency_id=agency_id, **given)
    new = casework.NewCase(
        case_type="",
        category=data.category,
        subject=data.subject,
        text=data.text,
        place=data.place,
        requester=requester,
    )
    return casework.open_for_letter(
        actor=actor, letter_id=letter_id, agency_id=agency_id, new=new
    ).case


@door.post("/letters/{letter_id}/drop", access=WORK, returns=LetterOut)
def drop_letter(request: Asked, letter_id: UUID, data: FeeReasonIn) -> casework.ScannedLetter:
    """Take a waiting letter away, with its scan, for a reason."""
    return casework.drop_letter(actor=request.actor, letter_id=letter_id, reason=data.reason)
