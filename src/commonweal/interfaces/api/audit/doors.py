"""The audit trail: events, chains, and old heads."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Query
from pydantic import Field

from commonweal.kernel.access.public import require
from commonweal.kernel.audit import public as audit
from commonweal.kernel.party.public import agency, centre

from ..kit import paging
from ..kit.doors import Asked, Door, needs
from ..kit.doors import centre as of_centre
from ..kit.types import Out, Page, Text

VIEW = "audit.view"
door = Door("audit", "The append-only trail of every write, and the chains that seal it.")
DOORS = [door]
Chain = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", examples=["LWD"],
               description="Code or id of an agency, or `centre` for the centre's own chain.")
]  # fmt: skip


class EventOut(Out):
    """One write, by whom, on what; ids and figures only."""

    id: UUID
    agency_id: UUID | None
    recorded_at: datetime
    actor_kind: str
    actor_id: UUID | None
    verb: str
    target_type: str
    target_id: str
    payload: dict[str, Any]
    hash: str
    sequence: int | None = Field(None, description="Its place in the chain; null: not sealed yet.")

    @staticmethod
    def resolve_sequence(row: Any) -> int | None:
        """The sealed place."""
        link = getattr(row, "link", None)
        return link.sequence if link else None


class HeadOut(Out):
    """The end of a chain, as printed on bills: `sequence:hash`."""

    chain: str
    sequence: int
    hash: str
    printed: str


class HeadCheck(Out):
    """Whether an old head is still part of the chain. False: history was rewritten."""

    printed: str
    part_of_chain: bool


class ReportOut(Out):
    """What re-reading the whole trail found."""

    sound: bool
    events: int
    unsealed: int
    problems: list[str]


def _chain(request: Asked, key: str) -> UUID | None:
    if key == "centre":
        require(request.actor, VIEW)
        return None
    found = agency(request.actor, key)
    require(request.actor, VIEW, found.pk)
    return None if found.pk == centre().agency_id else found.pk


@door.get("/audit/events", access=needs(VIEW), returns=Page[EventOut])
def list_events(
    request: Asked,
    agency: Annotated[str, Field(max_length=40)] = Query("", description="Code or id; else all."),
    verb: Annotated[Text, Field(max_length=80)] = Query("", examples=["bill.issued"]),
    target_type: Annotated[Text, Field(max_length=80)] = Query(""),
    target_id: Annotated[Text, Field(max_length=64)] = Query(""),
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The trail, newest first."""
    rows = audit.events(
        request.actor,
        agency_id=_chain(request, agency) if agency else None,
        target=(target_type, target_id) if target_type else None,
        verb=verb,
        place=paging.place(after, limit),
    )
    return paging.answer(rows)


@door.get("/audit/verify", access=of_centre(VIEW), returns=ReportOut)
def verify(request: Asked) -> audit.Report:
    """Re-read every event and every link, and name what does not fit: slow on a long trail."""
    return audit.verify()


@door.get("/audit/heads/{chain}", access=needs(VIEW), returns=HeadOut)
def read_head(request: Asked, chain: Chain) -> dict[str, Any]:
    """The present head of a chain."""
    found = audit.head(_chain(request, chain))
    return {**vars(found), "printed": str(found)}


@door.get("/audit/heads/{chain}/check", access=needs(VIEW), returns=HeadCheck)
def check_head(
    request: Asked,
    chain: Chain,
    head: Annotated[str, Field(pattern=r"^\d{1,18}:[0-9a-f]{64}$")] = Query(
        ..., description="As printed: `sequence:hash`."
    ),
) -> dict[str, Any]:
    """Whether a head printed on an old bill is still part of the chain."""
    return {"printed": head, "part_of_chain": audit.check_head(_chain(request, chain), head)}
