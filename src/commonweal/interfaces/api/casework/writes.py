"""Working on cases: opening, answering, moving, linking, files, rating."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import File as Part
from ninja import Form
from ninja.files import UploadedFile
from pydantic import Field

from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import agency as find_agency

from ..kit.doors import ApiError, Asked
from ..kit.types import AgencyKey, In, Long, Out, Text
from .reads import door
from .shapes import (
    SEE,
    WORK,
    Answer,
    CaseDetail,
    CaseFileOut,
    CaseKey,
    CaseLinkOut,
    CaseOut,
    Channel,
    ContactIn,
    Degrees,
    MaybeLevel,
    SaidOut,
    TaskOut,
    Word,
    detail,
    found,
    links,
)

Kind = Annotated[Text, Field(max_length=60)]
Subject = Annotated[Text, Field(min_length=1, max_length=200)]
DESKS = ("channel", "contact", "contact_id", "impact", "urgency", "queue", "opened_at")
"""What only the centre's people say of a new case: to others it is theirs, sent by a program."""


class OpenIn(In):
    """A new case: a category, or a case type alone. `key`: the same key of your account never
    opens a second case. The centre's people also say for whom, by which channel and how pressing.
    """

    agency: AgencyKey
    category: Kind = ""
    case_type: Kind = ""
    subject: Subject
    text: Long = ""
    answers: Annotated[dict[Word, Answer], Field(max_length=100)] = Field(default_factory=dict)
    place: Annotated[Text, Field(max_length=300)] = ""
    latitude: Degrees | None = Field(None, ge=-90, le=90, max_digits=9, decimal_places=6)
    longitude: Degrees | None = Field(None, ge=-180, le=180, max_digits=9, decimal_places=6)
    key: Annotated[Text, Field(max_length=120)] = ""
    channel: Channel | None = None
    contact: ContactIn | None = None
    contact_id: UUID | None = None
    impact: MaybeLevel = ""
    urgency: MaybeLevel = ""
    queue: Annotated[Text, Field(max_length=40)] = ""
    opened_at: datetime | None = None


class OpenedOut(Out):
    """The case. `tracking_code`: shown once, with which somebody without an account follows it;
    `fresh`: false where the key had opened it before."""

    case: CaseOut
    tracking_code: str
    fresh: bool


def _requester(request: Asked, agency_id: UUID, data: OpenIn) -> casework.Contact | None:
    actor = request.actor
    if not actor.centre:
        return casework.put_own_contact(actor=actor, agency_id=agency_id)
    if data.contact_id is not None:
        return casework.contact(actor, agency_id, data.contact_id)
    if data.contact is not None:
        return casework.put_contact(actor=actor, agency_id=agency_id, **data.contact.model_dump())
    return None


@door.post("/cases", access=SEE, returns=OpenedOut, status=201)
def open_case(request: Asked, data: OpenIn) -> dict[str, Any]:
    """Open a case: numbered, routed, with its tasks, approvals and clocks."""
    actor = request.actor
    if not actor.centre and any(getattr(data, name) for name in DESKS):
        raise ApiError("API-113", f"Only the centre's people say {', '.join(DESKS)}. Leave it out.")
    agency_id = find_agency(actor, data.agency).pk
    new = casework.NewCase(
        case_type=data.case_type,
        subject=data.subject,
        text=data.text,
        channel=data.channel or "api",
        category=data.category,
        requester=_requester(request, agency_id, data),
        answers=data.answers,
        impact=data.impact,
        urgency=data.urgency,
        place=data.place,
        latitude=data.latitude,
        longitude=data.longitude,
        opened_at=data.opened_at,
        source=f"api:{actor.user_id}" if data.key else "",
        source_id=data.key,
        queue=data.queue,
    )
    opened = casework.open_case(actor=actor, agency_id=agency_id, new=new)
    return {
        "case": opened.case if opened.fresh else casework.case(actor, opened.case.pk),
        "tracking_code": opened.tracking_code,
        "fresh": opened.fresh,
    }


class MessageIn(In):
    """What whoever asked says. The centre's people name the channel it came by."""

    text: Annotated[Long, Field(min_length=1)]
    channel: Channel | None = None


@door.post("/cases/{case}/messages", access=SEE, returns=SaidOut, status=201)
def write_message(request: Asked, case: CaseKey, data: MessageIn) -> casework.Interaction:
    """A message of whoever asked; a case that was resolved or closed opens again by it."""
    row = found(request, case)
    channel = (data.channel if request.actor.centre else None) or "api"
    return casework.receive_message(
        actor=request.actor,
        case_id=row.pk,
        said=casework.Said(data.text, channel=channel, contact=row.requester),
    )


class DeskAnswerIn(In):
    """An answer. `channel`: else the one they last used; `then`: a state to go to."""

    text: Annotated[Long, Field(min_length=1)]
    channel: Channel | None = None
    then: Annotated[Text, Field(max_length=40)] = ""
    resolution: bool = Field(False, description="The text also says what was done.")


@door.post("/cases/{case}/answers", access=WORK, returns=SaidOut, status=201)
def answer_case(request: Asked, case: CaseKey, data: DeskAnswerIn) -> casework.Interaction:
    """Answer whoever asked, and move the case on."""
    return casework.answer(
        actor=request.actor,
        case_id=found(request, case).pk,
        text=data.text,
        channel=data.channel or "",
        then=data.then,
        resolution=data.resolution,
    )


class DeskNoteIn(In):
    """A note among those who work on the case."""

    text: Annotated[Long, Field(min_length=1)]


@door.post("/cases/{case}/notes", access=WORK, returns=SaidOut, status=201)
def add_note(request: Asked, case: CaseKey, data: DeskNoteIn) -> casework.Interaction:
    """Keep a note; whoever asked never sees it."""
    return casework.add_note(actor=request.actor, case_id=found(request, case).pk, text=data.text)


class MoveIn(In):
    """The state to go to; `resolution`: what was done, in a sentence that whoever asked reads."""

    state: Annotated[Text, Field(max_length=40)]
    resolution: Text = ""


@door.post("/cases/{case}/move", access=SEE, returns=CaseDetail)
def move_case(request: Asked, case: CaseKey, data: MoveIn) -> dict[str, Any]:
    """Move a case to another state, as one of its `moves` says."""
    casework.move_case(
        actor=request.actor,
        case_id=found(request, case).pk,
        state=data.state,
        resolution=data.resolution,
    )
    return detail(request, case)


class DeskAssignIn(In):
    """`take`: to yourself; `to`: an account of its team; `queue`: another; none: to nobody."""

    queue: Annotated[Text, Field(max_length=40)] = ""
    to: UUID | None = None
    take: bool = False


@door.post("/cases/{case}/assign", access=WORK, returns=CaseOut)
def assign_case(request: Asked, case: CaseKey, data: DeskAssignIn) -> casework.Case:
    """Give a case to a queue or to somebody, take it, or give it back."""
    return casework.assign_case(
        actor=request.actor, case_id=found(request, case).pk, **data.model_dump()
    )


class ClassifyIn(In):
    """What is empty stays as it is."""

    impact: MaybeLevel = ""
    urgency: MaybeLevel = ""
    category: Kind = ""


@door.post("/cases/{case}/classify", access=WORK, returns=CaseOut)
def classify_case(request: Asked, case: CaseKey, data: ClassifyIn) -> casework.Case:
    """Say how pressing a case is, or what it is about; its clocks follow."""
    return casework.classify_case(
        actor=request.actor, case_id=found(request, case).pk, **data.model_dump()
    )


class TaskIn(In):
    """What is to be done."""

    name: Annotated[Text, Field(min_length=1, max_length=200)]


@door.post("/cases/{case}/tasks", access=WORK, returns=TaskOut, status=201)
def add_task(request: Asked, case: CaseKey, data: TaskIn) -> Any:
    """Add a step to a case."""
    return casework.add_task(actor=request.actor, case_id=found(request, case).pk, name=data.name)


class TaskEndIn(In):
    """Done, or dropped with a reason."""

    done: bool
    reason: Annotated[Text, Field(max_length=300)] = ""


@door.post("/case-tasks/{task_id}/end", access=WORK, returns=TaskOut)
def end_task(request: Asked, task_id: UUID, data: TaskEndIn) -> Any:
    """A step is done, or dropped."""
    return casework.end_task(
        actor=request.actor, task_id=task_id, done=data.done, reason=data.reason
    )


class LinkIn(In):
    """How the case stands to another of the same agency."""

    other: CaseKey
    kind: Literal["duplicate", "caused_by", "part_of", "split_from", "related"]


class LinkedOut(Out):
    """The links that the case now has."""

    links: list[CaseLinkOut]


@door.post("/cases/{case}/links", access=WORK, returns=LinkedOut, status=201)
def link_cases(request: Asked, case: CaseKey, data: LinkIn) -> dict[str, Any]:
    """Link two cases."""
    row, other = found(request, case), found(request, data.other)
    casework.link_cases(actor=request.actor, case_id=row.pk, other_id=other.pk, kind=data.kind)
    return {"links": links(request, row)}


@door.delete("/cases/{case}/links/{link_id}", access=WORK, returns=LinkedOut)
def unlink_cases(request: Asked, case: CaseKey, link_id: UUID) -> dict[str, Any]:
    """Take a link away; that it was there stays in the history."""
    row = found(request, case)
    casework.unlink_cases(actor=request.actor, case_id=row.pk, link_id=link_id)
    return {"links": links(request, row)}


class MergeIn(In):
    """The case of the same agency that goes on. `same_person`: who asked for both is one person."""

    into: CaseKey
    same_person: bool = False


@door.post("/cases/{case}/merge", access=WORK, returns=CaseDetail)
def merge_cases(request: Asked, case: CaseKey, data: MergeIn) -> dict[str, Any]:
    """Merge a case into another, which keeps the earlier start. It cannot be undone."""
    into = casework.merge_cases(
        actor=request.actor,
        case_id=found(request, case).pk,
        into_id=found(request, data.into).pk,
        same_person=data.same_person,
    )
    return detail(request, str(into.pk))


class SplitIn(In):
    """The messages that become a case of their own, and what that is about."""

    messages: Annotated[list[UUID], Field(min_length=1, max_length=500)]
    subject: Subject
    category: Kind = ""


@door.post("/cases/{case}/split", access=WORK, returns=OpenedOut, status=201)
def split_case(request: Asked, case: CaseKey, data: SplitIn) -> dict[str, Any]:
    """Make a case of its own from some of what was said; the two stay linked."""
    made = casework.split_case(
        actor=request.actor,
        case_id=found(request, case).pk,
        interaction_ids=data.messages,
        subject=data.subject,
        category=data.category,
    )
    return {"case": made.case, "tracking_code": made.tracking_code, "fresh": made.fresh}


class OnIn(In):
    """On, or off."""

    on: bool


@door.put("/cases/{case}/watch", access=SEE, returns=CaseOut)
def watch_case(request: Asked, case: CaseKey, data: OnIn) -> casework.Case:
    """Be told what happens to a case, or no more."""
    return casework.watch_case(actor=request.actor, case_id=found(request, case).pk, on=data.on)


class DeskSupplierIn(In):
    """`handed`: the supplier has it; else it came back."""

    handed: bool
    supplier: Annotated[Text, Field(max_length=40)] = ""


@door.post("/cases/{case}/supplier", access=WORK, returns=CaseOut)
def hand_to_supplier(request: Asked, case: CaseKey, data: DeskSupplierIn) -> casework.Case:
    """Note that a supplier has the case, or gave it back: its contract's clock follows."""
    return casework.hand_to_supplier(
        actor=request.actor, case_id=found(request, case).pk, **data.model_dump()
    )


class CallbackIn(In):
    """`kept`: they were called back; else it is promised."""

    kept: bool = False


@door.post("/cases/{case}/callback", access=WORK, returns=CaseOut)
def promise_callback(request: Asked, case: CaseKey, data: CallbackIn) -> casework.Case:
    """Promise to call back, or note that it was done: the clock runs in between."""
    return casework.promise_callback(
        actor=request.actor, case_id=found(request, case).pk, kept=data.kept
    )


class RatingIn(In):
    """1 (bad) to 5 (good), and why."""

    score: Annotated[int, Field(ge=1, le=5)]
    text: Text = ""


@door.post("/cases/{case}/rating", access=SEE, returns=CaseOut)
def rate_case(request: Asked, case: CaseKey, data: RatingIn) -> casework.Case:
    """What whoever asked says of a case that is done, once."""
    return casework.rate_case(
        actor=request.actor, case_id=found(request, case).pk, score=data.score, text=data.text
    )


@door.post("/cases/{case}/rebuild", access=WORK, returns=CaseOut)
def rebuild_clocks(request: Asked, case: CaseKey) -> casework.Case:
    """Compute the clocks of a case anew from its events; nothing else changes."""
    return casework.rebuild_clocks(actor=request.actor, case_id=found(request, case).pk)


@door.post("/cases/{case}/files", access=SEE, returns=CaseFileOut, status=201)
def attach_file(
    request: Asked,
    case: CaseKey,
    file: UploadedFile = Part(..., description="One file."),
    message_id: UUID | None = Form(None, description="The message that it belongs to."),
) -> casework.Attachment:
    """Keep a file of a case. What looks dangerous is held back: kept, and opened by nobody."""
    return casework.attach(
        actor=request.actor,
        case_id=found(request, case).pk,
        filename=file.name or "",
        media_type=file.content_type or "",
        data=file.read(),
        interaction_id=message_id,
    )
