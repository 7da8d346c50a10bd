"""The keys with which other programs report to an agency by Open311."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import agency as find_agency

from ..kit import paging
from ..kit.doors import Asked, centre
from ..kit.types import AgencyKey, In, Name, Out, Page
from .setup import door

MANAGE = centre("casework.manage")


class ReportKeyOut(Out):
    """A program's key, without its secret. `prefix`: how it begins."""

    id: UUID
    name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None
    ended_at: datetime | None


class ReportKeyIn(In):
    """Whose key it is."""

    name: Annotated[Name, Field(max_length=80)]


class MadeKeyOut(Out):
    """The key, and its secret: shown this once."""

    key: ReportKeyOut
    api_key: str


@door.get("/agencies/{agency}/open311-keys", access=MANAGE, returns=Page[ReportKeyOut])
def list_report_keys(
    request: Asked,
    agency: AgencyKey,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """The keys of programs that report to an agency, the oldest first."""
    agency_id = find_agency(request.actor, agency).pk
    place = paging.place(after, limit)
    return paging.answer(casework.open311_keys(request.actor, agency_id, place))


@door.post("/agencies/{agency}/open311-keys", access=MANAGE, returns=MadeKeyOut, status=201)
def make_report_key(request: Asked, agency: AgencyKey, data: ReportKeyIn) -> dict[str, Any]:
    """Make a key; only a hash of its secret is kept."""
    agency_id = find_agency(request.actor, agency).pk
    row, secret = casework.put_open311_key(actor=request.actor, agency_id=agency_id, name=data.name)
    return {"key": row, "api_key": secret}


@door.post("/open311-keys/{key_id}/end", access=MANAGE, returns=ReportKeyOut)
def end_report_key(request: Asked, key_id: UUID) -> casework.Open311Key:
    """End a key at once; what it reported stays."""
    return casework.end_open311_key(actor=request.actor, key_id=key_id)
