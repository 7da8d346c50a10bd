"""Files of cases: looked at before they are kept; pictures drawn anew, without hidden data."""

from __future__ import annotations

from pathlib import PurePosixPath
from uuid import UUID

from ...access.public import Actor
from ...audit.public import action
from ...documents.public import Document, GuardError, Remade, inspect, remade, store
from ..domain.errors import CaseError
from ..models import Attachment, Case
from .events import append
from .talking import survivor

SUBJECT = "casework.Case"
MOST_FILES = 50


@action
def attach(
    *,
    actor: Actor,
    case_id: UUID,
    filename: str,
    media_type: str,
    data: bytes,
    interaction_id: UUID | None = None,
    public: bool = False,
    held: Case | None = None,
) -> Attachment:
    """Keep a file of a case. What looks dangerous is held back: kept, and opened by nobody.

    `public`: a picture that everybody may see (a published report's). `held`: the case as whoever
    holds it already has it. Errors: CASE-145 too many, DOCUMENTS-211 and 212 for an empty or too
    large file.
    """
    case = held or survivor(actor, case_id)
    if case.attachments.count() >= MOST_FILES:
        raise CaseError(
            "CASE-145",
            f"A case holds {MOST_FILES} files at most. Put several into one archive.",
            field="file",
        )
    found = inspect(filename, media_type, data)
    if found.verdict == "refuse":
        raise GuardError(found.code, found.sentence, field="file")
    picture = _picture(data) if found.verdict == "ok" and found.kind == "picture" else None
    said = case.interactions.filter(pk=interaction_id).first() if interaction_id else None
    row = Attachment.objects.create(
        agency_id=case.agency_id,
        case=case,
        interaction=said,
        name=found.safe_name[:160],
        media_type=found.media_type[:100],
        size=len(data),
        verdict=found.verdict,
        reason=found.sentence[:300],
        document=_keep(actor, case, "original", found.safe_name, found.media_type, data),
        shown=_drawn(actor, case, "shown", found.safe_name, picture),
        small=_drawn(actor, case, "small", found.safe_name, picture),
        public=public and picture is not None,
    )
    append(
        actor,
        case,
        "attached",
        {"attachment": str(row.pk), "verdict": row.verdict},
        reproject=False,
    )
    return row


def _picture(data: bytes) -> Remade | None:
    try:
        return remade(data)
    except GuardError:
        return None  # it stays a download: nothing that we cannot draw is shown


def _keep(who: Actor, case: Case, kind: str, name: str, media_type: str, data: bytes) -> Document:
    return store(
        actor=who,
        agency_id=case.agency_id,
        owner=(SUBJECT, case.pk),
        kind=kind,
        filename=neutral(name),
        media_type=media_type,
        data=data,
    )


def _drawn(who: Actor, case: Case, kind: str, name: str, picture: Remade | None) -> Document | None:
    if picture is None:
        return None
    drawn = picture.display if kind == "shown" else picture.thumbnail
    return _keep(who, case, kind, name, drawn.media_type, drawn.data)


def neutral(name: str) -> str:
    """The name under which bytes are kept for ever: only its ending says anything. What people
    call a file lies in its row here, which an erasure empties."""
    ending = PurePosixPath(name).suffix
    return f"file{ending[:10]}"
