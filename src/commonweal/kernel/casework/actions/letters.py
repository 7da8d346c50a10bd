"""Letters by scan: filed by the cover sheet of their case, or kept until somebody sorts them.

The same bytes are the same letter: a stack that is scanned or sent twice changes nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings
from django.db import transaction

from ...access.public import Actor, require
from ...audit.public import action, record
from ...calendar.public import now
from ...documents.public import (
    GuardError,
    Inspection,
    inspect,
    open_document,
    read_marks,
    remove_bytes,
    store,
)
from ...party.public import centre
from ...schema.public import CommonwealError, Conflict, NotFound
from ..domain.covers import cases_named
from ..domain.errors import CaseError
from ..models import Attachment, Case, ScannedLetter
from ..rules import WORK
from .attaching import attach, neutral
from .opening import NewCase, Opened, open_case
from .talking import Said, receive_message

OWNER = "casework.ScannedLetter"
MOST_LETTERS = 100


@dataclass(frozen=True)
class Scanned:
    """A letter taken in; `fresh`: false where the same bytes were there before."""

    letter: ScannedLetter
    fresh: bool


@action
def take_letter(*, actor: Actor, filename: str, media_type: str, data: bytes) -> Scanned:
    """Take in one scanned file (a PDF or a picture). A cover sheet in it files it to its case at
    once; without one, with several, or where that is refused, it waits to be sorted.

    Errors: ACCESS-403, CASE-240 neither a PDF nor a picture, DOCUMENTS-211 and 212.
    """
    require(actor, WORK)
    digest = hashlib.sha256(data).hexdigest()
    known = ScannedLetter.objects.filter(sha256=digest).first()
    if known is not None:
        record(actor=actor, verb="casework.letter_again", target=known)
        return Scanned(known, fresh=False)
    found = inspect(filename, media_type, data)
    if found.verdict == "refuse":
        raise GuardError(found.code, found.sentence, field="letters")
    if found.verdict == "ok" and found.kind not in ("pdf", "picture"):
        raise CaseError(
            "CASE-240",
            f"“{found.safe_name[:80]}” is neither a PDF nor a picture. Scan the letter as one.",
            field="letters",
        )
    return Scanned(_take(actor, found, data, digest), fresh=True)


def _take(actor: Actor, found: Inspection, data: bytes, digest: str) -> ScannedLetter:
    row = ScannedLetter.objects.create(
        agency_id=centre().agency_id,
        sha256=digest,
        name=found.safe_name[:160],
        media_type=found.media_type[:100],
        size=len(data),
        verdict=found.verdict,
        sentence=found.sentence[:300],
        scanned_by=actor.user_id,
    )
    case = None
    if found.verdict == "ok":
        marks = read_marks(found.media_type, data)
        row.pages = marks.pages
        numbers = cases_named(marks.texts, settings.SECRET_KEY)
        case = _case(numbers[0]) if len(numbers) == 1 else None
        if len(numbers) > 1:
            row.sentence = (
                f"It has the cover sheets of several cases: {', '.join(numbers[:5])}. File it to "
                "one of them, or have it scanned again as several letters."
            )
    if case is None or not _filed(actor, row, case, data):
        row.document = store(
            actor=actor, agency_id=row.agency_id, owner=(OWNER, row.pk), kind="scan",
            filename=neutral(row.name), media_type=row.media_type, data=data,
        )  # fmt: skip
        row.save()
    record(
        actor=actor,
        verb="casework.letter_taken",
        target=row,
        agency_id=row.agency_id,
        payload={"state": row.state, "verdict": row.verdict, "pages": row.pages},
    )
    return row


def _case(number: str) -> Case | None:
    return Case.objects.filter(number=number, erased_at__isnull=True).first()


def _filed(actor: Actor, row: ScannedLetter, case: Case, data: bytes) -> bool:
    """File a letter by its cover sheet. The sheet is our own word, so that the case need not be of
    the clerk's team."""
    try:
        with transaction.atomic():
            _file(actor, row, case, data, "cover")
    except CommonwealError as error:
        row.refresh_from_db()
        row.sentence = error.message[:300]
        return False
    return True


def _file(
    actor: Actor, row: ScannedLetter, case: Case, data: bytes, how: str, said: bool = True
) -> None:
    """Put a letter into a case: as a message of whoever asked (`said`), with the scan."""
    who = replace(actor, grants=actor.grants | {("casework.view_all", None)})
    message = None
    if said:
        words = Said(text=_words(row), channel="letter", contact=case.requester)
        message = receive_message(actor=who, case_id=case.pk, said=words)
    file: Attachment = attach(
        actor=who,
        case_id=case.pk,
        filename=row.name,
        media_type=row.media_type,
        data=data,
        interaction_id=message.pk if message is not None else None,
    )
    row.agency_id, row.case_id, row.attachment = file.agency_id, file.case_id, file
    row.state, row.how, row.document = "filed", how, None
    row.sorted_at, row.sorted_by = now(), actor.user_id
    row.save()


def _words(row: ScannedLetter) -> str:
    """What stands for the text of a letter: people read the scan beside it."""
    return f"Letter by post: {row.name}"


def _waiting(letter_id: UUID) -> ScannedLetter:
    row = ScannedLetter.objects.select_for_update().filter(pk=letter_id).first()
    if row is None:
        raise NotFound("CASE-423", "There is no such letter.")
    if row.state != "waiting":
        raise Conflict("CASE-241", "This letter was sorted before. Look at the list again.")
    return row


def _sorted(actor: Actor, row: ScannedLetter, old: UUID | None, verb: str) -> None:
    """The waiting copy goes: the case holds the letter now, or nobody wants it."""
    if old is not None:
        remove_bytes(actor=actor, document_ids=[old], reason="sorted")
    record(
        actor=actor,
        verb=verb,
        target=row,
        agency_id=row.agency_id,
        payload={"state": row.state, "case": row.case_id},
    )


@action
def file_letter(*, actor: Actor, letter_id: UUID, number: str) -> ScannedLetter:
    """File a waiting letter to the case of a number, whose team need not be the clerk's own.

    Errors: CASE-423 no such letter, 241 sorted before, 242 no such case.
    """
    require(actor, WORK)
    row = _waiting(letter_id)
    case = _case(number.strip().upper())
    if case is None:
        raise CaseError(
            "CASE-242", "There is no case of this number. Compare it with the letter.",
            field="number",
        )  # fmt: skip
    old = row.document_id
    _file(actor, row, case, _bytes(actor, row), "hand")
    _sorted(actor, row, old, "casework.letter_filed")
    return row


def _bytes(actor: Actor, row: ScannedLetter) -> bytes:
    assert row.document_id is not None  # a waiting letter has its scan
    return open_document(actor, row.document_id)


@action
def open_for_letter(*, actor: Actor, letter_id: UUID, agency_id: UUID, new: NewCase) -> Opened:
    """Open a case by a waiting letter: it came when it was scanned, by the channel letter.

    Errors: CASE-423, 241, and those of `open_case`.
    """
    require(actor, WORK)
    row = _waiting(letter_id)
    given = replace(new, channel="letter", opened_at=new.opened_at or row.scanned_at)
    opened = open_case(actor=actor, agency_id=agency_id, new=given)
    old = row.document_id
    _file(actor, row, opened.case, _bytes(actor, row), "opened", said=False)
    _sorted(actor, row, old, "casework.letter_opened")
    return opened


@action
def drop_letter(*, actor: Actor, letter_id: UUID, reason: str) -> ScannedLetter:
    """Take a waiting letter that concerns nobody here away, with its scan, and say why.

    Errors: CASE-423, 241, 215 no reason.
    """
    require(actor, WORK)
    row = _waiting(letter_id)
    if len(reason.strip()) < 10:
        raise CaseError(
            "CASE-215", "Say in at least ten characters why: the reason is kept.", field="reason"
        )
    old = row.document_id
    row.state, row.reason, row.name, row.document = "dropped", reason.strip()[:300], "–", None
    row.sorted_at, row.sorted_by = now(), actor.user_id
    row.save()
    _sorted(actor, row, old, "casework.letter_dropped")
    return row
